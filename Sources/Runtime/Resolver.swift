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
  private var loopDepth = 0

  init(source: Source) {
    self.source = source
    function = result.topLevel
  }

  /// Resolves a whole program.
  static func resolve(_ program: Program) -> Resolution {
    var resolver = Resolver(source: program.source)
    for statement in program.statements { resolver.statement(statement) }
    return resolver.result
  }

  mutating func report(_ message: String, _ span: Span, hint: String? = nil) {
    result.diagnostics.append(
      Diagnostic(.syntax, message, source: source, span: span, hint: hint))
  }

  // MARK: - Scopes

  private mutating func openBlock() { blocks.append([:]) }

  private mutating func closeBlock() { blocks.removeLast() }

  /// Introduces a name; at the top level it becomes a global.
  @discardableResult
  private mutating func declare(_ name: Identifier) -> Variable? {
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

  private mutating func declare(_ pattern: Pattern) {
    if blocks.isEmpty { checkNamesDiffer(in: pattern) }
    for name in pattern.names { declare(name) }
  }

  private mutating func use(_ name: Identifier, isAssigned: Bool = false) {
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
      return
    }
    result.meanings[name.span.start] = .global
    if function.parent == nil { result.globalUses.append(name) }
  }

  // MARK: - Statements

  private mutating func block(_ block: Block) {
    openBlock()
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
    var names: [Identifier] = []
    for statement in statements {
      guard case .function(let name, _) = statement.kind else { break }
      names.append(name)
    }
    let end = statements.startIndex + max(1, names.count)
    guard names.count > 1 else { return end }
    let group = FunctionGroup()
    for name in names {
      guard let variable = declare(name) else { continue }
      variable.group = group
      group.members.append(variable)
    }
    result.groups.append(group)
    return end
  }

  private mutating func statement(_ statement: Statement) {
    switch statement.kind {
    case .let(let pattern, let value):
      expression(value)
      declare(pattern)
    case .function(let name, let function):
      if case .local(let variable)? = result.meanings[name.span.start] {
        self.function(function, introducing: variable)
      } else {
        self.function(function, introducing: declare(name))
      }
    case .for(let pattern, let sequence, let body):
      expression(sequence)
      openBlock()
      declare(pattern)
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
        use(Identifier(name, Span(start: base.span.start, end: base.span.end)), isAssigned: true)
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

  private mutating func function(_ node: Function, introducing variable: Variable? = nil) {
    let scope = FunctionScope(parent: function, group: variable?.group)
    result.functions[node.span.start] = scope
    variable?.introducedFunction = scope
    let (outer, outerLoops) = (function, loopDepth)
    function = scope
    loopDepth = 0
    openBlock()
    checkKinds(of: node.signature.parameters)
    for parameter in node.signature.parameters {
      if let value = parameter.defaultValue { expression(value) }
      if let annotation = parameter.annotation { sizes(annotation) }
      switch parameter.kind {
      case .pattern(let pattern): declare(pattern)
      case .rest(let name): declare(name)
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
  private mutating func sizes(_ annotation: Annotation) {
    guard case .shape(let dimensions) = annotation.kind else { return }
    checkEllipses(in: dimensions)
    for dimension in dimensions {
      guard case .name(let name) = dimension.kind, name != "_" else { continue }
      if let known = blocks[blocks.count - 1][name] {
        result.meanings[dimension.span.start] = .local(known)
      } else {
        declare(Identifier(name, dimension.span))
      }
    }
  }

  // MARK: - Expressions

  private mutating func expression(_ node: Expression) {
    switch node.kind {
    case .number, .string, .boolean, .nothing, .load: break
    case .name(let name): use(Identifier(name, node.span))
    case .interpolation(let parts):
      for case .hole(let value, _) in parts { expression(value) }
    case .list(let items):
      for item in items { expression(item.expression) }
    case .matrix(let rows):
      for row in rows { for entry in row { expression(entry) } }
    case .comprehension(let element, let clauses, let condition):
      comprehension(element, clauses, condition)
    case .record(let entries):
      for entry in entries { self.entry(entry) }
    case .unary(_, let operand): expression(operand)
    case .binary(_, let left, let right), .comparison(_, let left, let right),
      .logical(_, let left, let right):
      expression(left)
      expression(right)
    case .call(let callee, let arguments):
      expression(callee)
      checkOrder(of: arguments)
      for argument in arguments { expression(argument.value) }
    case .pipe(let input, let callee, let arguments):
      expression(input)
      expression(callee)
      checkOrder(of: arguments)
      for argument in arguments { expression(argument.value) }
    case .index(let base, let subscripts):
      expression(base)
      for entry in subscripts { self.subscripts(entry) }
    case .field(let base, _): expression(base)
    case .function(let function): self.function(function)
    case .conditional(let branches, let otherwise):
      for branch in branches {
        expression(branch.condition)
        block(branch.body)
      }
      if let otherwise { block(otherwise) }
    case .attempt(let body, let error, _, let handler):
      block(body)
      openBlock()
      declare(error)
      block(handler)
      closeBlock()
    }
  }

  private mutating func comprehension(
    _ element: Expression, _ clauses: [Clause], _ condition: Expression?
  ) {
    for clause in clauses {
      expression(clause.sequence)
      openBlock()
      declare(clause.pattern)
    }
    if let condition { expression(condition) }
    expression(element)
    for _ in clauses { closeBlock() }
  }

  private mutating func entry(_ entry: Entry) {
    switch entry {
    case .named(_, let value), .spread(let value): expression(value)
    case .computed(let key, let value):
      expression(key)
      expression(value)
    case .shorthand(let name): use(name)
    }
  }

  private mutating func subscripts(_ entry: Syntax.Subscript) {
    switch entry {
    case .index(let value): expression(value)
    case .slice(let start, let stop, let step, _):
      for part in [start, stop, step] { if let part { expression(part) } }
    case .ellipsis: break
    }
  }
}
