// SPDX-License-Identifier: Apache-2.0
//
// Training of the tokenizer (docs/Method.md, 4.6): sample pictures and a prefix length, encode,
// limit, drop the tail, decode, compare. The class is dropped in encoder and decoder at once, and
// the condition survives every truncation.
//
// By default a prefix length is sampled for each micro-batch: tokens are really removed, which
// costs nothing, and a step still sees several lengths, which lowers the variance of its gradient.

import Networks
import Tensors
import Training

/// The tokens that the bottleneck's penalty counts.
public enum PenaltyScope: String, Sendable, CaseIterable {
  /// All K, whatever was dropped (One-D-Piece).
  case all
  /// Those that were kept: dropped ones are not penalised, nor do codes follow them.
  case kept
}

/// How a tokenizer is trained.
public struct TokenizerRecipe: Sendable {
  /// What every training has: steps, optimizer, schedule, average, checkpoints.
  public var plan: TrainingPlan
  /// What is trained, if that is known: some options have an effect on some tokenizers only.
  public var tokenizer: TokenizerConfiguration?
  /// Pictures a batch.
  public var batchSize = 64
  /// How often the class is replaced by null.
  public var labelDrop: Double = 0.1
  /// Most noise added to continuous tokens before decoding, in units of their deviation, for half
  /// of the pictures: the decoder becomes robust to errors of sampled tokens.
  public var latentNoise: Float = 0.4
  /// The fraction of patches that the encoder's transformer does not see, in training.
  public var maskedShare: Double = 0
  /// Weight of the KL term or of the commitment to codes; nil for the bottleneck's own.
  public var bottleneckWeight: Float?
  /// The tokens that the bottleneck's penalty counts.
  public var penaltyScope = PenaltyScope.all
  /// The part of training up to which the decoder gets tokens without codes.
  public var continuousUntil: Double = 0
  /// The part of training from which on the decoder gets codes alone.
  public var quantizedFrom: Double = 0
  /// The loss on pixels.
  public var loss = ReconstructionLoss()
  /// The adversarial term of the loss, and the discriminator.
  public var adversarial = AdversarialPlan()
  /// Changes to the pictures.
  public var augmentation = Augmentation()
  /// Whether pictures are to be changed; `augmentation` says how.
  var augments = true
  /// Whether the networks are told how each picture was augmented.
  public var tellsAugmentation = false
  /// The fraction of the elements that a block adds to its stream that is dropped.
  public var dropout: Float = 0
  /// How often the last block of each transformer is left out; those before it less often.
  public var stochasticDepth: Float = 0
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

  /// The share of tokens that are quantized in a step: from 0 to 1 in a line.
  func quantizedShare(at step: Int) -> Float {
    let progress = Double(step) / Double(plan.steps)
    if progress >= quantizedFrom { return 1 }
    if progress < continuousUntil { return 0 }
    return Float((progress - continuousUntil) / (quantizedFrom - continuousUntil))
  }

  /// The number of pictures that one step takes of a data set.
  public func picturesPerStep(of data: TrainingData) -> Int {
    min(batchSize, data.count) * plan.accumulation
  }
}

extension SMAPTokenizer {
  /// Fits the linear path and the codebook, then trains all parameters.
  ///
  /// `onStep` runs after every step; if it throws, training stops there with what has been learned,
  /// the running average in place. `onNotice` hears of what does not end training. `validation` are
  /// pictures that are reconstructed as often as the plan says.
  ///
  /// - Returns: what every step reported.
  /// - Throws: a `TrainingInterruption` with the history so far and what ended training.
  @discardableResult
  public func train(
    on data: TrainingData, _ recipe: TokenizerRecipe, validation: TrainingData? = nil,
    onStep: (TrainingProgress) throws -> Void = { _ in },
    onNotice: @escaping (TrainingNotice) -> Void = { _ in }
  ) throws -> TrainingHistory {
    for pictures in [data, validation].compactMap({ $0 }) { try check(pictures) }
    guard recipe.plan.steps >= 1, recipe.batchSize >= 1, recipe.plan.accumulation >= 1 else {
      throw TensorError.value("steps, batch_size and accumulate are whole numbers from 1")
    }
    try recipe.loss.validate(side: configuration.imageSize)
    guard recipe.continuousUntil <= recipe.quantizedFrom else {
      throw TensorError.value(
        "tokens cannot be continuous until \(recipe.continuousUntil) of the training and quantized "
          + "from \(recipe.quantizedFrom) of it on",
        hint: "quantized_from is at least continuous_until")
    }
    if recipe.plan.resumedFile == nil { try prepare(data, seed: recipe.seed) }
    let task = try TokenizerTask(self, data, validation, recipe)
    return try train(task, recipe.plan, onStep: onStep, onNotice: onNotice)
  }

