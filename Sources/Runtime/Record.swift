// SPDX-License-Identifier: Apache-2.0
//
// Records: named fields in the order in which they were added. The names may be shared with other
// records (see `FieldNames`), the values are in a block of the record's own. Namespaces of
// built-ins and modules are records too, frozen so that no script can change them for others.
//
// Removing a field from a large record leaves a hole, so that the fields after it need not move.
// Holes are compacted when they are as many as the fields, and before the fields are iterated, so
// that adding, finding and removing a field take amortised constant time.

/// A record: ordered fields with identity.
public final class Record {
  // The machine accesses the properties from `nameAddresses` to `watch` by their offsets.
  @exclusivity(unchecked) private var names: FieldNames
  /// The names as plain addresses, for the machine.
  @exclusivity(unchecked) private(set) var nameAddresses:
    UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// The values, in the order of the names.
  @exclusivity(unchecked) private(set) var fields: UnsafeMutablePointer<Value>
  /// The number of fields and holes.
  @exclusivity(unchecked) private(set) var slotCount: Int
  @exclusivity(unchecked) private var capacity: Int
  /// Whether it is a namespace or module.
  let isFrozen: Bool
  /// The entry of the record in the watch list; 0 if it is not watched.
  @exclusivity(unchecked) var watch: UInt32 = 0
  /// For namespaces and modules: their name. Such records cannot be changed.
  public let title: String?

  /// Makes an empty record; one with a title is a namespace or module.
  public init(title: String? = nil) {
    names = FieldNames()
    nameAddresses = names.addresses
    fields = .allocate(capacity: 0)
    slotCount = 0
    capacity = 0
    self.title = title
    isFrozen = title != nil
  }

  /// Makes a record of the values in consecutive registers, as many as there are names.
  init(_ names: FieldNames, copying first: UnsafeMutablePointer<Value>) {
    self.names = names
    nameAddresses = names.addresses
    slotCount = names.count
    capacity = slotCount
    fields = .allocate(capacity: slotCount)
    fields.initialize(from: first, count: slotCount)
    title = nil
    isFrozen = false
  }

  deinit {
    if watch != 0 { WatchList.remove(watch) }
    Teardown.release(fields, count: slotCount)
    fields.deallocate()
  }

  /// The number of fields.
  public var count: Int { slotCount - names.holeCount }

  /// The names of the fields in order.
  public var keys: [String] {
    closeHoles()
    return names.names.map(\.string)
  }

  /// The first of `keys`, at most so many, at a cost that does not grow with the record.
  func keys(atMost limit: Int) -> [String] {
    names.names.indices.prefix(limit).filter { !names.isHole($0) }.map { names.names[$0].string }
  }

  /// The values of the fields, in the order of `keys`.
  public var values: [Value] {
    closeHoles()
    return Array(UnsafeBufferPointer(start: fields, count: slotCount))
  }

  /// The position of a field, or nil.
  func position(of key: String) -> Int? { names.position(of: key) }

  func value(at position: Int) -> Value { fields[position] }

  /// The value of a field; setting adds or changes it, and setting nil removes it.
  public subscript(key: String) -> Value? {
    get {
      guard let position = position(of: key) else { return nil }
      return fields[position]
    }
    set {
      guard let newValue else {
        remove(key)
        return
      }
      if let position = position(of: key) {
        fields[position] = newValue
      } else {
        append(.name(key), newValue)
      }
    }
  }

  private func append(_ name: Text, _ value: Value) {
    ownNames()
    names.append(name)
    nameAddresses = names.addresses
    if slotCount == capacity { reserve(max(4, 2 * capacity)) }
    (fields + slotCount).initialize(to: value)
    slotCount += 1
  }

  /// Makes the names unique to this record before they change.
  private func ownNames() {
    if !isKnownUniquelyReferenced(&names) { names = names.copy() }
  }

  private func reserve(_ room: Int) {
    let larger = UnsafeMutablePointer<Value>.allocate(capacity: room)
    larger.moveInitialize(from: fields, count: slotCount)
    fields.deallocate()
    fields = larger
    capacity = room
  }

  /// Removes a field and returns its value, or nil if there was none.
  @discardableResult
  public func remove(_ key: String) -> Value? {
    guard let position = position(of: key) else { return nil }
    ownNames()
    let removed = (fields + position).move()
    if names.leavesHole(at: position) {
      (fields + position).initialize(to: .nil)
      if names.holeCount > slotCount / 2 { closeHoles() }
    } else {
      (fields + position).moveInitialize(
        from: fields + position + 1, count: slotCount - position - 1)
      slotCount -= 1
    }
    nameAddresses = names.addresses
    return removed
  }

  /// Compacts the fields after removals.
  private func closeHoles() {
    guard names.holeCount > 0 else { return }
    var end = 0
    for position in 0..<slotCount where !names.isHole(position) {
      // A hole holds nil, which may be overwritten.
      if end < position { (fields + end).moveInitialize(from: fields + position, count: 1) }
      end += 1
    }
    slotCount = end
    names.closeHoles()
    nameAddresses = names.addresses
  }

  /// A copy with the same fields that can be changed independently.
  public func copy() -> Record {
    closeHoles()
    return Record(names, copying: fields)
  }

  /// Copies all fields of another record into this one.
  func spread(_ other: Record) {
    if slotCount == 0 {
      other.closeHoles()
      names = other.names
      nameAddresses = names.addresses
      reserve(other.slotCount)
      fields.initialize(from: other.fields, count: other.slotCount)
      slotCount = other.slotCount
    } else {
      for (key, value) in zip(other.keys, other.values) { self[key] = value }
    }
  }

  /// Removes all fields.
  func removeAll() {
    names = FieldNames()
    nameAddresses = names.addresses
    let old = slotCount
    slotCount = 0
    fields.deinitialize(count: old)
  }

  func takeValues() -> [Value] {
    let taken = values
    fields.deinitialize(count: slotCount)
    slotCount = 0
    names = FieldNames()
    nameAddresses = names.addresses
    return taken
  }
}
