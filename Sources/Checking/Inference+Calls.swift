// SPDX-License-Identifier: Apache-2.0
//
// Calls: the callee and, for functions of the library, the result, which is found by a trial. The
// messages are those of the runtime.

import Runtime
import Syntax
import Tensors

/// An argument as it is written, with what is known about it.
struct GivenArgument {
  var kind: Argument.Kind
  var known: Known
  var span: Span

  /// The span of its name, or of the whole.
  var nameSpan: Span {
    if case .named(let name) = kind { return name.span }
    return span
  }
}

/// The arguments bound to parameters.
struct BoundArguments {
  /// By the index of the parameter.
  var values: [Int: GivenArgument] = [:]
  /// The arguments that the rest parameter collects.
  var rest: [GivenArgument] = []
  /// Whether a spread list makes the binding unknown.
  var isOpen = false
}

extension Inference {
  /// The arguments of a call, each with what is known about it.
  ///
  /// The called script function may catch the errors of a function argument without parameters, as
  /// in `attempt(fn() = number("x"))`: its body is analysed silently, unless a built-in is called.
  func given(_ arguments: [Argument], to callee: Known? = nil) -> [GivenArgument] {
    arguments.map { argument in
      let known =
        isThunk(argument.value) && callee?.mayCatch == true
        ? silently { expression(argument.value) } : expression(argument.value)
      if case .spread = argument.kind { spread(known, argument.value.span) }
      return GivenArgument(kind: argument.kind, known: known, span: argument.value.span)
    }
  }

  private func isThunk(_ node: Expression) -> Bool {
    guard case .function(let function) = node.kind else { return false }
    return function.signature.parameters.isEmpty
  }

  // MARK: - The callee

  func call(_ callee: Expression, _ arguments: [Argument], _ span: Span) -> Known {
    guard case .field(let base, let name) = callee.kind else {
      let function = expression(callee)
      return apply(function, given(arguments, to: function), callee.span, span)
    }
    let receiver = expression(base)
    switch receiver {
    case .namespace(let namespace):
      if library.member(name.text, of: namespace) != nil || !isMethod(name, receiver) {
        let function = expression(callee)
        return apply(function, given(arguments, to: function), callee.span, span)
      }
    case .module, .fields:
      if holds(receiver, name) {
        let function = expression(callee)
        return apply(function, given(arguments, to: function), callee.span, span)
      }
      if !isMethod(name, receiver) {
        _ = given(arguments)
        if case .fields = receiver {
          noMethod(name, receiver, "record")
        } else {
          expression(callee)
        }
        return .unknown
      }
    case .type("record"):
      // A field with the name of a method takes precedence.
      _ = given(arguments)
      return .unknown
    default: break
    }
    let arguments = given(arguments)
    guard let type = receiver.typeName else { return .unknown }
    if let fields = library.fields(of: type), !Fields.ofTensors.contains(name.text),
      fields.contains(where: { $0.name == name.text })
    {
      return .unknown
    }
    guard let method = library.method(name.text, of: type) else {
      noMethod(name, receiver, type)
      return .unknown
    }
    let first = GivenArgument(kind: .positional, known: receiver, span: base.span)
    if silence == 0 { recorded[callee.span] = .builtin(method) }
    return call(method, [first] + arguments, span, receivers: 1)
  }

  private func isMethod(_ name: Identifier, _ receiver: Known) -> Bool {
    library.method(name.text, of: "record") != nil
  }

  private func holds(_ receiver: Known, _ name: Identifier) -> Bool {
    switch receiver {
    case .module(let module): module.exports[name.text] != nil
    case .fields(let fields): fields.contains { $0.name == name.text }
    default: false
    }
  }

  private func noMethod(_ name: Identifier, _ receiver: Known, _ type: String) {
    // Nothing is known about types that only headers mention.
    guard type == "record" || library.fields(of: type) != nil else { return }
    let names = library.methods(of: type).map(\.name)
    var hint = Hints.forFieldCalled(
      name.text, among: (library.fields(of: type) ?? []).map(\.name))
    if type == "nil" { hint = Hints.forNil }
    if hint.isEmpty { hint = Hints.forMethod(name.text, of: type) }
    if !hint.isEmpty {
      // The message says it already.
    } else if case .builtin(let function) = library.global(name.text) {
      hint = "there is a function: \(function.signature)"
    } else if let foreign = Spelling.foreignMembers[name.text] {
      hint = foreign
    } else if let nearest = Spelling.nearest(to: name.text, in: names) {
      hint = "did you mean `\(nearest)`?"
    }
    report(.name("\(phrase(receiver)) has no method `\(name.text)`", hint: hint), name.span)
  }

  func pipe(
    _ input: Expression, _ callee: Expression, _ arguments: [Argument], _ span: Span
  ) -> Known {
    let first = GivenArgument(kind: .positional, known: expression(input), span: input.span)
    let function = expression(callee)
    let others = given(arguments)
    return apply(function, [first] + others, callee.span, span)
  }

