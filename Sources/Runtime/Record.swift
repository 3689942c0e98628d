// SPDX-License-Identifier: Apache-2.0
//
// Records: named fields in the order in which they were added.
//
// Most records have a handful of fields, for which comparing short strings in a row is faster than
// hashing; from nine fields on, a dictionary of positions is kept as well. Namespaces of built-ins
// and modules are records too, frozen so that no script can change them under another's feet.

/// A record: ordered fields with identity.
public final class Record {
  /// The names of the fields in order.
  @exclusivity(unchecked) public private(set) var keys: [String]
  /// The values of the fields, in the order of `keys`.
  @exclusivity(unchecked) public private(set) var values: [Value]
  private var positions: [String: Int]?
  /// For namespaces and modules: what they are called. Such records cannot be changed.
  public let title: String?

  private static let linearLimit = 8

  /// Makes an empty record; one with a title is a namespace or module.
  public init(title: String? = nil) {
    keys = []
    values = []
    self.title = title
  }

  deinit { Teardown.release(&values) }

  /// The number of fields.
  public var count: Int { keys.count }

  /// The position of a field, or nil.
  @inline(__always)
  func position(of key: String) -> Int? {
    if let positions { return positions[key] }
    var index = 0
    while index < keys.count {
      if keys[index] == key { return index }
      index += 1
    }
    return nil
  }

  func value(at position: Int) -> Value { values[position] }

  /// The value of a field; setting adds or changes it, and setting nil removes it.
  public subscript(key: String) -> Value? {
    get {
      guard let position = position(of: key) else { return nil }
      return values[position]
    }
    set {
      guard let newValue else {
        remove(key)
        return
      }
      if let position = position(of: key) {
        values[position] = newValue
      } else {
        append(key, newValue)
      }
    }
  }

  private func append(_ key: String, _ value: Value) {
    keys.append(key)
    values.append(value)
    if positions != nil {
      positions?[key] = keys.count - 1
    } else if keys.count > Record.linearLimit {
      rebuildPositions()
    }
  }

  private func rebuildPositions() {
    guard keys.count > Record.linearLimit else {
      positions = nil
      return
    }
    var table: [String: Int] = [:]
    table.reserveCapacity(keys.count)
    for (index, key) in keys.enumerated() { table[key] = index }
    positions = table
  }

  /// Removes a field and returns its value, or nil if there was none.
  @discardableResult
  public func remove(_ key: String) -> Value? {
    guard let position = position(of: key) else { return nil }
    keys.remove(at: position)
    let removed = values.remove(at: position)
    rebuildPositions()
    return removed
  }

  /// A record with the same fields that can be changed on its own.
  public func copy() -> Record {
    let copy = Record()
    copy.keys = keys
    copy.values = values
    copy.positions = positions
    return copy
  }

  func takeValues() -> [Value] {
    var taken: [Value] = []
    swap(&taken, &values)
    keys = []
    positions = nil
    return taken
  }
}
