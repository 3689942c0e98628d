// SPDX-License-Identifier: Apache-2.0
//
// How loops within built-ins stay interruptible. An iteration of such a loop takes nanoseconds and
// a poll of the interrupt and the clock more, so polls are spaced; a script decides how many
// iterations there are, so every loop over its data polls.

import Tensors

/// Counts the iterations of a long loop, and periodically polls the interrupt, the clock and the
/// limits.
public struct Polling {
  private let session: Session?
  private var left = Polling.interval

  /// Iterations between two polls: some tens of microseconds in most loops.
  private static let interval = 1 << 12

  /// Polls in one loop, or several in a row, on behalf of a session.
  public init(_ session: Session?) { self.session = session }

  /// Counts one iteration. Throws if an interrupt was requested or a limit is exceeded.
  @inline(__always)
  public mutating func turn() throws {
    left &-= 1
    if left == 0 { try look() }
  }

  @inline(never)
  private mutating func look() throws {
    left = Polling.interval
    try session?.poll()
  }
}

extension Call {
  /// The polling of a loop within this call.
  public var polling: Polling { Polling(session) }
}

extension Sequence {
  /// `transform` applied to all elements, with polls of the interrupt and the limits.
  public func map<Result>(
    checking session: Session?, _ transform: (Element) throws -> Result
  ) throws -> [Result] {
    var polling = Polling(session)
    return try map { element in
      try polling.turn()
      return try transform(element)
    }
  }
}
