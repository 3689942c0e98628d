// SPDX-License-Identifier: Apache-2.0
//
// The guarantees of the tokenizer: prefixes, causal encoding, conditioning, reproducible training.

import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct TokenizerPropertyTests {
  @Test(arguments: bottlenecks, [1, 3, 7])
  func decodingAPrefixDoesNotSeeLaterTokens(_ quantizer: String, _ keep: Int) throws {
    let tokenizer = try smallTokenizer(quantizer)
    let condition = try Condition([0, 1], classCount: 3)
    let tokens = try tokenizer.encode(smallPictures(2), condition: condition)
    let changed = try normal(tokens.latents.shape, seed: 5)
    let first = try tokens.latents.narrow(dim: 1, start: 0, count: keep)
    let rest = try changed.narrow(dim: 1, start: keep, count: 8 - keep)
    let other = Tokens(
      latents: try Tensor.cat([first, rest], dim: 1), ids: nil, condition: condition, maker: nil)
    let a = try tokenizer.decode(tokens.prefix(keep))
    let b = try tokenizer.decode(other.prefix(keep))
    #expect(distance(a, b) == 0)
    #expect(distance(a, try tokenizer.decode(other)) > 0)
  }

  @Test func prefixesKeepIndices() throws {
    let tokenizer = try smallTokenizer("vq")
    let tokens = try tokenizer.encode(
      smallPictures(3), condition: .null(count: 3, classCount: 3))
    let ids = try #require(tokens.ids)
    #expect(try tokens.prefix(2).ids == [ids[0], ids[1], ids[8], ids[9], ids[16], ids[17]])
    #expect(throws: TensorError.self) { try tokens.prefix(0) }
    #expect(throws: TensorError.self) { try tokens.prefix(9) }
    #expect(try tokens.pictures(1..<2).ids == Array(ids[8..<16]))
  }

  @Test func firstTokensDoNotDependOnLaterQueries() throws {
    let tokenizer = try smallTokenizer()
    shake(tokenizer)
    let pictures = try smallPictures(2)
    let condition = try Condition([0, 2], classCount: 3)
    let before = try tokenizer.encode(pictures, condition: condition).latents
    let queries = try #require(
      tokenizer.namedParameters.first { $0.name == "encoder.queries" }?.tensor)
    let change = try normal(queries.shape, seed: 6)
    for i in 5 * 16..<queries.count { queries.pointer[i] += change.pointer[i] }
    let after = try tokenizer.encode(pictures, condition: condition).latents
    func first(_ x: Tensor) throws -> Tensor { try x.narrow(dim: 1, start: 0, count: 5) }
    func last(_ x: Tensor) throws -> Tensor { try x.narrow(dim: 1, start: 5, count: 3) }
    #expect(distance(try first(before), try first(after)) < 1e-5)
    #expect(distance(try last(before), try last(after)) > 1e-3)
  }

  @Test(arguments: Injection.allCases)
  func theConditionReachesWhatItShould(_ inject: Injection) throws {
    let tokenizer = try smallTokenizer(inject: inject)
    shake(tokenizer)
    let pictures = try smallPictures(1)
    let null = try Condition.null(count: 1, classCount: 3)
    let one = try Condition([1], classCount: 3)
    let a = try tokenizer.encode(pictures, condition: null)
    let b = try tokenizer.encode(pictures, condition: one)
    #expect((distance(a.latents, b.latents) > 0) == inject.reachesEncoder)
    let c = try tokenizer.decode(a, condition: null)
    let d = try tokenizer.decode(a, condition: one)
    #expect((distance(c, d) > 0) == inject.reachesDecoder)
  }

  @Test func mixturesOfOneClassAreThatClass() throws {
    let tokenizer = try smallTokenizer()
    shake(tokenizer)
    let pictures = try smallPictures(2)
    let weights = try Tensor(shape: [2, 3], values: [0, 1, 0, 0, 0, 1])
    let a = try tokenizer.encode(
      pictures, condition: Condition(weights: weights, classCount: 3)
    ).latents
    let b = try tokenizer.encode(pictures, condition: Condition([1, 2], classCount: 3)).latents
    #expect(distance(a, b) < 1e-5)
    #expect(throws: TensorError.self) { try Condition([3], classCount: 3) }
    #expect(throws: TensorError.self) { try Condition([-1], classCount: 3) }
  }

  @Test func batchesDoNotMix() throws {
    let tokenizer = try smallTokenizer()
    shake(tokenizer)
    let pictures = try smallPictures(11)
    let null = try Condition.null(count: 11, classCount: 3)
    let all = try tokenizer.encode(pictures, condition: null).latents
    let own = try tokenizer.encode(
      pictures.narrow(dim: 0, start: 9, count: 1),
      condition: .null(count: 1, classCount: 3)
    ).latents
    #expect(distance(try all.narrow(dim: 0, start: 9, count: 1), own) < 1e-5)
  }
}

