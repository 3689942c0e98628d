// SPDX-License-Identifier: Apache-2.0
//
// The values of the language: a closed enum over plain numbers and final classes.
//
// No case holds an existential, so a value is nine bytes with a stride of sixteen, numbers never
// touch a reference count, and the interpreter's switch is exhaustive. Everything that the library
// adds (images, figures, tokenizers) is an instance of the one class `ForeignObject`.
//
// Lists and records are references, as scripts expect; `Teardown` frees chains of them.

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
