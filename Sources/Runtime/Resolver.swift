// SPDX-License-Identifier: Apache-2.0
//
// Names and what they mean.
//
// Scopes nest by blocks and functions. A `let` introduces a name from the next statement on, in
// the innermost block; parameters, loop variables, the error of a `catch` and the sizes named by
// shape annotations belong to the body they precede. A local `fn` is visible in its own body. At
// the top level of a program `let` and `fn` define globals instead, which live in the slots of a
// `ModuleScope`: they may be defined again, and functions find their latest value when they run.
// So the resolver never rejects an unknown name; whether a global exists is known only at run
// time. It does collect such names for `check`.
//
// A local variable lives in a register of its function's frame. If an inner function mentions it,
// it is captured. A captured variable that is never assigned after its `let` is copied into the
// closure; only one that is assigned and captured becomes a cell, an object that frame and
// closures share. Names are visible only after their `let` has run, so a copy is never too early.
// Loops bind a fresh variable on each turn, for which copying is right by itself and a cell is
// made anew.
//
// A function that calls itself by name would keep its own cell alive for ever. So a local `fn`
// whose name is never assigned does not capture itself: the name means "the running function".
// Local functions that stand one after the other see each other, and do not capture each other for
// the same reason; see `FunctionGroup`.
//
// Whether a variable is assigned or captured is known only after its whole block has been seen.
// Hence two passes: this one links each use to its variable, and the compiler asks the variable
// what became of it. Uses are keyed by the offset of the name in the source, which is unique.

import Syntax

/// Links each use of a name to what it means.
struct Resolver {
  private(set) var result = Resolution()
  private let source: Source
  private var function: FunctionScope
  private var blocks: [[String: Variable]] = []
  /// Where each of the blocks ends.
  private var ends: [Int32] = []
  private var loopDepth = 0
  var guardDepth = 0
  /// Whether every introduction and use of a name is recorded, for tools.
  private let recordsNames: Bool

  init(source: Source, recordsNames: Bool) {
    self.source = source
    self.recordsNames = recordsNames
    function = result.topLevel
  }

  /// Resolves a whole program.
  static func resolve(_ program: Program, recordsNames: Bool = false) -> Resolution {
    var resolver = Resolver(source: program.source, recordsNames: recordsNames)
    for statement in program.statements { resolver.statement(statement) }
    return resolver.result
  }

  mutating func report(_ message: String, _ span: Span, hint: String? = nil) {
    result.diagnostics.append(
      Diagnostic(.syntax, message, source: source, span: span, hint: hint))
  }

  // MARK: - Scopes

  mutating func openBlock(until end: Int32) {
    blocks.append([:])
    ends.append(end)
  }

  mutating func closeBlock() {
    blocks.removeLast()
    ends.removeLast()
  }

  /// Introduces a name, visible from `start` on; at the top level it becomes a global.
  @discardableResult
  mutating func declare(
    _ name: Identifier, from start: Int32, in pattern: Pattern? = nil,
    _ origin: @autoclosure () -> NameDefinition.Origin
  ) -> Variable? {
    let variable = introduce(name)
    if recordsNames {
      result.names.append(
        .definition(
          NameDefinition(
            name: name, origin: origin(), scope: Span(start: start, end: ends.last ?? Int32.max),
            variable: variable.map { NameLinks.Variable($0) }, pattern: pattern)))
    }
    return variable
  }

  private mutating func introduce(_ name: Identifier) -> Variable? {
    guard !blocks.isEmpty else {
      result.definitions.insert(name.text)
      result.meanings[name.span.start] = .global
      return nil
    }
    if name.text != "_", blocks[blocks.count - 1][name.text] != nil {
      report(
        "`\(name.text)` is already defined in this block", name.span,
        hint: "write `\(name.text) = ...` to change it")
    }
    let variable = Variable(name: name.text, function: function)
    blocks[blocks.count - 1][name.text] = variable
    function.localNames.append(name.text)
    result.meanings[name.span.start] = .local(variable)
    return variable
  }

  mutating func declare(
    _ pattern: Pattern, from start: Int32,
    _ origin: @autoclosure () -> NameDefinition.Origin
  ) {
    if blocks.isEmpty { checkNamesDiffer(in: pattern) }
    if case .name(let name) = pattern.kind {
      declare(name, from: start, origin())
    } else {
      for name in pattern.names { declare(name, from: start, in: pattern, origin()) }
    }
  }

  mutating func use(_ name: Identifier, isAssigned: Bool = false) {
    let variable = link(name, isAssigned: isAssigned)
    record(name, variable, isWrite: isAssigned)
  }

  private mutating func record(_ name: Identifier, _ variable: Variable?, isWrite: Bool = false) {
    guard recordsNames else { return }
    result.names.append(
      .use(
        NameUse(
          name: name, variable: variable.map { NameLinks.Variable($0) }, isWrite: isWrite,
          isInFunction: function.parent != nil, isGuarded: guardDepth > 0)))
  }

