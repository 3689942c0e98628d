// SPDX-License-Identifier: Apache-2.0
//
// A small regression for the loop: y = w x + b with noise, least squares, micro-batches of any
// size.

import Foundation
import Networks
import Tensors

@testable import Training

/// Least squares on points of a noisy plane.
final class Regression: TrainingTask {
  let weight: Tensor
  let bias: Tensor
  let points: Tensor
  let targets: Tensor
  let size: Int
  /// Changed in every step, as a codebook is.
  let visits: Tensor
  /// Runs in the loss of each micro-batch.
  var onLoss: (Int) throws -> Void = { _ in }
  /// Runs at the end of each step.
  var onEnd: (Int) -> Void = { _ in }

  /// Micro-batches of `size` points out of 24.
  init(microBatch size: Int) throws {
    self.size = size
    var random = RandomStream(seed: 5)
    weight = try .parameter(Tensor(shape: [3, 2], values: (0..<6).map { _ in random.normal() }))
    bias = try .parameter(Tensor.zeros([2]))
    points = try Tensor(shape: [24, 3], values: (0..<72).map { _ in random.normal() })
    targets = try Tensor(shape: [24, 2], values: (0..<48).map { _ in random.normal() })
    visits = try Tensor.zeros([1])
  }

  var namedParameters: [NamedParameter] {
    [NamedParameter("weight", weight), NamedParameter("bias", bias)]
  }
  var otherState: [NamedParameter] { [NamedParameter("visits", visits)] }
  let termNames = ["loss", "square", "count"]
  var settings: [(key: String, value: String)] { [("size", "\(size)")] }

  func begin(step: Int) -> [Float] {
    Array(repeating: Float(size) / 24, count: 24 / size)
  }

  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss {
    try onLoss(step)
    let start = microBatch * size
    let x = try points.narrow(dim: 0, start: start, count: size)
    let y = try targets.narrow(dim: 0, start: start, count: size)
    let difference = try x.matmul(weight).add(bias).sub(y)
    let loss = try difference.mul(difference).sum().mul(1 / Float(2 * size))
    let value = try loss.item()
    return MicroBatchLoss(loss, reported: [value, value, Float(size)])
  }

  func end(step: Int, exchange: any GradientExchange) {
    visits.pointer[0] += Float(step + 1)
    onEnd(step)
  }

  func validate(
    exchange: any GradientExchange = ThisProcess()
  ) throws -> [(name: String, value: Float)] {
    let difference = try points.matmul(weight).add(bias).sub(targets)
    return [("mse", try difference.mul(difference).sum().item() / 48)]
  }

  /// The weights and the state, for comparing bits.
  var numbers: [[Float]] { [weight.toArray(), bias.toArray(), visits.toArray()] }
}

/// A plan with every part of it in use.
func fullPlan(steps: Int) -> TrainingPlan {
  var plan = TrainingPlan(
    steps: steps, optimizer: OptimizerPlan(weightDecay: 0.1),
    schedule: LearningRateSchedule(.cosine, peak: 0.05, warmup: 4, floorShare: 0.1),
    averageDecay: 0.9)
  plan.validationInterval = 3
  return plan
}

/// A folder that goes away with the test.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.path + "/training-\(UUID().uuidString)"
  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}
