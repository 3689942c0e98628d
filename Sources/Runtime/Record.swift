// SPDX-License-Identifier: Apache-2.0
//
// Records: named fields in the order in which they were added. The names may be shared with other
// records (see `FieldNames`), the values lie in a block of the record's own. Namespaces of
// built-ins and modules are records too, frozen so that no script can change them under another's
// feet.

/// A record: ordered fields with identity.
public final class Record {
  // The machine knows the properties from `nameAddresses` to `watch` by their places.
  @exclusivity(unchecked) private var names: FieldNames
  /// The names as plain addresses, for the machine.
  @exclusivity(unchecked) private(set) var nameAddresses:
    UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// The values, in the order of the names.
  @exclusivity(unchecked) private(set) var fields: UnsafeMutablePointer<Value>
  /// The number of fields.
  @exclusivity(unchecked) public private(set) var count: Int
  @exclusivity(unchecked) private var capacity: Int
  /// Whether it is a namespace or module.
  let isFrozen: Bool
  /// The place of the record among those that are watched; 0 if it is not.
  @exclusivity(unchecked) var watch: UInt32 = 0
  /// For namespaces and modules: what they are called. Such records cannot be changed.
  public let title: String?

  /// Makes an empty record; one with a title is a namespace or module.
  public init(title: String? = nil) {
    names = FieldNames()
    nameAddresses = names.addresses
    fields = .allocate(capacity: 0)
    count = 0
    capacity = 0
    self.title = title
    isFrozen = title != nil
  }

  /// Makes a record of the values in a row of registers, as many as there are names.
  init(_ names: FieldNames, copying first: UnsafeMutablePointer<Value>) {
    self.names = names
    nameAddresses = names.addresses
    count = names.count
    capacity = count
    fields = .allocate(capacity: count)
    fields.initialize(from: first, count: count)
    title = nil
    isFrozen = false
  }

  deinit {
    if watch != 0 { WatchList.remove(watch) }
    Teardown.release(fields, count: count)
    fields.deallocate()
  }

  /// The names of the fields in order.
  public var keys: [String] { names.names.map(\.string) }

  /// The values of the fields, in the order of `keys`.
  public var values: [Value] { Array(UnsafeBufferPointer(start: fields, count: count)) }

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
    if count == capacity { reserve(max(4, 2 * capacity)) }
    (fields + count).initialize(to: value)
    count += 1
  }

  /// Makes sure that no other record has the same object of names.
  private func ownNames() {
    if !isKnownUniquelyReferenced(&names) { names = names.copy() }
  }

  private func reserve(_ room: Int) {
    let larger = UnsafeMutablePointer<Value>.allocate(capacity: room)
    larger.moveInitialize(from: fields, count: count)
    fields.deallocate()
    fields = larger
    capacity = room
  }

  /// Removes a field and returns its value, or nil if there was none.
  @discardableResult
  public func remove(_ key: String) -> Value? {
    guard let position = position(of: key) else { return nil }
    ownNames()
    names.remove(at: position)
    nameAddresses = names.addresses
    let removed = (fields + position).move()
    (fields + position).moveInitialize(from: fields + position + 1, count: count - position - 1)
    count -= 1
    return removed
  }

  /// A record with the same fields that can be changed on its own.
  public func copy() -> Record { Record(names, copying: fields) }

  /// Copies all fields of another record into this one.
  func spread(_ other: Record) {
    if count == 0 {
      names = other.names
      nameAddresses = names.addresses
      reserve(other.count)
      fields.initialize(from: other.fields, count: other.count)
      count = other.count
    } else {
      for (key, value) in zip(other.keys, other.values) { self[key] = value }
    }
  }

  /// Removes all fields.
  func removeAll() {
    names = FieldNames()
    nameAddresses = names.addresses
    let old = count
    count = 0
    fields.deinitialize(count: old)
  }

  func takeValues() -> [Value] {
    let taken = values
    fields.deinitialize(count: count)
    count = 0
    names = FieldNames()
    nameAddresses = names.addresses
    return taken
  }
}
