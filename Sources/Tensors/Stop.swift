// SPDX-License-Identifier: Apache-2.0
//
// Cancellation of work that takes seconds. A caller requests a stop, from a signal handler or
// another thread, or has set a deadline before; the work polls for both between its blocks, skips
// the rest and throws, so that nobody sees its incomplete result. Short work does not poll: its
// callers do, at points where they can stop in a consistent state.
//
// A request applies to the whole process. A deadline applies to the thread that sets it and to the
// work it distributes, because sessions with different limits may run side by side.

import CKernels

/// A request of this process to end long work.
public enum Stop {
  /// Requests a stop; safe in signal handlers.
  public static func request() { smap_request_stop(1) }

  /// Withdraws the request.
  public static func clear() { smap_request_stop(0) }

  /// Sets the deadline of long work on this thread, so many seconds after `start`, a time of the
  /// monotonic clock; nil: none.
  public static func setDeadline(seconds: Double?, after start: Double) {
    smap_set_deadline(start, seconds ?? 0)
  }

  /// Whether a stop was requested, or the deadline of this thread has passed.
  public static var isRequested: Bool { smap_stop_requested() != 0 }

  /// Throws a `CancellationError` if a stop was requested, a `DeadlineError` if the deadline has
  /// passed.
  package static func check() throws {
    switch smap_stop_requested() {
    case 0: return
    case Int32(SMAP_STOP_TIME_IS_UP): throw DeadlineError(seconds: smap_seconds_allowed())
    default: throw CancellationError()
    }
  }
}

extension Stop {
  /// Polls for a stop periodically, in iteration number `turn` of a loop with short iterations.
  @inline(__always)
  package static func check(at turn: Int) throws {
    if turn & 0x3FFF == 0x3FFF { try check() }
  }
}

/// The deadline of the work has passed.
public struct DeadlineError: Error {
  /// The seconds that were allowed.
  public let seconds: Double
}
