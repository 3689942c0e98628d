// SPDX-License-Identifier: Apache-2.0
//
// The header of a function in the form that calls need: flat, immutable, the same for script
// functions and built-ins.

import Syntax

/// One parameter of a function.
package struct ParameterInfo: Sendable {
  /// How arguments reach a parameter.
  package enum Kind: Sendable {
    /// By position or by name.
    case positional
    /// By name only.
    case namedOnly
    /// Collects the remaining positional arguments.
    case rest
  }

  /// The name, or nil for a pattern.
  package let name: String?
  /// How arguments reach it.
  package let kind: Kind
  /// The type or shape that must be passed.
  package let annotation: Annotation?
  /// Whether it may be omitted.
  package let hasDefault: Bool
  /// Whether `nil` is accepted despite the annotation, because `nil` is the default.
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
  /// The annotation after `->`.
  package let result: Annotation?
  /// The header as `help` prints it.
  package let text: String
  /// Why the header could not be parsed, if it could not.
  package let error: Diagnostic?
  /// How many parameters can be given by position.
  package let positionalCount: Int
  /// The position of the rest parameter.
  package let restIndex: Int?
  /// For built-ins: the position of the parameter for pictures that may also be a data set.
  package let picturesIndex: Int?
  /// For built-ins: what each argument must be.
  let tests: [ParameterTest]
  /// The annotations as written.
  let annotationTexts: [String]
  /// Whether any parameter is tested.
  let hasTests: Bool

  package init(name: String, signature: Signature, source: Source) {
    self.name = name
    (parameters, error) = Header.flatten(signature, source: source)
    result = signature.result
    text = name + Header.oneLine(source.text(signature.span))
    positionalCount = parameters.prefix { $0.kind == .positional }.count
    restIndex = parameters.firstIndex { $0.kind == .rest }
    picturesIndex = nil
    (tests, annotationTexts, hasTests) = Header.tests(of: parameters)
  }

  /// Whether a call without arguments matches.
  var takesNoArguments: Bool { parameters.allSatisfy { $0.hasDefault || $0.kind == .rest } }

  /// Whether a call with a single positional argument matches.
  var takesOneArgument: Bool { takes(1) }

  /// Whether it can be called with so many arguments by position, and nothing else.
  func takes(_ count: Int) -> Bool {
    guard positionalCount >= count || restIndex != nil else { return false }
    return parameters.enumerated().allSatisfy { index, parameter in
      parameter.hasDefault || parameter.kind == .rest
        || index < count && parameter.kind == .positional
    }
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
    picturesIndex = nil
    (tests, annotationTexts, hasTests) = Header.tests(of: parameters)
  }

  /// Parses the header of a built-in, which takes a data set for the parameter `pictures`.
  init(parsing text: String, pictures: String? = nil) {
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
    picturesIndex = parameters.firstIndex { pictures != nil && $0.name == pictures }
    (tests, annotationTexts, hasTests) = Header.tests(of: parameters)
  }

  private static func tests(
    of parameters: [ParameterInfo]
  ) -> ([ParameterTest], [String], Bool) {
    var names: [String] = []
    let tests = parameters.map { ParameterTest($0.annotation, &names) }
    let texts = parameters.map { parameter -> String in
      guard let colon = parameter.text.firstIndex(of: ":") else { return "" }
      let annotation = parameter.text[parameter.text.index(after: colon)...]
      return String(annotation.prefix { $0 != "=" }.drop { $0 == " " }).trimmingEnd()
    }
    let hasTests = tests.contains { if case .none = $0 { false } else { true } }
    return (tests, texts, hasTests)
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
          .syntax, "the default of a built-in must be a literal or a field of another argument",
          source: source,
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

  /// Source text with newlines and runs of spaces collapsed into one space.
  static func oneLine(_ text: String) -> String {
    // On bytes, since every header of the library is processed here at the start.
    text.utf8.split { $0 == 32 || (9...13).contains($0) }.map { String(Substring($0)) }
      .joined(separator: " ")
  }
}

/// The check of the argument for a parameter of a built-in.
enum ParameterTest: Sendable {
  case none
  case type(TypeTest)
  case shape([Check.Size])

  /// Sizes that share a name share an index into `names`.
  init(_ annotation: Annotation?, _ names: inout [String]) {
    switch annotation?.kind {
    case nil, .type("any"): self = .none
    case .type(let name): self = .type(TypeTest(name))
    case .shape(let dimensions):
      self = .shape(
        dimensions.map { dimension in
          switch dimension.kind {
          case .ellipsis: return .ellipsis
          case .size(let size): return Int(exactly: size).map { .exactly($0) } ?? .impossible
          case .name("_"): return .any
          case .name(let name):
            if let index = names.firstIndex(of: name) {
              return .bound(register: index, name: name)
            }
            names.append(name)
            return .binding(register: names.count - 1, name: name)
          }
        })
    }
  }
}

extension String {
  fileprivate func trimmingEnd() -> String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
