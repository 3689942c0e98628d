// SPDX-License-Identifier: Apache-2.0
//
// `x.name`: fields of records, modules, tensors and library objects, and the errors for missing
// names.

import Syntax
import Tensors

/// Reading and writing fields.
package enum Fields {
  /// The fields of tensors, in the order in which help lists them.
  package static let ofTensors = ["shape", "ndim", "numel", "T", "grad"]

  static func get(_ object: Value, _ name: Value, _ session: Session) throws -> Value {
    guard case .text(let text) = name else { return .nil }
    let name = text.string
    switch object {
    case .record(let record):
      if let position = record.position(of: name) { return record.value(at: position) }
      throw missing(name, in: record, session)
    case .object(let foreign):
      if let field = foreign.type.field(name) { return try field.get(foreign, session) }
    case .tensor(let tensor):
      if let value = try field(name, of: tensor) { return value }
    case .number, .bool, .list, .range:
      if ofTensors.contains(name) {
        if let value = try field(name, of: try Conversion.tensor(object)) { return value }
      }
    default: break
    }
    throw noField(name, of: object, session)
  }

  private static func field(_ name: String, of tensor: Tensor) throws -> Value? {
    switch name {
    case "shape": .list(tensor.shape.map { .integer($0) })
    case "ndim": .integer(tensor.rank)
    case "numel": .integer(tensor.count)
    case "T": .tensor(try Conversion.scripted { try tensor.transposed() })
    case "grad": tensor.grad.map { .tensor($0) } ?? .nil
    default: nil
    }
  }

  static func set(_ object: Value, _ name: Value, _ value: Value, _ session: Session) throws {
    guard case .text(let text) = name else { return }
    switch object {
    case .record(let record):
      try set(record, text.string, value)
    case .object(let foreign):
      guard let field = foreign.type.field(text.string) else {
        throw noField(text.string, of: object, session)
      }
      guard let change = field.set else {
        throw ScriptError.type(
          "the field `\(text.string)` of \(object.typePhrase) is read-only",
          hint: foreign.type.record == nil ? "" : "a record of it can be changed: {...x}")
      }
      try change(foreign, value, session)
    default:
      throw ScriptError.type("fields of \(object.typePhrase) cannot be set")
    }
  }

  static func set(_ record: Record, _ name: String, _ value: Value) throws {
    if let title = record.title {
      throw ScriptError.type(
        "\(title) cannot be changed", hint: "copy it first: {...\(title.lastWord)}")
    }
    record[name] = value
  }

  /// A field for a pattern `{name}`.
  static func unpack(_ value: Value, _ name: Value, _ session: Session) throws -> Value {
    switch value {
    case .record, .object: return try get(value, name, session)
    default:
      throw ScriptError.type("\(value.typePhrase) cannot be taken apart by a record pattern")
    }
  }

  /// The function that `receiver.name(...)` calls if it is a field, or nil if it may be a method.
  static func callable(
    _ receiver: Value, _ name: String, _ session: Session
  ) throws -> Value? {
    switch receiver {
    case .record(let record):
      if let position = record.position(of: name) { return record.value(at: position) }
      if record.title != nil, session.builtins.method(name, of: receiver) == nil {
        throw missing(name, in: record, session)
      }
    case .object(let foreign):
      if let field = foreign.type.field(name) { return try field.get(foreign, session) }
    default: break
    }
    return nil
  }

  // MARK: - Errors

  private static func missing(_ name: String, in record: Record, _ session: Session) -> ScriptError
  {
    var hint = Spelling.nearest(to: name, in: record.keys(atMost: Hints.mostNames)).map {
      "did you mean `\($0)`?"
    }
    if let title = record.title, title.hasPrefix("namespace "),
      let namespace = title.split(separator: " ").last
    {
      hint = Spelling.advice(
        onMember: name, of: String(namespace), members: record.keys,
        globals: session.builtins.globalNames)
    }
    var words = hint ?? methodHint(name, .record(record), session)
    if words.isEmpty, record.title == nil { words = Spelling.foreignMembers[name] ?? "" }
    return .name("there is no `\(name)` in \(record.phrase)", hint: words)
  }

  private static func noField(_ name: String, of value: Value, _ session: Session) -> ScriptError {
    var hint = methodHint(name, value, session)
    if value.isNil { hint = Hints.forNil }
    if hint.isEmpty, let foreign = Spelling.foreignMembers[name] { hint = foreign }
    if hint.isEmpty {
      hint =
        Spelling.nearest(to: name, in: session.fieldNames(of: value)).map {
          "did you mean `\($0)`?"
        } ?? ""
    }
    return .name("\(value.typePhrase) has no field `\(name)`", hint: hint)
  }

  private static func methodHint(_ name: String, _ value: Value, _ session: Session) -> String {
    session.builtins.method(name, of: value) == nil ? "" : "it is a method: write .\(name)(..)"
  }

  static func noMethod(_ name: String, of value: Value, _ session: Session) -> ScriptError {
    var hint = Hints.forFieldCalled(name, among: session.fieldNames(of: value))
    if value.isNil { hint = Hints.forNil }
    if hint.isEmpty { hint = Hints.forMethod(name, of: value.typeName) }
    if !hint.isEmpty {
      // The message says it already.
    } else if case .builtin(let function)? = session.builtins.globals[name] {
      hint = "there is a function: \(function.header.text)"
    } else if let foreign = Spelling.foreignMembers[name] {
      hint = foreign
    } else if let nearest = Spelling.nearest(to: name, in: session.builtins.methodNames(of: value))
    {
      hint = "did you mean `\(nearest)`?"
    }
    return .name("\(value.typePhrase) has no method `\(name)`", hint: hint)
  }
}

extension Record {
  /// The name of this record in messages.
  var phrase: String { title ?? "this record" }
}

extension String {
  fileprivate var lastWord: String { String(split(separator: " ").last ?? "") }
}
