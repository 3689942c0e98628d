// SPDX-License-Identifier: Apache-2.0
//
// Training of CARD (method 6.2, 6.3): encode the pictures once, standardise the tokens, then learn
// the velocity of each token given the tokens before it. Every token is visited at R times with
// fresh noise in each step, which costs little since the backbone runs once.

import Glibc
import Networks
import Tensors

/// How a generator is trained.
public struct GeneratorRecipe: TrainingRecipe {
  /// Steps of the optimizer.
  public var steps: Int
  /// Pictures a step.
  public var batchSize = 64
  /// Peak of the learning rate.
  public var learningRate: Float = 2e-3
  /// Steps over which the learning rate rises.
  public var warmup = 100
  /// Decay of weight matrices.
  public var weightDecay: Float = 0.02
  /// Longest gradient.
  public var clip: Float = 1
  /// Decay of the running average that is kept in the end.
  public var averageDecay: Float = 0.998
  /// How often the class is replaced by null.
  public var labelDrop: Double = 0.1
  /// Draws of time and noise for each token (R).
  public var drawsPerToken = 4
  /// Noise added to the tokens that the backbone reads, up to this share.
  public var inputNoise: Float = 0.15
  /// 0 takes pictures as they come, 1 takes all classes alike.
  public var balance = 0.75
  /// How many times every picture is encoded, each time changed anew; the first is unchanged.
  public var variants = 6
  /// Changes to the pictures: places only, since turned hues would teach it green faces.
  public var augmentation: Augmentation = {
    var places = Augmentation()
    (places.hueShare, places.saturationShare) = (0, 0)
    return places
  }()
  /// Seed of everything random.
  public var seed: UInt64 = 0

  /// A recipe of the given length.
  public init(steps: Int) { self.steps = steps }
}