  /// Links a use to the local variable that it means, if it means one.
  @discardableResult
  private mutating func link(_ name: Identifier, isAssigned: Bool) -> Variable? {
    for index in blocks.indices.reversed() {
      guard let variable = blocks[index][name.text] else { continue }
      if isAssigned { variable.isAssigned = true }
      if variable.function === function {
        result.meanings[name.span.start] = .local(variable)
      } else {
        variable.isCaptured = true
        let capture = function.captureIndex(of: variable)
        result.meanings[name.span.start] = .captured(variable, capture)
      }
      return variable
    }
    result.meanings[name.span.start] = .global
    if function.parent == nil { result.globalUses.append(name) }
    return nil
  }

  // MARK: - Statements

  mutating func block(_ block: Block) {
    openBlock(until: block.span.end)
    var groupEnd = 0
    for (index, statement) in block.statements.enumerated() {
      if index >= groupEnd { groupEnd = declareFunctions(in: block.statements[index...]) }
      self.statement(statement)
    }
    closeBlock()
  }

  /// Introduces the functions that these statements begin with, if there are several, and returns
  /// the index of the statement after them.
  private mutating func declareFunctions(in statements: ArraySlice<Statement>) -> Int {
    let functions = statements.prefix { if case .function = $0.kind { true } else { false } }
    guard let first = functions.first, functions.count > 1 else { return statements.startIndex + 1 }
    let group = FunctionGroup()
    for statement in functions {
      guard case .function(let name, let function) = statement.kind,
        let variable = declare(
          name, from: first.span.start,
          .function(function, documentation: statement.documentation))
      else { continue }
      variable.group = group
      group.members.append(variable)
    }
    result.groups.append(group)
    return functions.endIndex
  }

  private mutating func statement(_ statement: Statement) {
    switch statement.kind {
    case .let(let pattern, let value):
      expression(value)
      declare(
        pattern, from: statement.span.end,
        .variable(value: value, documentation: statement.documentation))
    case .function(let name, let function):
      if case .local(let variable)? = result.meanings[name.span.start] {
        self.function(function, introducing: variable)
      } else {
        let variable = declare(
          name, from: statement.span.start,
          .function(function, documentation: statement.documentation))
        self.function(function, introducing: variable)
      }
    case .for(let pattern, let sequence, let body):
      expression(sequence)
      openBlock(until: body.span.end)
      declare(pattern, from: body.span.start, .loop)
      loop(body)
      closeBlock()
    case .while(let condition, let body):
      expression(condition)
      loop(body)
    case .return(let value):
      if function.parent == nil {
        report("`return` outside a function", statement.span)
      }
      if let value { expression(value) }
    case .break, .continue:
      if loopDepth == 0 {
        let word = source.text(statement.span)
        report("`\(word)` outside a loop", statement.span)
      }
    case .assignment(let target, _, let value):
      expression(value)
      if case .name(let name) = target.kind {
        use(Identifier(name, target.span), isAssigned: true)
      } else {
        assignmentTarget(target)
      }
    case .expression(let value): expression(value)
    }
  }

  /// `x[i] = v` may replace the tensor in `x`, so it counts as an assignment to `x`.
  private mutating func assignmentTarget(_ target: Expression) {
    expression(target)
    var base = target
    while true {
      switch base.kind {
      case .index(let inner, _), .field(let inner, _): base = inner
      case .name(let name):
        // It is a use of the name, already recorded, but for the variable an assignment.
        link(Identifier(name, base.span), isAssigned: true)
        return
      default: return
      }
    }
  }

  private mutating func loop(_ body: Block) {
    loopDepth += 1
    block(body)
    loopDepth -= 1
  }

  // MARK: - Functions

  mutating func function(_ node: Function, introducing variable: Variable? = nil) {
    let scope = FunctionScope(parent: function, group: variable?.group)
    result.functions[node.span.start] = scope
    variable?.introducedFunction = scope
    let (outer, outerLoops) = (function, loopDepth)
    function = scope
    loopDepth = 0
    openBlock(until: node.span.end)
    checkKinds(of: node.signature.parameters)
    for parameter in node.signature.parameters {
      if let value = parameter.defaultValue { expression(value) }
      if let annotation = parameter.annotation { sizes(annotation) }
      switch parameter.kind {
      case .pattern(let pattern):
        declare(pattern, from: parameter.span.end, .parameter(parameter.annotation))
      case .rest(let name): declare(name, from: parameter.span.end, .parameter(nil))
      case .star: break
      }
    }
    if let annotation = node.signature.result { sizes(annotation) }
    switch node.body {
    case .expression(let value): expression(value)
    case .block(let body): block(body)
    }
    closeBlock()
    function = outer
    loopDepth = outerLoops
  }

  /// Names in a shape become variables at their first occurrence.
  mutating func sizes(_ annotation: Annotation) {
    guard case .shape(let dimensions) = annotation.kind else { return }
    checkEllipses(in: dimensions)
    for dimension in dimensions {
      guard case .name(let name) = dimension.kind, name != "_" else { continue }
      let size = Identifier(name, dimension.span)
      if let known = blocks[blocks.count - 1][name] {
        result.meanings[dimension.span.start] = .local(known)
        record(size, known)
      } else {
        declare(size, from: dimension.span.end, .size)
      }
    }
  }
}
