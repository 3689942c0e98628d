// SPDX-License-Identifier: Apache-2.0
//
// The training of a generator as the loop sees it: batches of tokens that were encoded before, with
// classes that are sometimes left out, and the loss of the head, over all positions and for each.

import Networks
import Tensors
import Training

/// Encoded pictures.
struct TrainingTokens {
  /// [N, K, T].
  let latents: Tensor
  /// The codes [N * K], row by row; empty if tokens are no codes.
  let ids: [Int]

  init(latents: Tensor, ids: [Int]) { (self.latents, self.ids) = (latents, ids) }

  /// All pictures of some parts, in their order.
  init(joining parts: [TrainingTokens]) throws {
    self.init(
      latents: try Tensor.cat(parts.map(\.latents), dim: 0), ids: parts.flatMap(\.ids))
  }

  /// The first `length` tokens of some pictures.
  func rows(_ places: [Int], length: Int) throws -> TrainingTokens {
    let (tokens, dim) = (latents.shape[1], latents.shape[2])
    let result = try Tensor(uninitialized: [places.count, length, dim])
    var codes: [Int] = []
    for (i, place) in places.enumerated() {
      (result.pointer + i * length * dim)
        .update(from: latents.pointer + place * tokens * dim, count: length * dim)
      if !ids.isEmpty { codes += ids[place * tokens..<place * tokens + length] }
    }
    return TrainingTokens(latents: result, ids: codes)
  }
}

/// Encoded pictures that are not trained on.
struct HeldTokens {
  let tokens: TrainingTokens
  let labels: [Int]
}

/// The training of a generator.
final class GeneratorTask: TrainingTask {
  private let generator: CARDGenerator
  private let tokens: TrainingTokens
  private let labels: [Int]
  private let validation: HeldTokens?
  private let chooser: WeightedChoice
  private let recipe: GeneratorRecipe
  /// The number of pictures of each micro-batch.
  private let counts: [Int]

  init(
    _ generator: CARDGenerator, _ tokens: TrainingTokens, _ data: TrainingData,
    _ validation: HeldTokens?, _ recipe: GeneratorRecipe
  ) {
    (self.generator, self.tokens, self.validation) = (generator, tokens, validation)
    (self.labels, self.recipe) = (data.labels, recipe)
    chooser = WeightedChoice(data.classWeights(balance: recipe.balance))
    let size = recipe.picturesPerStep(of: data)
    counts = stride(from: 0, to: size, by: picturesPerMicroBatch).map {
      min(picturesPerMicroBatch, size - $0)
    }
  }

  var termNames: [String] { type(of: generator.head).termNames }
  var namedParameters: [NamedParameter] { generator.namedParameters }
  var otherState: [NamedParameter] {
    [
      NamedParameter("mean", generator.mean), NamedParameter("deviation", generator.deviation),
    ] + generator.head.state
  }

  /// The tokens stand for data, tokenizer, variants and augmentation.
  private lazy var fingerprint: String = {
    var sum = Checksum()
    sum.mix(tokens.latents)
    for label in labels { sum.mix(UInt64(label)) }
    return sum.text
  }()

  let impliedSettings = GeneratorRecipe.impliedSettings
  var settings: [(key: String, value: String)] {
    recipe.settings + [("seed", "\(recipe.seed)"), ("dataset or tokenizer", fingerprint)]
  }

  var modelSettings: ModelSettings? { generator.configuration.modelSettings }

  func begin(step: Int) -> [Float] {
    let total = Float(counts.reduce(0, +))
    return counts.map { Float($0) / total }
  }

  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss {
    var draws = RandomStream(seed: recipe.seed, 0xCA7D, step, microBatch)
    let batch = try batch(
      counts[microBatch], length: length(step: step, microBatch: microBatch), &draws)
    let loss = try generator.head.loss(batch, of: generator, recipe, &draws)
    return MicroBatchLoss(loss.total, reported: loss.terms)
  }

  func sampleLoss() throws -> MicroBatchLoss? {
    var draws = RandomStream(seed: recipe.seed, 0xE571)
    let batch = try batch(
      counts.first ?? 1, length: generator.configuration.numTokens, &draws)
    return MicroBatchLoss(
      try generator.head.loss(batch, of: generator, recipe, &draws).total, reported: [])
  }

  /// The number of tokens of a micro-batch: all, or if the generator is told, for half of the
  /// micro-batches any number.
  func length(step: Int, microBatch: Int) -> Int {
    let all = generator.configuration.numTokens
    guard generator.configuration.lengthToken else { return all }
    var draws = RandomStream(seed: recipe.seed, 0x1E46, step, microBatch)
    return draws.uniform() < 0.5 ? all : 1 + draws.index(below: all)
  }

  /// Pictures with classes that are sometimes left out.
  func batch(
    _ count: Int, length: Int, _ draws: inout RandomStream
  ) throws -> TokenBatch {
    let variants = tokens.latents.shape[0] / labels.count
    var (places, told): ([Int], [Int?]) = ([], [])
    for _ in 0..<count {
      let index = chooser.index(draws.uniform())
      places.append(draws.index(below: variants) * labels.count + index)
      told.append(draws.uniform() < recipe.labelDrop ? nil : labels[index])
    }
    let chosen = try tokens.rows(places, length: length)
    let condition = try Condition(told, classCount: generator.configuration.numClasses)
    return TokenBatch(
      tokens: chosen.latents, ids: chosen.ids,
      row: try generator.row(condition, length: length))
  }

  /// The loss on tokens that are not trained on, at the same times and noise every time, over all
  /// positions and of each.
  func validate(exchange: any GradientExchange) throws -> [(name: String, value: Float)] {
    guard let validation else { return [] }
    let (count, length) = (validation.labels.count, generator.configuration.numTokens)
    let own = exchange.pictures(of: count)
    let parts = try inParallel(count: own.count) { part -> [Float] in
      let range = own.lowerBound + part.lowerBound..<own.lowerBound + part.upperBound
      var draws = RandomStream(seed: self.recipe.seed, 0x7A11, range.lowerBound)
      let held = try validation.tokens.rows(Array(range), length: length)
      let condition = try Condition(
        validation.labels[range].map { $0 }, classCount: self.generator.configuration.numClasses)
      let batch = TokenBatch(
        tokens: held.latents, ids: held.ids,
        row: try self.generator.row(condition, length: length))
      let loss = try self.generator.head.loss(batch, of: self.generator, self.recipe, &draws)
      return (loss.terms + loss.positions()).map { $0 * Float(range.count) }
    }
    // Added in the order of the pictures, whoever has measured them.
    let sums = try exchange.gather(parts.flatMap { $0 })
    let names = termNames + (0..<length).map { ValidationFigures.position($0) }
    return names.enumerated().map { i, name -> (name: String, value: Float) in
      let values = stride(from: i, to: sums.count, by: names.count).lazy.map { sums[$0] }
      return (name, values.reduce(0, +) / Float(count))
    }
  }
}

/// The names of the figures of a generator's validation.
public enum ValidationFigures {
  /// The name of the figure of a position, from 0.
  static func position(_ index: Int) -> String { "position_\(index + 1)" }

  /// Whether a figure is the loss of a position.
  public static func isPosition(_ name: String) -> Bool { name.hasPrefix("position_") }
}