@Suite(.serialized) struct TokenizerTrainingTests {
  private func trained(_ quantizer: String, threads: Int) throws -> (SMAPTokenizer, [Float]) {
    try withThreads(threads) {
      let tokenizer = try smallTokenizer(quantizer, linearPath: true)
      var recipe = TokenizerRecipe(steps: 3)
      (recipe.batchSize, recipe.seed, recipe.restartEvery) = (20, 7, 2)
      return (tokenizer, try tokenizer.train(on: smallData(), recipe).losses)
    }
  }

  @Test(arguments: trainedBottlenecks)
  func threadsDoNotChangeTheBits(_ quantizer: String) throws {
    let (one, firstLosses) = try trained(quantizer, threads: 1)
    let (two, secondLosses) = try trained(quantizer, threads: 2)
    #expect(firstLosses == secondLosses)
    for (a, b) in zip(one.stateTensors, two.stateTensors) {
      #expect(a.tensor.toArray() == b.tensor.toArray(), "\(a.name)")
    }
  }

  @Test(arguments: trainedBottlenecks)
  func lossesFall(_ quantizer: String) throws {
    let tokenizer = try smallTokenizer(quantizer)
    var recipe = TokenizerRecipe(steps: 30)
    (recipe.batchSize, recipe.augmentation, recipe.plan.schedule.warmup) = (20, .none, 5)
    let losses = try tokenizer.train(on: smallData(), recipe).losses
    #expect(losses.count == 30)
    // The mean of several steps: prefix lengths differ from step to step.
    #expect(losses.suffix(5).reduce(0, +) < losses.prefix(5).reduce(0, +))
    #expect(losses[29] < losses[0])
  }

  @Test func stoppingKeepsTheAverage() throws {
    struct Stop: Error {}
    let tokenizer = try smallTokenizer()
    let before = tokenizer.parameters.map { $0.toArray() }
    let interruption = try #require(throws: TrainingInterruption.self) {
      try tokenizer.train(on: smallData(), TokenizerRecipe(steps: 100)) {
        if $0.step == 2 { throw Stop() }
      }
    }
    #expect(interruption.cause is Stop)
    #expect(interruption.history.count == 2 && interruption.total == 100)
    #expect(before != tokenizer.parameters.map { $0.toArray() })
    #expect(tokenizer.parameters.allSatisfy { $0.toArray().allSatisfy { $0.isFinite } })
  }

  @Test func badDataIsRefused() throws {
    let images = try smallPictures(2)
    #expect(throws: TensorError.self) {
      try TrainingData(images: images, labels: [0, 3], classCount: 3)
    }
    #expect(throws: TensorError.self) {
      try TrainingData(images: images, labels: [0], classCount: 3)
    }
    let other = try TrainingData(images: images, labels: [0, 1], classCount: 2)
    #expect(throws: TensorError.self) {
      try smallTokenizer().train(on: other, TokenizerRecipe(steps: 1))
    }
  }

  @Test func epochsTakeEveryPictureOnce() throws {
    var order = EpochOrder(count: 7, seed: 3)
    let taken = try order.next(3) + order.next(4)
    #expect(taken.sorted() == Array(0..<7))
    #expect(try (order.next(5) + order.next(2)).sorted() == Array(0..<7))
  }
}
