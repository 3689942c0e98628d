// SPDX-License-Identifier: Apache-2.0
//
// The options of sampling (method 6.4 and 6.5): solver and its steps, guidance, temperatures. The
// signature and help of `card.sample` and of `card.search`, argument errors and validation derive
// from the table.

import Glibc
import Tensors
import Training

/// How the velocity field is integrated.
public enum Solver: String, Sendable, CaseIterable {
  /// One evaluation per step; with few steps it shrinks the variance.
  case euler
  /// Two evaluations per step, second order.
  case heun
  /// Two evaluations per step, second order; the second one is half a step ahead.
  case midpoint
  /// One evaluation per step, with fresh noise after each (NextStep-1).
  case sde
}

/// How the number of steps varies over the tokens.
public enum StepSchedule: String, Sendable, CaseIterable {
  /// The same for all tokens.
  case constant
  /// Falling in equal steps from the first token to the last.
  case linear
  /// Falling along half a cosine: late at first, then fast, then slowly.
  case cosine
}

/// How the strength of guidance varies over the tokens.
public enum GuidanceSchedule: String, Sendable, CaseIterable {
  /// The same for all tokens.
  case constant
  /// From nearly none at the first token to all at the last (MAR, Semanticist).
  case linear
  /// From none along half a cosine.
  case cosine
  /// From none along half a cosine of a power of the position (RAR).
  case powerCosine = "power-cosine"
  /// In an interval of the flow's time, and up to some token (LlamaGen).
  case interval
}

/// The guidance of one token: its strength within an interval of the flow's time, 1 outside.
struct TokenGuidance {
  let strength: Float
  var times: ClosedRange<Float> = 0...1

  /// The strength at a time of the flow.
  func strength(at time: Float) -> Float { times.contains(time) ? strength : 1 }
}

/// The options of sampling.
public struct SamplingOptions: Sendable {
  /// The number of tokens to sample (k), all if nil.
  public var keep: Int?
  /// Steps of the solver for each token.
  public var steps = 10
  /// Steps of the solver token by token, if not empty; the last number counts for the rest.
  public var stepsOfTokens: [Int] = []
  /// How the steps vary over the tokens.
  public var stepSchedule = StepSchedule.constant
  /// Steps for the last token, where they vary.
  public var lastSteps = 2
  /// The solver.
  public var solver = Solver.heun
  /// Factor on the noise that the solver `sde` adds.
  public var sdeTemperature: Float = 1
  /// Above 1, steps are shorter near the noise.
  public var timeShift: Float = 1
  /// 1 is no guidance; above 1 the class has more influence.
  public var guidanceScale: Float = 1
  /// How guidance varies over the tokens.
  public var guidanceSchedule = GuidanceSchedule.linear
  /// The exponent of `power-cosine`.
  public var guidancePower: Float = 2.75
  /// The interval of the flow's time in which `interval` guides: its start and end.
  public var guidanceInterval = [0.0, 1.0]
  /// The number of tokens that `interval` guides, all if nil.
  public var guidanceUntil: Int?
  /// Factor on the initial noise of each token; logits of codes are divided by it.
  public var temperature: Float = 1
  /// Codes are sampled among the so many most likely ones, among all if nil.
  public var topK: Int?
  /// Codes are sampled among the most likely ones whose probabilities add up to this share.
  public var topP: Double = 1
  /// The head that reads the options, if it is known.
  public var head: HeadKind?

  /// The default options.
  public init() {}

  /// Throws a ValueError that names the first option that cannot be, for a model of so many tokens.
  public func validate(numTokens: Int) throws {
    try validateOptions()
    if let keep, keep < 1 || keep > numTokens {
      throw TensorError.value(
        "cannot sample \(counted(keep, "token"))", hint: "from 1 to \(numTokens)")
    }
    guard stepsOfTokens.count <= numTokens else {
      throw TensorError.value(
        "steps has \(counted(stepsOfTokens.count, "number")), but there are \(numTokens) tokens")
    }
    if stepSchedule != .constant, lastSteps > max(steps, SamplingOptions().lastSteps) {
      throw TensorError.value(
        "last_steps = \(lastSteps) is more than steps = \(steps), which a schedule reduces")
    }
    if stepSchedule != .constant, !stepsOfTokens.isEmpty {
      throw TensorError.value(
        "steps says the steps of each token, so step_schedule has nothing to decide",
        hint: "give one number of steps, or leave step_schedule out")
    }
  }

  /// Steps of the solver for the token at a position (from 0) of so many.
  func steps(position: Int, of count: Int) -> Int {
    guard stepsOfTokens.isEmpty else {
      return stepsOfTokens[min(max(position, 0), stepsOfTokens.count - 1)]
    }
    let done = Double(position) / Double(max(count - 1, 1))
    let fallen: Double
    switch stepSchedule {
    case .constant: return steps
    case .linear: fallen = done
    case .cosine: fallen = (1 - cos(.pi * done)) / 2
    }
    let last = min(lastSteps, steps)
    return Int((Double(steps) + Double(last - steps) * fallen).rounded())
  }

  /// The guidance of token j of k (from 1).
  func guidance(token: Int, of count: Int) -> TokenGuidance {
    let share = Float(token) / Float(max(count, 1))
    switch guidanceSchedule {
    case .constant: return TokenGuidance(strength: guidanceScale)
    case .linear: return TokenGuidance(strength: 1 + (guidanceScale - 1) * share)
    case .cosine, .powerCosine:
      let before = Float(token - 1) / Float(max(count, 1))
      let power = guidanceSchedule == .cosine ? 1 : guidancePower
      let rise = (1 - cosf(.pi * powf(before, power))) / 2
      return TokenGuidance(strength: 1 + (guidanceScale - 1) * rise)
    case .interval:
      let isGuided = token <= guidanceUntil ?? count
      return TokenGuidance(
        strength: isGuided ? guidanceScale : 1,
        times: Float(guidanceInterval[0])...Float(guidanceInterval[1]))
    }
  }

