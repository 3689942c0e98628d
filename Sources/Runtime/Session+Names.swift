// SPDX-License-Identifier: Apache-2.0
//
// What a session knows about names, for prompts: completion, help and saving.

import Syntax

/// A way to finish what was typed.
public struct Completion: Hashable, Sendable {
  /// What a completion is.
  public enum Kind: Sendable {
    case keyword, variable, function, namespace, constant, field, method, argument
  }

  /// The whole word, without what stands before its last dot.
  public let text: String
  /// What it is.
  public let kind: Kind
  /// A signature or type, for display.
  public let detail: String
}

extension Session {
  /// The file that runs: imports are relative to its folder.
  public var path: String {
    get { scope.path }
    set { scope.path = newValue }
  }

  /// The names that the user has defined, with their values, in order.
  public var variables: [(name: String, value: Value)] {
    scope.definedNames.compactMap { name in
      scope.definedValue(name).map { (name, $0) }
    }
  }

  /// The value of a global name, defined or built in.
  public func value(named name: String) -> Value? {
    scope.definedValue(name) ?? builtins.globals[name]
  }

  /// Gives a global name a value, as `let` does.
  public func define(_ name: String, _ value: Value) { scope.define(name, value) }

  /// The `##` lines above the declaration of a global name.
  public func documentation(of name: String) -> String? { scope.documentation[name] }

  /// Forgets all definitions and modules, and restarts the random stream.
  public func reset() {
    scope.reset()
    modules = [:]
    seed(0)
  }

  /// The value that a path of names such as `r.field` stands for, without calling anything.
  public func value(atPath path: [String]) -> Value? {
    guard let first = path.first, var value = value(named: first) else { return nil }
    for name in path.dropFirst() {
      guard let inner = try? Fields.get(value, .string(name), self) else { return nil }
      value = inner
    }
    return value
  }

  /// The texts in a field of a value that is a list of texts, or none.
  public func texts(in field: String, of value: Value) -> [String] {
    guard case .list(let list)? = try? Fields.get(value, .string(field), self) else { return [] }
    return list.items.compactMap(\.asString)
  }

  /// The names of all fields of a value.
  public func fieldNames(of value: Value) -> [String] {
    switch value {
    case .record(let record): record.keys
    case .object(let object): object.type.fields.map(\.name)
    case .tensor: Fields.ofTensors
    default: []
    }
  }

  /// Ways to finish a name, or after a dot a field or method of the value in front of it.
  public func complete(_ prefix: String) -> [Completion] {
    var path = prefix.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let start = path.popLast() ?? ""
    let all = path.isEmpty ? globalCompletions : memberCompletions(path)
    return all.filter { $0.text.hasPrefix(start) }
  }

  private var globalCompletions: [Completion] {
    var seen: Set<String> = []
    var found: [Completion] = []
    for (name, value) in variables where seen.insert(name).inserted {
      found.append(Session.completion(name, value, isBuiltin: false))
    }
    for name in builtins.globalNames where seen.insert(name).inserted {
      guard let value = builtins.globals[name] else { continue }
      found.append(Session.completion(name, value, isBuiltin: true))
    }
    for word in Token.Kind.keywords.keys {
      found.append(Completion(text: word, kind: .keyword, detail: "keyword"))
    }
    return found.sorted { $0.text < $1.text }
  }

  private static func completion(_ name: String, _ value: Value, isBuiltin: Bool) -> Completion {
    switch value {
    case .function(let closure):
      return Completion(text: name, kind: .function, detail: closure.signature)
    case .builtin(let builtin):
      return Completion(text: name, kind: .function, detail: builtin.header.text)
    case .record(let record) where record.title != nil:
      return Completion(text: name, kind: .namespace, detail: record.title ?? "")
    default:
      return Completion(
        text: name, kind: isBuiltin ? .constant : .variable, detail: value.typeName)
    }
  }

  private func memberCompletions(_ path: [String]) -> [Completion] {
    guard let value = value(atPath: path) else { return [] }
    var found: [Completion] = []
    switch value {
    case .record(let record):
      for (key, field) in zip(record.keys, record.values) where Display.isName(key) {
        let inner = Session.completion(key, field, isBuiltin: false)
        let kind: Completion.Kind = inner.kind == .variable ? .field : inner.kind
        found.append(Completion(text: key, kind: kind, detail: inner.detail))
      }
    default:
      for name in fieldNames(of: value) {
        found.append(Completion(text: name, kind: .field, detail: "field"))
      }
    }
    let names = Set(found.map(\.text))
    for name in builtins.methodNames(of: value) where !names.contains(name) {
      let detail = builtins.method(name, of: value)?.header.text ?? ""
      found.append(Completion(text: name, kind: .method, detail: detail))
    }
    return found.sorted { $0.text < $1.text }
  }
}
