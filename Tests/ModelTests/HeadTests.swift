// SPDX-License-Identifier: Apache-2.0
//
// Laws of every head of the registry: a picture is the same in any batch and on any number of
// threads, files hold all of a generator, a training that was stopped goes on with the same bits.

import Foundation
import Networks
import Tensors
import Testing
import Training

@testable import Models

/// A generator for `smallTokenizer`, or one with codes if the head needs them, with that tokenizer.
func smallGenerator(
  _ head: HeadKind, lengthToken: Bool = false
) throws -> (model: CARDGenerator, tokenizer: SMAPTokenizer) {
  let tokenizer = try smallTokenizer(head.rawValue == "categorical" ? "fsq levels=3,20,20,3" : "kl")
  var made = GeneratorConfiguration(for: tokenizer.configuration)
  (made.width, made.depth, made.heads, made.headWidth, made.headDepth) = (16, 2, 2, 16, 2)
  (made.head, made.refineDepth, made.lengthToken) = (head, 2, lengthToken)
  return (try CARDGenerator(made, for: tokenizer, seed: 2), tokenizer)
}

@Suite(.serialized) struct HeadTests {
  private func shaken(_ head: HeadKind, lengthToken: Bool = false) throws -> CARDGenerator {
    let model = try smallGenerator(head, lengthToken: lengthToken).model
    shake(model)
    return model
  }

  private func options(_ scale: Float = 1, keep: Int? = nil) -> SamplingOptions {
    var options = SamplingOptions()
    (options.steps, options.guidanceScale, options.keep) = (3, scale, keep)
    return options
  }

  @Test(arguments: HeadKind.allCases, [1.0 as Float, 2.5])
  func aPictureDoesNotDependOnItsBatch(_ head: HeadKind, _ scale: Float) throws {
    let model = try shaken(head)
    let condition = try Condition([2], classCount: 3)
    let seeds: [UInt64] = (0..<19).map { 100 + $0 }
    let all = try model.sample(condition: condition, seeds: seeds, options: options(scale))
    #expect(Set(all.latents.toArray()).count > 8)
    for i in [0, 8, 18] {
      let own = try model.sample(
        condition: condition, seeds: [seeds[i]], options: options(scale))
      #expect(try all.pictures(i..<i + 1) == own, "picture \(i)")
    }
  }

  @Test(arguments: HeadKind.allCases)
  func threadsDoNotChangeASample(_ head: HeadKind) throws {
    let model = try shaken(head)
    let condition = try Condition([1], classCount: 3)
    for seeds in [[7], Array(0..<20)] as [[UInt64]] {
      let one = try withThreads(1) {
        try model.sample(condition: condition, seeds: seeds, options: options(2))
      }
      for threads in [2, 3] {
        let more = try withThreads(threads) {
          try model.sample(condition: condition, seeds: seeds, options: options(2))
        }
        #expect(one == more)
      }
    }
  }

  @Test(arguments: HeadKind.allCases)
  func aShorterSampleIsAPrefix(_ head: HeadKind) throws {
    let condition = try Condition([0], classCount: 3)
    func samples(_ model: CARDGenerator, _ keep: Int?) throws -> Tokens {
      try model.sample(condition: condition, seeds: [5], options: options(2, keep: keep))
    }
    let model = try shaken(head)
    let few = try samples(model, 3)
    #expect(few.latents.shape == [1, 3, 4])
    #expect(try samples(model, nil).prefix(3) == few)
    // One that is told how many samples other tokens.
    let told = try shaken(head, lengthToken: true)
    let fewer = try samples(told, 3)
    #expect(fewer.latents.shape == [1, 3, 4])
    #expect(try samples(told, nil).prefix(3) != fewer)
  }

  @Test(arguments: HeadKind.allCases)
  func tokensAreReported(_ head: HeadKind) throws {
    let model = try shaken(head)
    var seen: [Tokens] = []
    let all = try model.sample(
      condition: Condition([0], classCount: 3), seeds: [5, 6], options: options(),
      observer: SamplingObserver(onToken: { seen.append($0) }))
    #expect(seen.last == all)
    for tokens in seen { #expect(try all.prefix(tokens.length) == tokens) }
  }

  @Test(arguments: HeadKind.allCases)
  func guidanceOfOneIsTheCondition(_ head: HeadKind) throws {
    let model = try shaken(head)
    func samples(_ scale: Float) throws -> Tensor {
      try model.sample(
        condition: Condition([1], classCount: 3), seeds: [3], options: options(scale)
      ).latents
    }
    let plain = try samples(1)
    #expect(distance(plain, try samples(1.000001)) < 1e-3)
    #expect(distance(plain, try samples(40)) > 1e-2)
  }

  @Test(arguments: HeadKind.allCases, [false, true])
  func filesHoldTheWholeGenerator(_ head: HeadKind, _ lengthToken: Bool) throws {
    let model = try shaken(head, lengthToken: lengthToken)
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(path: path)
    let read = try CARDGenerator.load(path: path)
    #expect(read.configuration == model.configuration)
    let condition = try Condition([1, nil], classCount: 3)
    #expect(
      try read.sample(condition: condition, seeds: [1, 2], options: options())
        == model.sample(condition: condition, seeds: [1, 2], options: options()))
  }

