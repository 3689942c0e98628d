// SPDX-License-Identifier: Apache-2.0
//
// How containers are freed. Chains of them can be arbitrarily deep, so every container passes its
// children to a work list when it is freed: a hundred thousand nested lists must not overflow the
// stack in nested `deinit`s.

/// Frees chains of containers iteratively instead of by nested `deinit`s.
enum Teardown {
  /// Releases a row of values.
  ///
  /// The work list is only needed for containers that are freed here and hold containers
  /// themselves; all others nest two deep at most. Only what is freed is traversed, so that
  /// releasing a reference to a long list that stays alive costs nothing. The same container may
  /// occur in the row twice: the first reference is released at once, so that the last is found to
  /// be unique.
  static func release(_ values: UnsafeMutablePointer<Value>, count: Int) {
    var pending: [Value] = []
    for index in 0..<count where values[index].isContainer {
      guard values[index].isOnlyReference else {
        values[index] = .nil
        continue
      }
      guard values[index].holdsContainers else { continue }
      // Moved by a swap: a second reference would make the value look shared.
      pending.append(.nil)
      swap(&pending[pending.count - 1], &values[index])
    }
    values.deinitialize(count: count)
    if !pending.isEmpty { drain(&pending) }
  }

  static func release(_ value: inout Value) {
    guard value.isContainer, value.isOnlyReference, value.holdsContainers else { return }
    var pending = [Value.nil]
    swap(&pending[0], &value)
    drain(&pending)
  }

  private static func drain(_ pending: inout [Value]) {
    while !pending.isEmpty {
      var value = Value.nil
      swap(&value, &pending[pending.count - 1])
      pending.removeLast()
      value.empty(into: &pending)
    }
  }
}

extension Value {
  /// Whether this value can be part of a long chain of references.
  var isContainer: Bool {
    switch self {
    case .list, .record, .function, .cell: true
    case .object(let object): object.heldCount > 0
    default: false
    }
  }

  /// Whether a container has a container among its children.
  fileprivate var holdsContainers: Bool {
    switch self {
    case .list(let list): Value.anyContainer(list.elements, list.count)
    case .record(let record): Value.anyContainer(record.fields, record.slotCount)
    case .function(let closure): Value.anyContainer(closure.captured, closure.capturedCount)
    case .cell(let cell): cell.value.isContainer
    case .object(let object): object.heldBuffer.contains { $0.isContainer }
    default: false
    }
  }

  private static func anyContainer(_ values: UnsafeMutablePointer<Value>, _ count: Int) -> Bool {
    for index in 0..<count where values[index].isContainer { return true }
    return false
  }

  /// Moves the children of a container whose reference is unique to a work list.
  fileprivate mutating func empty(into pending: inout [Value]) {
    guard isContainer, isOnlyReference else { return }
    switch self {
    case .list(let list):
      pending.append(contentsOf: list.take())
    case .record(let record): pending.append(contentsOf: record.takeValues())
    case .function(let closure): pending.append(contentsOf: closure.takeCaptures())
    case .cell(let cell):
      pending.append(cell.value)
      cell.value = .nil
    case .object(let object): pending.append(contentsOf: object.takeHeldValues())
    default: break
    }
  }

  /// Whether the reference to this container is unique.
  ///
  /// The reference is tested in place, at the start of the value: binding it in a pattern would
  /// retain it, and then it would never look unique. `List` stands for any class here, since only
  /// the count is read.
  fileprivate var isOnlyReference: Bool {
    mutating get {
      withUnsafeMutablePointer(to: &self) { value in
        value.withMemoryRebound(to: List.self, capacity: 1) {
          isKnownUniquelyReferenced(&$0.pointee)
        }
      }
    }
  }
}
