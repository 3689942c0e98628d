// SPDX-License-Identifier: Apache-2.0
//
// `smap.tail_drop` and the properties of a schedule: which lengths it samples, and the probability
// that each token is kept.

import Models
import Runtime
import Tensors
import Training

/// The functions about tail dropping.
enum ScheduleFunctions {
  private static let kindSignature =
    "kind = " + OptionValue.word(TailDrop.standard.kind.rawValue).source

  static let functions: [Builtin] = [tailDrop, keepProbs, lengthProbs, sampleKeep]

  private static let tailDrop = Builtin(
    "smap.tail_drop(\(kindSignature), *, "
      + TailDrop.standard.signature(without: ["kind"]) + ") -> schedule",
    "Makes a schedule: how many tokens the decoder gets to see in a training step.",
    details: """
      Kinds: "none" (all tokens), "fixed" (`min_keep` tokens), "uniform" (every length from \
      `min_keep`), "pow2" and "uniform-pow2" (powers of two), "list" (the lengths in `sizes`), \
      "loguniform", "geometric" (with `ratio`), "fraction" (a part of all tokens that follows \
      Beta(`alpha`, `beta`)), "mixture" and "mixture-pow2" (all tokens with probability `full`, \
      else as their namesake), "mostly-full" (all tokens with probability 0.8, else 4, 8, .. \
      tokens, long lengths more often). A `curriculum` ("linear", "cosine", "exponential", "step", \
      "power" with `exponent`) moves a budget from all tokens down to `min_keep` between the parts \
      `start` and `end` of the training; `envelope` says whether lengths are sampled above it \
      ("lower"), below it ("upper") or are exactly it ("hard"). Before `start` all tokens are kept. \
      `granularity` says which pictures of a step share a length: all ("batch"), a micro-batch \
      ("group") or none ("sample").
      """,
    example: "smap.tail_drop(\"uniform\", min_keep = 4).min_keep   #=> 4",
    choices: TailDrop.choices,
    body: { call in
      var drop = TailDrop.standard
      try call.read(&drop)
      try drop.validate()
      return .object(ForeignObject(ModelTypes.schedule, Schedule(drop)))
    })

  private static let keepProbs = Builtin(
    "smap.keep_probs(schedule: schedule, num_tokens: number, *, progress = 1) -> [K]",
    "The probability that each token is kept when `progress` of the training is done.",
    example: "smap.keep_probs(smap.tail_drop(\"uniform\"), 4)   #=> tensor([1, 0.75, 0.5, 0.25])",
    body: { call in
      let (drop, count, progress) = try arguments(call)
      return try vector(drop.keepProbabilities(numTokens: count, progress: progress))
    })

  private static let lengthProbs = Builtin(
    "smap.length_probs(schedule: schedule, num_tokens: number, *, progress = 1) -> [K]",
    "The probability of each length from 1 to `num_tokens`.",
    example: "smap.length_probs(smap.tail_drop(\"pow2\"), 4)"
      + "   #=> tensor([0.3333, 0.3333, 0, 0.3333])",
    body: { call in
      let (drop, count, progress) = try arguments(call)
      return try vector(drop.lengthProbabilities(numTokens: count, progress: progress))
    })

  private static let sampleKeep = Builtin(
    "smap.sample_keep(schedule: schedule, num_tokens: number, count: number, *, progress = 1, "
      + "seed = nil) -> tensor",
    "Samples `count` lengths.",
    example: "smap.sample_keep(smap.tail_drop(\"fixed\", min_keep = 3), 8, 2)"
      + "   #=> tensor([3, 3])",
    body: { call in
      let (drop, numTokens, progress) = try arguments(call)
      let count = try call.integer("count", in: 0...10_000_000)
      var draws = RandomStream(seed: try call.seed("seed"))
      let probabilities = try drop.lengthProbabilities(numTokens: numTokens, progress: progress)
      let lengths = CumulativeTable(probabilities)
      var drawn: [Float] = []
      drawn.reserveCapacity(count)
      for i in 0..<count {
        if i % 65_536 == 0 { try call.checkInterrupt() }
        drawn.append(Float(lengths.length(for: draws.uniform())))
      }
      return .tensor(try Tensor(shape: [count], values: drawn))
    })

  private static func arguments(_ call: Call) throws -> (TailDrop, Int, Double) {
    let drop = try call.object("schedule", ModelTypes.schedule, as: Schedule.self).drop
    let count = try call.integer("num_tokens", in: 1...65_536)
    try call.blaming("schedule") { try drop.checkList(count) }
    return (drop, count, try call.number("progress", in: 0...1))
  }

  private static func vector(_ values: [Double]) throws -> Value {
    .tensor(try Tensor(shape: [values.count], values: values.map { Float($0) }))
  }

  /// A schedule given as an object or by the name of its kind, or nil.
  static func optional(_ call: Call, _ name: String) throws -> TailDrop? {
    switch try call[name] {
    case .nil: return nil
    case .text: return TailDrop(try call.choice(name, as: DropKind.self))
    default:
      return try call.object(name, ModelTypes.schedule, as: Schedule.self).drop
    }
  }
}

/// The cumulative distribution of lengths, for many samples.
private struct CumulativeTable {
  private var bounds: [Double] = []

  init(_ probabilities: [Double]) {
    var sum = 0.0
    for probability in probabilities {
      sum += probability
      bounds.append(sum)
    }
  }

  /// The first length whose cumulative probability exceeds the sample; rounding may leave the last
  /// one below 1.
  func length(for draw: Double) -> Int {
    let wanted = min(draw, (bounds.last ?? 1).nextDown)
    var (low, high) = (0, max(bounds.count - 1, 0))
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] > wanted { high = middle } else { low = middle + 1 }
    }
    return low + 1
  }
}
