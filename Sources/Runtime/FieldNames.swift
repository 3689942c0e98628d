// SPDX-License-Identifier: Apache-2.0
//
// The names of a record's fields, in order, apart from their values.
//
// Records created by the same literal share one object of names. A name is a `Text`, interned in a
// process-wide table while it is in use, so equal names are usually one object: the machine stores
// in an instruction where it last found a field, checks whether the same object is there, and is
// done (an inline cache). Only names that are not in the table are compared as strings. Most
// records have a handful of names, for which a linear search is faster than hashing; from nine
// names on, there is a dictionary of positions as well. Removing one of so many leaves a hole, so
// that the positions of the others do not change; the owner of the values compacts holes on both
// sides.

import Synchronization

/// Names of fields in order.
final class FieldNames {
  private(set) var names: [Text]
  /// The objects of `names` as plain addresses, for the machine.
  private(set) var addresses: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var capacity: Int
  private var positions: [String: Int]?
  /// The number of holes in `names`.
  private(set) var holeCount = 0

  private static let linearLimit = 8
  /// The marker in a hole; no field has this object as its name.
  private static let hole = Text("")

  init(_ names: [Text] = []) {
    self.names = names
    capacity = names.count
    addresses = .allocate(capacity: capacity)
    refresh()
  }

  deinit { addresses.deallocate() }

  var count: Int { names.count }

  /// The position of a name, or nil.
  func position(of name: String) -> Int? {
    if let positions { return positions[name] }
    var index = 0
    while index < names.count {
      if names[index].string == name { return index }
      index += 1
    }
    return nil
  }

  /// Whether the name at a position was removed.
  func isHole(_ position: Int) -> Bool { names[position] === FieldNames.hole }

  /// A copy of the names, which have no holes, for a record that changes them.
  func copy() -> FieldNames { FieldNames(names) }

  func append(_ name: Text) {
    names.append(name)
    if names.count > capacity {
      refresh()
    } else {
      addresses[names.count - 1] = Unmanaged.passUnretained(name).toOpaque()
      positions?[name.string] = names.count - 1
    }
  }

  /// Removes a name. True if a hole is left, false if the names after it have moved up.
  func leavesHole(at position: Int) -> Bool {
    guard positions != nil, position < names.count - 1 else {
      let removed = names.remove(at: position)
      if positions == nil { refresh() } else { positions?[removed.string] = nil }
      return false
    }
    positions?[names[position].string] = nil
    names[position] = FieldNames.hole
    addresses[position] = Unmanaged.passUnretained(FieldNames.hole).toOpaque()
    holeCount += 1
    return true
  }

  /// Compacts the names.
  func closeHoles() {
    names.removeAll { $0 === FieldNames.hole }
    holeCount = 0
    refresh()
  }

  private func refresh() {
    if capacity < names.count {
      addresses.deallocate()
      capacity = max(4, 2 * names.count)
      addresses = .allocate(capacity: capacity)
    }
    for (index, name) in names.enumerated() {
      (addresses + index).initialize(to: Unmanaged.passUnretained(name).toOpaque())
    }
    positions = nil
    guard names.count > FieldNames.linearLimit else { return }
    var table: [String: Int] = [:]
    table.reserveCapacity(names.count)
    for (index, name) in names.enumerated() where name !== FieldNames.hole {
      table[name.string] = index
    }
    positions = table
  }
}

/// The intern table of field names.
private struct KnownNames {
  private var table: [String: Text] = [:]
  /// The number of names that may be added before the next sweep; a long one counts as several.
  private var untilSweep = KnownNames.shortestSweep

  /// Beyond so many names, further ones are not interned: programs do not have so many, data might.
  private static let limit = 1 << 16
  private static let shortestSweep = 1 << 12

  var count: Int { table.count }

  mutating func object(for name: String) -> Text {
    if let text = table[name] { return text }
    untilSweep -= 1 + name.utf8.count / 64
    if untilSweep <= 0 { sweep() }
    let text = Text(name)
    if table.count < KnownNames.limit { table[name] = text }
    return text
  }

  /// Removes the names that only the table retains: names from data come and go with their records.
  private mutating func sweep() {
    // Moved out of the table, so that names which it alone retains have one reference.
    var names = Array(table.values)
    table = [:]
    for index in names.indices where !isKnownUniquelyReferenced(&names[index]) {
      table[names[index].string] = names[index]
    }
    untilSweep = max(KnownNames.shortestSweep, table.count)
  }
}

extension Text {
  private static let known = Mutex(KnownNames())

  /// The interned object of a field name.
  static func name(_ name: String) -> Text { known.withLock { $0.object(for: name) } }

  /// The number of interned names.
  static var knownNameCount: Int { known.withLock { $0.count } }
}
