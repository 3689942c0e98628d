// SPDX-License-Identifier: Apache-2.0
//
// The values of the language: a closed enum over plain numbers and final classes.
//
// No case holds an existential, so a value is nine bytes at a stride of sixteen, numbers never
// touch a reference count, and the interpreter's switch is complete. Whatever the library adds
// (images, figures, tokenizers) sits behind the one class `ForeignObject`.
//
// Lists and records are references, as scripts expect. Chains of them can be arbitrarily deep, so
// every container hands its children to `Teardown` when it dies: a hundred thousand nested lists
// must not overflow the stack in nested `deinit`s.

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
  /// A variable shared with closures. Lives in registers only; scripts never see it.
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

  /// A number from a whole number.
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

  /// Whether dropping this value needs no work.
  @inline(__always) var isTrivial: Bool {
    switch self {
    case .number, .bool, .nil: true
    default: false
    }
  }

  /// The name of the value's type, as `type(x)` gives it and annotations use it.
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
  /// `a tensor`, `an image`, `tokens`: this noun with its indefinite article, if it is no plural.
  package var withArticle: String {
    guard let first, last != "s" else { return self }
    return ("aeiou".contains(first) ? "an " : "a ") + self
  }
}

/// The numbers from `start` up to, but not including, `stop`.
///
/// A range is lazy: `range(0, 1e15)` takes no memory.
public final class NumberRange {
  /// The first number.
  public let start: Double
  /// The bound that is not reached.
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

  /// The numbers at these positions. Start and bound are what stands at those of the slice, as in Python;
  /// where rounding would let a number in or out, the bound lies half a step behind the last instead.
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
  /// The place of the cell among those that are watched; 0 if it is not. As long as a word, so that
  /// it does not lie in what the value leaves of its last.
  @exclusivity(unchecked) var watch: UInt = 0

  init(_ value: Value) { self.value = value }

  deinit {
    if watch != 0 { WatchList.remove(UInt32(truncatingIfNeeded: watch)) }
    Teardown.release(&value)
  }

  /// The value as a slot: it lies behind the header of the object.
  @inline(__always) var slot: UnsafeMutablePointer<Slot> {
    (Unmanaged.passUnretained(self).toOpaque() + Cell.headerSize)
      .assumingMemoryBound(to: Slot.self)
  }

  /// The metadata pointer and the reference count.
  private static var headerSize: Int { 2 * MemoryLayout<UInt>.size }
}

/// A script function together with the variables it captured.
public final class Closure {
  // The machine knows the first four by their places.
  /// What frames use, without touching the reference count of `code`.
  let layout: UnsafeMutablePointer<CodeLayout>
  let captured: UnsafeMutablePointer<Value>
  let capturedCount: Int
  /// A place to note something while circles are searched for; functions are never watched.
  @exclusivity(unchecked) var watch: UInt = 0
  let code: Prototype

  /// Makes a closure with room for its captures, which the maker fills in at once.
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

  /// Drops what the function captured, which it then cannot use any more.
  func removeCaptures() {
    for index in 0..<capturedCount { captured[index] = .nil }
  }

  /// Empties the closure, which nobody else holds, and returns what it captured.
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

/// Frees chains of containers with a work list instead of nested `deinit`s.
enum Teardown {
  /// Ends the life of values in a row.
  ///
  /// The work list is only needed for containers that die here and hold containers themselves; all
  /// others nest two deep at most. Only what dies is looked into, so that letting go of a long list
  /// that lives on costs nothing. The same container may stand in the row twice: the first is let go
  /// at once, so that the last is found to be the only reference.
  static func release(_ values: UnsafeMutablePointer<Value>, count: Int) {
    var pending: [Value] = []
    for index in 0..<count where values[index].isContainer {
      guard values[index].isOnlyReference else {
        values[index] = .nil
        continue
      }
      guard values[index].holdsContainers else { continue }
      // Taken over by a swap: a second holder would make the value look shared.
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
  /// Whether this value can be a link in a long chain of references.
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

  /// Moves the children of a container that nobody else holds to a work list.
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

  /// Whether nobody else holds the object of this container.
  ///
  /// The reference is looked at where it lies, at the start of the value: taking it out in a
  /// pattern would retain it, and then it never looks like the only one. `List` stands for any
  /// class here, since only the count is read.
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
