// SPDX-License-Identifier: Apache-2.0
//
// How work that takes seconds ends early. Whoever runs it asks for the stop, from a signal handler
// or another thread, or has said before how long it may take; the work looks at both between its
// blocks, leaves the rest out and throws, so that nobody sees its unfinished result. Short work does
// not look: what surrounds it does, at places where it can stop with everything in order.
//
// A request is for the whole process. A time is for the thread that sets it and for what it shares
// out, because sessions with different limits may run side by side.

import CKernels

/// A request of this process to end long work.
public enum Stop {
  /// Asks for it; safe in signal handlers.
  public static func request() { smap_request_stop(1) }

  /// Withdraws it.
  public static func clear() { smap_request_stop(0) }

  /// Lets long work of this thread go on for so many seconds after `start`, a time of the monotonic
  /// clock; nil: for ever.
  public static func setDeadline(seconds: Double?, after start: Double) {
    smap_set_deadline(start, seconds ?? 0)
  }

  /// Whether it has been asked for, or the time of this thread is up.
  public static var isRequested: Bool { smap_stop_requested() != 0 }

  /// Throws a `CancellationError` if a stop has been asked for, a `DeadlineError` if time is up.
  package static func check() throws {
    switch smap_stop_requested() {
    case 0: return
    case Int32(SMAP_STOP_TIME_IS_UP): throw DeadlineError(seconds: smap_seconds_allowed())
    default: throw CancellationError()
    }
  }
}

extension Stop {
  /// Looks for a stop now and then, in turn number `turn` of a loop whose turns are short.
  @inline(__always)
  package static func check(at turn: Int) throws {
    if turn & 0x3FFF == 0x3FFF { try check() }
  }
}

/// Work has taken as long as it may.
public struct DeadlineError: Error {
  /// How long that was.
  public let seconds: Double
}
