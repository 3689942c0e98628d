// SPDX-License-Identifier: Apache-2.0
//
// The flag that a signal handler or another thread raises to stop a running script. It is the
// only part of the runtime that several threads touch.

import Synchronization
import Tensors

/// A request to stop: scripts look at it at loop edges and calls, long work on tensors between its
/// blocks.
public final class Interrupt: Sendable {
  /// The interrupt of this process, raised by Ctrl-C. All work on tensors looks at it, whatever
  /// session it is for.
  ///
  /// Touch it once before installing a signal handler: a handler may set the flag, but must not
  /// be the first to create it.
  public static let shared = Interrupt(flag: .process)

  /// The flag that both look at.
  let flag: StopFlag
  private let isOwn: Bool
  private let termination = Atomic<Bool>(false)

  /// Makes an interrupt of its own, for sessions that run side by side: it ends the scripts of its
  /// sessions and their work on tensors, and no others.
  public convenience init() { self.init(flag: .allocate(), isOwn: true) }

  private init(flag: StopFlag, isOwn: Bool = false) {
    self.flag = flag
    self.isOwn = isOwn
  }

  deinit { if isOwn { flag.free() } }

  /// Asks the running script to stop. Safe in signal handlers and from any thread.
  public func request() { flag.request() }

  /// Asks the running script to stop, since the process is about to end: what a script does after
  /// that, such as to save, is its last. Safe in signal handlers and from any thread.
  public func terminate() {
    termination.store(true, ordering: .relaxed)
    request()
  }

  /// Whether the process is about to end; this stays so.
  public var isTerminating: Bool { termination.load(ordering: .relaxed) }

  /// Withdraws the request. A session does so when an evaluation or a handler has taken it, a
  /// prompt before it reads a statement.
  public func clear() { flag.clear() }

  /// Whether a stop has been asked for.
  @inline(__always)
  public var isRequested: Bool { flag.isRequested }
}
