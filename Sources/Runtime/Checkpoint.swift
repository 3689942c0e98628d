// SPDX-License-Identifier: Apache-2.0
//
// How loops within built-ins stay stoppable. A turn of such a loop takes nanoseconds and a look at the
// interrupt and the clock more, so the looks are spread out; a script decides how many turns there are,
// so no loop over its data goes without.

import Tensors

/// Counts the turns of a long loop, and looks at the interrupt, the clock and the limits now and then.
public struct Checkpoint {
  private let session: Session?
  private var left = Checkpoint.interval

  /// Turns between two looks: some tens of microseconds of most loops.
  private static let interval = 1 << 12

  /// Makes a checkpoint for one loop, or several in a row, on behalf of a session.
  public init(_ session: Session?) { self.session = session }

  /// Notes one turn. Throws if the user has asked for an interrupt or a limit is used up.
  @inline(__always)
  public mutating func pass() throws {
    left &-= 1
    if left == 0 { try look() }
  }

  @inline(never)
  private mutating func look() throws {
    left = Checkpoint.interval
    try session?.poll()
  }
}

extension Call {
  /// A checkpoint for a loop of this call.
  public var checkpoint: Checkpoint { Checkpoint(session) }
}

extension Sequence {
  /// What `transform` makes of all elements, looking at the interrupt and the limits meanwhile.
  public func map<Result>(
    checking session: Session?, _ transform: (Element) throws -> Result
  ) throws -> [Result] {
    var checkpoint = Checkpoint(session)
    return try map { element in
      try checkpoint.pass()
      return try transform(element)
    }
  }
}
