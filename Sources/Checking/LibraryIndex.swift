// SPDX-License-Identifier: Apache-2.0
//
// Lookup tables of the library for checks and editors: global names, members of namespaces, and the
// fields and methods of types.

import Runtime
import Syntax

/// Looks up names of the library.
public struct LibraryIndex {
  /// The tables themselves.
  public let builtins: BuiltinTable
  private let methods: [String: [String: Builtin]]
  private let types: [String: ForeignType]

  init(_ builtins: BuiltinTable) {
    self.builtins = builtins
    var methods: [String: [String: Builtin]] = [:]
    // Plain functions come before those of namespaces, as in calls.
    let ordered =
      builtins.functions.filter(\.namespace.isEmpty)
      + builtins.functions.filter { !$0.namespace.isEmpty }
    for function in ordered {
      guard let type = function.receiverType else { continue }
      if methods[type, default: [:]][function.name] == nil {
        methods[type, default: [:]][function.name] = function
      }
    }
    self.methods = methods
    types = Dictionary(builtins.types.map { ($0.name, $0) }) { first, _ in first }
  }

  /// Whether the library has a global name.
  func isGlobal(_ name: String) -> Bool { builtins.globals[name] != nil }

  /// Whether a global name is that of a namespace.
  func isNamespace(_ name: String) -> Bool {
    if case .record? = builtins.globals[name] { return true }
    return false
  }

  /// The value of a global name.
  func global(_ name: String) -> Known {
    guard let value = builtins.globals[name] else { return .unknown }
    if case .record = value { return .namespace(name) }
    return Known(value, isExact: true)
  }

  /// The value of a member of a namespace, or nil if there is none of that name.
  func member(_ name: String, of namespace: String) -> Known? {
    guard case .record(let record)? = builtins.globals[namespace] else { return nil }
    guard let value = record[name] else { return nil }
    if case .record = value { return .namespace(name) }
    return Known(value, isExact: true)
  }

  /// The names in a namespace.
  public func memberNames(of namespace: String) -> [String] {
    guard case .record(let record)? = builtins.globals[namespace] else { return [] }
    return record.keys
  }

  /// The function with the same name as a namespace, as for `std`.
  func namesake(of namespace: String) -> Builtin? {
    builtins.function(named: namespace)
  }

  /// Whether it is a library function without side effects: discarding its result is a mistake.
  func isWithoutEffect(_ function: Known?) -> Bool {
    switch function {
    case .builtin(let builtin)?: builtin.purity.effect == .none
    case .namespace(let name)?: namesake(of: name)?.purity.effect == Purity.Effect.none
    default: false
    }
  }

  /// The types whose methods a value of a type has.
  private func methodTypes(_ type: String) -> [String] {
    switch type {
    case "number": ["number", "tensor"]
    case "bool": ["bool", "tensor"]
    case "list": ["list", "tensor"]
    case "range": ["range", "list", "tensor"]
    default: [type] + (types[type]?.base.map { [$0] } ?? [])
    }
  }

  /// Whether objects of a type pass as those of a wider type.
  func passes(_ type: String, as wider: String) -> Bool { types[type]?.base == wider }

  /// A method of a type.
  public func method(_ name: String, of type: String) -> Builtin? {
    for type in methodTypes(type) {
      if let method = methods[type]?[name] { return method }
    }
    return nil
  }

  /// All methods of a type.
  public func methods(of type: String) -> [Builtin] {
    var seen: Set<String> = []
    return methodTypes(type).flatMap { (methods[$0] ?? [:]).values }
      .filter { seen.insert($0.name).inserted }.sorted { $0.name < $1.name }
  }

  /// The fields of a type with a sentence on each, or nil if nothing is known about them.
  public func fields(of type: String) -> [(name: String, summary: String)]? {
    switch type {
    case "tensor": Fields.ofTensors.map { ($0, "") }
    // These convert to tensors where a field is accessed.
    case "number", "bool", "list", "range": Fields.ofTensors.map { ($0, "") }
    case "string", "nil", "function": []
    default: types[type].map { type in type.fields.map { ($0.name, $0.summary) } }
    }
  }

  /// Whether objects of a type can be called; nil if that is not known.
  func isCallable(_ type: String) -> Bool? {
    switch type {
    case "function": true
    case "number", "string", "bool", "list", "range", "tensor", "nil": false
    default: types[type].map { $0.call != nil }
    }
  }
}
