// SPDX-License-Identifier: Apache-2.0
//
// The flag that a signal handler or another thread raises to stop a running script. It is the
// only part of the runtime that several threads touch.

import Synchronization
import Tensors

/// A request to stop, polled at loop edges and calls.
public final class Interrupt: Sendable {
  /// The interrupt of this process, raised by Ctrl-C.
  ///
  /// Touch it once before installing a signal handler: a handler may set the flag, but must not
  /// be the first to create it.
  public static let shared = Interrupt(stopsTensors: true)

  private let flag = Atomic<Bool>(false)
  private let termination = Atomic<Bool>(false)
  /// Whether a request also ends long work on tensors, which asks the process and not a session.
  private let stopsTensors: Bool

  /// Makes an interrupt of its own, for sessions that run side by side.
  public convenience init() { self.init(stopsTensors: false) }

  private init(stopsTensors: Bool) { self.stopsTensors = stopsTensors }

  /// Asks the running script to stop. Safe in signal handlers and from any thread.
  public func request() {
    flag.store(true, ordering: .relaxed)
    if stopsTensors { Stop.request() }
  }

  /// Asks the running script to stop, since the process is about to end: what a script does after
  /// that, such as to save, is its last. Safe in signal handlers and from any thread.
  public func terminate() {
    termination.store(true, ordering: .relaxed)
    request()
  }

  /// Whether the process is about to end; this stays so.
  public var isTerminating: Bool { termination.load(ordering: .relaxed) }

  /// Withdraws the request; sessions do so before they start to evaluate.
  public func clear() {
    flag.store(false, ordering: .relaxed)
    if stopsTensors { Stop.clear() }
  }

  /// Whether a stop has been asked for.
  @inline(__always)
  public var isRequested: Bool { flag.load(ordering: .relaxed) }
}
