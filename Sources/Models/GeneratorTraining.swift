// SPDX-License-Identifier: Apache-2.0
//
// Training of CARD (docs/Method.md, 6.2 and 6.3): encode the pictures once, standardise the tokens,
// then learn the velocity of each token given the tokens before it. Every token is visited at R
// times with fresh noise in each step, which costs little since the backbone runs once.

import Glibc
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
    let latents = try encodeVariants(data, tokenizer, recipe, onPrepare)
    let held = try validation.map {
      (tokens: try standardized(encode($0, tokenizer, recipe)), labels: $0.labels)
    }
    let task = GeneratorTask(self, latents, data, held, recipe)
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
  ) throws -> Tensor {
    let parts = try data.groups.map { range in
      try Stop.check()
      let images = try data.variant(
        variant, of: range, recipe.augmentation, seed: recipe.seed)
      return try tokenizer.encode(images, condition: data.condition(range)).latents
    }
    return try Tensor.cat(parts, dim: 0)
  }

  /// Tokens of all pictures, several times over, standardised: [variants * N, K, T].
  func encodeVariants(
    _ data: TrainingData, _ tokenizer: SMAPTokenizer, _ recipe: GeneratorRecipe,
    _ onPrepare: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> Tensor {
    var parts: [Tensor] = []
    for variant in 0..<max(recipe.variants, 1) {
      parts.append(try encode(data, tokenizer, recipe, variant: variant))
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
}

/// The training of a generator as the loop sees it.
final class GeneratorTask: TrainingTask {
  private let generator: CARDGenerator
  private let latents: Tensor
  private let labels: [Int]
  private let validation: (tokens: Tensor, labels: [Int])?
  private let chooser: WeightedChoice
  private let recipe: GeneratorRecipe
  /// The number of pictures of each micro-batch.
  private let counts: [Int]

  init(
    _ generator: CARDGenerator, _ latents: Tensor, _ data: TrainingData,
    _ validation: (tokens: Tensor, labels: [Int])?, _ recipe: GeneratorRecipe
  ) {
    (self.generator, self.latents, self.validation) = (generator, latents, validation)
    (self.labels, self.recipe) = (data.labels, recipe)
    chooser = WeightedChoice(data.classWeights(balance: recipe.balance))
    let size = recipe.picturesPerStep(of: data)
    counts = stride(from: 0, to: size, by: picturesPerMicroBatch).map {
      min(picturesPerMicroBatch, size - $0)
    }
  }

  let termNames = ["loss"]
  var namedParameters: [NamedParameter] { generator.namedParameters }
  var otherState: [NamedParameter] {
    [
      NamedParameter("mean", generator.mean), NamedParameter("deviation", generator.deviation),
    ]
  }

  /// The latents stand for data, tokenizer, variants and augmentation.
  private lazy var fingerprint: String = {
    var sum = Checksum()
    sum.mix(latents)
    for label in labels { sum.mix(UInt64(label)) }
    return sum.text
  }()

  let impliedSettings = GeneratorRecipe.impliedSettings
  var settings: [(key: String, value: String)] {
    recipe.settings + [("seed", "\(recipe.seed)"), ("dataset or tokenizer", fingerprint)]
  }

  func begin(step: Int) -> [Float] {
    let total = Float(counts.reduce(0, +))
    return counts.map { Float($0) / total }
  }

  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss {
    var draws = RandomStream(seed: recipe.seed, 0xCA7D, step, microBatch)
    let (tokens, condition) = try generator.batch(
      counts[microBatch], latents, labels, chooser, recipe, &draws)
    let loss = try generator.flowLoss(tokens, condition, recipe, &draws)
    return MicroBatchLoss(loss, reported: [try loss.item()])
  }

  func sampleLoss() throws -> MicroBatchLoss? {
    var draws = RandomStream(seed: recipe.seed, 0xE571)
    let (tokens, condition) = try generator.batch(
      counts.first ?? 1, latents, labels, chooser, recipe, &draws)
    return MicroBatchLoss(
      try generator.flowLoss(tokens, condition, recipe, &draws), reported: [])
  }

  /// The loss on tokens that are not trained on, at the same times and noise every time.
  func validate() throws -> [(name: String, value: Float)] {
    guard let validation else { return [] }
    let count = validation.labels.count
    let parts = try inParallel(count: count) { range in
      var draws = RandomStream(seed: self.recipe.seed, 0x7A11, range.lowerBound)
      let tokens = try validation.tokens.narrow(
        dim: 0, start: range.lowerBound, count: range.count)
      let condition = try Condition(
        validation.labels[range].map { $0 }, classCount: self.generator.configuration.numClasses)
      let loss = try self.generator.flowLoss(tokens, condition, self.recipe, &draws)
      return try loss.item() * Float(range.count)
    }
    return [("loss", parts.reduce(0, +) / Float(count))]
  }
}

extension CARDGenerator {
  fileprivate func batch(
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

  /// Mean squared error of the velocity over tokens, channels and R samples of time and noise.
  fileprivate func flowLoss(
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

  /// Tokens mixed with a little noise, so that the backbone is robust to its own errors when it
  /// samples.
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

/// Samples indices in proportion to weights.
struct WeightedChoice {
  private let cumulative: [Double]

  init(_ weights: [Double]) {
    var sum = 0.0
    cumulative = weights.map {
      sum += $0
      return sum
    }
  }

  /// The index that a uniform number from 0..<1 selects.
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
