// SPDX-License-Identifier: Apache-2.0
//
// A register seen as plain memory: eight bytes of payload and a tag.
//
// `Value` is an enum whose cases hold a number, a boolean or one reference, so the compiler lays it
// out as payload and tag, the tags counting the cases in order. Working with the enum itself, the
// compiler must assume that every value read is a reference to be counted; the loop of the machine
// reads payload and tag instead, and touches a reference count only where a reference is really
// copied or dropped. `Tag.matchLayout` checks the layout when a machine is made, and a test does.
//
// Lists, records, functions and cells belong to one session and a session to one thread, so the
// loop counts references to them without the locked instructions that other values need.

import CReferences

/// The tags of `Value`, in the order of its cases.
enum Tag {
  static let number: UInt8 = 0
  static let bool: UInt8 = 1
  static let text: UInt8 = 2
  static let list: UInt8 = 3
  static let record: UInt8 = 4
  static let range: UInt8 = 5
  static let function: UInt8 = 6
  static let builtin: UInt8 = 7
  static let tensor: UInt8 = 8
  static let object: UInt8 = 9
  static let cell: UInt8 = 10
  static let `nil`: UInt8 = 11

  /// One bit for each kind of reference that never leaves the thread of its session.
  static let confined: UInt32 = 1 << list | 1 << record | 1 << function | 1 << cell

  /// Whether values lie in memory as `Slot` takes them to.
  static let matchLayout: Bool = {
    guard MemoryLayout<Value>.size == MemoryLayout<Slot>.size,
      MemoryLayout<Value>.stride == MemoryLayout<Slot>.stride,
      let range = try? NumberRange(0, 1)
    else { return false }
    let record = Record()
    let cell = Cell(.number(2.5))
    var undefined: Value?
    let isUndefined = withUnsafeBytes(of: &undefined) { $0.load(as: Slot.self).tag > Tag.nil }
    guard isUndefined, cell.slot.pointee.isNumber, cell.slot.pointee.number == 2.5 else {
      return false
    }
    let samples: [(Value, UInt8, AnyObject?)] = [
      (.number(1.5), number, nil), (.bool(true), bool, nil), (.nil, `nil`, nil),
      (.record(record), Tag.record, record), (.range(range), Tag.range, range),
    ]
    return samples.allSatisfy { value, tag, object in
      withUnsafeBytes(of: value) { bytes in
        let slot = bytes.load(as: Slot.self)
        if let object, slot.bits != UInt64(UInt(bitPattern: ObjectIdentifier(object))) {
          return false
        }
        if tag == number, slot.number != 1.5 { return false }
        return slot.tag == tag && (tag != bool || slot.bits & 1 == 1)
      }
    }
  }()
}

/// The memory of a value.
struct Slot {
  var bits: UInt64
  var tag: UInt8

  @inline(__always) init(_ number: Double) {
    bits = number.bitPattern
    tag = Tag.number
  }

  @inline(__always) init(_ bool: Bool) {
    bits = bool ? 1 : 0
    tag = Tag.bool
  }

  /// The slot of an object, whose reference it takes over.
  @inline(__always) init(taking object: UnsafeMutableRawPointer, tag: UInt8) {
    bits = UInt64(UInt(bitPattern: object))
    self.tag = tag
  }

  @inline(__always) init(bits: UInt64, tag: UInt8) {
    self.bits = bits
    self.tag = tag
  }

  static var `nil`: Slot {
    @inline(__always) get { Slot(bits: 0, tag: Tag.nil) }
  }

  /// The number, if this is one.
  @inline(__always) var number: Double { Double(bitPattern: bits) }
  @inline(__always) var isNumber: Bool { tag == Tag.number }
  /// Whether this is no reference.
  @inline(__always) var isTrivial: Bool { tag &- 2 > 8 }

  /// The object, if this is a reference.
  @inline(__always) var address: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: UInt(bits)).unsafelyUnwrapped
  }

  @inline(__always) var list: Unmanaged<List> { .fromOpaque(address) }
  @inline(__always) var record: Unmanaged<Record> { .fromOpaque(address) }
  @inline(__always) var closure: Unmanaged<Closure> { .fromOpaque(address) }
  @inline(__always) var cell: Unmanaged<Cell> { .fromOpaque(address) }
  @inline(__always) var text: Unmanaged<Text> { .fromOpaque(address) }

  /// Counts one more reference, if this is one.
  @inline(__always) func retain() {
    if !isTrivial {
      if Tag.confined >> UInt32(tag & 31) & 1 != 0 {
        _ = swift_nonatomic_retain(address)
      } else {
        _ = swift_retain(address)
      }
    }
  }

  /// Counts one reference less, if this is one.
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
  /// Overwrites a register with something that is no reference.
  @inline(__always) func put(_ index: Int, _ slot: Slot) {
    let register = self + index
    let old = register.pointee
    register.pointee = slot
    old.release()
  }

  /// Overwrites a register with a copy of `slot`.
  @inline(__always) func copy(_ index: Int, _ slot: Slot) {
    let register = self + index
    let old = register.pointee
    slot.retain()
    register.pointee = slot
    old.release()
  }

  /// Drops what the first registers of a window hold.
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
