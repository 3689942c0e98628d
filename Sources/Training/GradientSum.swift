// SPDX-License-Identifier: Apache-2.0
//
// The sum of the gradients of micro-batches, which finish in any order and on any thread. Each is
// added as soon as those before it have been, and then released: so the bits of the sum do not
// depend on the number of threads, and hardly more gradients are in memory than there are threads.
// The sum starts from that of the workers before this one, so workers other than the first keep
// theirs until it arrives, parameter by parameter.

import CKernels
import Networks
import Synchronization
import Tensors

/// Adds up gradients in the order of their micro-batches.
final class GradientSum {
  private let weights: [Float]
  private let parameters: [Tensor]
  private let exchange: any GradientExchange
  private let lock = Mutex(())
  // Guarded by the lock.
  private var waiting: [Int: [Tensor?]] = [:]
  private var next: Int
  private var isAdding: Bool
  // Used by the one thread that is adding.
  private var sums: [Tensor?]
  private var failure: (any Error)?

  /// A sum of gradients, each for all `parameters`; one weight for each micro-batch of the
  /// training, of which this worker computes its share of the exchange.
  init(weights: [Float], parameters: [Tensor], exchange: any GradientExchange) {
    (self.weights, self.parameters, self.exchange) = (weights, parameters, exchange)
    next = exchange.share(of: weights.count).lowerBound
    sums = Array(repeating: nil, count: parameters.count)
    // The sums of the workers before come first: `result` adds then.
    isAdding = exchange.worker > 0
  }

  /// Takes the gradients of a micro-batch, and adds whatever has its turn unless another thread
  /// does.
  func add(_ gradients: [Tensor?], of index: Int) {
    let isMine = lock.withLock { _ in
      waiting[index] = gradients
      defer { isAdding = true }
      return !isAdding
    }
    if isMine { addWaiting() }
  }

  private func addWaiting() {
    while let (gradients, weight) = takeNext() {
      do { try add(gradients, weight: weight) } catch { failure = error }
    }
  }

  /// The gradients whose turn it is; nil, and nobody is adding any more, if they are not there yet.
  private func takeNext() -> (gradients: [Tensor?], weight: Float)? {
    var turn: (gradients: [Tensor?], weight: Float)?
    lock.withLock { _ in
      if let gradients = waiting.removeValue(forKey: next) {
        turn = (gradients, weights[next])
        next += 1
      } else {
        isAdding = false
      }
    }
    return turn
  }

  private func add(_ gradients: [Tensor?], weight: Float) throws {
    for (i, gradient) in gradients.enumerated() {
      sums[i] = try GradientSum.sum(sums[i], gradient, weight: weight)
    }
  }

  /// Adds a weighted gradient to a sum in place; nil where there is neither.
  private static func sum(
    _ sum: Tensor?, _ gradient: Tensor?, weight: Float
  ) throws -> Tensor? {
    guard let gradient else { return sum }
    let part = Optional(UnsafePointer(gradient.pointer))
    return try Profile.measure(
      .gradientSums, operations: 2 &* gradient.count, bytes: 12 &* gradient.count
    ) {
      if let sum {
        let parts = [Optional(UnsafePointer(sum.pointer)), part]
        smap_weighted_sum(parts, [1, weight], 2, sum.count, sum.pointer)
        return sum
      }
      let first = try Tensor(uninitialized: gradient.shape)
      smap_weighted_sum([part], [weight], 1, first.count, first.pointer)
      return first
    }
  }

  /// The sums over all workers, once all micro-batches of this one have been added; nil where no
  /// gradient reached a parameter.
  func result() throws -> [Tensor?] {
    guard exchange.worker > 0 else {
      addWaiting()
      if let failure { throw failure }
      defer { sums = [] }
      return try exchange.total(parameters) { index, _ in sums[index] }
    }
    // Every micro-batch has finished, so nobody else uses them any more.
    var own = waiting.sorted { $0.key < $1.key }
    waiting = [:]
    return try exchange.total(parameters) { index, before in
      var sum = before
      for i in own.indices {
        sum = try GradientSum.sum(sum, own[i].value[index], weight: weights[own[i].key])
        own[i].value[index] = nil
      }
      return sum
    }
  }
}
