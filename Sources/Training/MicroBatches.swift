// SPDX-License-Identifier: Apache-2.0
//
// A training step on several threads. The batch is cut into micro-batches whose number depends on
// the batch alone; each runs forward and backward on one thread, small enough for its L2 cache, and
// the gradients are added in the order of the micro-batches. So the bits of a step do not depend on
// the number of threads, nor on that of the workers of a `GradientExchange`.

import CKernels
import Networks
import Tensors

/// What the micro-batches of one step add up to.
struct StepGradients {
  /// What the loss reports, averaged over the batch; the first is the loss.
  let reported: [Float]
  /// The norm of the gradient before clipping.
  let norm: Float
  /// The gradient by each parameter; nil where none reached it.
  let gradients: [Tensor?]
}

/// Differentiates a loss over micro-batches and steps an optimizer.
final class MicroBatchStep {
  private let optimizer: any Optimizer
  private let names: [String]
  private let subject: String
  private let clip: Float
  private let exchange: any GradientExchange
  private let blocks: ParameterBlocks
  /// The places of the parameters in the order in which workers exchange them.
  private var order: [Int]
  /// The places in the order in which the backward pass of a micro-batch finishes with them, until
  /// `order` has been chosen; empty before the first step.
  private var finished: [Int]?

  /// Gradients longer than `clip` are scaled down to it, unless it is 0. Errors call the parameters
  /// by `names` and the loss `subject`.
  init(
    _ optimizer: any Optimizer, names: [String], of subject: String, clip: Float,
    exchange: any GradientExchange
  ) {
    (self.optimizer, self.clip, self.exchange) = (optimizer, clip, exchange)
    (self.names, self.subject) = (names, subject)
    blocks = ParameterBlocks(optimizer.parameters)
    order = Array(optimizer.parameters.indices.reversed())
    finished = exchange.workerCount > 1 ? [] : nil
  }

  /// Computes the loss of each micro-batch of a step and the mean gradient; nothing moves yet.
  ///
  /// Losses run on any thread if the task is parallel, and must not change anything that other
  /// micro-batches read.
  ///
  /// - Throws: the first micro-batch's error, a `NonFiniteStep` when a loss or the gradient is not
  ///   finite, or what a stop throws.
  func gradients(of task: any MicroBatchedLoss, step: Int) throws -> StepGradients {
    let weights = try task.begin(step: step)
    let sum = GradientSum(
      weights: weights, parameters: optimizer.parameters, order: order, exchange: exchange)
    let (reported, gradients) = try sum.total {
      let own = exchange.share(of: weights.count)
      return try average(compute(task, step, own, into: sum), weights)
    }
    try chooseOrder()
    guard gradients.contains(where: { $0 != nil }) else {
      throw TensorError.value("the loss does not depend on the parameters")
    }
    let norm = gradientNorm(gradients)
    guard norm.isFinite, reported.first?.isFinite ?? true else {
      throw NonFiniteStep(
        subject: subject, loss: reported.first ?? 0,
        parameter: gradients.firstIndex { !($0?.isFinite ?? true) }.map { names[$0] })
    }
    return StepGradients(reported: reported, norm: norm, gradients: gradients)
  }

  /// Computes micro-batches, whose gradients `sum` takes, and returns what their losses report.
  private func compute(
    _ task: any MicroBatchedLoss, _ step: Int, _ own: Range<Int>, into sum: GradientSum
  ) throws -> [[Float]] {
    var outcomes = [Result<[Float], any Error>?](repeating: nil, count: own.count)
    outcomes.withUnsafeMutableBufferPointer { slots in
      let slots = slots
      let compute = { (i: Int) in
        slots[i] = Result {
          try self.differentiate(task, step, own.lowerBound + i, into: sum, watched: i == 0)
        }
      }
      if task.isParallel {
        ThreadPool.forEach(chunks: own.count, compute)
      } else {
        for i in 0..<own.count {
          compute(i)
          if case .failure? = slots[i] { break }
        }
      }
    }
    return try outcomes.compactMap { try $0?.get() }
  }

  /// After the first step all workers exchange parameters in the order in which the backward pass
  /// of the last one has finished with them: it always has a micro-batch.
  private func chooseOrder() throws {
    guard let own = finished else { return }
    order = Array(try exchange.gather(own).suffix(order.count))
    finished = nil
  }

  /// Moves the parameters by gradients, clipped to their longest.
  func move(by found: StepGradients) throws {
    let scale = clip > 0 && found.norm > clip ? clip / found.norm : 1
    try optimizer.step(gradients: found.gradients, scale: scale)
  }

  /// The reported numbers of all micro-batches of all workers, averaged in order.
  private func average(_ results: [[Float]], _ weights: [Float]) throws -> [Float] {
    let all = try exchange.gather(results.flatMap { $0 })
    let width = all.count / max(weights.count, 1)
    var means = [Float](repeating: 0, count: width)
    for (i, weight) in weights.enumerated() {
      for j in 0..<width { means[j] += all[i * width + j] * weight }
    }
    return means
  }

  /// What the loss of one micro-batch reports; `sum` takes its gradients. The order of a watched
  /// one is noted, if it is still to be chosen. What led to the gradients is released on return.
  private func differentiate(
    _ task: any MicroBatchedLoss, _ step: Int, _ index: Int, into sum: GradientSum, watched: Bool
  ) throws -> [Float] {
    // The forward and the backward pass check for a stop between their parts as well.
    try Stop.check()
    let loss = try task.loss(step: step, microBatch: index)
    var places: [Int] = []
    try loss.total.gradients(for: optimizer.parameters) { place, gradient in
      places.append(place)
      try sum.add(gradient, by: place, of: index)
    }
    if watched, finished != nil { finished = places }
    return loss.reported
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
