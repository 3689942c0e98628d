// SPDX-License-Identifier: Apache-2.0
//
// Whether values and objects have the memory layout that the loop in C assumes.
//
// `Value` is an enum whose cases hold a number, a boolean or one reference, so the compiler lays it
// out as payload and tag, the tags counting the cases in order. Stored properties of a class follow
// the two words of its header in the order of their declaration. Neither is guaranteed, so the
// layout is checked when the first machine is created, and by a test.

import CMachine
import Syntax

enum Layout {
  /// Whether everything has the layout that the machine assumes.
  static let isAsExpected = valuesMatch && objectsMatch && countsMatch

  private static var valuesMatch: Bool {
    guard MemoryLayout<Value>.size == 9, MemoryLayout<Value>.stride == MemoryLayout<Slot>.stride,
      MemoryLayout<Slot>.offset(of: \.tag) == 8,
      MemoryLayout<GlobalSlot>.offset(of: \.value) == 0,
      MemoryLayout<GlobalSlot>.offset(of: \.isBuiltin) == 9,
      let range = try? NumberRange(0, 1)
    else { return false }
    let record = Record()
    var undefined: Value?
    let isUndefined = withUnsafeBytes(of: &undefined) { $0[8] > Tag.nil }
    let samples: [(Value, UInt8, AnyObject?)] = [
      (.number(1.5), Tag.number, nil), (.bool(true), Tag.bool, nil), (.nil, Tag.nil, nil),
      (.record(record), Tag.record, record), (.range(range), Tag.range, range),
    ]
    return isUndefined
      && samples.allSatisfy { value, tag, object in
        withUnsafeBytes(of: value) { bytes in
          let bits = bytes.load(as: UInt64.self)
          if let object, bits != UInt64(UInt(bitPattern: ObjectIdentifier(object))) {
            return false
          }
          if tag == Tag.number, Double(bitPattern: bits) != 1.5 { return false }
          return bytes[8] == tag && (tag != Tag.bool || bits & 1 == 1)
        }
      }
  }

  private static var objectsMatch: Bool {
    let list = List([.nil, .nil])
    let record = Record()
    record["a"] = .nil
    let cell = Cell(.number(2.5))
    let text = Text(constant: "abc")
    text.append("d")
    let object = ForeignObject(sample, list, holding: [.nil, .nil])
    let builtin = Builtin("f(x)", "", shortcut: .function, function: { $0 + 1 }) { _ in .nil }
    return word(list, 0, holds: list.elements) && integer(list, 1) == 2 << 32 | 2
      && [.list(list), .record(record), .cell(cell), .object(object)].allSatisfy(canBeWatched)
      && word(record, 1, holds: record.nameAddresses) && word(record, 2, holds: record.fields)
      && integer(record, 3) == 1 && byte(record, 5) == 0 && byte(Record(title: "t"), 5) == 1
      && cell.slot.pointee.isNumber && cell.slot.pointee.number == 2.5
      && object.heldBuffer.baseAddress.map { word(object, 0, holds: $0) } == true
      && integer(object, 1) == 2 && place(text, 0).load(as: UnsafePointer<UInt8>.self)[3] == 100
      && integer(text, 1) == 4
      && integer(text, 2) == Text.maximumBytes && byte(text, 3) == 1
      && byte(builtin, 0) == MachineShortcut.function.rawValue
      && place(builtin, 1).load(as: Builtin.NumberFunction.self)(1) == 2
  }

  private static let sample = ForeignType("sample", "", display: { _ in "" })

  /// Whether the reference count is in the second word of an object.
  private static var countsMatch: Bool {
    let list = List()
    return withExtendedLifetime(list) {
      machine_counts_match(Unmanaged.passUnretained(list).toOpaque())
    }
  }

  /// Whether the stored properties of a function are at the offsets that the machine assumes.
  static func matches(_ closure: Closure) -> Bool {
    word(closure, 0, holds: closure.layout) && word(closure, 1, holds: closure.captured)
      && integer(closure, 2) == closure.capturedCount && integer(closure, 3) == 0
  }

  /// Whether an unwatched container says so in the word that the machine reads.
  private static func canBeWatched(_ container: Value) -> Bool {
    var container = container
    return withUnsafeMutablePointer(to: &container) { machine_watch($0.slots)?.pointee == 0 }
  }

  /// The address of word `index` after the header of an object.
  private static func place(_ object: AnyObject, _ index: Int) -> UnsafeMutableRawPointer {
    Unmanaged.passUnretained(object).toOpaque() + (2 + index) * MemoryLayout<UInt>.size
  }

  private static func word(
    _ object: AnyObject, _ index: Int, holds pointer: UnsafeMutableRawPointer
  ) -> Bool {
    place(object, index).load(as: UnsafeMutableRawPointer.self) == pointer
  }

  private static func integer(_ object: AnyObject, _ index: Int) -> Int {
    place(object, index).load(as: Int.self)
  }

  private static func byte(_ object: AnyObject, _ index: Int) -> UInt8 {
    place(object, index).load(as: UInt8.self)
  }
}
