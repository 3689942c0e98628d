// SPDX-License-Identifier: Apache-2.0
//
// The training of a tokenizer as the loop sees it: which pictures a step takes, what a checkpoint
// holds and must agree with, how the quantizer follows a step, and what validation measures.

import CKernels
import Glibc
import Networks
import Synchronization
import Tensors
import Training

/// The training of a tokenizer as the loop sees it.
final class TokenizerTask: TrainingTask {
  private let tokenizer: SMAPTokenizer
  private let data: TrainingData
  private let validation: TrainingData?
  private let recipe: TokenizerRecipe
  private var order: EpochOrder
  /// The pictures of each micro-batch of the step.
  private var parts: [[Int]] = []
  private let lock = Mutex(())
  /// Which codes the tokens of each micro-batch chose. Guarded by the lock.
  private var choices: [Int: CodeChoices] = [:]
  private var fingerprint: String?
  private let discriminator: DiscriminatorTask?

  init(
    _ tokenizer: SMAPTokenizer, _ data: TrainingData, _ validation: TrainingData?,
    _ recipe: TokenizerRecipe
  ) throws {
    (self.tokenizer, self.data) = (tokenizer, data)
    (self.validation, self.recipe) = (validation, recipe)
    order = EpochOrder(count: data.count, seed: recipe.seed)
    discriminator =
      recipe.adversarial.weight > 0
      ? try DiscriminatorTask(recipe, side: tokenizer.configuration.imageSize) : nil
  }

  var namedParameters: [NamedParameter] {
    tokenizer.namedParameters + (recipe.tellsAugmentation ? tokenizer.hintParameters : [])
  }
  var adversary: (any Adversary)? { discriminator }
  var otherState: [NamedParameter] { tokenizer.trainingState + (discriminator?.state ?? []) }
  var termNames: [String] {
    ["loss"] + recipe.loss.termNames + ["bottleneck"]
      + (discriminator == nil ? [] : ["adversarial", "adversarial_weight"])
  }

  let impliedSettings = TokenizerRecipe.impliedSettings
    .merging(ReconstructionLoss.impliedSettings) { own, _ in own }
    .merging(["adversarial": "0.0"]) { own, _ in own }
  var settings: [(key: String, value: String)] {
    get throws {
      let fingerprint = try self.fingerprint ?? data.fingerprint()
      self.fingerprint = fingerprint
      return recipe.settings + [
        ("bottleneck", recipe.bottleneckWeight.map { "\($0)" } ?? "nil"),
        ("adversarial", "\(recipe.adversarial.weight)"),
        ("augmentation", recipe.augmentation.settings),
        ("seed", "\(recipe.seed)"), ("dataset", fingerprint),
      ] + recipe.loss.settings
    }
  }

  var modelSettings: ModelSettings? { tokenizer.configuration.modelSettings }

  /// Pictures that one step takes.
  private var size: Int { recipe.picturesPerStep(of: data) }

  func begin(step: Int) throws -> [Float] {
    let batch = try order.next(size)
    // The pictures of the next step are fetched while this one computes.
    data.pictures.willUse(try order.upcoming(size))
    parts = stride(from: 0, to: batch.count, by: picturesPerMicroBatch).map {
      Array(batch[$0..<min($0 + picturesPerMicroBatch, batch.count)])
    }
    choices = [:]
    let shares = parts.map { Float($0.count) / Float(batch.count) }
    discriminator?.shares = shares
    return shares
  }

  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss {
    var draws = RandomStream(seed: recipe.seed, 0x57E9, step, microBatch)
    let active = discriminator.flatMap { $0.takesPart(in: step) ? $0 : nil }
    let found = try tokenizer.loss(
      data, parts[microBatch], recipe, step: step, against: active, &draws)
    if let chosen = found.choices { lock.withLock { _ in choices[microBatch] = chosen } }
    active?.keep(real: found.pictures, fake: found.reconstruction, of: microBatch)
    return found.loss
  }

  var leastActivations: Int {
    // Blocks that are left out hold nothing.
    guard recipe.stochasticDepth == 0 else { return 0 }
    let pictures = min(picturesPerMicroBatch, size)
    return pictures * tokenizer.configuration.tapeOfOnePicture * MemoryLayout<Float>.stride
  }

  func sampleLoss() throws -> MicroBatchLoss? {
    var draws = RandomStream(seed: recipe.seed, 0xE571)
    let few = Array(0..<min(picturesPerMicroBatch, data.count))
    return try tokenizer.loss(
      data, few, recipe, step: 0, against: discriminator, &draws
    ).loss
  }

  func end(step: Int, exchange: any GradientExchange) throws {
    guard tokenizer.quantizer.codeCount != nil else { return }
    let own = choices.sorted { $0.key < $1.key }.map(\.value)
    let rows = try exchange.gather(own.flatMap { $0.vectors.toArray() })
    // There are at most 2^24 codes, so a 32-bit float holds an index exactly.
    let ids = try exchange.gather(own.flatMap { $0.ids.map { Float($0) } }).map { Int($0) }
    let dim = tokenizer.configuration.tokenDim
    let vectors = try Tensor(shape: [rows.count / dim, dim], values: rows)
    try tokenizer.quantizer.update(
      CodeChoices(vectors: vectors, ids: ids),
      at: QuantizerStep(
        index: step, total: recipe.plan.steps, restartEvery: recipe.restartEvery,
        seed: recipe.seed))
  }

  func validate(exchange: any GradientExchange) throws -> [(name: String, value: Float)] {
    guard let validation else { return [] }
    var errors: [Double] = []
    for range in TrainingData.groups(of: exchange.pictures(of: validation.count)) {
      try Stop.check()
      let images = try validation.pictures.images(range)
      let condition = try validation.condition(
        of: Array(range), vectorSize: tokenizer.configuration.conditionDim)
      let decoded = try tokenizer.reconstruct(images, condition: condition)
      let size = decoded.count / range.count
      let difference = try Tensor(uninitialized: [size])
      for i in 0..<range.count {
        smap_subtract(
          decoded.pointer + i * size, images.pointer + i * size, difference.pointer, size)
        errors.append(smap_square_sum(difference.pointer, size) / Double(size))
      }
    }
    // Added in the order of the pictures, whoever has measured them.
    var (sum, decibels) = (0.0, 0.0)
    for mse in try exchange.gather(errors) {
      sum += mse
      decibels += -10 * log10(max(mse, 1e-10))
    }
    let count = Double(validation.count)
    return [("mse", Float(sum / count)), ("psnr", Float(decibels / count))]
  }

  func stateChanged() throws { try tokenizer.refreshAfterLoading() }

  func resume(at step: Int) throws { try order.skip(step, of: size) }
}
