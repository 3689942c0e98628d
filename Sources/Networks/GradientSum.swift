// SPDX-License-Identifier: Apache-2.0
//
// The sum of the gradients of micro-batches, which end in any order and on any thread. Each is
// added as soon as those before it have been, and then freed: so the bits of the sum do not depend
// on the number of threads, and hardly more gradients are in memory than there are threads.

import CKernels
import Synchronization
import Tensors

/// Adds up gradients in the order of their micro-batches.
final class GradientSum {
  private let weights: [Float]
  private let lock = Mutex(())
  // Guarded by the lock.
  private var waiting: [Int: [Tensor?]] = [:]
  private var next = 0
  private var isAdding = false
  // Used by the one thread that is adding.
  private var sums: [Tensor?]
  private var failure: (any Error)?

  /// A sum of gradients, each for all `parameters`, with one weight for each micro-batch.
  init(weights: [Float], parameters: Int) {
    self.weights = weights
    sums = Array(repeating: nil, count: parameters)
  }

  /// Submits the gradients of a micro-batch, and adds those that are next in order unless another
  /// thread is adding.
  func add(_ gradients: [Tensor?], of index: Int) {
    let isMine = lock.withLock { _ in
      waiting[index] = gradients
      defer { isAdding = true }
      return !isAdding
    }
    guard isMine else { return }
    while let (gradients, weight) = takeNext() {
      do { try add(gradients, weight: weight) } catch { failure = error }
    }
  }

  /// The gradients that are next in order; nil, with this thread no longer adding, if they are not
  /// there yet.
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
      guard let gradient else { continue }
      let part = Optional(UnsafePointer(gradient.pointer))
      try Profile.measure(
        .gradientSums, operations: 2 &* gradient.count, bytes: 12 &* gradient.count
      ) {
        if let sum = sums[i] {
          let parts = [Optional(UnsafePointer(sum.pointer)), part]
          smap_weighted_sum(parts, [1, weight], 2, sum.count, sum.pointer)
        } else {
          let sum = try Tensor(uninitialized: gradient.shape)
          smap_weighted_sum([part], [weight], 1, sum.count, sum.pointer)
          sums[i] = sum
        }
      }
    }
  }

  /// The sums, once all micro-batches have been added; nil where no gradient reached a parameter.
  func result() throws -> [Tensor?] {
    if let failure { throw failure }
    return sums
  }
}
