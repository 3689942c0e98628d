// SPDX-License-Identifier: Apache-2.0
//
// Adversarial training of a tokenizer: what its decoder loses by looking reconstructed, and the
// training of the discriminator that tells. Both see the same reconstructions, those of the step's
// micro-batches (docs/Method.md, section 5).

import Glibc
import Networks
import Synchronization
import Tensors
import Training

/// What can be chosen about the adversarial term of the loss.
public struct AdversarialPlan: Sendable, Equatable {
  /// The weight of the term; 0 for training without discriminator.
  public var weight: Float = 0
  /// Steps before the discriminator is trained and counts; nil for three tenths of them.
  public var start: Int?
  /// The learning rate of the discriminator, which follows the schedule of the tokenizer's.
  public var learningRate: Float = 5e-4
  /// Channels of the discriminator at full resolution.
  public var width = 32
  /// The weight of the LeCam term in the loss of the discriminator.
  public var leCam: Float = 0.001
  /// Whether the weight is multiplied by the ratio of gradients at the last layer.
  public var isAdaptive = true

  /// No adversarial training.
  public init() {}

  /// The first step with the discriminator, of so many.
  func firstStep(of steps: Int) -> Int { start ?? steps * 3 / 10 }
}

/// The discriminator of a training of a tokenizer.
final class DiscriminatorTask: Adversary {
  let name = "discriminator"
  private let network: Discriminator
  private let averages: ScoreAverages
  private let plan: AdversarialPlan
  private let training: TrainingPlan
  private let lock = Mutex(())
  /// The share, the pictures and the reconstructions of each micro-batch. Guarded by the lock.
  private var pictures: [Int: (real: Tensor, fake: Tensor)] = [:]
  /// The shares of the micro-batches of the step.
  var shares: [Float] = []

  init(_ recipe: TokenizerRecipe, side: Int) throws {
    (plan, training) = (recipe.adversarial, recipe.plan)
    network = try Discriminator(side: side, width: plan.width, seed: recipe.seed)
    averages = try ScoreAverages()
  }

  // MARK: - For the decoder

  /// What reconstructions lose to the discriminator.
  struct Attack {
    /// −mean score.
    let loss: Float
    /// The weight of the term, with the balance of gradients.
    let weight: Float
    /// The weighted gradient by the pixels.
    let gradient: Tensor
  }

  /// The adversarial loss of reconstructions, given the gradient of the other terms by the pixels.
  func attack(on drawn: DrawnPixels, others: Tensor) throws -> Attack {
    let pixels = try Tensor.parameter(drawn.pixels.detached)
    let loss = try AdversarialLoss.generator(network(pixels, isFixed: true))
    let gradient = try loss.gradients(for: [pixels])[0] ?? Tensor.zeros(pixels.shape)
    var weight = plan.weight
    if plan.isAdaptive {
      weight *= AdversarialLoss.balance(
        reconstruction: try drawn.lengthAtLastLayer(others),
        adversarial: try drawn.lengthAtLastLayer(gradient))
    }
    return Attack(
      loss: try loss.item(), weight: weight, gradient: try gradient.detached.mul(weight))
  }

  /// Keeps what a micro-batch gave, for the discriminator's own step.
  func keep(real: Tensor, fake: Tensor, of microBatch: Int) {
    lock.withLock { _ in pictures[microBatch] = (real.detached, fake.detached) }
  }

  // MARK: - Its own training

  var namedParameters: [NamedParameter] { network.namedParameters }
  let optimizer = OptimizerPlan(beta1: 0.5, beta2: 0.9)
  let termNames = ["discriminator", "lecam", "score_real", "score_fake"]

  /// What a checkpoint of a training holds of it.
  var state: [NamedParameter] {
    network.named(under: name) + [NamedParameter(name + ".averages", averages.values)]
  }

  func takesPart(in step: Int) -> Bool { step >= plan.firstStep(of: training.steps) }

  func learningRate(at step: Int) -> Float {
    var schedule = training.schedule
    schedule.peak = plan.learningRate
    return schedule.rate(step: Float(step), of: Float(training.steps))
  }

  func begin(step: Int) -> [Float] { shares }

  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss {
    var kept: (real: Tensor, fake: Tensor)?
    lock.withLock { _ in kept = pictures[microBatch] }
    guard let (real, fake) = kept else {
      throw TensorError.value("micro-batch \(microBatch) has given the discriminator nothing")
    }
    let count = real.shape[0]
    let scores = try network(Tensor.cat([real, fake], dim: 0))
    let (wanted, unwanted) = (
      try scores.narrow(dim: 0, start: 0, count: count),
      try scores.narrow(dim: 0, start: count, count: count)
    )
    let hinge = try AdversarialLoss.hinge(real: wanted, fake: unwanted)
    let leCam = try AdversarialLoss.leCam(real: wanted, fake: unwanted, averages: averages)
    let total = try hinge.add(leCam.mul(plan.leCam))
    return MicroBatchLoss(
      total,
      reported: [
        try hinge.item(), try leCam.item(), try wanted.mean().item(), try unwanted.mean().item(),
      ])
  }

  func end(step: Int, reported: [Float]) {
    averages.follow(real: reported[2], fake: reported[3])
    lock.withLock { _ in pictures = [:] }
  }
}

/// Reconstructed pixels and how the last layer of the decoder made them.
struct DrawnPixels {
  /// [B, H, W, 3].
  let pixels: Tensor
  /// The last layer on its own: pixels [B, H, W, 3] up to a constant, from an input that is fixed.
  let lastLayer: () throws -> Tensor
  /// The weight of the last layer.
  let weight: Tensor

  /// The norm of the gradient by the weight of the last layer, of a loss whose gradient by the
  /// pixels is given.
  func lengthAtLastLayer(_ gradient: Tensor) throws -> Float {
    let slope = try lastLayer().mul(gradient.detached).sum().gradients(for: [weight])[0]
    return try slope?.square().sum().item().squareRoot() ?? 0
  }
}