  /// Applies a known function to arguments.
  func apply(
    _ function: Known, _ arguments: [GivenArgument], _ place: Span, _ span: Span
  ) -> Known {
    switch function {
    case .builtin(let builtin): return call(builtin, arguments, span)
    case .function(let function): return call(function, arguments, span)
    case .namespace(let name):
      if let builtin = library.namesake(of: name) { return call(builtin, arguments, span) }
      report(
        .type("a record cannot be called", hint: "it is a namespace: write a name after a dot"),
        place, .types)
    case .module, .fields:
      report(
        .type("a record cannot be called", hint: Hints.forCalling("record")), place, .types)
    default:
      if let type = function.typeName, library.isCallable(type) == false {
        report(
          .type("\(phrase(function)) cannot be called", hint: Hints.forCalling(type)), place,
          .types)
      }
    }
    return .unknown
  }

  // MARK: - Functions of the library

  func call(
    _ builtin: Builtin, _ arguments: [GivenArgument], _ span: Span, receivers: Int = 0
  ) -> Known {
    let header = builtin.header
    guard let bound = bind(header, arguments, span, receivers: receivers) else {
      return result(of: builtin)
    }
    guard fits(header, bound, isBuiltin: true) != nil, !bound.isOpen else {
      return result(of: builtin)
    }
    compareChoices(builtin, bound)
    if builtin.qualifiedName == "type", let name = bound.values[0]?.known.typeName {
      return .exact(.string(name))
    }
    guard let tried = attempt(builtin, arguments, bound, span) else { return result(of: builtin) }
    if case .unknown = tried { return result(of: builtin) }
    return tried
  }

  /// Compares words with those that an argument may be.
  private func compareChoices(_ builtin: Builtin, _ bound: BoundArguments) {
    guard !builtin.choices.isEmpty else { return }
    for (position, argument) in bound.values.sorted(by: { $0.key < $1.key }) {
      guard let name = builtin.header.parameters[position].name,
        let words = builtin.choices[name], case .exact(.text(let text)) = argument.known,
        !words.contains(text.string)
      else { continue }
      let (message, hint) = Hints.forChoice(text.string, of: name, among: words)
      report(.value("\(builtin.qualifiedName): \(message)", hint: hint), argument.span)
    }
  }

  func result(of builtin: Builtin) -> Known {
    guard let annotation = builtin.header.result else { return .unknown }
    return known(by: annotation)
  }

  /// Calls a pure function on stand-ins; nil if too little is known about the arguments.
  func attempt(
    _ builtin: Builtin, _ arguments: [GivenArgument], _ bound: BoundArguments, _ span: Span
  ) -> Known? {
    let purity = builtin.purity
    guard purity.isTried, hasStandIns(builtin.header, purity, bound) else { return nil }
    var values: [Value] = []
    var texts: [String] = []
    var isExact = purity.substitute == nil
    for argument in arguments {
      guard let value = argument.known.value else { return nil }
      isExact = isExact && argument.known.isExact
      if case .named(let name) = argument.kind {
        if purity.substitute != nil {
          guard name.text == "seed" else { return nil }
          continue
        }
        texts.append("\(name.text) = a\(values.count)")
      } else {
        texts.append("a\(values.count)")
      }
      let isStandIn = purity.elements == .failure && !argument.known.isExact
      values.append(isStandIn ? Laboratory.regular(value) : value)
    }
    if purity.elements == .shape, !isExact { return nil }
    guard let work = Laboratory.work(purity.work, values) else { return nil }
    let names = values.indices.map { "a\($0)" }.joined(separator: ", ")
    let name = purity.substitute ?? builtin.qualifiedName
    let call =
      builtin.isMethodOnly
      ? "a0.\(name)(\(texts.dropFirst().joined(separator: ", ")))"
      : "\(name)(\(texts.joined(separator: ", ")))"
    let outcome = laboratory.run("fn(\(names)) = \(call)", values, work: work)
    if purity.elements == .failure, !isExact, case .failure(let error) = outcome,
      ![.shape, .type, .argument].contains(error.kind)
    {
      return nil
    }
    return judge(renamed(outcome, from: purity.substitute, to: builtin), span, isExact: isExact)
  }

  /// An outcome with the name of the function that was called, not of its substitute.
  private func renamed(
    _ outcome: Laboratory.Outcome, from substitute: String?, to builtin: Builtin
  ) -> Laboratory.Outcome {
    guard let substitute, case .failure(var error) = outcome,
      error.message.hasPrefix(substitute + ":")
    else { return outcome }
    error.message = builtin.qualifiedName + error.message.dropFirst(substitute.count)
    if error.hint.hasPrefix(substitute + "(") { error.hint = builtin.header.text }
    return .failure(error)
  }

  /// Whether every tensor is passed where only its shape matters.
  private func hasStandIns(
    _ header: Header, _ purity: Purity, _ bound: BoundArguments
  ) -> Bool {
    for (position, argument) in bound.values where !argument.known.isExact {
      let parameter = header.parameters[position]
      switch parameter.annotation?.kind {
      case .type("tensor")?, .shape?: break
      default: if !purity.tensors.contains(parameter.name ?? "") { return false }
      }
    }
    let rest = header.restIndex.flatMap { header.parameters[$0].name } ?? ""
    return bound.rest.allSatisfy { $0.known.isExact || purity.tensors.contains(rest) }
  }
}
