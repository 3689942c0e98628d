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
      // A tokenizer with other options is named by the first one that differs.
      let kind = #expect(throws: CheckpointError.self) {
        try smallTokenizer("vq").train(on: smallData(), recipe)
      }
      #expect(kind?.message.contains("a tokenizer of quantizer = kl, not vq") == true)
    }
  }

  /// Files of earlier versions do not hold the options of the model; those of later ones lack an
  /// option only if it was added afterwards.
  @Test func checkpointsWithoutTheOptionsOfTheModelGoOn() throws {
    try withFile { path in
      var recipe = recipe()
      let whole = try smallTokenizer().train(on: smallData(), recipe)
      recipe.plan.checkpoint = CheckpointPlan(path: path, interval: 4)
      #expect(throws: TrainingInterruption.self) {
        try smallTokenizer().train(on: smallData(), recipe) { if $0.step == 5 { throw Halt() } }
      }
      let file = try Checkpoint.read(path: path)
      recipe.plan.checkpoint = nil
      recipe.plan.resumePath = path
      for isOld in [true, false] {
        var older = file
        older.metadata.removeAll {
          isOld ? $0.key.hasPrefix("model") : $0.key == "model.code_temperature"
        }
        #expect(older.metadata.count < file.metadata.count)
        try older.write(path: path)
        #expect(try smallTokenizer().train(on: smallData(), recipe) == whole)
      }
    }
  }

  @Test func weightsThatAreNotFiniteAreRefused() throws {
    try withFile { path in
      let tokenizer = try smallTokenizer()
      try tokenizer.save(path: path)
      let sound = try Checkpoint.read(path: path)
      for value in [Float.nan, .infinity] {
        var damaged = sound
        let last = damaged.tensors.count - 1
        let name = damaged.tensors[last].name
        var values = damaged.tensors[last].tensor.toArray()
        values[values.count - 1] = value
        damaged.tensors[last] = NamedParameter(
          name, try Tensor(shape: damaged.tensors[last].tensor.shape, values: values))
        try damaged.write(path: path)
        let error = #expect(throws: CheckpointError.self) { try SMAPTokenizer.load(path: path) }
        #expect(error?.message == "`\(name)` holds numbers that are not finite")
      }
      // A model that cannot be read again is not written either.
      try sound.write(path: path)
      let weight = tokenizer.namedParameters[0]
      let values = weight.tensor.toArray()
      for (value, format) in [(Float.nan, NumberFormat.float32), (70_000, .float16)] {
        weight.tensor.assign(
          try Tensor(shape: weight.tensor.shape, values: [value] + values.dropFirst()))
        let error = #expect(throws: CheckpointError.self) {
          try tokenizer.save(path: path, format: format)
        }
        #expect(error?.message.hasPrefix("`\(weight.name)` of the model holds numbers") == true)
        _ = try SMAPTokenizer.load(path: path)
      }
      try tokenizer.save(path: path)
      _ = try SMAPTokenizer.load(path: path)
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