  func check(_ data: TrainingData) throws {
    let side = configuration.imageSize
    if configuration.conditionDim > 0 {
      _ = try data.vectors(ofSize: configuration.conditionDim)
      guard data.pictures.side == side else {
        throw TensorError.shape(
          "this tokenizer takes pictures of \(side) x \(side) pixels, not of "
            + "\(data.pictures.side) x \(data.pictures.side)")
      }
      return
    }
    guard data.pictures.side == side, data.classCount == configuration.numClasses
    else {
      throw TensorError.shape(
        "this tokenizer takes \(counted(configuration.numClasses, "class")) of \(side) x \(side) pictures, "
          + "not \(data.classCount) of \(data.pictures.side) x \(data.pictures.side)")
    }
  }

  /// Fits what has a closed form, unless it was fitted before.
  func prepare(_ data: TrainingData, seed: UInt64) throws {
    guard configuration.linearPath, !linearPath.isFitted else { return }
    // A vector has no mean picture of its own.
    let isClassless = configuration.inject == .none || configuration.conditionDim > 0
    let labels: [Int?] = isClassless ? data.labels.map { _ in nil } : data.labels
    try quantizer.fitLinearPath(
      linearPath, RowGroups(of: data), labels: labels, configuration, seed: seed)
  }
}

/// What a micro-batch of a tokenizer's training gives.
struct MicroBatchOutcome {
  let loss: MicroBatchLoss
  /// Which codes its tokens chose, if there are codes.
  let choices: CodeChoices?
  /// The pictures [B, H, W, 3] and what became of them.
  let pictures: Tensor
  let reconstruction: Tensor
}

extension SMAPTokenizer {
  /// The loss of some pictures, and what it reports, as the task's `termNames` name it.
  func loss(
    _ data: TrainingData, _ batch: [Int], _ recipe: TokenizerRecipe, step: Int,
    against discriminator: DiscriminatorTask?, _ draws: inout RandomStream
  ) throws -> MicroBatchOutcome {
    let side = configuration.imageSize
    let pixels = try Tensor(uninitialized: [batch.count, side, side, 3])
    var areNull: [Bool] = []
    var changes: [Float] = []
    for (i, index) in batch.enumerated() {
      let change = try data.pictures.withPlanes(of: index) {
        recipe.augmentation.copy(
          $0, side: side, to: pixels.pointer + i * configuration.pixelCount, &draws)
      }
      changes += change.values
      areNull.append(draws.uniform() < recipe.labelDrop)
    }
    var condition = try data.condition(
      of: batch, vectorSize: configuration.conditionDim, areNull: areNull)
    condition.hints = try hints(changes, count: batch.count, recipe, &draws)
    let lengths = try self.lengths(batch.count, step: step, recipe, &draws)
    // Without masking no random number is taken, so trainings without it keep their bits.
    let shown = recipe.maskedShare > 0 ? try masked(pixels, recipe.maskedShare, &draws) : pixels
    let whole = TokenPlaces(prefix: configuration.numTokens, lengths: lengths)
    let limited = try quantizer.limit(
      latents(pixels, shown: shown, condition: condition), noise: recipe.latentNoise,
      counting: recipe.penaltyScope == .kept
        ? whole.rows(batch.count, of: configuration.numTokens) : nil, &draws)
    let tokens = try mixed(limited, share: recipe.quantizedShare(at: step), &draws)
    let (kept, places) = try whole.trimmed(tokens)
    let decoded = try drawn(kept, at: places, condition: condition)
    let (reconstruction, terms, attack) = try pixelLoss(
      decoded, target: pixels, recipe, against: discriminator)
    let weight = recipe.bottleneckWeight ?? type(of: quantizer).defaultPenaltyWeight
    let total = try reconstruction.add(limited.penalty.mul(weight))
    var reported = [try total.item()] + terms + [try limited.penalty.item()]
    if recipe.adversarial.weight > 0 { reported += [attack?.loss ?? 0, attack?.weight ?? 0] }
    return MicroBatchOutcome(
      loss: MicroBatchLoss(total, reported: reported), choices: limited.choices, pictures: pixels,
      reconstruction: decoded.pixels)
  }