  /// The number of streams: with guidance a second one knows no class.
  var streams: Int { guidanceScale != 1 ? 2 : 1 }
}

extension SamplingOptions: OptionTable {
  /// The options of sampling.
  public static let options: [OptionRow<SamplingOptions>] = [
    OptionRow(
      "keep", .optional(.integer(1...4096)),
      "`keep` stops after as many tokens: without a length token, the first of those of the whole.",
      value: { $0.keep.map { .integer($0) } ?? .none },
      store: {
        if case .integer(let count) = $1 { $0.keep = count } else { $0.keep = nil }
      }),
    OptionRow<SamplingOptions>(
      "steps", .integerOrIntegers(each: 1...10_000, atMost: 4096),
      "The solver takes `steps` steps from noise to a token: one number, or a list with one for each "
        + "token, whose last is used for the rest.",
      value: { $0.stepsOfTokens.isEmpty ? .integer($0.steps) : .integers($0.stepsOfTokens) },
      store: {
        switch $1 {
        case .integer(let count): ($0.steps, $0.stepsOfTokens) = (count, [])
        case .integers(let counts): $0.stepsOfTokens = counts
        default: return
        }
      }
    ).onlyForHeads(),
    OptionRow<SamplingOptions>.word(
      "step_schedule", \.stepSchedule,
      "`step_schedule` is \"constant\", or reduces the steps from the first token to the last, "
        + "\"linear\" or along a \"cosine\","
    ).onlyForHeads(orIs: .word("constant")),
    OptionRow<SamplingOptions>.integer(
      "last_steps", \.lastSteps, 1...10_000, "to `last_steps`, or to `steps` if these are fewer."
    ).needs("step_schedule = \"linear\" or \"cosine\"") { $0.stepSchedule != .constant },
    OptionRow<SamplingOptions>.word(
      "solver", \.solver, "How the flow is integrated: \"sde\" adds noise in every step."
    ).onlyForHeads(),
    OptionRow<SamplingOptions>.number(
      "sde_temperature", \.sdeTemperature, 0...1e6,
      "`sde_temperature` scales that noise; with 0, the drift of the SDE remains, which is not \"euler\"."
    ).needs("solver = \"sde\"") { $0.solver == .sde },
    OptionRow<SamplingOptions>.number(
      "time_shift", \.timeShift, 0.01...100,
      "`time_shift` above 1 makes steps shorter near the noise, below 1 near the token."
    ).onlyForHeads(orIs: .number(1)),
    .number(
      "guidance_scale", \.guidanceScale, -1e6...1e6,
      "`guidance_scale` above 1 gives the class more weight,"),
    .word(
      "guidance_schedule", \.guidanceSchedule,
      "and `guidance_schedule` says where: \"constant\" at all tokens, rising with them by "
        + "\"linear\", \"cosine\" or \"power-cosine\", or in an \"interval\"."),
    OptionRow<SamplingOptions>.number(
      "guidance_power", \.guidancePower, 0.01...100,
      "`guidance_power` is the exponent of power-cosine: the larger, the later."
    ).needs("guidance_schedule = \"power-cosine\"") { $0.guidanceSchedule == .powerCosine },
    OptionRow<SamplingOptions>(
      "guidance_interval", .interval(within: 0...1),
      "The interval is `guidance_interval` in the time of the flow, from 0 (noise) to 1 (token),",
      value: { .numbers($0.guidanceInterval) },
      store: { if case .numbers(let ends) = $1, ends.count == 2 { $0.guidanceInterval = ends } }
    ).needs("guidance_schedule = \"interval\" and a head with a flow") {
      $0.guidanceSchedule == .interval && $0.head?.type.samplingOptions.contains("steps") ?? true
    },
    OptionRow<SamplingOptions>(
      "guidance_until", .optional(.integer(0...4096)), "and ends after `guidance_until` tokens.",
      value: { $0.guidanceUntil.map { .integer($0) } ?? .none },
      store: {
        if case .integer(let count) = $1 {
          $0.guidanceUntil = count
        } else {
          $0.guidanceUntil = nil
        }
      }
    ).needs("guidance_schedule = \"interval\"") { $0.guidanceSchedule == .interval },
    .number(
      "temperature", \.temperature, 0...1e6,
      "`temperature` scales the initial noise of each token and divides the logits of "
        + "codes."),
    OptionRow<SamplingOptions>(
      "top_k", .optional(.integer(1...1 << 18)),
      "Codes are sampled among the `top_k` most likely ones",
      value: { $0.topK.map { .integer($0) } ?? .none },
      store: { if case .integer(let count) = $1 { $0.topK = count } else { $0.topK = nil } }
    ).onlyForHeads(),
    OptionRow<SamplingOptions>.number(
      "top_p", \.topP, 1e-6...1,
      "and among those whose probabilities add up to `top_p`."
    ).onlyForHeads(orIs: .number(1)),
  ]
}

extension OptionRow<SamplingOptions> {
  /// The option, which only those heads read that name it.
  fileprivate func onlyForHeads(orIs neutral: OptionValue? = nil) -> OptionRow {
    let name = name
    let readers = HeadRegistry.all.filter { $0.samplingOptions.contains(name) }
    guard !readers.isEmpty else { return self }
    let words = readers.map { "\"\($0.name)\"" }.joined(separator: " or ")
    return needs("head = \(words)", of: "generator", orIs: neutral) {
      $0.head?.type.samplingOptions.contains(name) ?? true
    }
  }
}
