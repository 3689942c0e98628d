// SPDX-License-Identifier: Apache-2.0
//
// Training of CARD (docs/Method.md, section 6): encode the pictures once, standardise the tokens,
// then train backbone and head on them (`GeneratorTask`).

import Networks
import Tensors
import Training

/// How a generator is trained.
public struct GeneratorRecipe: Sendable {
  /// What every training has: steps, optimizer, schedule, average, checkpoints.
  public var plan: TrainingPlan
  /// Pictures a batch.
  public var batchSize = 64
  /// How often the class is replaced by null.
  public var labelDrop: Double = 0.1
  /// Samples of time and noise for each token in a step (R).
  public var drawsPerToken = 4
  /// Noise added to the tokens that the backbone reads, up to this share.
  public var inputNoise: Float = 0.15
  /// 0 takes pictures as they come, 1 takes all classes alike.
  public var balance = 0.75
  /// How many times every picture is encoded, each time augmented differently but the first, which
  /// is unchanged.
  public var variants = 6
  /// Changes to the pictures: places only, since turned hues would teach it green faces.
  public var augmentation: Augmentation = {
    var places = Augmentation()
    (places.hueShare, places.saturationShare) = (0, 0)
    return places
  }()
  /// Seed of everything random.
  public var seed: UInt64 = 0
  /// What is trained, if that is known: some options have an effect on some heads only.
  public var generator: GeneratorConfiguration?

  /// The default recipe of the given length.
  public init(steps: Int) {
    plan = TrainingPlan(
      steps: steps, optimizer: OptimizerPlan(beta1: 0.9, beta2: 0.95, weightDecay: 0.02),
      schedule: LearningRateSchedule(.cosine, peak: 2e-3, warmup: 100, floorShare: 0.01),
      averageDecay: 0.998)
  }

  /// The number of pictures that one step takes of a data set, some of them several times if it is
  /// small.
  public func picturesPerStep(of data: TrainingData) -> Int { batchSize * plan.accumulation }
}

extension CARDGenerator {
  /// Trains on the tokens of a data set. Reports and stops as `SMAPTokenizer.train` does.
  ///
  /// `onPrepare` hears how many of the variants are encoded before the first step.
  @discardableResult
  public func train(
    on data: TrainingData, tokenizer: SMAPTokenizer, _ recipe: GeneratorRecipe,
    validation: TrainingData? = nil,
    onPrepare: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
    onStep: (TrainingProgress) throws -> Void = { _ in },
    onNotice: @escaping (TrainingNotice) -> Void = { _ in }
  ) throws -> TrainingHistory {
    try check(tokenizer)
    guard recipe.plan.steps >= 1, recipe.batchSize >= 1, recipe.drawsPerToken >= 1,
      recipe.plan.accumulation >= 1
    else {
      throw TensorError.value("steps, batch_size, draws and accumulate are whole numbers from 1")
    }
    try head.adopt(tokenizer)
    tokenMaker = tokenizer.maker
    let tokens = try encodeVariants(data, tokenizer, recipe, onPrepare)
    let held = try validation.map { held in
      let encoded = try encode(held, tokenizer, recipe)
      return HeldTokens(
        tokens: TrainingTokens(
          latents: try standardized(encoded.latents), ids: encoded.ids), labels: held.labels)
    }
    let task = GeneratorTask(self, tokens, data, held, recipe)
    return try train(task, recipe.plan, onStep: onStep, onNotice: onNotice)
  }

  func check(_ tokenizer: SMAPTokenizer) throws {
    guard tokenizer.configuration.numTokens == configuration.numTokens,
      tokenizer.configuration.tokenDim == configuration.tokenDim,
      tokenizer.configuration.numClasses == configuration.numClasses
    else {
      throw TensorError.shape("this generator was made for another tokenizer")
    }
  }

  /// The tokens of a variant of all pictures: [N, K, T].
  private func encode(
    _ data: TrainingData, _ tokenizer: SMAPTokenizer, _ recipe: GeneratorRecipe, variant: Int = 0
  ) throws -> TrainingTokens {
    try TrainingTokens(
      joining: data.groups.map { range in
        try Stop.check()
        let images = try data.variant(
          variant, of: range, recipe.augmentation, seed: recipe.seed)
        let tokens = try tokenizer.encode(images, condition: data.condition(range))
        return TrainingTokens(latents: tokens.latents, ids: tokens.ids ?? [])
      })
  }

  /// Tokens of all pictures, several times over, standardised: [variants * N, K, T].
  func encodeVariants(
    _ data: TrainingData, _ tokenizer: SMAPTokenizer, _ recipe: GeneratorRecipe,
    _ onPrepare: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> TrainingTokens {
    var parts: [TrainingTokens] = []
    for variant in 0..<max(recipe.variants, 1) {
      parts.append(try encode(data, tokenizer, recipe, variant: variant))
      try onPrepare(variant + 1, recipe.variants)
    }
    let all = try TrainingTokens(joining: parts)
    fitStandard(all.latents)
    return TrainingTokens(latents: try standardized(all.latents), ids: all.ids)
  }

  /// Sets mean and deviation of each position and channel to those of tokens [N, K, T].
  func fitStandard(_ tokens: Tensor) {
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
}
