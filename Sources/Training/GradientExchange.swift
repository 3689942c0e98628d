// SPDX-License-Identifier: Apache-2.0
//
// How the workers of one training combine their gradients. Micro-batches are numbered over the
// whole training; each worker computes a contiguous range of them. The gradients are added in the
// order of the micro-batches: a worker starts from the sums of the workers before it, adds its own,
// and hands them on; the last one's sums are everybody's. So floating-point additions take place in
// the same order whatever the number of workers, and the bits of a step do not depend on it. The
// parameters pass through this chain one after the other: while a worker adds to one, the next
// worker adds to those before it, and all of them still compute the gradients by others.

import Synchronization
import Tensors

/// Combines the gradients and other results of the workers of a training.
///
/// All workers call the same methods in the same order. Each gives every worker the same bits.
public protocol GradientExchange: AnyObject {
  /// The number of workers.
  var workerCount: Int { get }
  /// This worker's number, from 0.
  var worker: Int { get }

  /// The sums of the gradients of all workers, one for each parameter; nil where no gradient has
  /// reached a parameter.
  ///
  /// The gradients of this worker may still be computed meanwhile. `isReady` says whether those by
  /// a parameter are there; it is asked again and again, also for nothing but to throw what ends
  /// the exchange. `adding` is called once for each parameter, in their order, when it is ready. It
  /// is given the place of the parameter and the sum of the workers before this one, to which it
  /// adds the gradients of this worker in place; for the first worker, and where no gradient has
  /// reached the parameter, that sum is nil. Both are called on this thread.
  func total(
    _ parameters: [Tensor], isReady: (_ index: Int) throws -> Bool,
    adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
  ) throws -> [Tensor?]

  /// The bytes of every worker, in the order of the workers.
  func gather(_ bytes: [UInt8]) throws -> [[UInt8]]

  /// Compares what must be the same for all workers: named facts, such as options.
  ///
  /// - Throws: a `WorkerDisagreement`, for every worker, that names the first worker and the first
  ///   fact that differ from those of worker 0.
  func agree(on facts: [(key: String, value: String)]) throws
}

/// A worker that was given something else than the others.
public struct WorkerDisagreement: Error, CustomStringConvertible {
  /// The worker that differs from worker 0.
  public let worker: Int
  /// What differs.
  public let key: String
  /// What it is for worker 0, and for the one that differs.
  public let values: (first: String, other: String)

  /// What differs, and for whom.
  public init(worker: Int, key: String, first: String, other: String) {
    (self.worker, self.key, values) = (worker, key, (first, other))
  }

  /// A sentence for people.
  public var description: String {
    "process \(worker) of this job has another `\(key)` than process 0: \(values.other), "
      + "not \(values.first)"
  }
}

extension GradientExchange {
  /// The micro-batches that this worker computes, out of `count`.
  public func share(of count: Int) -> Range<Int> {
    count * worker / workerCount..<count * (worker + 1) / workerCount
  }

  /// The numbers of all workers one after the other, in the order of the workers.
  public func gather<Number: BitwiseCopyable>(_ numbers: [Number]) throws -> [Number] {
    guard workerCount > 1 else { return numbers }
    let all: [[UInt8]] = try gather(numbers.withUnsafeBytes { Array($0) })
    return all.flatMap { bytes in
      bytes.withUnsafeBytes { Array($0.bindMemory(to: Number.self)) }
    }
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

  /// The sums of this worker, whose gradients must be there.
  public func total(
    _ parameters: [Tensor], isReady: (_ index: Int) throws -> Bool,
    adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
  ) rethrows -> [Tensor?] {
    try parameters.indices.map { try adding($0, nil) }
  }

  /// The bytes of this worker.
  public func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }

  /// Nobody disagrees.
  public func agree(on facts: [(key: String, value: String)]) {}
}

/// The workers that a training of this process takes part with.
public enum Workers {
  /// A function that is the value of a mutex itself is wrapped once more by each access.
  private struct Maker: Sendable {
    var make: @Sendable () -> any GradientExchange
  }
  private static let current = Mutex(Maker { ThisProcess() })

  /// Makes the exchange of a training; `ThisProcess` unless the process belongs to a job.
  public static var exchange: @Sendable () -> any GradientExchange {
    get { current.withLock { $0.make } }
    set { current.withLock { $0.make = newValue } }
  }
}
