// SPDX-License-Identifier: Apache-2.0
//
// The library as a session uses it: global names, namespaces and methods, all derived from the
// declared functions.

/// What the library offers: functions and constants.
public struct LibraryTable: Sendable {
  /// The functions in the order in which help lists them.
  public var functions: [Builtin]
  /// Named values.
  public var constants: [Constant]
  /// The kinds of library objects, for annotations and completion.
  public var types: [ForeignType]
  /// One sentence for each namespace.
  public var namespaces: [String: String]

  /// Makes a table.
  public init(
    functions: [Builtin], constants: [Constant] = [], types: [ForeignType] = [],
    namespaces: [String: String] = [:]
  ) {
    self.functions = functions
    self.constants = constants
    self.types = types
    self.namespaces = namespaces
  }

  /// This table followed by another.
  public func adding(_ other: LibraryTable) -> LibraryTable {
    LibraryTable(
      functions: functions + other.functions, constants: constants + other.constants,
      types: types + other.types,
      namespaces: namespaces.merging(other.namespaces) { first, _ in first })
  }
}

/// Names of the library and their values in one session.
public final class BuiltinTable {
  /// The declared functions, those of the language first.
  public let functions: [Builtin]
  /// The declared constants.
  public let constants: [Constant]
  /// The kinds of library objects.
  public let types: [ForeignType]
  /// The types of the language itself, with a sentence each.
  public var languageTypes: [(name: String, summary: String)] { TypeTest.table }
  /// One sentence for each namespace.
  public let namespaceSummaries: [String: String]
  /// Global names: functions, constants, namespaces.
  package private(set) var globals: [String: Value] = [:]
  /// Global names in order.
  public private(set) var globalNames: [String] = []
  /// Names that annotations may use.
  public private(set) lazy var typeNames: Set<String> = functions.reduce(
    into: Set(TypeTest.names).union(types.map(\.name))
  ) { names, function in
    let annotations = function.header.parameters.map(\.annotation) + [function.header.result]
    for case let annotation? in annotations {
      if case .type(let name) = annotation.kind { names.insert(name) }
    }
  }
  private var methods: [String: [String: Builtin]] = [:]

  /// Prepares a library; nothing changes the table afterwards.
  public init(_ library: LibraryTable) {
    let table = CoreFunctions.table.adding(library)
    functions = table.functions
    constants = table.constants
    types = table.types
    namespaceSummaries = table.namespaces
    var namespaces: [String: Record] = [:]
    let everything = Record(title: "namespace std")
    for constant in table.constants {
      enter(constant.name, constant.value.value, &namespaces)
    }
    for function in table.functions {
      if !function.isMethodOnly {
        enter(function.qualifiedName, .builtin(function), &namespaces)
      }
    }
    // Plain functions are entered before those of namespaces, so that `x.save` is unambiguous.
    for function in table.functions where function.namespace.isEmpty { enterMethod(function) }
    for function in table.functions where !function.namespace.isEmpty { enterMethod(function) }
    for name in globalNames { everything[name] = globals[name] }
    globals["std"] = .record(everything)
    globalNames.append("std")
  }

  /// The function with the name of a namespace: `std` is the library, and `std(x)` is the standard
  /// deviation.
  static func namesake(of record: Record) -> Builtin? {
    guard let title = record.title, let name = title.split(separator: " ").last,
      case .builtin(let function)? = record[String(name)]
    else { return nil }
    return function
  }

  private func enter(_ name: String, _ value: Value, _ namespaces: inout [String: Record]) {
    guard let dot = name.firstIndex(of: ".") else {
      define(name, value)
      return
    }
    let prefix = String(name[..<dot])
    let namespace = namespaces[prefix] ?? Record(title: "namespace \(prefix)")
    if namespaces.updateValue(namespace, forKey: prefix) == nil {
      define(prefix, .record(namespace))
    }
    namespace[String(name[name.index(after: dot)...])] = value
  }

  private func define(_ name: String, _ value: Value) {
    if globals.updateValue(value, forKey: name) == nil { globalNames.append(name) }
  }

  private func enterMethod(_ function: Builtin) {
    guard let type = function.receiverType else { return }
    if methods[type, default: [:]][function.name] == nil {
      methods[type, default: [:]][function.name] = function
    }
  }

  /// The method of a value, or nil. Numbers, lists and ranges also have the methods of tensors,
  /// because they convert to tensors where one is expected.
  func method(_ name: String, of value: Value) -> Builtin? {
    for type in BuiltinTable.methodTypes(of: value) {
      if let method = methods[type]?[name] { return method }
    }
    return nil
  }

  /// The names of all methods of a value, in alphabetical order.
  public func methodNames(of value: Value) -> [String] {
    var names: Set<String> = []
    for type in BuiltinTable.methodTypes(of: value) {
      if let table = methods[type] { names.formUnion(table.keys) }
    }
    return names.sorted()
  }

  private static func methodTypes(of value: Value) -> [String] {
    switch value {
    case .number: ["number", "tensor"]
    // Comparing two scalars gives a boolean where tensors give a mask.
    case .bool: ["bool", "tensor"]
    case .list: ["list", "tensor"]
    // A range has no list methods: `range(3).append(1)` would change a temporary list.
    case .range: ["range", "tensor"]
    case .object(let object): [object.type.name] + (object.type.base.map { [$0] } ?? [])
    default: [value.typeName]
    }
  }

  /// The function with a full name such as `smap.encode`, or a method such as `append`.
  public func function(named name: String) -> Builtin? {
    functions.first { $0.qualifiedName == name }
  }
}

/// Caches which method a name refers to for a type of value.
///
/// A name is a constant object of some code, so it is compared by identity; the entry retains it,
/// lest another object reuse its address.
struct MethodCache {
  private struct Entry {
    var name: Text
    var kind: UInt
    var method: Builtin
  }

  private var entries = [Entry?](repeating: nil, count: 64)

  mutating func find(_ name: Text, of value: Value, in table: BuiltinTable) -> Builtin? {
    let address = UInt(bitPattern: Unmanaged.passUnretained(name).toOpaque())
    let slot = Int(address >> 5 & 63)
    let kind = value.kindNumber
    if let entry = entries[slot], entry.name === name, entry.kind == kind { return entry.method }
    guard let method = table.method(name.string, of: value) else { return nil }
    entries[slot] = Entry(name: name, kind: kind, method: method)
    return method
  }
}

extension Value {
  /// A number for the type of a value; that of an object is the address of its descriptor.
  fileprivate var kindNumber: UInt {
    switch self {
    case .nil: 0
    case .number: 1
    case .bool: 2
    case .text: 3
    case .list: 4
    case .record: 5
    case .range: 6
    case .function, .builtin: 7
    case .tensor: 8
    case .cell: 9
    case .object(let object): UInt(bitPattern: ObjectIdentifier(object.type))
    }
  }
}
