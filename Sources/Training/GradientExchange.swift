// SPDX-License-Identifier: Apache-2.0
//
// How the workers of one training combine their gradients. Micro-batches are numbered over the
// whole training; each worker computes a contiguous range of them. The gradients are added in the
// order of the micro-batches: a worker starts from the sums of the workers before it, adds its own,
// and hands them on; the last one's sums are everybody's. So floating-point additions take place in
// the same order whatever the number of workers, and the bits of a step do not depend on it.

import Tensors

/// Combines the gradients and other results of the workers of a training.
///
/// All workers call the same methods in the same order. Each gives every worker the same bits.
public protocol GradientExchange: AnyObject {
  /// The number of workers.
  var workerCount: Int { get }
  /// This worker's number, from 0.
  var worker: Int { get }

  /// The sums of the micro-batches of all workers before this one, one for each parameter; nil
  /// where no gradient has reached a parameter. May wait for them.
  func sumsBefore(_ parameters: [Tensor]) throws -> [Tensor?]

  /// Hands on the sums up to and including this worker's micro-batches, and returns those of all.
  func total(_ sums: [Tensor?]) throws -> [Tensor?]

  /// The numbers of all workers one after the other, in the order of the workers.
  func gather(_ values: [Float]) throws -> [Float]
}

extension GradientExchange {
  /// The micro-batches that this worker computes, out of `count`.
  public func share(of count: Int) -> Range<Int> {
    count * worker / workerCount..<count * (worker + 1) / workerCount
  }
}

/// The exchange of a training that runs in this process alone.
public final class ThisProcess: GradientExchange {
  /// One.
  public let workerCount = 1
  /// Zero.
  public let worker = 0

  /// The only worker.
  public init() {}

  /// Nothing: no worker is before this one.
  public func sumsBefore(_ parameters: [Tensor]) -> [Tensor?] {
    Array(repeating: nil, count: parameters.count)
  }

  /// The sums themselves.
  public func total(_ sums: [Tensor?]) -> [Tensor?] { sums }

  /// The numbers themselves.
  public func gather(_ values: [Float]) -> [Float] { values }
}
