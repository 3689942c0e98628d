// SPDX-License-Identifier: Apache-2.0
//
// A register as plain memory: eight bytes of payload and a tag.
//
// `Value` is an enum whose cases hold a number, a boolean or one reference, so the compiler lays it
// out as payload and tag, the tags counting the cases in order. For the enum itself, the compiler
// must assume that every value read is a reference to be counted; the loop of the machine reads
// payload and tag instead, and touches a reference count only where a reference is really copied or
// released. `Layout` checks this memory layout.
//
// Lists, records, functions and cells belong to one session and a session to one thread, so the
// loop counts references to them without the atomic instructions that other values need.

import CMachine

/// The tags of `Value`, in the order of its cases.
enum Tag {
  static var number: UInt8 { UInt8(truncatingIfNeeded: TAG_NUMBER) }
  static var bool: UInt8 { UInt8(truncatingIfNeeded: TAG_BOOL) }
  static var text: UInt8 { UInt8(truncatingIfNeeded: TAG_TEXT) }
  static var list: UInt8 { UInt8(truncatingIfNeeded: TAG_LIST) }
  static var record: UInt8 { UInt8(truncatingIfNeeded: TAG_RECORD) }
  static var range: UInt8 { UInt8(truncatingIfNeeded: TAG_RANGE) }
  static var function: UInt8 { UInt8(truncatingIfNeeded: TAG_FUNCTION) }
  static var tensor: UInt8 { UInt8(truncatingIfNeeded: TAG_TENSOR) }
  static var object: UInt8 { UInt8(truncatingIfNeeded: TAG_OBJECT) }
  static var cell: UInt8 { UInt8(truncatingIfNeeded: TAG_CELL) }
  static var `nil`: UInt8 { UInt8(truncatingIfNeeded: TAG_NIL) }

  /// One bit for each kind of object that is confined to the thread of its session.
  static var confined: UInt32 { 1 << list | 1 << record | 1 << function | 1 << cell }
}

/// The memory layout of a value.
typealias Slot = MachineSlot

extension Slot {
  static var `nil`: Slot {
    @inline(__always) get { Slot(bits: 0, tag: Tag.nil) }
  }

  /// The number, if this is one.
  @inline(__always) var number: Double { Double(bitPattern: bits) }
  @inline(__always) var isNumber: Bool { tag == Tag.number }
  /// Whether this holds the same number, boolean or object.
  func isSame(as other: Slot) -> Bool {
    guard tag == other.tag else { return false }
    // Of a boolean only the lowest bit is significant, of nil none.
    if tag == Tag.bool { return (bits ^ other.bits) & 1 == 0 }
    return tag == Tag.nil || bits == other.bits
  }

  /// Whether this is no reference.
  @inline(__always) var isTrivial: Bool { tag &- 2 > 8 }

  /// Whether this can be part of a reference cycle: a container, or a library object that holds
  /// values.
  @inline(__always) var isLink: Bool {
    Tag.confined >> UInt32(tag & 31) & 1 != 0 || tag == Tag.object && holdsValues
  }

  @inline(never) private var holdsValues: Bool {
    Unmanaged<ForeignObject>.fromOpaque(address)._withUnsafeGuaranteedRef { $0.heldCount > 0 }
  }

  /// The object, if this is a reference.
  @inline(__always) var address: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }

  /// The value; the caller takes ownership of the reference.
  @inline(__always) var taken: Value {
    var slot = self
    return withUnsafeMutablePointer(to: &slot) { $0.values.move() }
  }

  /// Releases the reference, if this is one.
  @inline(__always) func release() {
    if !isTrivial {
      if Tag.confined >> UInt32(tag & 31) & 1 != 0 {
        swift_nonatomic_release(address)
      } else {
        swift_release(address)
      }
    }
  }
}

extension UnsafeMutablePointer<Slot> {
  /// Releases what the first registers of a window hold.
  @inline(__always) func clear(_ count: Int) {
    var register = self
    let end = self + count
    while register < end {
      let old = register.pointee
      if !old.isTrivial {
        register.pointee = .nil
        old.release()
      }
      register += 1
    }
  }

  /// The same memory as values.
  @inline(__always) var values: UnsafeMutablePointer<Value> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Value.self)
  }
}

extension UnsafeMutablePointer<Value> {
  /// The same memory as slots.
  @inline(__always) var slots: UnsafeMutablePointer<Slot> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Slot.self)
  }
}
