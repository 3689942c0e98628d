// SPDX-License-Identifier: Apache-2.0
//
// Sampling and training of CARD: the cache, guidance, seeds, threads.

import Networks
import Tensors
import Testing

@testable import Models

@Suite(.serialized) struct GeneratorTests {
  private func shaken() throws -> CARDGenerator {
    let model = try smallGenerator()
    shake(model)
    return model
  }

  /// Wide enough that threads share the sampling of one picture.
  @Test(arguments: [Solver.euler, .heun])
  func threadsDrawOnePictureTogether(_ solver: Solver) throws {
    var configuration = try smallGenerator().configuration
    (configuration.width, configuration.headWidth, configuration.heads) = (192, 176, 6)
    let model = try CARDGenerator(configuration, seed: 5)
    shake(model, scale: 0.05)
    var options = SamplingOptions()
    (options.steps, options.solver, options.guidanceScale) = (3, solver, 2)
    func draw() throws -> [Float] {
      try model.sample(
        condition: Condition([1], classCount: 3), seeds: [7], options: options
      ).latents.toArray()
    }
    let alone = try withThreads(1, draw)
    #expect(alone.allSatisfy(\.isFinite) && Set(alone).count > 1)
    for threads in [2, 3, 4] { #expect(try withThreads(threads, draw) == alone) }
  }

  @Test func contextsAreCausal() throws {
    let model = try shaken()
    let condition = try Condition([1], classCount: 3)
    let tokens = try normal([1, 8, 4], seed: 12)
    let changed = try Tensor.cat(
      [tokens.narrow(dim: 1, start: 0, count: 4), normal([1, 4, 4], seed: 13)], dim: 1)
    let a = try model.contexts(tokens, condition: condition)
    let b = try model.contexts(changed, condition: condition)
    func first(_ x: Tensor) throws -> Tensor { try x.narrow(dim: 1, start: 0, count: 5) }
    #expect(distance(try first(a), try first(b)) < 1e-5)
    #expect(distance(a, b) > 1e-3)
  }

  @Test func guidanceOfOneIsTheCondition() throws {
    let model = try shaken()
    let condition = try Condition([1], classCount: 3)
    var options = SamplingOptions()
    (options.steps, options.guidanceSchedule) = (4, .constant)
    let plain = try model.sample(condition: condition, seeds: [3], options: options).latents
    options.guidanceScale = 1.000001
    let guided = try model.sample(condition: condition, seeds: [3], options: options).latents
    #expect(distance(plain, guided) < 1e-3)
    options.guidanceScale = 3
    let strong = try model.sample(condition: condition, seeds: [3], options: options).latents
    #expect(distance(plain, strong) > 1e-2)
  }

  @Test func guidanceOfTheNullConditionChangesNothing() throws {
    let model = try shaken()
    let null = try Condition.null(count: 1, classCount: 3)
    var options = SamplingOptions()
    options.steps = 3
    let plain = try model.sample(condition: null, seeds: [3], options: options).latents
    options.guidanceScale = 4
    let guided = try model.sample(condition: null, seeds: [3], options: options).latents
    #expect(distance(plain, guided) < 1e-3)
  }

  @Test(arguments: [1.0 as Float, 2.5])
  func aPictureDoesNotDependOnItsNeighbours(_ scale: Float) throws {
    let model = try shaken()
    var options = SamplingOptions()
    (options.steps, options.guidanceScale) = (3, scale)
    let condition = try Condition([2], classCount: 3)
    let seeds: [UInt64] = (0..<19).map { 100 + $0 }
    let all = try model.sample(condition: condition, seeds: seeds, options: options).latents
    for i in [0, 8, 18] {
      let own = try model.sample(
        condition: condition, seeds: [seeds[i]], options: options
      ).latents
      let same = try all.narrow(dim: 0, start: i, count: 1)
      #expect(distance(same, own) == 0, "picture \(i)")
    }
  }

  @Test func threadsDoNotChangeADraw() throws {
    let model = try shaken()
    let condition = try Condition([2], classCount: 3)
    let seeds: [UInt64] = (0..<20).map { 7 * $0 }
    let one = try withThreads(1) { try model.sample(condition: condition, seeds: seeds).latents }
    let two = try withThreads(2) { try model.sample(condition: condition, seeds: seeds).latents }
    #expect(one.toArray() == two.toArray())
  }

  @Test func shorterDrawsArePrefixes() throws {
    let model = try shaken()
    let condition = try Condition([0], classCount: 3)
    var options = SamplingOptions()
    options.steps = 3
    let all = try model.sample(condition: condition, seeds: [5], options: options).latents
    options.keep = 3
    let few = try model.sample(condition: condition, seeds: [5], options: options).latents
    #expect(few.shape == [1, 3, 4])
    #expect(distance(few, try all.narrow(dim: 1, start: 0, count: 3)) == 0)
  }

  @Test func solversFollowTheField() throws {
    let model = try shaken()
    let condition = try Condition([0], classCount: 3)
    func draw(_ solver: Solver, _ steps: Int) throws -> Tensor {
      var options = SamplingOptions()
      (options.solver, options.steps, options.keep) = (solver, steps, 1)
      return try model.sample(condition: condition, seeds: [5], options: options).latents
    }
    let exact = try draw(.heun, 2000)
    let errors = try [20, 40].map { distance(try draw(.euler, $0), exact) }
    #expect(errors[1] < 0.8 * errors[0] + 1e-4)
    #expect(distance(try draw(.heun, 40), exact) <= errors[1] + 1e-4)
  }

  @Test func temperatureScalesTheFirstNoise() throws {
    // Heads are initialised to zero velocity: the token is its initial noise.
    let model = try smallGenerator()
    var options = SamplingOptions()
    let condition = try Condition([0], classCount: 3)
    let plain = try model.sample(condition: condition, seeds: [5], options: options).latents
    options.temperature = 0.5
    let cool = try model.sample(condition: condition, seeds: [5], options: options).latents
    #expect(distance(try plain.mul(0.5), cool) < 1e-6)
  }

  @Test func threadsDoNotChangeTraining() throws {
    func trained(_ threads: Int) throws -> ([Float], [[Float]]) {
      try withThreads(threads) {
        let model = try smallGenerator()
        var recipe = GeneratorRecipe(steps: 3)
        (recipe.batchSize, recipe.variants, recipe.seed) = (20, 2, 4)
        let history = try model.train(
          on: smallData(), tokenizer: smallTokenizer(), recipe)
        return (history.losses, model.stateTensors.map { $0.tensor.toArray() })
      }
    }
    let (one, two) = (try trained(1), try trained(2))
    #expect(one.0 == two.0)
    #expect(one.1 == two.1)
  }

  @Test func otherTokenizersAreRefused() throws {
    var made = try smallTokenizer().configuration
    made.numTokens = 4
    let other = try SMAPTokenizer(made, seed: 0)
    #expect(throws: TensorError.self) {
      try smallGenerator().train(
        on: smallData(), tokenizer: other, GeneratorRecipe(steps: 1))
    }
  }

  @Test func standardisingIsUndone() throws {
    let model = try smallGenerator()
    for i in 0..<model.mean.count {
      (model.mean.pointer[i], model.deviation.pointer[i]) = (Float(i), 1 + Float(i) / 10)
    }
    let tokens = try normal([2, 5, 4], seed: 3)
    let back = try model.destandardized(model.standardized(tokens))
    #expect(distance(tokens, back) < 1e-5)
  }

  @Test func weightsDecideTheChoice() {
    let chooser = WeightedChoice([1, 0, 3])
    #expect([0, 0.2, 0.26, 0.9, 0.9999999].map { chooser.index($0) } == [0, 0, 2, 2, 2])
  }
}
