// SPDX-License-Identifier: Apache-2.0
//
// Training of the tokenizer (method 4.6): draw pictures and a prefix length, encode, limit, drop
// the tail, decode, compare. The class is dropped with its picture in both halves at once, and the
// condition survives every truncation.
//
// A prefix length is drawn for each micro-batch: tokens are really removed, which costs nothing,
// and a step still sees several lengths, which lowers the noise of its gradient.

import CKernels
import Networks
import Tensors

/// How a tokenizer is trained.
public struct TokenizerRecipe: TrainingRecipe {
  /// Steps of the optimizer.
  public var steps: Int
  /// Pictures a step.
  public var batchSize = 64
  /// Peak of the learning rate.
  public var learningRate: Float = 1.5e-3
  /// Steps over which the learning rate rises.
  public var warmup = 100
  /// Decay of weight matrices.
  public var weightDecay: Float = 0.05
  /// Longest gradient.
  public var clip: Float = 1
  /// Decay of the running average that is kept in the end.
  public var averageDecay: Float = 0.998
  /// How often the class is replaced by null.
  public var labelDrop: Double = 0.1
  /// Most noise added to continuous tokens before decoding, in units of their deviation, for half
  /// of the pictures: the decoder learns to bear tokens that a generator drew.
  public var latentNoise: Float = 0.4
  /// Weight of the KL term or of the commitment to codes.
  public var bottleneckWeight: Float?
  /// The loss on pixels.
  public var loss = ReconstructionLoss()
  /// Changes to the pictures.
  public var augmentation = Augmentation()
  /// Steps between searches for dead codes.
  public var restartEvery = 100
  /// Seed of everything random.
  public var seed: UInt64 = 0

  /// A recipe of the given length.
  public init(steps: Int) { self.steps = steps }
}

extension SMAPTokenizer {
  /// Fits the linear path and the codebook, then trains all parameters.
  ///
  /// `onStep` runs after every step; if it throws, training stops there with what has been learned,
  /// the running average in place. Returns the loss of every step, or throws a
  /// `TrainingInterruption` with the losses so far and what ended training.
  @discardableResult
  public func train(
    on data: TrainingData, _ recipe: TokenizerRecipe,
    onStep: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> [Float] {
    let side = configuration.imageSize
    guard data.images.shape[2] == side, data.images.shape[3] == side,
      data.classCount == configuration.numClasses
    else {
      throw TensorError.shape(
        "this tokenizer takes \(configuration.numClasses) classes of \(side) x \(side) pictures, "
          + "not \(data.classCount) of shape \(data.images.shape)")
    }
    guard recipe.steps >= 1, recipe.batchSize >= 1 else {
      throw TensorError.value("steps and batch_size are whole numbers from 1")
    }
    try prepare(data, seed: recipe.seed)
    var order = EpochOrder(count: data.count, seed: recipe.seed)
    return try train(
      recipe, betas: (0.9, 0.99), onStep: onStep,
      figures: { result in
        [
          ("mse", result.losses[1]), ("bottleneck", result.losses[2]),
          ("gradient", result.gradientNorm),
        ]
      },
      step: { trainer, step in
        try trainStep(trainer, data, order.next(min(recipe.batchSize, data.count)), step, recipe)
      })
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

  private func trainStep(
    _ trainer: MicroBatchTrainer, _ data: TrainingData, _ batch: [Int], _ step: Int,
    _ recipe: TokenizerRecipe
  ) throws -> StepResult {
    let size = picturesPerMicroBatch
    let starts = Array(stride(from: 0, to: batch.count, by: size))
    let parts = starts.map { Array(batch[$0..<min($0 + size, batch.count)]) }
    var assigned = [(rows: Tensor, ids: [Int])?](repeating: nil, count: parts.count)
    let result = try assigned.withUnsafeMutableBufferPointer { slots in
      let slots = slots
      return try trainer.step(weights: parts.map { Float($0.count) / Float(batch.count) }) { i in
        var draws = RandomStream(seed: recipe.seed, 0x57E9, step, i)
        let (total, reported, assignment) = try loss(
          data, parts[i], recipe, progress: Double(step) / Double(recipe.steps), &draws)
        slots[i] = assignment
        return (total, reported)
      }
    }
    try updateCodebook(assigned.compactMap { $0 }, step, recipe)
    return result
  }

  private func loss(
    _ data: TrainingData, _ batch: [Int], _ recipe: TokenizerRecipe, progress: Double,
    _ draws: inout RandomStream
  ) throws -> (Tensor, [Float], (rows: Tensor, ids: [Int])?) {
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
    let drawn = try self.pixels(tokens.narrow(dim: 1, start: 0, count: kept), condition: condition)
    let (reconstruction, mse) = try recipe.loss(drawn, target: pixels)
    let weight = recipe.bottleneckWeight ?? (codebook == nil ? 1e-6 : 0.003)
    let total = try reconstruction.add(penalty.mul(weight))
    return (total, [try total.item(), mse, try penalty.item()], assignment)
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

  private func updateCodebook(
    _ assigned: [(rows: Tensor, ids: [Int])], _ step: Int, _ recipe: TokenizerRecipe
  ) throws {
    guard let codebook, !assigned.isEmpty else { return }
    let rows = try Tensor.cat(assigned.map(\.rows), dim: 0).reshape([-1, codebook.dim])
    try codebook.follow(rows, ids: assigned.flatMap(\.ids))
    guard recipe.restartEvery > 0, (step + 1) % recipe.restartEvery == 0,
      step + 1 < recipe.steps * 9 / 10
    else { return }
    var draws = RandomStream(seed: recipe.seed, 0xDEAD, step)
    _ = codebook.restartDead(from: rows, &draws)
  }
}
