// SPDX-License-Identifier: Apache-2.0
//
// Lists: growable sequences of values with identity.
//
// The elements are in a block of the list's own, not in a Swift array: reading and writing an
// element needs no uniqueness check. `items` is a copy for safe iteration.
//
// There may be spare capacity before the first element, too: inserting or removing near the front
// moves the few elements before that position, not the many after it, so a list also serves as a
// queue.
// the few elements in front of it, not the many behind it, so a list serves as a queue as well.

import Glibc

/// A list: a growable sequence of values with identity.
public final class List {
  // The machine accesses these by their offsets.
  /// The elements; valid until the list changes its length.
  @exclusivity(unchecked) private(set) var elements: UnsafeMutablePointer<Value>
  @exclusivity(unchecked) private var length: UInt32
  /// The number of elements that fit without reallocation.
  @exclusivity(unchecked) private var room: UInt32
  /// The entry of the list in the watch list; 0 if it is not watched.
  @exclusivity(unchecked) var watch: UInt32 = 0
  /// The spare capacity before the first element.
  @exclusivity(unchecked) private var front: UInt32 = 0

  /// The number of elements.
  public private(set) var count: Int {
    @inline(__always) get { Int(length) }
    // More than 64 GB of elements are rejected before this.
    set { length = UInt32(clamping: newValue) }
  }

  private var capacity: Int {
    get { Int(room) }
    // A list that underestimates its capacity reallocates early, nothing worse.
    set { room = UInt32(clamping: newValue) }
  }

  /// The beginning of the block.
  private var base: UnsafeMutablePointer<Value> { elements - Int(front) }

  /// Makes a list of the given elements.
  public init(_ items: [Value] = []) {
    room = UInt32(clamping: items.count)
    length = room
    elements = List.block(nil, capacity: items.count)
    elements.initialize(from: items, count: items.count)
  }

  /// Makes a list of the values in consecutive registers.
  init(copying first: UnsafeMutablePointer<Value>, count: Int) {
    room = UInt32(clamping: count)
    length = room
    elements = List.block(nil, capacity: count)
    elements.initialize(from: first, count: count)
  }

  deinit {
    if watch != 0 { WatchList.remove(watch) }
    Teardown.release(elements, count: count)
    free(base)
  }

  /// Allocates a block of elements, or reallocates an old one. Large blocks grow without being
  /// copied, since the system remaps their pages.
  ///
  /// Memory limits, those of the system included, are checked before this. If the system refuses
  /// all the same, every allocation of a Swift object would end the process too; no guarantee of a
  /// list can then be kept.
  private static func block(_ old: UnsafeMutablePointer<Value>?, capacity: Int)
    -> UnsafeMutablePointer<Value>
  {
    guard let block = blockIfAny(old, capacity: capacity) else {
      fatalError("no memory is left for a list of \(capacity) values")
    }
    return block
  }

  private static func blockIfAny(_ old: UnsafeMutablePointer<Value>?, capacity: Int)
    -> UnsafeMutablePointer<Value>?
  {
    let bytes = max(capacity, 1).multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
    guard !bytes.overflow, let raw = realloc(old, bytes.partialValue) else { return nil }
    return raw.bindMemory(to: Value.self, capacity: capacity)
  }

  /// A copy of the elements in order; setting replaces them all.
  public var items: [Value] {
    get { Array(UnsafeBufferPointer(start: elements, count: count)) }
    set {
      let (old, oldBase, oldCount) = (elements, base, count)
      front = 0
      elements = List.block(nil, capacity: newValue.count)
      elements.initialize(from: newValue, count: newValue.count)
      count = newValue.count
      capacity = newValue.count
      old.deinitialize(count: oldCount)
      free(oldBase)
    }
  }

  /// The element at `index`, which must be within `0..<count`.
  public subscript(index: Int) -> Value {
    get {
      precondition(index >= 0 && index < count, "a list is indexed out of its range")
      return elements[index]
    }
    set {
      precondition(index >= 0 && index < count, "a list is indexed out of its range")
      elements[index] = newValue
    }
  }

  /// Adds a value at the end.
  @inline(__always)
  public func append(_ value: Value) {
    if count >= capacity { grow() }
    (elements + count).initialize(to: value)
    count += 1
  }

  /// Adds values at the end.
  public func append(contentsOf values: [Value]) {
    reserve(count + values.count)
    (elements + count).initialize(from: values, count: values.count)
    count += values.count
  }

