// SPDX-License-Identifier: Apache-2.0
//
// Values of scripts inside objects of the library. Such objects can be chained without end (a
// table in a table, a gradient of a function that calls a gradient), and freeing a long chain by
// nested `deinit`s would overflow the stack. So an object hands the values it held to a list that
// the session owns, and whoever came first frees what is on the list, one after the other.

import Runtime

/// Values held by an object of the library, freed without recursion.
final class HeldValues {
  /// The values.
  private(set) var items: [Value]
  private let queue: ReleaseQueue

  init(_ items: [Value], in session: Session) {
    self.items = items
    queue = ReleaseQueue.of(session)
  }

  deinit { queue.release(&items) }
}

/// What waits to be freed in a session.
private final class ReleaseQueue {
  private var pending: [Value] = []
  private var isDraining = false

  static func of(_ session: Session) -> ReleaseQueue {
    if let known = session.attachments["held values"] as? ReleaseQueue { return known }
    let fresh = ReleaseQueue()
    session.attachments["held values"] = fresh
    return fresh
  }

  func release(_ items: inout [Value]) {
    pending.append(contentsOf: items)
    items = []
    guard !isDraining else { return }
    isDraining = true
    while let value = pending.popLast() { _ = consume value }
    isDraining = false
  }
}