extension CARDGenerator {
  /// Trains on the tokens of a data set. Reports and stops as `SMAPTokenizer.train` does.
  ///
  /// `onPrepare` hears how many of the variants are encoded before the first step.
  @discardableResult
  public func train(
    on data: TrainingData, tokenizer: SMAPTokenizer, _ recipe: GeneratorRecipe,
    onPrepare: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
    onStep: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> [Float] {
    guard tokenizer.configuration.numTokens == configuration.numTokens,
      tokenizer.configuration.tokenDim == configuration.tokenDim,
      tokenizer.configuration.numClasses == configuration.numClasses
    else {
      throw TensorError.shape("this generator was made for another tokenizer")
    }
    guard recipe.steps >= 1, recipe.batchSize >= 1, recipe.drawsPerToken >= 1 else {
      throw TensorError.value("steps, batch_size and draws are whole numbers from 1")
    }
    let latents = try encodeVariants(data, tokenizer, recipe, onPrepare)
    let chooser = WeightedChoice(data.classWeights(balance: recipe.balance))
    return try train(
      recipe, betas: (0.9, 0.95), onStep: onStep,
      figures: { [("gradient", $0.gradientNorm)] },
      step: { try trainStep($0, latents, data.labels, chooser, $1, recipe) })
  }

  /// Tokens of all pictures, several times over, standardised: [variants * N, K, T].
  private func encodeVariants(
    _ data: TrainingData, _ tokenizer: SMAPTokenizer, _ recipe: GeneratorRecipe,
    _ onPrepare: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> Tensor {
    let condition = try Condition(data.labels.map { $0 }, classCount: data.classCount)
    var parts: [Tensor] = []
    for variant in 0..<max(recipe.variants, 1) {
      let changed =
        variant == 0
        ? data.images
        : try data.augmented(recipe.augmentation, seed: recipe.seed, variant: variant)
      parts.append(try tokenizer.encode(changed, condition: condition).latents)
      try onPrepare(variant + 1, recipe.variants)
    }
    let all = try Tensor.cat(parts, dim: 0)
    fitStandard(all)
    return try standardized(all)
  }

  private func fitStandard(_ tokens: Tensor) {
    let (count, size) = (tokens.shape[0], mean.count)
    for i in 0..<size {
      var (sum, squares) = (0.0, 0.0)
      for n in 0..<count {
        let value = Double(tokens.pointer[n * size + i])
        sum += value
        squares += value * value
      }
      let average = sum / Double(count)
      let variance = max(squares / Double(count) - average * average, 0)
      mean.pointer[i] = Float(average)
      deviation.pointer[i] = max(Float(variance.squareRoot()), 1e-3)
    }
  }

  private func trainStep(
    _ trainer: MicroBatchTrainer, _ latents: Tensor, _ labels: [Int], _ chooser: WeightedChoice,
    _ step: Int, _ recipe: GeneratorRecipe
  ) throws -> StepResult {
    let size = picturesPerMicroBatch
    let counts = stride(from: 0, to: recipe.batchSize, by: size).map {
      min(size, recipe.batchSize - $0)
    }
    let weights = counts.map { Float($0) / Float(recipe.batchSize) }
    return try trainer.step(weights: weights) { i in
      var draws = RandomStream(seed: recipe.seed, 0xCA7D, step, i)
      let (tokens, condition) = try batch(counts[i], latents, labels, chooser, recipe, &draws)
      let loss = try flowLoss(tokens, condition, recipe, &draws)
      return (loss, [try loss.item()])
    }
  }

  private func batch(
    _ count: Int, _ latents: Tensor, _ labels: [Int], _ chooser: WeightedChoice,
    _ recipe: GeneratorRecipe, _ draws: inout RandomStream
  ) throws -> (Tensor, Condition) {
    let size = mean.count
    let variants = latents.shape[0] / labels.count
    let tokens = try Tensor(
      uninitialized: [count, configuration.numTokens, configuration.tokenDim])
    var told: [Int?] = []
    for i in 0..<count {
      let index = chooser.index(draws.uniform())
      let row = draws.index(below: variants) * labels.count + index
      (tokens.pointer + i * size).update(from: latents.pointer + row * size, count: size)
      told.append(draws.uniform() < recipe.labelDrop ? nil : labels[index])
    }
    return (tokens, try Condition(told, classCount: configuration.numClasses))
  }

  /// Mean squared error of the velocity over tokens, channels and R draws.
  private func flowLoss(
    _ tokens: Tensor, _ condition: Condition, _ recipe: GeneratorRecipe,
    _ draws: inout RandomStream
  ) throws -> Tensor {
    let (count, dim) = (tokens.count / configuration.tokenDim, configuration.tokenDim)
    let context = try contexts(disturbed(tokens, recipe.inputNoise, &draws), condition: condition)
      .reshape([count, configuration.width])
    let repeats = recipe.drawsPerToken
    let noisy = try Tensor(uninitialized: [repeats * count, dim])
    let target = try Tensor(uninitialized: [repeats * count, dim])
    var times: [Float] = []
    for row in 0..<repeats * count {
      let t = 1 / (1 + expf(-draws.normal()))
      times.append(t)
      let token = tokens.pointer + row % count * dim
      for d in 0..<dim {
        let noise = draws.normal()
        noisy.pointer[row * dim + d] = (1 - t) * noise + t * token[d]
        target.pointer[row * dim + d] = token[d] - noise
      }
    }
    let prepared = try head.prepare(context)
    let time = try head.embed(times: times).reshape([repeats, count, configuration.headWidth])
    let mixed = try time.add(prepared).reshape([repeats * count, configuration.headWidth])
    let velocity = try head.velocity(noisy, condition: mixed)
    return try velocity.meanRowDistance(to: target).mul(1 / Float(dim))
  }

  /// Tokens mixed with a little noise, so that the backbone bears its own mistakes when it draws.
  private func disturbed(
    _ tokens: Tensor, _ most: Float, _ draws: inout RandomStream
  ) throws -> Tensor {
    guard most > 0 else { return tokens }
    let result = try Tensor(uninitialized: tokens.shape)
    let size = mean.count
    for i in 0..<tokens.shape[0] {
      let share = draws.uniform(0, most)
      for j in i * size..<(i + 1) * size {
        result.pointer[j] = (1 - share) * tokens.pointer[j] + share * draws.normal()
      }
    }
    return result
  }
}

/// Draws indices in proportion to weights.
struct WeightedChoice {
  private let cumulative: [Double]

  init(_ weights: [Double]) {
    var sum = 0.0
    cumulative = weights.map {
      sum += $0
      return sum
    }
  }

  /// The index that a uniform draw from 0..<1 selects.
  func index(_ draw: Double) -> Int {
    let wanted = draw * (cumulative.last ?? 0)
    var (low, high) = (0, max(cumulative.count - 1, 0))
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > wanted { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
