// SPDX-License-Identifier: Apache-2.0
//
// The names of a record's fields, in order, apart from their values.
//
// Records made by the same literal share one object of names. A name is a `Text` that a table of the
// process keeps while something has it, so equal names are as a rule one object: the machine remembers in
// an instruction where it found a field last, looks whether the same object stands there, and is
// done. Only names that are not in the table are compared as strings. Most records have a handful
// of names, for which going through them is faster than hashing; from nine names on, a dictionary
// of positions is kept as well. Where one of so many is removed, a hole takes its place, so that the
// positions of the others stay what they are; whoever has the values closes holes on both sides.

import Synchronization

/// Names of fields in order.
final class FieldNames {
  private(set) var names: [Text]
  /// The objects of `names` as plain addresses, for the machine.
  private(set) var addresses: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var capacity: Int
  private var positions: [String: Int]?
  /// How many of `names` are holes.
  private(set) var holeCount = 0

  private static let linearLimit = 8
  /// What stands in a hole; no field has this object as its name.
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

  /// The same names, which have no holes, for a record that goes its own way.
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

  /// Removes a name. True if a hole is left in its place, false if the names behind it have moved up.
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

  /// Moves the names together.
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

/// The one object for each name of a field that something has.
private struct KnownNames {
  private var table: [String: Text] = [:]
  /// How many names may be added before the next sweep; a long one counts as several.
  private var untilSweep = KnownNames.shortestSweep

  /// Beyond so many names, further ones get an object of their own each time: programs do not
  /// have them, data might.
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

  /// Forgets the names that only the table holds: names from data come and go with their records.
  private mutating func sweep() {
    // Taken out of the table, so that what it alone holds has one reference.
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

  /// The one object for a name of a field.
  static func name(_ name: String) -> Text { known.withLock { $0.object(for: name) } }

  /// How many names are kept.
  static var knownNameCount: Int { known.withLock { $0.count } }
}
