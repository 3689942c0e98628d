// SPDX-License-Identifier: Apache-2.0
//
// The walk that fills a `NameIndex`. What a name means is not decided here: the resolver of the
// language has linked every local name to its variable, and this walk only adds the places, kinds
// and documentation that running does not need. Uses are linked at the end, because functions may
// use names before they are defined.

import Runtime
import Syntax

/// Walks a program and collects its names.
struct NameIndexBuilder {
  private var index = NameIndex()
  private let links: NameLinks
  private var variables: [NameLinks.Variable: Binding] = [:]
  /// Where the innermost block ends.
  private var ends: [Int32] = []
  private var functionDepth = 0
  private var guardDepth = 0
  private var uses: [FreeUse] = []
  /// From where on the top level sees a global.
  private var firstDefinition: [String: Int32] = [:]
  private let isBuiltin: (String) -> Bool

  /// Collects the names of a program; `isBuiltin` tells the names of the library.
  static func index(
    _ program: Program, _ links: NameLinks, isBuiltin: @escaping (String) -> Bool
  ) -> NameIndex {
    var builder = NameIndexBuilder(links, isBuiltin)
    for statement in program.statements { builder.statement(statement) }
    for use in builder.uses { builder.link(use) }
    for binding in builder.index.bindings { binding.sortUses() }
    return builder.index
  }

  private init(_ links: NameLinks, _ isBuiltin: @escaping (String) -> Bool) {
    self.links = links
    self.isBuiltin = isBuiltin
  }

  private mutating func link(_ use: FreeUse) {
    let start = use.name.span.start
    let variable = links.variable(at: start)
    guard let binding = variable.map({ variables[$0] }) ?? index.globals[use.name.text] else {
      index.unknown.append(use)
      return
    }
    if variable == nil, !use.isInFunction, start < firstDefinition[use.name.text] ?? 0 {
      if isBuiltin(use.name.text) { index.unknown.append(use) } else { index.early.append(use) }
      return
    }
    binding.add(Binding.Use(span: use.name.span, isWrite: use.isWrite))
    index.meanings[start] = binding
  }

  // MARK: - Names

  private mutating func inScope(
    until end: Int32, _ body: (inout NameIndexBuilder) -> Void
  ) {
    ends.append(end)
    body(&self)
    ends.removeLast()
  }

  @discardableResult
  private mutating func declare(
    _ name: Identifier, _ kind: Binding.Kind, from start: Int32
  ) -> Binding {
    let variable = links.variable(at: name.span.start)
    if variable == nil, let known = index.globals[name.text] {
      known.declarations.append(name.span)
      index.meanings[name.span.start] = known
      return known
    }
    let scope = Span(start: start, end: ends.last ?? Int32.max)
    let binding = Binding(name, kind, scope: scope, isGlobal: variable == nil)
    index.bindings.append(binding)
    index.meanings[name.span.start] = binding
    if let variable {
      variables[variable] = binding
    } else {
      index.globals[name.text] = binding
      firstDefinition[name.text] = start
    }
    return binding
  }

  private mutating func declare(_ pattern: Pattern, _ kind: Binding.Kind, from start: Int32) {
    var isSingle = false
    if case .name = pattern.kind { isSingle = true }
    for name in pattern.names {
      let binding = declare(name, kind, from: start)
      if !isSingle { binding.pattern = pattern }
    }
  }

  private mutating func use(_ name: Identifier, isWrite: Bool = false) {
    uses.append(
      FreeUse(
        name: name, isWrite: isWrite, isInFunction: functionDepth > 0, isGuarded: guardDepth > 0))
  }

  // MARK: - Statements

  private mutating func block(_ block: Block) {
    inScope(until: block.span.end) { builder in
      for statement in block.statements { builder.statement(statement) }
    }
  }

  private mutating func statement(_ statement: Statement) {
    switch statement.kind {
    case .let(let pattern, let value):
      expression(value)
      declare(pattern, .variable, from: statement.span.end)
      guard case .name(let name) = pattern.kind else { return }
      let binding = index.meanings[name.span.start]
      binding?.value = value
      binding?.documentation = statement.documentation ?? binding?.documentation
    case .function(let name, let function):
      let binding = declare(name, .function, from: statement.span.start)
      binding.function = function
      binding.documentation = statement.documentation ?? binding.documentation
      if binding.isGlobal {
        firstDefinition[name.text] = min(
          firstDefinition[name.text] ?? Int32.max, statement.span.start)
      }
      self.function(function)
    case .for(let pattern, let sequence, let body):
      expression(sequence)
      inScope(until: body.span.end) { builder in
        builder.declare(pattern, .loop, from: body.span.start)
        builder.block(body)
      }
    case .while(let condition, let body):
      expression(condition)
      block(body)
    case .return(let value): if let value { expression(value) }
    case .break, .continue: break
    case .assignment(let target, _, let value):
      expression(value)
      if case .name(let name) = target.kind {
        use(Identifier(name, target.span), isWrite: true)
      } else {
        expression(target)
      }
    case .expression(let value): expression(value)
    }
  }

