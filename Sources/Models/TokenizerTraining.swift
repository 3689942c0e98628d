// SPDX-License-Identifier: Apache-2.0
//
// Training of the tokenizer (docs/Method.md, 4.6): sample pictures and a prefix length, encode,
// limit, drop the tail, decode, compare. The class is dropped in both halves at once, and the
// condition survives every truncation.
//
// A prefix length is sampled for each micro-batch: tokens are really removed, which costs nothing,
// and a step still sees several lengths, which lowers the variance of its gradient.

import CKernels
import Glibc
import Networks
import Synchronization
import Tensors
import Training

/// How a tokenizer is trained.
public struct TokenizerRecipe: Sendable {
  /// What every training has: steps, optimizer, schedule, average, checkpoints.
  public var plan: TrainingPlan
  /// Pictures a batch.
  public var batchSize = 64
  /// How often the class is replaced by null.
  public var labelDrop: Double = 0.1
  /// Most noise added to continuous tokens before decoding, in units of their deviation, for half
  /// of the pictures: the decoder learns to bear tokens that a generator has sampled.
  public var latentNoise: Float = 0.4
  /// Weight of the KL term or of the commitment to codes; nil for the bottleneck's own.
  public var bottleneckWeight: Float?
  /// The loss on pixels.
  public var loss = ReconstructionLoss()
  /// Changes to the pictures.
  public var augmentation = Augmentation()
  /// Steps between searches for dead codes; 0 for none.
  public var restartEvery = 100
  /// Seed of everything random.
  public var seed: UInt64 = 0

  /// The default recipe of the given length.
  public init(steps: Int) {
    plan = TrainingPlan(
      steps: steps, optimizer: OptimizerPlan(beta1: 0.9, beta2: 0.99, weightDecay: 0.05),
      schedule: LearningRateSchedule(.cosine, peak: 1.5e-3, warmup: 100, floorShare: 0.01),
      averageDecay: 0.998)
  }
}

extension SMAPTokenizer {
  /// Fits the linear path and the codebook, then trains all parameters.
  ///
  /// `onStep` runs after every step; if it throws, training stops there with what has been learned,
  /// the running average in place. `validation` are pictures that are reconstructed as often as the
  /// plan says.
  ///
  /// - Returns: what every step reported.
  /// - Throws: a `TrainingInterruption` with the history so far and what ended training.
  @discardableResult
  public func train(
    on data: TrainingData, _ recipe: TokenizerRecipe, validation: TrainingData? = nil,
    onStep: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainingHistory {
    for pictures in [data, validation].compactMap({ $0 }) { try check(pictures) }
    guard recipe.plan.steps >= 1, recipe.batchSize >= 1, recipe.plan.accumulation >= 1 else {
      throw TensorError.value("steps, batch_size and accumulate are whole numbers from 1")
    }
    if recipe.plan.resumePath == nil { try prepare(data, seed: recipe.seed) }
    let task = TokenizerTask(self, data, validation, recipe)
    return try train(task, recipe.plan, onStep: onStep)
  }

  private func check(_ data: TrainingData) throws {
    let side = configuration.imageSize
    guard data.images.shape[2] == side, data.images.shape[3] == side,
      data.classCount == configuration.numClasses
    else {
      throw TensorError.shape(
        "this tokenizer takes \(configuration.numClasses) classes of \(side) x \(side) pictures, "
          + "not \(data.classCount) of shape \(data.images.shape)")
    }
  }

  /// Fits what has a closed form, unless it was fitted before.
  private func prepare(_ data: TrainingData, seed: UInt64) throws {
    guard configuration.linearPath, !linearPath.isFitted else { return }
    let pixels = try PixelLayout.channelsLast(data.images)
      .reshape([data.count, configuration.pixelCount])
    let labels: [Int?] =
      configuration.inject == .none ? data.labels.map { _ in nil } : data.labels
    if let codebook {
      try linearPath.fit(
        pixels, labels: labels, codebook: codebook, configuration, seed: seed)
    } else {
      try linearPath.fit(
        pixels, labels: labels, classCount: configuration.numClasses, seed: seed)
    }
  }
}

/// The training of a tokenizer as the loop sees it.
private final class TokenizerTask: TrainingTask {
  private let tokenizer: SMAPTokenizer
  private let data: TrainingData
  private let validation: TrainingData?
  private let recipe: TokenizerRecipe
  private var order: EpochOrder
  /// The pictures of each micro-batch of the step.
  private var parts: [[Int]] = []
  private let lock = Mutex(())
  /// Which codes the tokens of each micro-batch chose. Guarded by the lock.
  private var assigned: [Int: (rows: Tensor, ids: [Int])] = [:]
  private lazy var fingerprint = data.fingerprint