  /// A prefix is kept. Of heads that sample in order, what follows is what would have followed; of
  /// the others, what follows depends on it.
  @Test(arguments: HeadKind.allCases)
  func aPrefixIsContinued(_ head: HeadKind) throws {
    let model = try shaken(head)
    let condition = try Condition([0], classCount: 3)
    let all = try model.sample(condition: condition, seeds: [5, 6], options: options())
    func continued(_ prefix: Tokens) throws -> Tokens {
      try model.sample(condition: condition, seeds: [5, 6], options: options(), prefix: prefix)
    }
    let again = try continued(all.prefix(3))
    #expect(try again.prefix(3) == all.prefix(3))
    #expect(try again == continued(all.prefix(3)))
    guard ["refine", "diffusion"].contains(head.rawValue) else {
      #expect(again.ids == all.ids)
      #expect(distance(again.latents, all.latents) < 1e-4)
      return
    }
    let other = try Tokens(
      latents: all.latents.narrow(dim: 1, start: 0, count: 3).add(2), ids: nil,
      condition: condition, maker: nil)
    let changed = try continued(other).latents
    #expect(distance(try changed.narrow(dim: 1, start: 0, count: 3), other.latents) == 0)
    func rest(_ latents: Tensor) throws -> Tensor {
      try latents.narrow(dim: 1, start: 3, count: latents.shape[1] - 3)
    }
    #expect(distance(try rest(changed), try rest(again.latents)) > 1e-3)
  }

  /// Solvers over whole tensors agree where they must: with many steps all come to the same tokens.
  @Test(arguments: ["refine", "diffusion"]) func solversAgree(_ name: String) throws {
    let model = try shaken(try #require(HeadKind(rawValue: name)))
    func tokens(_ solver: Solver, _ steps: Int, _ shift: Float = 1) throws -> Tensor {
      var options = SamplingOptions()
      (options.solver, options.steps, options.timeShift) = (solver, steps, shift)
      (options.guidanceScale, options.guidanceSchedule) = (1.5, .constant)
      return try model.sample(
        condition: Condition([1], classCount: 3), seeds: [3], options: options
      ).latents
    }
    let exact = try tokens(.heun, 256)
    let size = try exact.toArray().map(abs).reduce(0, +) / Float(exact.count)
    #expect(distance(try tokens(.midpoint, 200), exact) < 0.02 * size)
    #expect(distance(try tokens(.heun, 200, 2), exact) < 0.1 * size)
    let errors = try [16, 64].map { distance(try tokens(.euler, $0), exact) }
    #expect(errors[1] < 0.5 * errors[0])
    let noisy = try tokens(.sde, 64)
    #expect(noisy.toArray().allSatisfy(\.isFinite) && distance(noisy, exact) > 0.01 * size)
  }

  /// A step of the solver is heard of with the tokens that it has led to.
  @Test(arguments: ["refine", "diffusion"]) func stepsAreReported(_ name: String) throws {
    let model = try shaken(try #require(HeadKind(rawValue: name)))
    var seen: [SamplingStep] = []
    let all = try model.sample(
      condition: Condition([0], classCount: 3), seeds: [5], options: options(),
      observer: SamplingObserver(onStep: { seen.append($0) }))
    #expect(seen.map(\.step) == [1, 2, 3] && seen.last?.tokens == all)
    #expect(seen.map(\.steps) == [3, 3, 3] && seen.last?.time == 1)
  }

  private struct Halt: Error {}

  @Test(arguments: HeadKind.allCases, [false, true])
  func aTrainingGoesOnAsIfNeverStopped(_ head: HeadKind, _ lengthToken: Bool) throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let (straight, tokenizer) = try smallGenerator(head, lengthToken: lengthToken)
    var recipe = GeneratorRecipe(steps: 6)
    (recipe.batchSize, recipe.variants, recipe.seed) = (12, 2, 4)
    recipe.plan.validationInterval = 2
    let held = try TrainingData(images: smallPictures(5), labels: [0, 1, 2, 0, 1], classCount: 3)
    let whole = try withThreads(1) {
      try straight.train(on: smallData(), tokenizer: tokenizer, recipe, validation: held)
    }
    #expect(whole.steps.names.prefix(1) == ["loss"] && whole.losses.allSatisfy(\.isFinite))
    #expect(whole.validations["position_8"].count == 3)
    recipe.plan.checkpoint = CheckpointPlan(path: path)
    #expect(throws: TrainingInterruption.self) {
      try smallGenerator(head, lengthToken: lengthToken).model.train(
        on: smallData(), tokenizer: tokenizer, recipe, validation: held,
        onStep: { if $0.step == 3 { throw Halt() } })
    }
    recipe.plan.resumePath = path
    let resumed = try smallGenerator(head, lengthToken: lengthToken).model
    let rest = try withThreads(2) {
      try resumed.train(on: smallData(), tokenizer: tokenizer, recipe, validation: held)
    }
    #expect(rest == whole)
    for (a, b) in zip(straight.stateTensors, resumed.stateTensors) {
      #expect(a.tensor.toArray() == b.tensor.toArray(), "\(a.name)")
    }
  }

