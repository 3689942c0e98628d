// SPDX-License-Identifier: Apache-2.0
//
// The values of the language: a closed enum over plain numbers and final classes.
//
// No case holds an existential, so a value is nine bytes with a stride of sixteen, numbers never
// touch a reference count, and the interpreter's switch is exhaustive. Everything that the library
// adds (images, figures, tokenizers) is an instance of the one class `ForeignObject`.
//
// Lists and records are references, as scripts expect. Chains of them can be arbitrarily deep, so
// every container passes its children to `Teardown` when it is freed: a hundred thousand nested
// lists must not overflow the stack in nested `deinit`s.

import CMachine
import Tensors

/// Any value that a script can hold.
public enum Value {
  case number(Double)
  case bool(Bool)
  case text(Text)
  case list(List)
  case record(Record)
  case range(NumberRange)
  case function(Closure)
  case builtin(Builtin)
  case tensor(Tensor)
  case object(ForeignObject)
  /// A variable shared with closures. Only registers hold it; scripts never see it.
  case cell(Cell)
  case `nil`

  /// A string value.
  public static func string(_ string: String) -> Value { .text(Text(string)) }

  /// A list value.
  public static func list(_ items: [Value]) -> Value { .list(List(items)) }

  /// A list of strings.
  public static func strings(_ items: [String]) -> Value { .list(List(items.map { .string($0) })) }

  /// A list of numbers.
  public static func numbers(_ items: [Double]) -> Value { .list(List(items.map { .number($0) })) }

  /// A number from an integer.
  public static func integer(_ integer: Int) -> Value { .number(Double(integer)) }

  /// A record value with the given fields in order.
  public static func record(_ fields: KeyValuePairs<String, Value>) -> Value {
    let record = Record()
    for (key, value) in fields { record[key] = value }
    return .record(record)
  }

  /// The text of a string value, or nil for other values.
  public var asString: String? {
    if case .text(let text) = self { return text.string }
    return nil
  }

  /// Whether this is `nil`.
  public var isNil: Bool {
    if case .nil = self { return true }
    return false
  }

  /// Whether this can be called.
  public var isCallable: Bool {
    switch self {
    case .function, .builtin: true
    case .object(let object): object.type.call != nil
    case .record(let record): BuiltinTable.namesake(of: record) != nil
    default: false
    }
  }

  /// Whether releasing this value needs no work.
  @inline(__always) var isTrivial: Bool {
    switch self {
    case .number, .bool, .nil: true
    default: false
    }
  }

  /// The name of the value's type, as `type(x)` returns it and annotations use it.
  public var typeName: String {
    switch self {
    case .number: "number"
    case .bool: "bool"
    case .text: "string"
    case .list: "list"
    case .record: "record"
    case .range: "range"
    case .function, .builtin: "function"
    case .tensor: "tensor"
    case .object(let object): object.type.name
    case .cell: "cell"
    case .nil: "nil"
    }
  }

  /// The type's name with its article, for messages: `a number`, `nil`.
  public var typePhrase: String {
    switch self {
    case .nil: "nil"
    case .bool: "a boolean"
    default: typeName.withArticle
    }
  }
}

extension String {
  /// `a tensor`, `an image`, `tokens`: this noun with its indefinite article, unless it is a
  /// plural.
  package var withArticle: String {
    guard let first, last != "s" else { return self }
    return ("aeiou".contains(first) ? "an " : "a ") + self
  }
}

/// The numbers from `start` up to, but not including, `stop`.
///
/// A range is lazy: `range(0, 1e15)` allocates no elements.
public final class NumberRange {
  /// The first number.
  public let start: Double
  /// The exclusive bound.
  public let stop: Double
  /// The distance between neighbours, never zero.
  public let step: Double
  /// How many numbers there are.
  public let count: Int

  /// Makes a range; throws a ValueError for a step of zero, bounds that are not finite, and
  /// ranges of more than 2**53 numbers.
  public init(_ start: Double, _ stop: Double, step: Double = 1) throws {
    guard start.isFinite, stop.isFinite, step.isFinite else {
      throw ScriptError.value("the bounds of a range must be finite numbers")
    }
    guard step != 0 else { throw ScriptError.value("the step of a range cannot be 0") }
    let length = ((stop - start) / step).rounded(.up)
    guard length <= 0x1p53 else {
      throw ScriptError.value("this range would hold more than 2**53 numbers")
    }
    self.start = start
    self.stop = stop
    self.step = step
    count = length > 0 ? Int(length) : 0
  }

  /// The numbers at these positions. Start and bound are the values at those of the slice, as in
  /// Python; where rounding would add or drop a number, the bound is half a step after the last
  /// instead.
  func part(at places: Indexing.Positions) throws -> NumberRange {
    let distance = step * Double(places.step)
    let first = self[places.first]
    let range = try NumberRange(first, self[places.stop], step: distance)
    if range.count == places.count { return range }
    return try NumberRange(first, first + distance * (Double(places.count) - 0.5), step: distance)
  }

  /// The number at `index`, which must be within `0..<count`.
  @inline(__always) public subscript(index: Int) -> Double { start + Double(index) * step }
}

/// A variable that closures share.
public final class Cell {
  @exclusivity(unchecked) var value: Value
  /// The entry of the cell in the watch list; 0 if it is not watched. A full word, so that it is
  /// not placed in the tail padding of the value.
  @exclusivity(unchecked) var watch: UInt = 0

  init(_ value: Value) { self.value = value }

  deinit {
    if watch != 0 { WatchList.remove(UInt32(truncatingIfNeeded: watch)) }
    Teardown.release(&value)
  }

  /// The value as a slot: it follows the object header.
  @inline(__always) var slot: UnsafeMutablePointer<Slot> {
    (Unmanaged.passUnretained(self).toOpaque() + Cell.headerSize)
      .assumingMemoryBound(to: Slot.self)
  }

  /// The size of the metadata pointer and the reference count.
  private static var headerSize: Int { 2 * MemoryLayout<UInt>.size }
}

/// A script function together with its captured variables.
public final class Closure {
  // The machine accesses the first four by their offsets.
  /// The part of the code that frames use, without touching the reference count of `code`.
  let layout: UnsafeMutablePointer<CodeLayout>
  let captured: UnsafeMutablePointer<Value>
  let capturedCount: Int
  /// A mark for the cycle collector; functions are never watched.
  @exclusivity(unchecked) var watch: UInt = 0
  let code: Prototype

  /// Makes a closure with space for its captures, which the caller initialises at once.
  init(code: Prototype, capturing count: Int) {
    self.code = code
    layout = code.layout
    capturedCount = count
    captured = .allocate(capacity: count)
  }

  deinit {
    Teardown.release(captured, count: capturedCount)
    captured.deallocate()
  }

  /// Releases what the function captured; it cannot be called afterwards.
  func removeCaptures() {
    for index in 0..<capturedCount { captured[index] = .nil }
  }

  /// Empties the closure, whose reference must be unique, and returns what it captured.
  func takeCaptures() -> [Value] {
    let values = Array(UnsafeBufferPointer(start: captured, count: capturedCount))
    for index in 0..<capturedCount { captured[index] = .nil }
    return values
  }

  /// The name of the function, or `fn` for a lambda.
  public var name: String { code.name }
  /// The header as `help` prints it: `normalize(x: tensor, eps = 1e-6)`.
  public var signature: String { code.signatureText }
  /// The `##` lines above the declaration.
  public var documentation: String { code.documentation }
}

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
