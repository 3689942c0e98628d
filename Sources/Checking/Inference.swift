// SPDX-License-Identifier: Apache-2.0
//
// An abstract interpretation of the program that tracks what is known about values: constants,
// shapes, functions and types. It reports calls, fields, operators and shapes that cannot work.
//
// A name is known only if the program gives it one value and never changes it. Bodies of functions
// are analysed after the top level, when the names they use are known. A short function without
// annotations is also analysed once for each call with what is known about its arguments, silently,
// to infer its result. Blocks of `try` are silent too: there, errors may be intended.

import Runtime
import Syntax
import Tensors

/// Tracks known values through a program.
final class Inference {
  let library: LibraryIndex
  let laboratory: Laboratory
  let index: NameIndex
  let source: Source
  /// Loads the module with a path as written in the program; nil if it cannot be loaded.
  let loadModule: (String) -> Result<Module, ScriptError>
  var findings: [Finding] = []
  /// What is known about names.
  var values: [ObjectIdentifier: Known] = [:]
  /// What is known about expressions, for editors.
  var recorded: [Span: Known] = [:]
  /// Names of lists and records that nothing can have changed.
  private var untouched = UntouchedNames()
  /// Findings are discarded while this is above 0.
  var silence = 0
  /// Whether the current code is in a function, so that globals may have other values.
  var functionDepth = 0
  /// The values of the `return` statements of the current function.
  var returned: [(value: Known, span: Span)] = []
  /// The functions being tried, by the offset of their trees.
  var tried: [Int32] = []
  /// How many calls of script functions may still be tried.
  var tries = 2000
  private var isDeferring = true
  private var deferred: [ScriptFunction] = []

  init(
    _ library: LibraryIndex, _ laboratory: Laboratory, _ index: NameIndex, _ source: Source,
    loadModule: @escaping (String) -> Result<Module, ScriptError>
  ) {
    self.library = library
    self.laboratory = laboratory
    self.index = index
    self.source = source
    self.loadModule = loadModule
  }

  /// Analyses the whole program.
  func run(_ program: Program) {
    laboratory.refill()
    untouched = UntouchedNames(program, index, library)
    walk(program.statements)
    isDeferring = false
    for function in deferred { body(of: function) }
  }

  // MARK: - Findings

  func report(_ error: ScriptError, _ span: Span, _ rule: Rule? = nil) {
    guard silence == 0 else { return }
    let diagnostic = Diagnostic(
      error.kind, error.message, source: source, span: span, label: error.label,
      hint: error.hint.isEmpty ? nil : error.hint)
    findings.append(Finding(rule ?? Inference.rule(for: error.kind), diagnostic))
  }

  private static func rule(for kind: Diagnostic.Kind) -> Rule {
    switch kind {
    case .type: .types
    case .shape: .shapes
    case .argument: .arguments
    case .name: .unknownField
    default: .values
    }
  }

  @discardableResult
  func silently<Result>(_ body: () -> Result) -> Result {
    silence += 1
    defer { silence -= 1 }
    return body()
  }

  // MARK: - Statements

  @discardableResult
  func block(_ block: Block) -> Known { walk(block.statements) }

  /// Analyses statements and returns the value of the last. Code that a guard skips, as after
  /// `if not ("b" in m) { return }`, is analysed silently.
  @discardableResult
  private func walk(_ statements: [Statement]) -> Known {
    let outer = silence
    defer { silence = outer }
    var value = Known.exact(.nil)
    for statement in statements {
      value = self.statement(statement)
      if silence == 0, guardLeaves(statement) { silence += 1 }
    }
    return value
  }

  /// Analyses a statement and returns the value of an expression statement.
  @discardableResult
  func statement(_ statement: Statement) -> Known {
    switch statement.kind {
    case .let(let pattern, let value):
      bind(pattern, to: expression(value))
    case .function(let name, let node):
      let function = ScriptFunction(name: name.text, node: node, source: source)
      bind(Pattern(.name(name), name.span), to: .function(function))
      guard silence == 0 else { return .unknown }
      if isDeferring, functionDepth == 0 { deferred.append(function) } else { body(of: function) }
    case .for(let pattern, let sequence, let body):
      bindEach(pattern, in: sequence, mayStop: Inference.mayStop(body, source))
      block(body)
    case .while(let condition, let body):
      let isEntered = self.condition(condition)
      if isEntered == false, isGuard(condition) { silently { block(body) } } else { block(body) }
    case .return(let value):
      let known = value.map { expression($0) } ?? .exact(.nil)
      returned.append((known, value?.span ?? statement.span))
    case .break, .continue: break
    case .assignment(let target, let sign, let value):
      assignment(target, sign, value, statement.span)
    case .expression(let value): return expression(value)
    }
    return .unknown
  }

  private func assignment(
    _ target: Expression, _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) {
    let right = expression(value)
    switch target.kind {
    case .name(let name):
      if let operation = sign.binary {
        let left = meaning(of: name, at: target.span)
        _ = combine(operation, left, right, span)
      }
    case .field(let base, let name): setField(expression(base), name)
    case .index(let base, let subscripts):
      setElement(expression(base), subscripts, right, target.span)
    default: for part in target.parts { expression(part) }
    }
  }

