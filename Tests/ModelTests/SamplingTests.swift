// SPDX-License-Identifier: Apache-2.0
//
// The options of sampling, prefixes that are kept, and what an observer hears.

import Networks
import Tensors
import Testing

@testable import Models

@Suite(.serialized) struct SamplingTests {
  private func shaken() throws -> CARDGenerator {
    let model = try smallGenerator()
    shake(model)
    for i in 0..<model.mean.count {
      (model.mean.pointer[i], model.deviation.pointer[i]) = (Float(i) / 9, 1 + Float(i) / 10)
    }
    return model
  }

  @Test func guidanceSchedules() {
    var options = SamplingOptions()
    func strengths(_ schedule: GuidanceSchedule) -> [Float] {
      options.guidanceSchedule = schedule
      return (1...4).map { options.guidance(token: $0, of: 4).strength }
    }
    options.guidanceScale = 5
    #expect(strengths(.constant) == [5, 5, 5, 5])
    #expect(strengths(.linear) == [2, 3, 4, 5])
    let cosine = strengths(.cosine)
    #expect(cosine[0] == 1 && abs(cosine[2] - 3) < 1e-6 && cosine == cosine.sorted())
    options.guidancePower = 1
    #expect(strengths(.powerCosine) == cosine)
    options.guidancePower = 3
    #expect(zip(strengths(.powerCosine).dropFirst(), cosine.dropFirst()).allSatisfy { $0 < $1 })
    #expect(strengths(.interval) == [5, 5, 5, 5])
    (options.guidanceUntil, options.guidanceInterval) = (2, [0.25, 0.5])
    #expect(strengths(.interval) == [5, 5, 1, 1])
    let guidance = options.guidance(token: 1, of: 4)
    #expect([0, 0.25, 0.5, 0.75].map { guidance.strength(at: $0) } == [1, 5, 5, 1])
  }

  @Test func stepSchedules() {
    var options = SamplingOptions()
    func steps() -> [Int] { (0..<5).map { options.steps(position: $0, of: 5) } }
    #expect(steps() == [10, 10, 10, 10, 10])
    (options.stepSchedule, options.lastSteps) = (.linear, 2)
    #expect(steps() == [10, 8, 6, 4, 2])
    options.stepSchedule = .cosine
    #expect(steps() == [10, 9, 6, 3, 2])
    (options.stepSchedule, options.stepsOfTokens) = (.constant, [7, 3])
    #expect(steps() == [7, 3, 3, 3, 3])
  }

  /// Tokens whose number of steps is the same are the same, whatever the others have.
  @Test func stepsOfATokenAreItsOwn() throws {
    let model = try shaken()
    let condition = try Condition([1], classCount: 3)
    var options = SamplingOptions()
    options.stepsOfTokens = [6, 6, 2]
    let mixed = try model.sample(condition: condition, seeds: [3], options: options).latents
    (options.stepsOfTokens, options.steps, options.keep) = ([], 6, 2)
    let even = try model.sample(condition: condition, seeds: [3], options: options).latents
    #expect(distance(try mixed.narrow(dim: 1, start: 0, count: 2), even) == 0)
  }

  /// Unguided, because the scale is 1 or because no token or no time is in the interval.
  @Test func guidanceOfOneIsTheConditionalRun() throws {
    let model = try shaken()
    let condition = try Condition([1], classCount: 3)
    var options = SamplingOptions()
    options.steps = 4
    let plain = try model.sample(condition: condition, seeds: [3], options: options).latents
    (options.guidanceScale, options.guidanceSchedule) = (4, .interval)
    func sampled() throws -> Tensor {
      try model.sample(condition: condition, seeds: [3], options: options).latents
    }
    #expect(distance(plain, try sampled()) > 1e-2)
    options.guidanceUntil = 0
    #expect(distance(plain, try sampled()) == 0)
    (options.guidanceUntil, options.guidanceInterval) = (nil, [0.05, 0.07])
    #expect(distance(plain, try sampled()) == 0)
  }

