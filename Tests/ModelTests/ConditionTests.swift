// SPDX-License-Identifier: Apache-2.0
//
// Conditions by vectors: parts, repetitions and equality, the null condition in both halves, files
// and resumed trainings.

import Foundation
import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct ConditionTests {
  private func tokenizer(
    _ form: InjectionForm = .tokens, inject: Injection = .both
  ) throws -> SMAPTokenizer {
    var made = smallConfiguration()
    (made.linearPath, made.injectAs, made.inject) = (false, form, inject)
    (made.conditionDim, made.numClasses, made.conditionTokens) = (5, 0, 2)
    let tokenizer = try SMAPTokenizer(made, seed: 1)
    // AdaLN starts as a zero modulation, which would hide what it is told.
    shake(tokenizer)
    return tokenizer
  }

  private func vectors(_ count: Int, seed: UInt64 = 4) throws -> Tensor {
    try normal([count, 5], seed: seed)
  }

  private func data() throws -> TrainingData {
    try TrainingData(
      images: smallPictures(20), labels: (0..<20).map { $0 % 3 }, classCount: 3,
      vectors: vectors(20))
  }

  @Test func partsAndRepetitionsKeepVectors() throws {
    let whole = try Condition(vectors: vectors(4), areNull: [false, true, false, false])
    #expect(whole.count == 4 && whole.classCount == 0)
    let part = try whole.slice(1..<3)
    #expect(part.count == 2 && part.vectors?.areNull == [true, false])
    #expect(
      try distance(#require(part.vectors).values, vectors(4).narrow(dim: 0, start: 1, count: 2))
        == 0
    )
    let one = try Condition(vectors: vectors(1)).repeated(3)
    let three = try Condition(
      vectors: Tensor.cat([vectors(1), vectors(1), vectors(1)], dim: 0))
    #expect(one.count == 3 && one == three)
    let known = try Condition(vectors: vectors(4))
    #expect(whole != known)
    let dropped = try Condition(vectors: vectors(2), areNull: [true, true])
    let null = try Condition.null(count: 2, classCount: 0)
    #expect(dropped == null && null == dropped)
    #expect(throws: TensorError.self) { try Condition(vectors: vectors(2).div(0)) }
  }

  @Test(arguments: InjectionForm.allCases, Injection.allCases)
  func vectorsReachTheHalvesThatAreInjected(_ form: InjectionForm, _ inject: Injection) throws {
    let tokenizer = try tokenizer(form, inject: inject)
    let images = try smallPictures(2)
    let (a, b) = (
      try Condition(vectors: vectors(2)), try Condition(vectors: vectors(2, seed: 8))
    )
    let (first, second) = (
      try tokenizer.encode(images, condition: a), try tokenizer.encode(images, condition: b)
    )
    #expect((distance(first.latents, second.latents) > 1e-5) == inject.reachesEncoder)
    let change = distance(
      try tokenizer.decode(first, condition: a), try tokenizer.decode(first, condition: b))
    #expect((change > 1e-5) == inject.reachesDecoder)
    // Null pictures of a batch are what a batch of null gives.
    let mixed = try Condition(vectors: vectors(2), areNull: [false, true])
    let null = try tokenizer.encode(images, condition: .null(count: 2, classCount: 0))
    let some = try tokenizer.encode(images, condition: mixed)
    func row(_ x: Tensor, _ i: Int) throws -> Tensor { try x.narrow(dim: 0, start: i, count: 1) }
    #expect(try distance(row(some.latents, 0), row(first.latents, 0)) < 1e-5)
    #expect(try distance(row(some.latents, 1), row(null.latents, 1)) < 1e-5)
  }

  @Test func oneSampleOfNullServesBothHalves() throws {
    // With every vector dropped, a step reaches the null rows and neither projection.
    let names = { (share: Double) throws -> Set<String> in
      let tokenizer = try self.tokenizer()
      let before = tokenizer.namedParameters.map { $0.tensor.toArray() }
      var recipe = TokenizerRecipe(steps: 1)
      (recipe.batchSize, recipe.labelDrop, recipe.plan.averageDecay) = (20, share, 0)
      (recipe.plan.optimizer.weightDecay, recipe.plan.schedule.warmup) = (0, 0)
      try tokenizer.train(on: self.data(), recipe)
      let moved = zip(tokenizer.namedParameters, before).filter { $0.tensor.toArray() != $1 }
      return Set(moved.map(\.0.name).filter { $0.contains("condition") })
    }
    let (always, never) = (try names(1), try names(0))
    #expect(always == ["encoder.condition.weight", "decoder.condition.weight"])
    #expect(
      never == [
        "encoder.condition.projection.weight", "encoder.condition.projection.bias",
        "decoder.condition.projection.weight", "decoder.condition.projection.bias",
      ])
  }

  @Test func filesAndResumedTrainingsKeepThem() throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var recipe = TokenizerRecipe(steps: 6)
    (recipe.batchSize, recipe.seed) = (12, 3)
    let straight = try tokenizer()
    let whole = try straight.train(on: data(), recipe, validation: data())
    recipe.plan.checkpoint = CheckpointPlan(path: path)
    struct Halt: Error {}
    #expect(throws: TrainingInterruption.self) {
      try tokenizer().train(on: data(), recipe, validation: data()) {
        if $0.step == 3 { throw Halt() }
      }
    }
    recipe.plan.resumePath = path
    // Other vectors are other data.
    let other = try TrainingData(
      images: smallPictures(20), labels: (0..<20).map { $0 % 3 }, classCount: 3,
      vectors: vectors(20, seed: 9))
    #expect(throws: CheckpointError.self) { try tokenizer().train(on: other, recipe) }
    let resumed = try tokenizer()
    #expect(try resumed.train(on: data(), recipe, validation: data()) == whole)
    try resumed.save(path: path)
    let loaded = try SMAPTokenizer.load(path: path)
    let condition = try Condition(vectors: vectors(3))
    #expect(
      try distance(
        loaded.reconstruct(smallPictures(3), condition: condition),
        straight.reconstruct(smallPictures(3), condition: condition)) == 0)
  }

  @Test func aLinearPathRunsBesideVectors() throws {
    var made = smallConfiguration()
    (made.conditionDim, made.numClasses) = (5, 0)
    let tokenizer = try SMAPTokenizer(made, seed: 1)
    var recipe = TokenizerRecipe(steps: 2)
    recipe.batchSize = 12
    try tokenizer.train(on: data(), recipe)
    let pictures = try tokenizer.reconstruct(
      smallPictures(2), condition: Condition(vectors: vectors(2)))
    #expect(pictures.isFinite)
  }

  @Test func whatDoesNotFitIsTold() throws {
    let tokenizer = try tokenizer()
    let images = try smallPictures(2)
    for condition in [
      try Condition([0, 1], classCount: 3), try Condition(vectors: normal([2, 4], seed: 1)),
    ] {
      let error = #expect(throws: TensorError.self) {
        try tokenizer.encode(images, condition: condition)
      }
      #expect(error?.message.contains("conditioned by vectors of 5") == true)
    }
    #expect(throws: TensorError.self) {
      try smallTokenizer().encode(images, condition: Condition(vectors: vectors(2)))
    }
    #expect(throws: TensorError.self) {
      try tokenizer.train(on: smallData(), TokenizerRecipe(steps: 1))
    }
  }
}
