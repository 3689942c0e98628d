// SPDX-License-Identifier: Apache-2.0
//
// How work that takes seconds ends early. Whoever runs it asks for the stop, from a signal handler
// or another thread; the work looks at the request between its blocks, leaves the rest out and
// throws a `CancellationError`, so that nobody sees its unfinished result. Short work does not
// look: what surrounds it does, at places where it can stop with everything in order.

import CKernels

/// A request of this process to end long work.
public enum Stop {
  /// Asks for it; safe in signal handlers.
  public static func request() { smap_request_stop(1) }

  /// Withdraws it.
  public static func clear() { smap_request_stop(0) }

  /// Whether it has been asked for.
  public static var isRequested: Bool { smap_stop_requested() != 0 }

  /// Throws a `CancellationError` if it has been asked for.
  package static func check() throws {
    if isRequested { throw CancellationError() }
  }
}