  /// The tokens of a micro-batch, of which a random share is quantized.
  private func mixed(
    _ limited: LimitedTokens, share: Float, _ draws: inout RandomStream
  ) throws -> Tensor {
    guard share < 1, let unquantized = limited.unquantized else { return limited.tokens }
    let free = try unquantized()
    let areCodes = try Tensor(uninitialized: Array(free.shape.dropLast()) + [1])
    for i in 0..<areCodes.count {
      areCodes.pointer[i] = draws.uniform() < Double(share) ? 1 : 0
    }
    return try free.add(limited.tokens.sub(free).mul(areCodes))
  }

  /// The loss of reconstructed pixels, its terms, and what a discriminator adds to it.
  private func pixelLoss(
    _ drawn: DrawnPixels, target: Tensor, _ recipe: TokenizerRecipe,
    against discriminator: DiscriminatorTask?
  ) throws -> (loss: Tensor, terms: [Float], attack: DiscriminatorTask.Attack?) {
    guard let discriminator else {
      let (loss, terms) = try recipe.loss(drawn.pixels, target: target)
      return (loss, terms, nil)
    }
    // The gradients by the pixels are compared before they go on into the decoder together.
    let pixels = try Tensor.parameter(drawn.pixels.detached)
    let (loss, terms) = try recipe.loss(pixels, target: target)
    let slope = try loss.gradients(for: [pixels])[0] ?? Tensor.zeros(pixels.shape)
    let attack = try discriminator.attack(on: drawn, others: slope)
    let gradient = try slope.add(attack.gradient).detached
    let total = try Tensor.scalar(try loss.item() + attack.weight * attack.loss)
      .recorded(from: [drawn.pixels]) { [try gradient.mul($0.item())] }
    return (total, terms, attack)
  }

  /// What the transformers are told of a micro-batch besides the classes.
  private func hints(
    _ changes: [Float], count: Int, _ recipe: TokenizerRecipe, _ draws: inout RandomStream
  ) throws -> TrainingHints {
    var hints = TrainingHints()
    if recipe.tellsAugmentation {
      hints.augmentation = try Tensor(shape: [count, Augmentation.Change.count], values: changes)
    }
    if recipe.dropout > 0 || recipe.stochasticDepth > 0 {
      hints.noise = BranchNoise(
        dropout: recipe.dropout, depth: recipe.stochasticDepth,
        RandomStream(seed: draws.next(), 0xB4A7))
    }
    return hints
  }

  /// How many tokens each picture of a micro-batch keeps.
  private func lengths(
    _ count: Int, step: Int, _ recipe: TokenizerRecipe, _ draws: inout RandomStream
  ) throws -> [Int] {
    let progress = Double(step) / Double(recipe.plan.steps)
    func sampled(_ draw: Double) throws -> Int {
      try configuration.tailDrop.length(
        for: draw, numTokens: configuration.numTokens, progress: progress)
    }
    switch configuration.tailDrop.granularity {
    case .batch:
      var shared = RandomStream(seed: recipe.seed, 0x7A11, step)
      return [Int](repeating: try sampled(shared.uniform()), count: count)
    case .group: return [Int](repeating: try sampled(draws.uniform()), count: count)
    case .sample: return try (0..<count).map { _ in try sampled(draws.uniform()) }
    }
  }

  /// A copy of pixels [B, H, W, 3] in which a fraction of the patches of each picture, chosen at
  /// random, is grey.
  private func masked(
    _ pixels: Tensor, _ share: Double, _ draws: inout RandomStream
  ) throws -> Tensor {
    let (side, patch, grid) = (configuration.imageSize, configuration.patchSize, configuration.grid)
    let hidden = Int((share * Double(configuration.patchCount)).rounded())
    let result = try pixels.mapped { $0 }
    for picture in 0..<pixels.shape[0] {
      let planes = result.pointer + picture * configuration.pixelCount
      for place in try draws.permutation(configuration.patchCount).prefix(hidden) {
        let (top, left) = (place / grid * patch, place % grid * patch)
        for y in top..<top + patch {
          (planes + (y * side + left) * 3).update(repeating: 0.5, count: 3 * patch)
        }
      }
    }
    return result
  }
}
