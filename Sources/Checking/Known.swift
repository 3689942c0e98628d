// SPDX-License-Identifier: Apache-2.0
//
// What is known about a value without running the program. Whatever is not certain is unknown, so
// that there are no false positives.
//
// A tensor of known shape is represented by a tensor of that shape with placeholder elements. That
// makes the library's own functions the rules of shape inference: calling them gives the resulting
// shapes, and the messages of shape errors.

import Runtime
import Syntax
import Tensors

/// What is known about a value.
indirect enum Known {
  /// Nothing.
  case unknown
  /// The value: a number, string, boolean or `nil`.
  case exact(Value)
  /// A tensor with this shape and placeholder elements.
  case shaped(Tensor)
  /// A list literal that nothing can have changed.
  case items([Known])
  /// A record literal that nothing can have changed.
  case fields([(name: String, value: Known)])
  /// The name of its type.
  case type(String)
  /// A function of a script.
  case function(ScriptFunction)
  /// A function of the library.
  case builtin(Builtin)
  /// A namespace of the library.
  case namespace(String)
  /// A module.
  case module(Module)

  /// Whether a call of it may catch what a function among its arguments raises: no built-in does.
  var mayCatch: Bool {
    if case .builtin = self { return false }
    return true
  }

  /// The name of the type, if known.
  var typeName: String? {
    switch self {
    case .unknown: nil
    case .exact(let value): value.typeName
    case .shaped: "tensor"
    case .items: "list"
    case .fields, .namespace, .module: "record"
    case .type(let name): name
    case .function, .builtin: "function"
    }
  }

  /// What remains known once the value has a name: lists and records may be changed through it.
  var named: Known {
    switch self {
    case .items: .type("list")
    case .fields: .type("record")
    default: self
    }
  }

  /// What remains known of a list or record that nothing changes: which elements it has, but not
  /// the contents of those that are lists and records themselves.
  var kept: Known {
    switch self {
    case .items(let items) where items.count <= 256: .items(items.map(\.named))
    case .fields(let fields) where fields.count <= 256:
      .fields(fields.map { ($0.name, $0.value.named) })
    default: named
    }
  }

  /// A list or record with as many elements or the same fields; `nil` represents unknown elements.
  var skeleton: Value? {
    switch self {
    case .items(let items): return .list(items.map { $0.value ?? .nil })
    case .fields(let fields):
      let record = Record()
      for field in fields { record[field.name] = field.value.value ?? .nil }
      return .record(record)
    case .shaped(let tensor): return .tensor(tensor)
    case .exact(let value): return value
    default: return nil
    }
  }

  /// A value that represents this one, or nil if too little is known.
  var value: Value? {
    switch self {
    case .exact(let value): return value
    case .shaped(let tensor): return .tensor(tensor)
    case .items(let items):
      var values: [Value] = []
      for item in items {
        guard let value = item.value else { return nil }
        values.append(value)
      }
      return .list(values)
    case .fields(let fields):
      let record = Record()
      for field in fields {
        guard let value = field.value.value else { return nil }
        record[field.name] = value
      }
      return .record(record)
    default: return nil
    }
  }

  /// Whether it is known completely.
  var isExact: Bool {
    switch self {
    case .exact: true
    case .items(let items): items.allSatisfy(\.isExact)
    case .fields(let fields): fields.allSatisfy(\.value.isExact)
    default: false
    }
  }

  /// The number, if it is known.
  var number: Double? {
    if case .exact(.number(let number)) = self { return number }
    return nil
  }

  /// The boolean, if it is known.
  var bool: Bool? {
    if case .exact(.bool(let bool)) = self { return bool }
    return nil
  }

  /// What is known from a computed value, given whether it was computed from exact values only.
  init(_ value: Value, isExact: Bool) {
    switch value {
    case .number, .bool, .text, .range: self = isExact ? .exact(value) : .type(value.typeName)
    case .nil: self = isExact ? .exact(value) : .unknown
    case .tensor(let tensor): self = .shaped(tensor)
    case .list(let list): self = .items(list.items.map { Known($0, isExact: isExact) })
    case .record(let record):
      self = .fields(
        zip(record.keys, record.values).map { ($0, Known($1, isExact: isExact)) })
    case .builtin(let builtin): self = .builtin(builtin)
    case .object, .function: self = .type(value.typeName)
    case .cell: self = .unknown
    }
  }

  /// What holds on both of two paths to the same statement.
  func joined(with other: Known) -> Known {
    switch (self, other) {
    case (.shaped(let left), .shaped(let right)) where left.shape == right.shape: return self
    case (.exact(.number(let left)), .exact(.number(let right))) where left == right:
      return self
    default:
      if let type = typeName, type == other.typeName, type != "nil" { return .type(type) }
      return .unknown
    }
  }
}

/// A function of a script: its name, tree and text.
struct ScriptFunction {
  let name: String
  let node: Function
  let source: Source
  /// The parameters as calls bind them.
  let header: Header

  init(name: String, node: Function, source: Source) {
    self.name = name
    self.node = node
    self.source = source
    header = Header(name: name, signature: node.signature, source: source)
  }
}

/// A module and its exports.
final class Module {
  let path: String
  /// The exported names with what is known about them.
  let exports: [String: Known]
  /// The spans where the exported names are introduced.
  let places: [String: Span]
  let source: Source

  init(path: String, exports: [String: Known], places: [String: Span], source: Source) {
    self.path = path
    self.exports = exports
    self.places = places
    self.source = source
  }
}
