// SPDX-License-Identifier: Apache-2.0
//
// Destructuring by a `let`, a loop or a parameter, and assignments to elements. Whether a pattern
// fits is tested by running it on a stand-in of the same type and length.

import Runtime
import Syntax

extension Inference {
  /// Binds the names of a pattern to what is known about their values.
  func bind(_ pattern: Pattern, to value: Known) {
    switch pattern.kind {
    case .name(let name): remember(name, value)
    case .list(let patterns, let rest):
      attempt(pattern, with: value, "let \(Inference.text(patterns.count, rest)) = x")
      if case .items(let items) = value, items.count >= patterns.count {
        for (pattern, item) in zip(patterns, items) { bind(pattern, to: item) }
      } else {
        for pattern in patterns { bind(pattern, to: .unknown) }
      }
      if let rest { remember(rest, .type("list")) }
    case .record(let names):
      bind(names, of: pattern, to: value)
    }
  }

  private func bind(_ names: [Identifier], of pattern: Pattern, to value: Known) {
    if case .module = value {
    } else {
      let fields = names.map(\.text).joined(separator: ", ")
      attempt(pattern, with: value, "let {\(fields)} = x")
    }
    for name in names {
      var known = Known.unknown
      if case .fields(let fields) = value {
        known = fields.last { $0.name == name.text }?.value ?? .unknown
      } else if case .module(let module) = value {
        known = member(name, of: module)
      }
      remember(name, known)
    }
  }

  /// A list pattern with so many names.
  private static func text(_ count: Int, _ rest: Identifier?) -> String {
    let names = (0..<count).map { "p\($0)" } + (rest == nil ? [] : ["...rest"])
    return "[\(names.joined(separator: ", "))]"
  }

  /// Checks an argument against the pattern that destructures it.
  func fit(_ parameter: Parameter, _ known: Known) {
    guard case .pattern(let pattern) = parameter.kind else { return }
    switch pattern.kind {
    case .name: break
    case .list(let patterns, let rest):
      attempt(pattern, with: known, "let \(Inference.text(patterns.count, rest)) = x")
    case .record(let names):
      if case .module = known { return }
      attempt(pattern, with: known, "let {\(names.map(\.text).joined(separator: ", "))} = x")
    }
  }

  private func attempt(_ pattern: Pattern, with value: Known, _ statement: String) {
    guard silence == 0, let stand = value.skeleton ?? plainSample(value) else { return }
    let outcome = laboratory.run("fn(x) { \(statement) }", [stand], work: 0)
    if case .failure(let error) = outcome { report(error, pattern.span) }
  }

  /// A value of a type whose values all behave alike for a pattern or a spread.
  func plainSample(_ known: Known) -> Value? {
    switch known.typeName {
    case "number"?, "bool"?, "function"?, "nil"?: sample(known)
    default: nil
    }
  }

  /// Checks the pattern of a loop against each item of a list literal.
  func bindEach(_ pattern: Pattern, in sequence: Expression, mayStop: Bool) {
    let known = expression(sequence)
    if case .items(let items) = known, !pattern.isName {
      for item in items.prefix(mayStop ? 1 : 100) { bind(pattern, to: item) }
    }
    bind(pattern, to: element(of: known, sequence.span))
  }

  // MARK: - Spreading

  /// Reports what `...` cannot spread in a list or a call.
  func spread(_ known: Known, _ span: Span, _ text: String = "fn(x) = [...x]") {
    guard silence == 0, let stand = plainSample(known) ?? known.skeleton else { return }
    if case .failure(let error) = laboratory.run(text, [stand], work: 0) { report(error, span) }
  }

  // MARK: - Elements

  /// `x[i] = value`, where the type and the length of `x` and the index are known.
  func setElement(
    _ base: Known, _ subscripts: [Syntax.Subscript], _ value: Known, _ span: Span
  ) {
    let places = place(subscripts)
    guard let stand = base.value ?? sample(base), let places else { return }
    let isKnown = base.value != nil
    let right = value.value ?? sample(value)
    let names = (["x"] + places.names + ["v"]).joined(separator: ", ")
    let outcome = laboratory.run(
      "fn(\(names)) { x[\(places.text)] = v }", [stand] + places.values + [right ?? .number(0)],
      work: 0)
    guard case .failure(let error) = outcome else { return }
    // With stand-ins for unknown values, only some errors are certain.
    let isCertain =
      error.kind == .type ? right != nil : isKnown && (error.kind == .index || value.value != nil)
    if isCertain { report(error, span) }
  }
}

extension Pattern {
  /// Whether it is a single name, which fits everything.
  var isName: Bool { if case .name = kind { true } else { false } }
}
