// SPDX-License-Identifier: Apache-2.0
//
// How loops within built-ins stay stoppable. A turn of such a loop takes nanoseconds and a look at the
// interrupt and the clock more, so the looks are spread out; a script decides how many turns there are,
// so no loop over its data goes without.

import Tensors

/// Counts the turns of a long loop, and looks at the interrupt, the clock and the limits now and then.
public struct Polling {
  private let session: Session?
  private var left = Polling.interval

  /// Turns between two looks: some tens of microseconds of most loops.
  private static let interval = 1 << 12

  /// Polls in one loop, or several in a row, on behalf of a session.
  public init(_ session: Session?) { self.session = session }

  /// Notes one turn. Throws if the user has asked for an interrupt or a limit is used up.
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
  /// The polling of a loop of this call.
  public var polling: Polling { Polling(session) }
}

extension Sequence {
  /// What `transform` makes of all elements, looking at the interrupt and the limits meanwhile.
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
