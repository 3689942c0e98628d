// SPDX-License-Identifier: Apache-2.0
//
// Hints that the runtime and the checker share, by the type of the value that does not fit.

import Syntax

/// What to try when a value is of the wrong type.
package enum Hints {
  /// The message and the hint for an argument that is none of some words.
  public static func forChoice(
    _ word: String, of name: String, among words: [String]
  ) -> (message: String, hint: String) {
    let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
    let nearest = Spelling.nearest(to: word, in: words)
    return (
      "\(name) cannot be \"\(word)\"; it is one of \(list)",
      nearest.map { "did you mean \"\($0)\"?" } ?? ""
    )
  }

  /// The maximum number of fields searched for a similar name. Records of programs have fewer;
  /// where records hold data and a missing name is caught, the hint must not cost more than the
  /// work.
  static let mostNames = 100

  /// For errors about nil, which mostly comes from a method that changes its receiver.
  package static let forNil =
    "`xs.sort()` and `xs.append(x)` change the list itself and give nil, as `print` does"

  /// For a value that is called like a function.
  package static func forCalling(_ type: String) -> String {
    switch type {
    case "tensor": "an element is read with brackets: x[i, j]"
    case "list", "range", "string": "an element is read with brackets: xs[i]"
    case "record": "a field is read with a dot: r.name"
    case "number": "a product needs `*`"
    case "nil": forNil
    default: ""
    }
  }

  /// For a field that is called like a method; empty if there is no such field.
  package static func forFieldCalled(_ name: String, among fields: [String]) -> String {
    guard fields.contains(name) else { return "" }
    return name == "shape"
      ? "it is a field: write `x.shape[0]`, without parentheses"
      : "it is a field: write `x.\(name)`, without parentheses"
  }

  /// For a record that is indexed by something other than a string.
  static func forRecordIndex(_ index: Value?) -> String {
    switch index {
    case .list?: "a loop over a record gives pairs: `for [name, value] in r { .. }`"
    case .number?: "fields have names: write r.name; `values(r)[0]` goes by position"
    default: "write r.name or r[\"name\"]"
    }
  }

  /// For a list method that is called on a tensor; empty for others.
  package static func forMethod(_ name: String, of type: String) -> String {
    guard type == "tensor" else { return "" }
    switch name {
    case "append", "push", "extend", "insert":
      return "a tensor keeps its size: `cat([x, y])` makes a longer one"
    case "remove", "pop", "clear": return "a tensor keeps its size: `x[1:]` is a shorter one"
    default: return ""
    }
  }

  /// For a parameter that other libraries have but that is not needed here; nil for others.
  package static func forParameter(_ name: String) -> String? {
    switch name {
    case "dtype": "tensors have one type of number"
    case "device": "there is one device"
    case "requires_grad": "write `param(x)` for a tensor that is trained"
    case "inplace", "out": "functions give new tensors"
    case "key": "`sorted(xs, key = f)` goes by what a function gives"
    default: nil
    }
  }

  /// The element that prevents a list from being a tensor, in words; nil if there is none.
  package static func culprit(in types: [String]) -> String? {
    let numeric: Set<String> = ["number", "bool", "tensor", "range", "list"]
    guard let place = types.firstIndex(where: { !numeric.contains($0) }) else { return nil }
    let phrase = types[place] == "nil" ? "nil" : types[place].withArticle
    return "element \(place) of this list is \(phrase)"
  }
  /// The element, at any depth, that prevents a list from being a tensor, in words; nil if none is
  /// found.
  static func culprit(in list: List) -> String? {
    var first: Value?
    guard let (places, value) = culprit(in: list, &first, depth: 0) else { return nil }
    let place = places.count == 1 ? "\(places[0])" : "\(places)"
    guard let first, isAnswer(value) != isAnswer(first), Conversion.isElement(value) else {
      return "element \(place) of this list is \(value.typePhrase)"
    }
    return "element \(place) of this list is \(value.typePhrase), unlike those before it"
  }

  /// The first element that is neither a number nor a boolean, or differs in kind from those before
  /// it.
  private static func culprit(
    in list: List, _ first: inout Value?, depth: Int
  ) -> (places: [Int], value: Value)? {
    guard depth < 16 else { return nil }
    for (place, item) in list.items.prefix(1000).enumerated() {
      if case .list(let inner) = item {
        guard let found = culprit(in: inner, &first, depth: depth + 1) else { continue }
        return ([place] + found.places, found.value)
      }
      guard Conversion.isElement(item) else { return ([place], item) }
      guard let kind = first else {
        first = item
        continue
      }
      if isAnswer(item) != isAnswer(kind) { return ([place], item) }
    }
    return nil
  }

  private static func isAnswer(_ value: Value) -> Bool {
    if case .bool = value { true } else { false }
  }
}