  private mutating func function(_ function: Function) {
    functionDepth += 1
    inScope(until: function.span.end) { builder in
      for parameter in function.signature.parameters {
        if let value = parameter.defaultValue { builder.expression(value) }
        if let annotation = parameter.annotation { builder.sizes(annotation) }
        let start = parameter.span.end
        switch parameter.kind {
        case .pattern(let pattern): builder.declare(pattern, .parameter, from: start)
        case .rest(let name): builder.declare(name, .parameter, from: start)
        case .star: break
        }
        if let name = parameter.name {
          builder.index.meanings[name.span.start]?.annotation = parameter.annotation
        }
      }
      if let annotation = function.signature.result { builder.sizes(annotation) }
      switch function.body {
      case .expression(let value): builder.expression(value)
      case .block(let body): builder.block(body)
      }
    }
    functionDepth -= 1
  }

  private mutating func sizes(_ annotation: Annotation) {
    guard case .shape(let dimensions) = annotation.kind else { return }
    for dimension in dimensions {
      guard case .name(let name) = dimension.kind, name != "_" else { continue }
      let identifier = Identifier(name, dimension.span)
      if let variable = links.variable(at: dimension.span.start), variables[variable] != nil {
        use(identifier)
      } else {
        declare(identifier, .size, from: dimension.span.end)
      }
    }
  }

  // MARK: - Expressions

  private mutating func expression(_ node: Expression) {
    switch node.kind {
    case .name(let name): use(Identifier(name, node.span))
    case .comprehension(let element, let clauses, let condition):
      comprehension(element, clauses[...], condition, end: node.span.end)
    case .record(let entries):
      for case .shorthand(let name) in entries { use(name) }
      for part in node.parts { expression(part) }
    case .function(let function): self.function(function)
    case .conditional(let branches, let otherwise):
      for branch in branches {
        expression(branch.condition)
        block(branch.body)
      }
      if let otherwise { block(otherwise) }
    case .attempt(let body, let error, _, let handler):
      guardDepth += 1
      block(body)
      guardDepth -= 1
      inScope(until: handler.span.end) { builder in
        builder.declare(error, .caught, from: handler.span.start)
        builder.block(handler)
      }
    default:
      for part in node.parts { expression(part) }
    }
  }

  private mutating func comprehension(
    _ element: Expression, _ clauses: ArraySlice<Clause>, _ condition: Expression?, end: Int32
  ) {
    guard let clause = clauses.first else {
      if let condition { expression(condition) }
      expression(element)
      return
    }
    expression(clause.sequence)
    inScope(until: end) { builder in
      // The element stands before its clauses, so the names are visible from its start.
      builder.declare(clause.pattern, .loop, from: element.span.start)
      builder.comprehension(element, clauses.dropFirst(), condition, end: end)
    }
  }
}

extension Expression {
  /// The expressions directly inside this one, without those in blocks and functions.
  var parts: [Expression] {
    switch kind {
    case .number, .string, .boolean, .nothing, .load, .name, .function, .attempt: []
    case .interpolation(let parts):
      parts.compactMap { if case .hole(let value, _) = $0 { value } else { nil } }
    case .list(let items): items.map(\.held)
    case .matrix(let rows): rows.flatMap { $0 }
    case .comprehension(let element, let clauses, let condition):
      clauses.map(\.sequence) + (condition.map { [$0] } ?? []) + [element]
    case .record(let entries): entries.flatMap(\.held)
    case .unary(_, let operand): [operand]
    case .binary(_, let left, let right), .comparison(_, let left, let right),
      .logical(_, let left, let right):
      [left, right]
    case .call(let callee, let arguments): [callee] + arguments.map(\.value)
    case .pipe(let input, let callee, let arguments):
      [input, callee] + arguments.map(\.value)
    case .index(let base, let subscripts): [base] + subscripts.flatMap(\.held)
    case .field(let base, _): [base]
    case .conditional(let branches, _): branches.map(\.condition)
    }
  }
}

extension Item {
  /// The value, or the list to spread.
  var held: Expression {
    switch self {
    case .value(let value), .spread(let value): value
    }
  }
}

extension Entry {
  /// The expressions of an entry.
  var held: [Expression] {
    switch self {
    case .named(_, let value), .spread(let value): [value]
    case .computed(let key, let value): [key, value]
    case .shorthand: []
    }
  }
}

extension Syntax.Subscript {
  /// The expressions of a subscript.
  var held: [Expression] {
    switch self {
    case .index(let value): [value]
    case .slice(let start, let stop, let step, _): [start, stop, step].compactMap { $0 }
    case .ellipsis: []
    }
  }
}
