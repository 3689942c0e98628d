// SPDX-License-Identifier: Apache-2.0
//
// Cancellation of work that takes seconds. A caller requests a stop, from a signal handler or
// another thread, or has set a deadline before; the work polls for both between its blocks, skips
// the rest and throws, so that nobody sees its incomplete result. Short work does not poll: its
// callers do, at points where they can stop in a consistent state.
//
// A request applies to the whole process, or to one session with an interrupt of its own. The
// request of a session and its deadline belong to the thread that runs it and to the work it
// distributes, because sessions with different limits may run side by side.

import CKernels

/// A request to stop, which long work polls.
///
/// It has an address of its own, so that signal handlers, other threads and C can read and write
/// it.
public struct StopFlag: @unchecked Sendable {
  @usableFromInline let place: UnsafeMutablePointer<SmapStopFlag>

  /// The request of the process.
  public static let process = StopFlag(place: smap_process_stop())

  init(place: UnsafeMutablePointer<SmapStopFlag>) { self.place = place }

  /// Allocates another one; `free` releases it.
  public static func allocate() -> StopFlag {
    let place = UnsafeMutablePointer<SmapStopFlag>.allocate(capacity: 1)
    place.initialize(to: SmapStopFlag())
    return StopFlag(place: place)
  }

  /// Releases the memory; no work may poll it any more.
  public func free() { place.deallocate() }

  /// Requests the stop; safe in signal handlers and from any thread.
  public func request() { smap_set_flag(place, 1) }

  /// Withdraws the request.
  public func clear() { smap_set_flag(place, 0) }

  /// Whether the stop has been requested.
  @inlinable @inline(__always)
  public var isRequested: Bool { smap_flag_is_set(place) != 0 }
}

/// Requests to end long work.
public enum Stop {
  /// Requests a stop of the whole process; safe in signal handlers.
  public static func request() { StopFlag.process.request() }

  /// Withdraws the request.
  public static func clear() { StopFlag.process.clear() }

  /// What ends the work of a thread besides a request to the process.
  public struct Conditions {
    fileprivate let settings: SmapThreadSettings
  }

  /// Makes long work of this thread poll `flag`, with a deadline so many seconds after `start`, a
  /// time of the monotonic clock; nil: none. Returns what `restore` takes in the end.
  public static func begin(_ flag: StopFlag, seconds: Double?, after start: Double) -> Conditions {
    let before = Conditions(settings: smap_thread_settings())
    var settings = before.settings
    settings.stop = UnsafePointer(flag.place)
    smap_use_thread_settings(settings)
    setDeadline(seconds: seconds, after: start)
    return before
  }

  /// Restores what ended the work of this thread before `begin`.
  public static func restore(_ before: Conditions) {
    var settings = smap_thread_settings()
    settings.stop = before.settings.stop
    settings.deadline = before.settings.deadline
    settings.seconds_allowed = before.settings.seconds_allowed
    smap_use_thread_settings(settings)
  }

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
