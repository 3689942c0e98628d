// SPDX-License-Identifier: Apache-2.0
//
// The header of a function as calls need it: flat, immutable, the same for script functions and
// built-ins.

import Syntax

/// One parameter of a function.
package struct ParameterInfo: Sendable {
  /// How arguments reach a parameter.
  package enum Kind: Sendable {
    /// By position or by name.
    case positional
    /// By name only.
    case namedOnly
    /// Collects the positional arguments that are left.
    case rest
  }

  /// The name, or nil for a pattern.
  package let name: String?
  /// How arguments reach it.
  package let kind: Kind
  /// What must be passed.
  package let annotation: Annotation?
  /// Whether it may be left out.
  package let hasDefault: Bool
  /// Whether `nil` is fine whatever the annotation says, because `nil` is the default.
  package let acceptsNil: Bool
  /// For built-ins: the default as a value.
  let defaultValue: DefaultValue?
  /// The parameter as written, for messages.
  package let text: String
}

/// The parameters of a function and how it is written.
package final class Header: Sendable {
  /// The name, with its namespace.
  package let name: String
  /// The parameters in order; the `*` marker is folded into their kinds.
  package let parameters: [ParameterInfo]
  /// What stands after `->`.
  package let result: Annotation?
  /// The header as `help` prints it.
  package let text: String
  /// Why the header could not be parsed, if so.
  package let error: Diagnostic?
  /// How many parameters can be given by position.
  let positionalCount: Int
  /// The position of the rest parameter.
  let restIndex: Int?

  init(name: String, signature: Signature, source: Source) {
    self.name = name
    (parameters, error) = Header.flatten(signature, source: source)
    result = signature.result
    text = name + Header.oneLine(source.text(signature.span))
    positionalCount = parameters.prefix { $0.kind == .positional }.count
    restIndex = parameters.firstIndex { $0.kind == .rest }
  }

  /// A header without a source.
  init(name: String, parameters: [ParameterInfo]) {
    self.name = name
    self.parameters = parameters
    result = nil
    text = name + "()"
    error = nil
    positionalCount = parameters.prefix { $0.kind == .positional }.count
    restIndex = parameters.firstIndex { $0.kind == .rest }
  }

  /// Parses the header of a built-in.
  init(parsing text: String) {
    do {
      let named = try Parser.parseSignature(text)
      name = named.name
      (parameters, error) = Header.flatten(named.signature, source: named.source)
      result = named.signature.result
    } catch {
      name = String(text.prefix { $0 != "(" })
      parameters = []
      self.error = error
      result = nil
    }
    self.text = text
    positionalCount = parameters.prefix { $0.kind == .positional }.count
    restIndex = parameters.firstIndex { $0.kind == .rest }
  }

  private static func flatten(
    _ signature: Signature, source: Source
  ) -> ([ParameterInfo], Diagnostic?) {
    var flat: [ParameterInfo] = []
    var kind = ParameterInfo.Kind.positional
    var problem: Diagnostic?
    for parameter in signature.parameters {
      if case .star = parameter.kind {
        kind = .namedOnly
        continue
      }
      var isRest = false
      if case .rest = parameter.kind { isRest = true }
      let value = parameter.defaultValue.flatMap { DefaultValue($0) }
      if let expression = parameter.defaultValue, value == nil {
        problem = Diagnostic(
          .syntax, "the default of a built-in must be a literal", source: source,
          span: expression.span)
      }
      var acceptsNil = false
      if case .nothing? = parameter.defaultValue?.kind { acceptsNil = true }
      flat.append(
        ParameterInfo(
          name: parameter.name?.text, kind: isRest ? .rest : kind,
          annotation: parameter.annotation, hasDefault: parameter.defaultValue != nil,
          acceptsNil: acceptsNil, defaultValue: value,
          text: oneLine(source.text(parameter.span))))
      if isRest { kind = .namedOnly }
    }
    return (flat, problem)
  }

  /// Source text with line ends and runs of blanks folded into one blank.
  static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
