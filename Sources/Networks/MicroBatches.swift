// SPDX-License-Identifier: Apache-2.0
//
// A training step on several threads. The batch is divided into micro-batches whose number depends
// on the batch alone; each runs forward and backward on one thread, small enough to stay in the
// cache, and the gradients are added in the order of the micro-batches. So the bits of a step do
// not depend on the number of threads.

import CKernels
import Tensors

/// The result of one training step.
public struct StepResult {
  /// The losses that the model reports, averaged over the batch.
  public let losses: [Float]
  /// The norm of the gradient before clipping.
  public let gradientNorm: Float
}

/// A step that was not taken, because its loss or its gradient is not finite.
public struct NonFiniteStep: Error {
  /// The mean of the first loss that the model reports.
  public let loss: Float
  /// The index of the first parameter whose gradient is not finite; nil if all are.
  public let parameter: Int?
}

/// Differentiates a loss over micro-batches and steps an optimizer.
public final class MicroBatchTrainer {
  private let optimizer: any Optimizer
  private let clip: Float
  private let blocks: ParameterBlocks
  /// Called in each step before the parameters change, once loss and gradient are known to be
  /// finite; if it throws, they do not change.
  public var willMove: () throws -> Void = {}

  /// Gradients with a norm above `clip` are scaled down to it.
  public init(_ optimizer: any Optimizer, clip: Float) {
    self.optimizer = optimizer
    self.clip = clip
    blocks = ParameterBlocks(optimizer.parameters)
  }

  /// Evaluates `loss` for each micro-batch and updates the parameters by the mean gradient.
  ///
  /// `loss` returns the number to differentiate and the numbers to report. It runs on any thread
  /// and must not change anything that other micro-batches read. `weights` are the fractions of the
  /// micro-batches in the batch and sum to one. Throws the first micro-batch's error, a
  /// `NonFiniteStep` when a loss or the gradient is not finite, or the error of a stop; the
  /// parameters are unchanged then.
  public func step(
    weights: [Float], loss: (Int) throws -> (total: Tensor, reported: [Float])
  ) throws -> StepResult {
    let parameters = optimizer.parameters
    let sum = GradientSum(weights: weights, parameters: parameters.count)
    var outcomes = [Result<[Float], any Error>?](repeating: nil, count: weights.count)
    outcomes.withUnsafeMutableBufferPointer { slots in
      let slots = slots
      ThreadPool.forEach(chunks: weights.count) { i in
        slots[i] = Result {
          let (gradients, reported) = try differentiate(i, loss)
          sum.add(gradients, of: i)
          return reported
        }
      }
    }
    let results = try outcomes.compactMap { try $0?.get() }
    var losses = [Float](repeating: 0, count: results.first?.count ?? 0)
    for (result, weight) in zip(results, weights) {
      for (j, value) in result.enumerated() where j < losses.count { losses[j] += value * weight }
    }
    let gradients = try sum.result()
    let norm = gradientNorm(gradients)
    guard norm.isFinite, losses.first?.isFinite ?? true else {
      throw NonFiniteStep(
        loss: losses.first ?? 0,
        parameter: gradients.firstIndex { !($0?.isFinite ?? true) })
    }
    try willMove()
    let scale = clip > 0 && norm > clip ? clip / norm : 1
    try optimizer.step(gradients: gradients, scale: scale)
    return StepResult(losses: losses, gradientNorm: norm)
  }

  /// The gradients of one micro-batch; its tape is freed on return.
  private func differentiate(
    _ index: Int, _ loss: (Int) throws -> (total: Tensor, reported: [Float])
  ) throws -> ([Tensor?], [Float]) {
    // The forward and the backward pass poll for stops as well.
    try Stop.check()
    let (total, reported) = try loss(index)
    return (try total.gradients(for: optimizer.parameters), reported)
  }

  private func gradientNorm(_ gradients: [Tensor?]) -> Float {
    var sum = 0.0
    Profile.measure(
      .optimizer, operations: 2 &* blocks.elements, bytes: 4 &* blocks.elements
    ) {
      for case let gradient? in gradients {
        sum += smap_square_sum(gradient.pointer, gradient.count)
      }
    }
    return Float(sum.squareRoot())
  }
}

extension Tensor {
  /// Whether all elements are finite numbers.
  package var isFinite: Bool { smap_square_sum(pointer, count).isFinite }
}