  init(
    _ tokenizer: SMAPTokenizer, _ data: TrainingData, _ validation: TrainingData?,
    _ recipe: TokenizerRecipe
  ) {
    (self.tokenizer, self.data) = (tokenizer, data)
    (self.validation, self.recipe) = (validation, recipe)
    order = EpochOrder(count: data.count, seed: recipe.seed)
  }

  var namedParameters: [NamedParameter] { tokenizer.namedParameters }
  var otherState: [NamedParameter] { tokenizer.trainingState }
  var termNames: [String] { ["loss"] + recipe.loss.termNames + ["bottleneck"] }

  var settings: [(key: String, value: String)] {
    [
      ("batch_size", "\(recipe.batchSize)"), ("label_drop", "\(recipe.labelDrop)"),
      ("latent_noise", "\(recipe.latentNoise)"),
      ("bottleneck", recipe.bottleneckWeight.map { "\($0)" } ?? "nil"),
      ("log_mse", "\(recipe.loss.logarithmic)"), ("pyramid", "\(recipe.loss.pyramid)"),
      ("augment", "\(recipe.augmentation != .none)"), ("restart_every", "\(recipe.restartEvery)"),
      ("seed", "\(recipe.seed)"), ("dataset", fingerprint),
    ]
  }

  /// Pictures that one step takes.
  private var size: Int { min(recipe.batchSize, data.count) * recipe.plan.accumulation }

  func begin(step: Int) throws -> [Float] {
    let batch = try order.next(size)
    parts = stride(from: 0, to: batch.count, by: picturesPerMicroBatch).map {
      Array(batch[$0..<min($0 + picturesPerMicroBatch, batch.count)])
    }
    assigned = [:]
    return parts.map { Float($0.count) / Float(batch.count) }
  }

  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss {
    var draws = RandomStream(seed: recipe.seed, 0x57E9, step, microBatch)
    let (loss, assignment) = try tokenizer.loss(
      data, parts[microBatch], recipe, progress: Double(step) / Double(recipe.plan.steps), &draws)
    if let assignment { lock.withLock { _ in assigned[microBatch] = assignment } }
    return loss
  }

  func end(step: Int, exchange: any GradientExchange) throws {
    guard let codebook = tokenizer.codebook else { return }
    let own = assigned.sorted { $0.key < $1.key }.map(\.value)
    let rows = try exchange.gather(own.flatMap { $0.rows.toArray() })
    // Codebooks have at most 2^16 codes, so a 32-bit float holds an index exactly.
    let ids = try exchange.gather(own.flatMap { $0.ids.map { Float($0) } }).map { Int($0) }
    let tokens = try Tensor(shape: [rows.count / codebook.dim, codebook.dim], values: rows)
    try codebook.follow(tokens, ids: ids)
    guard recipe.restartEvery > 0, (step + 1) % recipe.restartEvery == 0,
      step + 1 < recipe.plan.steps * 9 / 10
    else { return }
    var draws = RandomStream(seed: recipe.seed, 0xDEAD, step)
    _ = codebook.restartDead(from: tokens, &draws)
  }