  /// Whether a loop may end before its last iteration.
  private static func mayStop(_ body: Block, _ source: Source) -> Bool {
    let text = source.text(body.span)
    return text.contains("break") || text.contains("return")
  }

  private func setField(_ base: Known, _ name: Identifier) {
    switch base {
    case .namespace(let namespace):
      report(.type("namespace \(namespace) cannot be changed"), name.span, .types)
    case .module(let module):
      report(
        .type("module \(Modules.name(of: module.path)) cannot be changed"), name.span, .types)
    case .exact, .shaped, .items, .function, .builtin:
      report(.type("fields of \(phrase(base)) cannot be set"), name.span, .types)
    case .fields, .type, .unknown: break
    }
  }

  /// `a number`, `nil`: a value's type in messages.
  func phrase(_ known: Known) -> String {
    switch known.typeName {
    case "nil"?: "nil"
    case "bool"?: "a boolean"
    case let name?: name.withArticle
    case nil: "a value"
    }
  }

  // MARK: - Names

  func remember(_ name: Identifier, _ value: Known) {
    guard let binding = index.meanings[name.span.start] else { return }
    let value = untouched.contains(binding) ? value.kept : value.named
    if silence == 0 { recorded[name.span] = value }
    values[ObjectIdentifier(binding)] = value
  }

  /// What is known about a name where it is used.
  func meaning(of name: String, at span: Span) -> Known {
    guard let binding = index.meanings[span.start] else { return library.global(name) }
    if binding.isWritten { return .unknown }
    if binding.isGlobal, functionDepth > 0, binding.declarations.count > 1 { return .unknown }
    // A function before the definition may run before it, and then the name means the built-in.
    if binding.isGlobal, functionDepth > 0, span.start < binding.declarations[0].start,
      library.builtins.globals[name] != nil
    {
      return .unknown
    }
    let known = values[ObjectIdentifier(binding)] ?? .unknown
    // Functions may run after a program that imports this one has changed its lists and records.
    return binding.isGlobal && functionDepth > 0 ? known.named : known
  }

  /// What is known about the elements of a value, for loops.
  func element(of known: Known, _ span: Span) -> Known {
    switch known {
    case .items(let items):
      guard let first = items.first else { return .unknown }
      let joined = items.dropFirst().reduce(first) { $0.joined(with: $1) }
      if case .exact(let value) = joined, items.count > 1 { return .type(value.typeName) }
      return joined
    case .type("range"), .exact(.range): return .type("number")
    case .type("string"): return .type("string")
    default: break
    }
    guard case .exact(let value) = known else { return .unknown }
    if case .text = value { return .type("string") }
    var hint = if case .number = value { "count with range(n)" } else { "" }
    if value.isNil { hint = Hints.forNil }
    report(.type("\(phrase(known)) has no elements to go through", hint: hint), span)
    return .unknown
  }

  // MARK: - Bodies

  /// Analyses the body of a function with what its annotations say about parameters.
  func body(of function: ScriptFunction) {
    for parameter in function.node.signature.parameters {
      var known = Known.unknown
      if let value = parameter.defaultValue { expression(value) }
      if let annotation = parameter.annotation, !acceptsNil(parameter) {
        known = self.known(by: annotation)
      }
      bind(parameter, to: known)
      parameter.annotation.map { remember($0, [:]) }
    }
    checkResults(results(of: function), function)
  }

  func bind(_ parameter: Parameter, to known: Known) {
    switch parameter.kind {
    case .pattern(let pattern): bind(pattern, to: known)
    case .rest(let name): remember(name, .type("list"))
    case .star: break
    }
  }

  /// Analyses a body whose parameters are bound, and returns all values it may return.
  func results(of function: ScriptFunction) -> [(value: Known, span: Span)] {
    functionDepth += 1
    tried.append(function.node.span.start)
    let outer = returned
    returned = []
    defer {
      returned = outer
      tried.removeLast()
      functionDepth -= 1
    }
    switch function.node.body {
    case .expression(let value): returned.append((expression(value), value.span))
    case .block(let body):
      let value = block(body)
      switch body.statements.last?.kind {
      case .return?: break
      case .expression(let result)?: returned.append((value, result.span))
      default: returned.append((.exact(.nil), body.span))
      }
    }
    return returned
  }

  private func acceptsNil(_ parameter: Parameter) -> Bool {
    if case .nothing? = parameter.defaultValue?.kind { return true }
    return false
  }

  /// What an annotation says about a value.
  func known(by annotation: Annotation) -> Known {
    switch annotation.kind {
    case .type("any"): return .unknown
    case .type(let name): return .type(name)
    case .shape(let dimensions):
      var shape: [Int] = []
      for dimension in dimensions {
        guard case .size(let size) = dimension.kind, let whole = Int(exactly: size) else {
          return .type("tensor")
        }
        shape.append(whole)
      }
      return shaped(shape)
    }
  }

  /// A tensor of a shape, if that is within the laboratory's budget.
  func shaped(_ shape: [Int]) -> Known {
    guard shape.allSatisfy({ $0 >= 0 }), let size = Laboratory.product(shape) else {
      return .type("tensor")
    }
    let sizes = Value.list(shape.map { .integer($0) })
    if case .value(.tensor(let tensor)) = laboratory.run(
      "fn(shape) = zeros(...shape)", [sizes], work: size)
    {
      return .shaped(tensor)
    }
    return .type("tensor")
  }
}
