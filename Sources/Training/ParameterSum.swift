// SPDX-License-Identifier: Apache-2.0
//
// The sum of the gradients by one parameter. Micro-batches finish in any order and on any thread;
// each gradient is added as soon as those of the micro-batches before it have been, and then
// released. So the bits of the sum do not depend on the number of threads, and hardly more
// gradients are in memory than there are threads. The sum starts from that of the workers before
// this one, so workers other than the first keep theirs until it arrives.

import CKernels
import Networks
import Synchronization
import Tensors

/// Adds up gradients by one parameter in the order of their micro-batches.
final class ParameterSum {
  private let weights: [Float]
  private let own: Range<Int>
  private let startsHere: Bool
  private let lock = Mutex(())
  // Guarded by the lock.
  private var waiting: [Int: Tensor?] = [:]
  private var next: Int
  private var isAdding: Bool
  // Used by the one thread that is adding.
  private var sum: Tensor?

  /// A sum over the micro-batches `own` of this worker, with the weights of all; it starts here
  /// unless there are workers before this one.
  init(weights: [Float], own: Range<Int>, startsHere: Bool) {
    (self.weights, self.own, self.startsHere) = (weights, own, startsHere)
    next = own.lowerBound
    // The sum of the workers before comes first: `total` adds then.
    isAdding = !startsHere
  }

  /// Takes the gradient of a micro-batch, and adds whatever has its turn unless another thread
  /// does.
  func add(_ gradient: Tensor?, of microBatch: Int) throws {
    let isMine = lock.withLock { _ in
      waiting.updateValue(gradient, forKey: microBatch)
      defer { isAdding = true }
      return !isAdding
    }
    if isMine { try addWaiting() }
  }

  /// Whether the gradients of all micro-batches of this worker are there, and added if the sum
  /// starts here.
  var isComplete: Bool {
    lock.withLock { _ in
      startsHere ? next == own.upperBound && !isAdding : waiting.count == own.count
    }
  }

  /// The sum over this worker and those before it, whose sum is given, once it is complete; nil
  /// where no gradient reached the parameter. It is given away.
  func total(after before: Tensor?) throws -> Tensor? {
    if !startsHere {
      sum = before
      try addWaiting()
    }
    defer { sum = nil }
    return sum
  }

  private func addWaiting() throws {
    while let (gradient, weight) = takeNext() { try add(gradient, weight: weight) }
  }

  /// The gradient whose turn it is; nil, and nobody is adding any more, if it is not there yet.
  private func takeNext() -> (gradient: Tensor?, weight: Float)? {
    var turn: (gradient: Tensor?, weight: Float)?
    lock.withLock { _ in
      if let gradient = waiting.removeValue(forKey: next) {
        turn = (gradient, weights[next])
        next += 1
      } else {
        isAdding = false
      }
    }
    return turn
  }

  /// Adds a weighted gradient in place.
  private func add(_ gradient: Tensor?, weight: Float) throws {
    guard let gradient else { return }
    let part = Optional(UnsafePointer(gradient.pointer))
    try Profile.measure(
      .gradientSums, operations: 2 &* gradient.count, bytes: 12 &* gradient.count
    ) {
      if let sum {
        let parts = [Optional(UnsafePointer(sum.pointer)), part]
        smap_weighted_sum(parts, [1, weight], 2, sum.count, sum.pointer)
      } else {
        let first = try Tensor(uninitialized: gradient.shape)
        smap_weighted_sum([part], [weight], 1, first.count, first.pointer)
        sum = first
      }
    }
  }
}