  func validate() throws -> [(name: String, value: Float)] {
    guard let validation else { return [] }
    let condition = try Condition(validation.labels.map { $0 }, classCount: validation.classCount)
    let decoded = try tokenizer.reconstruct(validation.images, condition: condition)
    let size = decoded.count / validation.count
    var (sum, decibels) = (0.0, 0.0)
    for i in 0..<validation.count {
      let difference = try Tensor(uninitialized: [size])
      smap_subtract(
        decoded.pointer + i * size, validation.images.pointer + i * size, difference.pointer, size)
      let mse = smap_square_sum(difference.pointer, size) / Double(size)
      sum += mse
      decibels += -10 * log10(max(mse, 1e-10))
    }
    let count = Double(validation.count)
    return [("mse", Float(sum / count)), ("psnr", Float(decibels / count))]
  }

  func resume(at step: Int) throws {
    try tokenizer.refreshAfterLoading()
    try order.skip(step, of: size)
  }
}

extension SMAPTokenizer {
  /// The loss of some pictures, and what it reports, as the task's `termNames` name it.
  fileprivate func loss(
    _ data: TrainingData, _ batch: [Int], _ recipe: TokenizerRecipe, progress: Double,
    _ draws: inout RandomStream
  ) throws -> (MicroBatchLoss, (rows: Tensor, ids: [Int])?) {
    let side = configuration.imageSize
    let pixels = try Tensor(uninitialized: [batch.count, side, side, 3])
    var labels: [Int?] = []
    for (i, index) in batch.enumerated() {
      recipe.augmentation.copy(
        data.images.pointer + index * configuration.pixelCount, side: side,
        to: pixels.pointer + i * configuration.pixelCount, &draws)
      labels.append(draws.uniform() < recipe.labelDrop ? nil : data.labels[index])
    }
    let condition = try Condition(labels, classCount: configuration.numClasses)
    let kept = try configuration.tailDrop.length(
      for: draws.uniform(), numTokens: configuration.numTokens, progress: progress)
    let (mean, logVariance) = try latents(pixels, condition: condition)
    let (tokens, penalty, assignment) = try limit(
      mean, logVariance, extraNoise: recipe.latentNoise, &draws)
    let decoded = try self.pixels(
      tokens.narrow(dim: 1, start: 0, count: kept), condition: condition)
    let (reconstruction, terms) = try recipe.loss(decoded, target: pixels)
    let weight = recipe.bottleneckWeight ?? (codebook == nil ? 1e-6 : 0.003)
    let total = try reconstruction.add(penalty.mul(weight))
    let reported = [try total.item()] + terms + [try penalty.item()]
    return (MicroBatchLoss(total, reported: reported), assignment)
  }

  /// The bottleneck while training: a draw from the Gaussian, or the nearest code with the
  /// gradient passed straight through.
  private func limit(
    _ mean: Tensor, _ logVariance: Tensor?, extraNoise: Float, _ draws: inout RandomStream
  ) throws -> (Tensor, Tensor, (rows: Tensor, ids: [Int])?) {
    if let codebook {
      let rows = try mean.unitRows()
      let ids = try codebook.nearest(rows)
      let codes = try codebook.vectors(ids).reshape(mean.shape)
      let commitment = try rows.meanRowDistance(to: codes)
      return (codes.straightThrough(to: rows), commitment, (rows.detached, ids))
    }
    guard let logVariance else { return (mean, try Tensor.scalar(0), nil) }
    let noise = try Tensor(uninitialized: mean.shape)
    let extra = try Tensor(uninitialized: mean.shape)
    let size = noise.count / max(mean.shape[0], 1)
    for picture in 0..<mean.shape[0] {
      let amount = draws.uniform() < 0.5 ? draws.uniform(0, extraNoise) : 0
      for i in picture * size..<(picture + 1) * size {
        noise.pointer[i] = draws.normal()
        extra.pointer[i] = amount * draws.normal()
      }
    }
    let deviation = try logVariance.mul(0.5).exp()
    let tokens = try mean.add(deviation.mul(noise)).add(extra)
    let spread = try logVariance.exp().add(mean.mul(mean)).sub(logVariance).sub(1)
    let penalty = try spread.sum().mul(0.5 / Float(mean.shape[0]))
    return (tokens, penalty, nil)
  }
}