  /// Inserts a value before the element at `index`, or at the end if that is `count`.
  public func insert(_ value: Value, at index: Int) {
    precondition(index >= 0 && index <= count, "a list is indexed out of its range")
    if index < count / 2, front > 0 || hasOpenedFront() {
      (elements - 1).moveInitialize(from: elements, count: index)
      moveFirst(by: -1)
    } else {
      if count >= capacity { grow() }
      (elements + index + 1).moveInitialize(from: elements + index, count: count - index)
    }
    (elements + index).initialize(to: value)
    count += 1
  }

  /// Removes and returns the element at `index`, which must be within `0..<count`.
  public func remove(at index: Int) -> Value {
    precondition(index >= 0 && index < count, "a list is indexed out of its range")
    let value = (elements + index).move()
    if index < count / 2 {
      (elements + 1).moveInitialize(from: elements, count: index)
      moveFirst(by: 1)
    } else {
      (elements + index).moveInitialize(from: elements + index + 1, count: count - index - 1)
    }
    count -= 1
    if front >= List.smallestFront, Int(front) > 2 * count { closeFront() }
    return value
  }

  /// Replaces `removed` elements from `start` on by values, which may be more or fewer.
  func replace(from start: Int, count removed: Int, with values: [Value]) {
    precondition(start >= 0 && removed >= 0 && start + removed <= count)
    reserve(count - removed + values.count)
    // They are released after the list is consistent again.
    let old = (start..<start + removed).map { (elements + $0).move() }
    (elements + start + values.count).moveInitialize(
      from: elements + start + removed, count: count - start - removed)
    (elements + start).initialize(from: values, count: values.count)
    count += values.count - removed
    withExtendedLifetime(old) {}
  }

  // MARK: - Capacity before the first element

  /// The smallest capacity in front that is worth moving elements.
  private static let smallestFront: UInt32 = 32

  private func moveFirst(by distance: Int) {
    elements += distance
    front = UInt32(clamping: Int(front) + distance)
    capacity -= distance
  }

  /// Moves the elements to the beginning of the block.
  private func closeFront() {
    base.moveInitialize(from: elements, count: count)
    moveFirst(by: -Int(front))
  }

  /// Adds capacity before the elements of a long list, half as much as they take; false if it is
  /// too short for that to pay off, or the allocation fails.
  private func hasOpenedFront() -> Bool {
    let gap = min(count / 2, 1 << 24)
    guard gap >= List.smallestFront, front == 0 else { return false }
    guard capacity >= count + gap || hasMoved(toRoom: count + gap) else { return false }
    (elements + gap).moveInitialize(from: elements, count: count)
    moveFirst(by: gap)
    return true
  }

  // MARK: -

  /// Whether the list holds exactly these values, the same objects in the same order.
  public func isUnchanged(since values: [Value]) -> Bool {
    guard values.count == count else { return false }
    return values.withUnsafeBufferPointer { old in
      old.withMemoryRebound(to: Slot.self) { old in
        elements.withMemoryRebound(to: Slot.self, capacity: count) { slots in
          (0..<count).allSatisfy { slots[$0].isSame(as: old[$0]) }
        }
      }
    }
  }

  /// Reverses the order of the elements.
  public func reverse() {
    var buffer = UnsafeMutableBufferPointer(start: elements, count: count)
    buffer.reverse()
  }

  /// Empties the list and returns what it held.
  func take() -> [Value] {
    let taken = items
    elements.deinitialize(count: count)
    count = 0
    return taken
  }

  /// Empties the list.
  func removeAll() {
    let old = count
    count = 0
    elements.deinitialize(count: old)
  }

  @inline(never) private func grow() { reserve(count + 1) }

  private func reserve(_ wanted: Int) {
    guard wanted > capacity else { return }
    if front > 0 {
      let gap = Int(front)
      closeFront()
      // Less than that would be used up before the moves have paid off.
      if wanted <= capacity, gap >= count / 2 { return }
    }
    // Amortised growth is optional; where the system refuses it, the list grows in small steps
    // until limits are polled.
    if hasMoved(toRoom: max(4, wanted, min(2 * capacity, capacity + 1 << 24)))
      || hasMoved(toRoom: wanted + wanted / 64)
    {
      return
    }
    elements = List.block(elements, capacity: wanted)
    capacity = wanted
  }

  /// Reallocates the block with a new capacity; false if the system refuses it.
  private func hasMoved(toRoom room: Int) -> Bool {
    guard let block = List.blockIfAny(elements, capacity: room) else { return false }
    elements = block
    capacity = room
    return true
  }
}
