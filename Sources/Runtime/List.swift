// SPDX-License-Identifier: Apache-2.0
//
// Lists: growable sequences of values with identity.
//
// The elements lie in a block of the list's own, not in a Swift array: an element is then read and
// written without asking whether somebody shares the array. `items` is a copy for those who want
// to go through the elements in peace.
//
// Room may be left in front of the first element, too: what is put in or taken out near the front moves
// the few elements in front of it, not the many behind it, so a list serves as a queue as well.

import Glibc

/// A list: a growable sequence of values with identity.
public final class List {
  // The machine knows these by their places.
  /// The elements; valid until the list changes its length.
  @exclusivity(unchecked) private(set) var elements: UnsafeMutablePointer<Value>
  @exclusivity(unchecked) private var length: UInt32
  /// How many elements fit in without moving the block.
  @exclusivity(unchecked) private var room: UInt32
  /// The place of the list among those that are watched; 0 if it is not.
  @exclusivity(unchecked) var watch: UInt32 = 0
  /// How many elements would fit between the beginning of the block and the first element.
  @exclusivity(unchecked) private var front: UInt32 = 0

  /// The number of elements.
  public private(set) var count: Int {
    @inline(__always) get { Int(length) }
    // More than 64 GB of elements are refused before it comes to this.
    set { length = UInt32(clamping: newValue) }
  }

  private var capacity: Int {
    get { Int(room) }
    // A list with more room than it knows of is moved too early, and nothing else.
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

  /// Makes a list of the values in a row of registers.
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

  /// Memory for elements; those of an old block come along. Large blocks grow without being copied, since
  /// the system moves their pages.
  ///
  /// Limits on memory, those of the system as well, are checked before it comes to this. Where the system
  /// refuses all the same, every object that Swift makes would end the process too; nothing that a list
  /// promises can then be kept.
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

  /// The elements in order, as they are now; setting replaces them all.
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

  /// Puts a value in front of the element at `index`, or at the end if that is `count`.
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

  /// Takes out the element at `index`, which must be within `0..<count`.
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

  /// Puts values in the place of `removed` elements from `start` on, which may be more or fewer.
  func replace(from start: Int, count removed: Int, with values: [Value]) {
    precondition(start >= 0 && removed >= 0 && start + removed <= count)
    reserve(count - removed + values.count)
    // They are let go when the list is whole again.
    let old = (start..<start + removed).map { (elements + $0).move() }
    (elements + start + values.count).moveInitialize(
      from: elements + start + removed, count: count - start - removed)
    (elements + start).initialize(from: values, count: values.count)
    count += values.count - removed
    withExtendedLifetime(old) {}
  }

  // MARK: - Room in front

  /// So much room in front is worth the moves that make it or give it up.
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

  /// Makes room in front of the elements of a long list, half as much as they take; false if it is too
  /// short for that to pay, or the system refuses the memory.
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
      // Less than that would be used up before the moves have paid.
      if wanted <= capacity, gap >= count / 2 { return }
    }
    // Room in advance is a wish; where the system refuses it, the list grows in small steps until the
    // limits are looked at.
    if hasMoved(toRoom: max(4, wanted, min(2 * capacity, capacity + 1 << 24)))
      || hasMoved(toRoom: wanted + wanted / 64)
    {
      return
    }
    elements = List.block(elements, capacity: wanted)
    capacity = wanted
  }

  /// Moves the elements to a block of a size that the system may refuse.
  private func hasMoved(toRoom room: Int) -> Bool {
    guard let block = List.blockIfAny(elements, capacity: room) else { return false }
    elements = block
    capacity = room
    return true
  }
}
