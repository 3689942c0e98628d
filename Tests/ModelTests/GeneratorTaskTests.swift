// SPDX-License-Identifier: Apache-2.0
//
// What a generator is trained on: how often each class, how often without it, how many tokens, at
// which times of the flow, with how much noise in what it reads.

import Glibc
import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct GeneratorTaskTests {
  /// Tokens of 300, 30 and 3 pictures of three classes, each number the class.
  private func task(lengthToken: Bool = false, _ recipe: GeneratorRecipe) throws -> (
    CARDGenerator, GeneratorTask
  ) {
    let labels = [300, 30, 3].enumerated().flatMap { [Int](repeating: $0, count: $1) }
    let latents = try Tensor(
      shape: [labels.count, 8, 4],
      values: labels.flatMap { [Float](repeating: Float($0), count: 32) })
    let model = try smallGenerator(.standard, lengthToken: lengthToken).model
    let data = try TrainingData(
      images: Tensor.zeros([labels.count, 3, 1, 1]), labels: labels, classCount: 3)
    return (
      model,
      GeneratorTask(model, TrainingTokens(latents: latents, ids: []), data, nil, recipe)
    )
  }

  @Test(arguments: [0, 0.5, 1]) func balanceDecidesTheSharesOfClasses(_ balance: Double) throws {
    var recipe = GeneratorRecipe(steps: 1)
    recipe.balance = balance
    let (_, task) = try task(recipe)
    var draws = RandomStream(seed: 31)
    let tokens = try task.batch(6000, length: 1, &draws).tokens
    // A class of n pictures has n of weight n^-balance.
    let weights = [300.0, 30, 3].map { pow($0, 1 - balance) }
    let expected = weights.map { $0 / weights.reduce(0, +) }
    for label in 0..<3 {
      let share = (0..<6000).count { tokens.pointer[4 * $0] == Float(label) }
      #expect(abs(Double(share) / 6000 - expected[label]) < 0.025)
    }
  }

  @Test func classesAreLeftOut() throws {
    var recipe = GeneratorRecipe(steps: 1)
    (recipe.labelDrop, recipe.balance) = (0.25, 1)
    let (model, task) = try task(recipe)
    var draws = RandomStream(seed: 33)
    let batch = try task.batch(4000, length: 8, &draws)
    let width = model.configuration.width
    func tells(_ picture: Int, _ label: Int) -> Bool {
      batch.row.pointer[picture * width] == model.classes.weight.pointer[label * width]
    }
    let dropped = (0..<4000).count { tells($0, 3) }
    #expect(abs(Float(dropped) / 4000 - 0.25) < 0.03)
    #expect((0..<4000).allSatisfy { tells($0, 3) || tells($0, Int(batch.tokens.pointer[$0 * 32])) })
  }

  @Test func halfOfTheLengthsAreAnyLength() throws {
    let (_, plain) = try task(GeneratorRecipe(steps: 1))
    let (_, told) = try task(lengthToken: true, GeneratorRecipe(steps: 1))
    var counts = [Int](repeating: 0, count: 9)
    for step in 0..<1000 {
      #expect(plain.length(step: step, microBatch: 1) == 8)
      counts[told.length(step: step, microBatch: 1)] += 1
    }
    #expect(counts[0] == 0 && abs(counts[8] - 562) < 60)
    for length in 1..<8 { #expect(abs(counts[length] - 62) < 35) }
  }

  @Test func timesAreLogitNormal() throws {
    var draws = RandomStream(seed: 35)
    let tokens = try normal([1000, 2, 1], seed: 5)
    let each = try FlowSample(tokens, repeats: 4, timesEach: 1, &draws)
    #expect(each.times.count == 8000)
    let mean = each.times.reduce(0, +) / 8000
    let deviation = (each.times.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 8000).squareRoot()
    // The sigmoid of a standard normal number has mean 0.5 and deviation 0.208.
    #expect(abs(mean - 0.5) < 0.01 && abs(deviation - 0.208) < 0.008)
    // x_t + (1 - t) v is the token, whatever the noise.
    for row in 0..<8000 {
      let end = each.point.pointer[row] + (1 - each.times[row]) * each.target.pointer[row]
      #expect(abs(end - tokens.pointer[row % 2000]) < 1e-4)
    }
    // The tokens of a picture share a time where they are integrated together.
    let joint = try FlowSample(tokens, repeats: 1, timesEach: 2, &draws)
    #expect(joint.times.count == 1000)
    for row in 0..<2000 {
      let end = joint.point.pointer[row] + (1 - joint.times[row / 2]) * joint.target.pointer[row]
      #expect(abs(end - tokens.pointer[row]) < 1e-4)
    }
  }

  @Test func whatIsReadHasNoise() throws {
    var draws = RandomStream(seed: 37)
    let tokens = try Tensor(repeating: 1, shape: [500, 8, 4])
    #expect(try tokens.disturbed(0, &draws).toArray() == tokens.toArray())
    let read = try tokens.disturbed(0.4, &draws)
    // (1 - s) + s noise with s uniform up to 0.4: the mean is 0.8, the noise has a variance of
    // 0.4² / 3, and 1 - s one of 0.4² / 12.
    let values = read.toArray()
    let mean = values.reduce(0, +) / Float(values.count)
    let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Float(values.count)
    #expect(abs(mean - 0.8) < 0.02 && abs(variance - 0.16 * 5 / 12) < 0.006)
  }
}