  @Test(arguments: HeadKind.allCases)
  func aTrainingChangesEveryParameter(_ head: HeadKind) throws {
    let (model, tokenizer) = try smallGenerator(head, lengthToken: true)
    let before = model.namedParameters.map { $0.tensor.toArray() }
    var recipe = GeneratorRecipe(steps: 4)
    (recipe.batchSize, recipe.variants, recipe.plan.schedule.warmup) = (12, 1, 0)
    recipe.labelDrop = 0.5
    try model.train(on: smallData(), tokenizer: tokenizer, recipe)
    for (old, new) in zip(before, model.namedParameters) {
      #expect(old != new.tensor.toArray(), "\(new.name)")
    }
  }

  @Test func samplesAreCodesOfTheTokenizer() throws {
    for quantizer in ["vq", "vq code_update=simvq", "fsq", "fsq levels=3,20,20,3"] {
      let tokenizer = try smallTokenizer(quantizer)
      var made = GeneratorConfiguration(for: tokenizer.configuration)
      (made.width, made.head) = (16, try #require(HeadKind(rawValue: "categorical")))
      let model = try CARDGenerator(made, for: tokenizer, seed: 2)
      let sampled = try model.sample(
        condition: Condition([0, 1], classCount: 3), seeds: [1, 2], options: options())
      let ids = try #require(sampled.ids)
      let known = try tokenizer.tokens(ids: ids, count: 2, condition: sampled.condition)
      #expect(known.latents.toArray() == sampled.latents.toArray(), "\(quantizer)")
      #expect(Set(ids).count > 3)
    }
  }

  @Test func vectorsAreNoCodes() throws {
    let tokenizer = try smallTokenizer("kl")
    var made = GeneratorConfiguration(for: tokenizer.configuration)
    made.head = try #require(HeadKind(rawValue: "categorical"))
    let error = #expect(throws: TensorError.self) {
      try CARDGenerator(made, for: tokenizer, seed: 2)
    }
    #expect(error?.message.contains("samples codes") == true)
  }

  @Test func digitsAreTheRadixOfACode() {
    #expect(CodeDigits.grouping([8, 8, 8, 5, 5, 5], most: 1024) == [512, 125])
    #expect(CodeDigits.grouping([256, 256, 2], most: 1024) == [256, 512])
    let digits = CodeDigits([3, 4, 5])
    for id in 0..<60 {
      let parts = (0..<3).map { digits.digit($0, of: [id])[0] }
      #expect(zip(parts, digits.places).map(*).reduce(0, +) == id)
    }
  }

  @Test func likelyCodesAloneAreSampled() {
    let logits: [Float] = [log(0.1), log(0.5), log(0.15), log(0.25)]
    func values(_ change: (inout SamplingOptions) -> Void) -> [Int] {
      var options = SamplingOptions()
      change(&options)
      return logits.withUnsafeBufferPointer { logits in
        stride(from: 0.025, to: 1, by: 0.05).map { CodeChoice(options).value(logits, $0) }
      }
    }
    func shares(_ values: [Int]) -> [Int] { (0..<4).map { v in values.filter { $0 == v }.count } }
    #expect(shares(values { _ in }) == [2, 10, 3, 5])
    #expect(shares(values { $0.topK = 2 }) == [0, 13, 0, 7])
    #expect(shares(values { $0.topP = 0.7 }) == [0, 13, 0, 7])
    #expect(shares(values { $0.topP = 0.01 }) == [0, 20, 0, 0])
    #expect(shares(values { $0.temperature = 0 }) == [0, 20, 0, 0])
    #expect(shares(values { $0.temperature = 1e6 }) == [5, 5, 5, 5])
    #expect(shares(values { ($0.topK, $0.topP) = (3, 0.8) }) == [0, 13, 0, 7])
  }
}
