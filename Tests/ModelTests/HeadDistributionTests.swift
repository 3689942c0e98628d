// SPDX-License-Identifier: Apache-2.0
//
// Heads that are trained on tokens of a known distribution sample that distribution: codes with
// known probabilities, mixtures of Gaussians, Gaussians with a known covariance.

import Glibc
import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite(.serialized) struct HeadDistributionTests {
  /// A small generator of `count` tokens of `dim` numbers in two classes, trained on tokens and
  /// codes of known classes.
  private func trained(
    _ head: String, count: Int, dim: Int, digits: [Int] = [], steps: Int,
    _ tokens: TrainingTokens, _ labels: [Int], codes: [Tensor] = []
  ) throws -> CARDGenerator {
    var tokenizer = smallConfiguration()
    (tokenizer.numTokens, tokenizer.tokenDim, tokenizer.numClasses) = (count, dim, 2)
    var made = GeneratorConfiguration(for: tokenizer)
    made.codeDigits = digits
    made.head = try #require(HeadKind(rawValue: head))
    (made.width, made.depth, made.heads, made.headWidth, made.headDepth) = (32, 2, 2, 48, 2)
    made.refineDepth = 2
    let model = try CARDGenerator(made, seed: 3)
    for (state, values) in zip(model.head.state, codes) { state.tensor.assign(values) }
    model.fitStandard(tokens.latents)
    var recipe = GeneratorRecipe(steps: steps)
    (recipe.batchSize, recipe.inputNoise, recipe.drawsPerToken, recipe.seed) = (32, 0, 8, 5)
    recipe.plan.averageDecay = 0.99
    (recipe.plan.schedule.peak, recipe.plan.schedule.warmup) = (5e-3, 20)
    let data = try TrainingData(
      images: Tensor.zeros([labels.count, 3, 1, 1]), labels: labels, classCount: 2)
    let task = GeneratorTask(
      model,
      TrainingTokens(latents: try model.standardized(tokens.latents), ids: tokens.ids), data, nil,
      recipe)
    _ = try model.train(task, recipe.plan, onStep: { _ in }, onNotice: { _ in })
    return model
  }

  private func samples(
    _ model: CARDGenerator, _ label: Int, _ count: Int
  ) throws -> Tokens {
    var options = SamplingOptions()
    options.steps = 20
    return try model.sample(
      condition: Condition([label], classCount: 2), seeds: (0..<count).map { 1000 + UInt64($0) },
      options: options)
  }

  // MARK: - Codes

  /// Pearson's statistic of counts against probabilities.
  private func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> Double {
    let total = Double(counts.reduce(0, +))
    return zip(counts, probabilities).reduce(0) { sum, cell in
      let expected = total * cell.1
      return sum + (Double(cell.0) - expected) * (Double(cell.0) - expected) / expected
    }
  }

  /// Two codes of 4 values each, whose joint probabilities depend on the class; as two tokens of
  /// one digit, or as one token of two digits.
  @Test(arguments: [[4], [4, 4]]) func codesHaveTheirProbabilities(_ digits: [Int]) throws {
    let joint = (0..<2).map { label in
      let weights = (0..<16).map { cell in
        // The second value follows the first, by as much as the class says.
        1.0 + 9 * ((cell % 4 + label + 1) % 4 == cell / 4 ? 1 : 0) + Double(cell % 4)
      }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    let choosers = joint.map { WeightedChoice($0) }
    var draws = RandomStream(seed: 17)
    let labels = (0..<6000).map { $0 % 2 }
    let cells = labels.map { choosers[$0].index(draws.uniform()) }
    let count = 2 / digits.count
    let ids = digits.count == 2 ? cells : cells.flatMap { [$0 % 4, $0 / 4] }
    let codes = try digits.indices.map { index in
      try normal([4, 3], seed: 40 + UInt64(index))
    }
    let latents = try Tensor(
      shape: [labels.count, count, 3],
      values: ids.flatMap { id in
        (0..<3).map { channel in
          codes[0].toArray()[id % 4 * 3 + channel]
            + (codes.count > 1 ? codes[1].toArray()[id / 4 * 3 + channel] : 0)
        }
      })
    let model = try trained(
      "categorical", count: count, dim: 3, digits: digits, steps: 300,
      TrainingTokens(latents: latents, ids: ids), labels, codes: codes)
    for label in 0..<2 {
      let found = try #require(try samples(model, label, 1000).ids)
      var counts = [Int](repeating: 0, count: 16)
      for picture in 0..<1000 {
        counts[
          digits.count == 2 ? found[picture] : found[2 * picture] + 4 * found[2 * picture + 1]] += 1
      }
      // 99.99 % of samples of the distribution itself are below 44.3 (15 degrees of freedom).
      #expect(chiSquare(counts, joint[label]) < 60)
      #expect(chiSquare(counts, joint[1 - label]) > 300)
    }
  }

  // MARK: - Mixtures

  /// 2 E|X - Y| - E|X - X'| - E|Y - Y'| of rows of `dim` numbers (Székely and Rizzo).
  private func energyDistance(_ a: [Float], _ b: [Float], dim: Int) -> Double {
    func mean(_ x: [Float], _ y: [Float]) -> Double {
      var sum = 0.0
      for i in stride(from: 0, to: x.count, by: dim) {
        for j in stride(from: 0, to: y.count, by: dim) {
          var square: Float = 0
          for d in 0..<dim { square += (x[i + d] - y[j + d]) * (x[i + d] - y[j + d]) }
          sum += Double(square.squareRoot())
        }
      }
      return sum / Double(x.count / dim) / Double(y.count / dim)
    }
    return 2 * mean(a, b) - mean(a, a) - mean(b, b)
  }

  /// Samples of a mixture: in one dimension of N(-2, 0.5²) and N(1, 0.2²), in two of Gaussians on
  /// the corners of a square; classes have other corners.
  private func mixture(
    _ label: Int, _ count: Int, dim: Int, _ draws: inout RandomStream
  ) -> [Float] {
    (0..<count).flatMap { _ -> [Float] in
      let side: Float = draws.uniform() < 0.5 ? 1 : -1
      guard dim == 2 else {
        return [side > 0 ? 1 + 0.2 * draws.normal() : -2 + 0.5 * draws.normal()]
      }
      let other = label == 0 ? side : -side
      return [side + 0.2 * draws.normal(), other + 0.2 * draws.normal()]
    }
  }

  @Test(arguments: [1, 2]) func flowRecoversMixtures(_ dim: Int) throws {
    var draws = RandomStream(seed: 23)
    let labels = (0..<4000).map { $0 % 2 }
    let values = labels.flatMap { mixture($0, 1, dim: dim, &draws) }
    let model = try trained(
      "flow", count: 1, dim: dim, steps: 300,
      TrainingTokens(latents: Tensor(shape: [labels.count, 1, dim], values: values), ids: []),
      labels)
    for label in 0..<2 {
      let found = try samples(model, label, 600).latents.toArray()
      let same = mixture(label, 600, dim: dim, &draws)
      let near = energyDistance(found, same, dim: dim)
      // One normal distribution with the same mean and deviation is further away.
      let mean: Float = dim == 1 ? -0.5 : 0
      let spread: Float = dim == 1 ? 1.55 : 1.02
      let single = (0..<600 * dim).map { _ in mean + spread * draws.normal() }
      #expect(near < 0.2 * energyDistance(single, same, dim: dim), "class \(label)")
    }
  }

  // MARK: - Gaussians

  /// Two tokens with means 1 and -2, deviations 1 and 0.5, and a correlation of 0.8 in class 0 and
  /// of -0.8 in class 1.
  @Test(arguments: ["flow", "refine", "diffusion"])
  func correlatedGaussiansAreRecovered(_ head: String) throws {
    var draws = RandomStream(seed: 29)
    let labels = (0..<4000).map { $0 % 2 }
    let values = labels.flatMap { label -> [Float] in
      let (a, b) = (draws.normal(), draws.normal())
      return [1 + a, -2 + 0.5 * ((label == 0 ? 0.8 : -0.8) * a + 0.6 * b)]
    }
    let model = try trained(
      head, count: 2, dim: 1, steps: 300,
      TrainingTokens(latents: Tensor(shape: [labels.count, 2, 1], values: values), ids: []), labels)
    for label in 0..<2 {
      let found = try samples(model, label, 1000).latents.toArray().map(Double.init)
      let (x, y) = (
        stride(from: 0, to: 2000, by: 2).map { found[$0] },
        stride(from: 1, to: 2000, by: 2).map { found[$0] }
      )
      func mean(_ v: [Double]) -> Double { v.reduce(0, +) / Double(v.count) }
      let (mx, my) = (mean(x), mean(y))
      let (sx, sy) = (
        mean(x.map { ($0 - mx) * ($0 - mx) }).squareRoot(),
        mean(y.map { ($0 - my) * ($0 - my) }).squareRoot()
      )
      let correlation = mean(zip(x, y).map { ($0 - mx) * ($1 - my) }) / (sx * sy)
      #expect(abs(mx - 1) < 0.15 && abs(my + 2) < 0.08, "\(head): means \(mx), \(my)")
      #expect(abs(sx - 1) < 0.12 && abs(sy - 0.5) < 0.06, "\(head): deviations \(sx), \(sy)")
      #expect(abs(correlation - (label == 0 ? 0.8 : -0.8)) < 0.1, "\(head): \(correlation)")
    }
  }
}