  /// Continuing the first tokens of a sample under its seed gives the whole sample.
  @Test(arguments: Solver.allCases, [1 as Float, 2.5])
  func keptPrefixesAreContinued(_ solver: Solver, _ scale: Float) throws {
    let model = try shaken()
    let condition = try Condition([0, 2], classCount: 3)
    var options = SamplingOptions()
    (options.solver, options.steps, options.guidanceScale) = (solver, 3, scale)
    let whole = try model.sample(condition: condition, seeds: [5, 6], options: options)
    for length in 1...8 {
      let prefix = try whole.prefix(length)
      let again = try model.sample(
        condition: condition, seeds: [5, 6], options: options, prefix: prefix)
      let kept = try again.prefix(length)
      #expect(distance(kept.latents, prefix.latents) == 0)
      #expect(distance(again.latents, whole.latents) < 1e-4, "\(length) tokens kept")
    }
    let other = try model.sample(
      condition: condition, seeds: [7, 8], options: options, prefix: whole.prefix(3))
    let (a, b) = (other.latents, whole.latents)
    #expect(
      distance(try a.narrow(dim: 1, start: 3, count: 5), try b.narrow(dim: 1, start: 3, count: 5))
        > 1e-2)
  }

  /// One prefix serves all seeds, and a picture does not depend on its batch.
  @Test func aPrefixOfOnePictureServesAll() throws {
    let model = try shaken()
    let condition = try Condition([1], classCount: 3)
    var options = SamplingOptions()
    (options.steps, options.keep) = (3, 6)
    let prefix = try model.sample(condition: condition, seeds: [1], options: options).prefix(2)
    let seeds: [UInt64] = (0..<11).map { 40 + $0 }
    let all = try model.sample(
      condition: condition, seeds: seeds, options: options, prefix: prefix
    ).latents
    for i in [0, 7, 10] {
      let own = try model.sample(
        condition: condition, seeds: [seeds[i]], options: options, prefix: prefix
      ).latents
      #expect(distance(own, try all.narrow(dim: 0, start: i, count: 1)) == 0, "picture \(i)")
    }
  }

  @Test func prefixesThatDoNotFit() throws {
    let model = try shaken()
    let condition = try Condition([1], classCount: 3)
    func sample(_ latents: Tensor, keep: Int? = nil) throws {
      var options = SamplingOptions()
      (options.steps, options.keep) = (1, keep)
      _ = try model.sample(
        condition: condition, seeds: [1, 2, 3], options: options,
        prefix: Tokens(latents: latents, ids: nil, condition: condition, maker: nil))
    }
    #expect(throws: TensorError.self) { try sample(Tensor.zeros([1, 2, 5])) }
    #expect(throws: TensorError.self) { try sample(Tensor.zeros([2, 2, 4])) }
    #expect(throws: TensorError.self) { try sample(Tensor.zeros([1, 4, 4]), keep: 3) }
    try sample(Tensor.zeros([1, 3, 4]), keep: 3)
  }

  /// What is observed does not change the sample, and the last step of a token is the token.
  @Test(arguments: Solver.allCases)
  func stepsAreObserved(_ solver: Solver) throws {
    let model = try shaken()
    let condition = try Condition([1], classCount: 3)
    var options = SamplingOptions()
    (options.solver, options.stepsOfTokens, options.keep) = (solver, [3, 2], 3)
    let plain = try model.sample(condition: condition, seeds: [3, 4], options: options)
    var heard: [SamplingStep] = []
    var tokens: [Tokens] = []
    let observed = try model.sample(
      condition: condition, seeds: [3, 4], options: options,
      observer: SamplingObserver(onToken: { tokens.append($0) }, onStep: { heard.append($0) }))
    #expect(observed == plain)
    #expect(heard.map(\.step) == [1, 2, 3, 1, 2, 1, 2])
    #expect(heard.map(\.tokens.length) == [1, 1, 1, 2, 2, 3, 3])
    #expect(heard.filter { $0.step == $0.steps }.map(\.time) == [1, 1, 1])
    for (last, token) in zip(heard.filter { $0.step == $0.steps }, tokens) {
      #expect(last.tokens == token)
    }
    #expect(distance(heard[0].tokens.latents, heard[1].tokens.latents) > 1e-3)
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      _ = try model.sample(
        condition: condition, seeds: [3], options: options,
        observer: SamplingObserver(onStep: { _ in throw Stop() }))
    }
  }
}
