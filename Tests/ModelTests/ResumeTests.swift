// SPDX-License-Identifier: Apache-2.0
//
// A tokenizer or a generator whose training is stopped and resumed is, bit for bit, the one that
// was never stopped; and what histories say of their losses adds up.

import Foundation
import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct ResumeTests {
  private struct Halt: Error {}

  private func withFile<Result>(_ body: (String) throws -> Result) rethrows -> Result {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  private func recipe() -> TokenizerRecipe {
    var recipe = TokenizerRecipe(steps: 9)
    (recipe.batchSize, recipe.seed, recipe.restartEvery) = (12, 7, 2)
    recipe.plan.schedule.warmup = 3
    return recipe
  }

  @Test(arguments: trainedBottlenecks, [true, false])
  func aTokenizerGoesOnAsIfNeverStopped(_ quantizer: String, _ linear: Bool) throws {
    try withFile { path in
      var recipe = recipe()
      let straight = try smallTokenizer(quantizer, linearPath: linear)
      let whole = try straight.train(on: smallData(), recipe)
      recipe.plan.checkpoint = CheckpointPlan(path: path, interval: 4)
      let stopped = try smallTokenizer(quantizer, linearPath: linear)
      #expect(throws: TrainingInterruption.self) {
        try stopped.train(on: smallData(), recipe) { if $0.step == 5 { throw Halt() } }
      }
      recipe.plan.resumePath = path
      let resumed = try smallTokenizer(quantizer, linearPath: linear)
      #expect(try resumed.train(on: smallData(), recipe) == whole)
      for (a, b) in zip(straight.stateTensors, resumed.stateTensors) {
        #expect(a.tensor.toArray() == b.tensor.toArray(), "\(a.name)")
      }
      // Both decode alike, so what is derived from the state is the same as well.
      let condition = try Condition([0, 1], classCount: 3)
      #expect(
        distance(
          try straight.reconstruct(smallPictures(2), condition: condition),
          try resumed.reconstruct(smallPictures(2), condition: condition)) == 0)
    }
  }

  @Test func aGeneratorGoesOnAsIfNeverStopped() throws {
    try withFile { path in
      var recipe = GeneratorRecipe(steps: 7)
      (recipe.batchSize, recipe.variants, recipe.seed) = (12, 2, 4)
      let tokenizer = try smallTokenizer()
      let straight = try smallGenerator()
      let whole = try straight.train(on: smallData(), tokenizer: tokenizer, recipe)
      recipe.plan.checkpoint = CheckpointPlan(path: path)
      #expect(throws: TrainingInterruption.self) {
        try smallGenerator().train(
          on: smallData(), tokenizer: tokenizer, recipe,
          onStep: { if $0.step == 3 { throw Halt() } })
      }
      recipe.plan.resumePath = path
      let resumed = try smallGenerator()
      #expect(try resumed.train(on: smallData(), tokenizer: tokenizer, recipe) == whole)
      for (a, b) in zip(straight.stateTensors, resumed.stateTensors) {
        #expect(a.tensor.toArray() == b.tensor.toArray(), "\(a.name)")
      }
    }
  }

  @Test func otherDataAreRefused() throws {
    try withFile { path in
      var recipe = recipe()
      recipe.plan.checkpoint = CheckpointPlan(path: path)
      try smallTokenizer().train(on: smallData(), recipe)
      recipe.plan.resumePath = path
      let other = try TrainingData(
        images: smallPictures(20), labels: (0..<20).map { ($0 + 1) % 3 }, classCount: 3)
      let error = #expect(throws: CheckpointError.self) {
        try smallTokenizer().train(on: other, recipe)
      }
      #expect(error?.message.contains("dataset") == true)
      // A tokenizer of another architecture is named by the first tensor that does not fit.
      #expect(throws: CheckpointError.self) {
        try smallTokenizer("vq").train(on: smallData(), recipe)
      }
    }
  }

  @Test(arguments: trainedBottlenecks)
  func theLossIsTheSumOfItsTerms(_ quantizer: String) throws {
    var recipe = recipe()
    recipe.loss = ReconstructionLoss(logarithmic: 0.5, pyramid: 2)
    recipe.bottleneckWeight = 0.25
    let history = try smallTokenizer(quantizer).train(on: smallData(), recipe).steps
    #expect(
      history.names == ["loss", "mse", "log_mse", "pyramid", "bottleneck", "gradient", "lr"])
    for i in 0..<history.count {
      let sum =
        0.5 * history["log_mse"][i] + 2 * history["pyramid"][i] + 0.25 * history["bottleneck"][i]
      #expect(abs(sum - history["loss"][i]) < 1e-4 * max(1, abs(sum)))
    }
  }

  @Test func accumulatedBatchesAreOneLargeBatch() throws {
    var (parts, whole) = (recipe(), recipe())
    (parts.batchSize, parts.plan.accumulation, whole.batchSize) = (8, 2, 16)
    let (a, b) = (try smallTokenizer(), try smallTokenizer())
    #expect(try a.train(on: smallData(), parts) == b.train(on: smallData(), whole))
    for (x, y) in zip(a.parameters, b.parameters) { #expect(x.toArray() == y.toArray()) }
  }

  @Test func validationIsMeasuredOnTheAverage() throws {
    var recipe = recipe()
    recipe.plan.validationInterval = 4
    let held = try TrainingData(images: smallPictures(5), labels: [0, 1, 2, 0, 1], classCount: 3)
    let tokenizer = try smallTokenizer()
    let history = try tokenizer.train(on: smallData(), recipe, validation: held)
    #expect(history.validationSteps == [4, 8, 9])
    #expect(history.validations.names == ["mse", "psnr"])
    // After the last step the average is what the model keeps.
    let decoded = try tokenizer.reconstruct(
      held.pictures.images(0..<5), condition: Condition([0, 1, 2, 0, 1], classCount: 3))
    let difference = try decoded.sub(held.pictures.images(0..<5))
    let mse = try difference.mul(difference).mean().item()
    #expect(abs(mse - history.validations["mse"][2]) < 1e-6)
    var generated = GeneratorRecipe(steps: 4)
    (generated.batchSize, generated.variants, generated.plan.validationInterval) = (8, 1, 2)
    let found = try smallGenerator().train(
      on: smallData(), tokenizer: tokenizer, generated, validation: held)
    let positions = (1...8).map { "position_\($0)" }
    #expect(found.validationSteps == [2, 4] && found.validations.names == ["loss"] + positions)
    // The loss is the mean over positions.
    for row in 0..<2 {
      let mean = positions.map { found.validations[$0][row] }.reduce(0, +) / 8
      #expect(abs(mean - found.validations["loss"][row]) < 1e-4 * mean)
    }
  }
}
