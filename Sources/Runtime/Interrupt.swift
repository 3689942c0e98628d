// SPDX-License-Identifier: Apache-2.0
//
// The flag that a signal handler or another thread raises to stop a running script. It is the
// only part of the runtime that several threads touch.

import Synchronization

/// A request to stop, polled at loop edges and calls.
public final class Interrupt: Sendable {
  /// The interrupt of this process, raised by Ctrl-C.
  ///
  /// Touch it once before installing a signal handler: a handler may set the flag, but must not
  /// be the first to create it.
  public static let shared = Interrupt()

  private let flag = Atomic<Bool>(false)

  /// Makes an interrupt of its own, for sessions that run side by side.
  public init() {}

  /// Asks the running script to stop. Safe in signal handlers and from any thread.
  public func request() { flag.store(true, ordering: .relaxed) }

  /// Withdraws the request; sessions do so before they start to evaluate.
  public func clear() { flag.store(false, ordering: .relaxed) }

  /// Whether a stop has been asked for.
  @inline(__always)
  public var isRequested: Bool { flag.load(ordering: .relaxed) }
}
