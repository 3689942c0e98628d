// SPDX-License-Identifier: Apache-2.0
//
// Statements, blocks and assignments.

import Syntax

extension Compiler {
  /// Compiles statements in a block of their own; the value of the last one is left in `target`.
  func blockValue(_ block: Block, into target: Int) throws {
    try temporarily { try statementsValue(block.statements, into: target, span: block.span) }
  }

  func statementsValue(_ statements: [Statement], into target: Int, span: Span) throws {
    guard let last = statements.last else {
      emit(.loadNil, target, span: span)
      return
    }
    for statement in statements.dropLast() { try self.statement(statement) }
    if case .expression(let value) = last.kind {
      try compile(value, into: target)
    } else {
      try statement(last)
      emit(.loadNil, target, span: last.span)
    }
  }

  func block(_ block: Block) throws {
    try temporarily { for statement in block.statements { try self.statement(statement) } }
  }

  func statement(_ statement: Statement) throws {
    switch statement.kind {
    case .let(let pattern, let value):
      try binding(pattern, value, statement)
    case .function(let name, let function):
      try functionStatement(name, function, statement)
    case .for(let pattern, let sequence, let body):
      try temporarily { try forLoop(pattern, sequence, span: statement.span) { try block(body) } }
    case .while(let condition, let body):
      try temporarily { try whileLoop(condition, body, statement.span) }
    case .return(let value):
      try temporarily { try returnStatement(value, statement.span) }
    case .break:
      leaveLoop(statement.span) { $0.breaks.append($1) }
    case .continue:
      leaveLoop(statement.span) { $0.continues.append($1) }
    case .assignment(let target, let sign, let value):
      try temporarily { try assignment(target, sign, value, statement.span) }
    case .expression(let value):
      try temporarily { try effect(value) }
    }
  }

  // MARK: - Declarations

  private func binding(_ pattern: Pattern, _ value: Expression, _ statement: Statement) throws {
    let register = try allocate(pattern.span)
    try compile(value, into: register)
    try bind(pattern, from: register)
    if parts.isTopLevel, let text = statement.documentation {
      for name in pattern.names { document(name, text) }
    }
    if case .name(let name) = pattern.kind, case .local = meaning(of: name) { return }
    if case .name = pattern.kind { nextRegister = register }
  }

  private func functionStatement(
    _ name: Identifier, _ function: Function, _ statement: Statement
  ) throws {
    let documentation = statement.documentation ?? ""
    if case .local(let variable) = meaning(of: name) {
      try open(variable.group, name.span)
      if variable.isCell {
        if variable.register < 0 { try makeCell(variable, name.span) }
        return try temporarily {
          let made = try allocate(name.span)
          try closure(function, name: name.text, documentation: documentation, into: made)
          emit(.setCell, variable.register, made, span: name.span)
        }
      }
    }
    let register = try allocate(name.span)
    try closure(function, name: name.text, documentation: documentation, into: register)
    define(name, in: register, span: name.span)
    if case .local = meaning(of: name) { return }
    nextRegister = register
    if !documentation.isEmpty { document(name, documentation) }
  }

  /// Prepares a group of functions: those that are assigned later need their cells before any
  /// closure is created.
  private func open(_ group: FunctionGroup?, _ span: Span) throws {
    guard let group, group.firstPrototype < 0 else { return }
    group.firstPrototype = parts.prototypes.count
    for member in group.members where member.isCell { try makeCell(member, span) }
  }

  private func makeCell(_ variable: Variable, _ span: Span) throws {
    variable.register = try allocate(span)
    emit(.loadNil, variable.register, span: span)
    emit(.newCell, variable.register, span: span)
  }

  private func document(_ name: Identifier, _ text: String) {
    if case .global = meaning(of: name) { parts.scope.documentation[name.text] = text }
  }

  // MARK: - Control flow

  /// A loop over a sequence; `compileBody` compiles what to do with each value.
  func forLoop(
    _ pattern: Pattern, _ sequence: Expression, span: Span, compileBody: () throws -> Void
  ) throws {
    let state = try allocate(sequence.span)
    let start = try rangeLoop(sequence, state)
    if start == nil { try compile(sequence, into: state) }
    _ = try allocate(2, sequence.span)
    emit(.prepareLoop, state, span: sequence.span)
    if let start { aim(start) }
    let value = try allocate(pattern.span)
    let exit = emitJump(.nextValue, state, span: sequence.span)
    let body = position
    loops.append(Loop(handlerDepth: handlerDepth))
    try bind(pattern, from: value)
    try compileBody()
    guard let loop = loops.popLast() else { return }
    aim(loop.continues)
    emitJump(.advance, state, back: body, span: sequence.span)
    aim(exit)
    aim(loop.breaks)
  }

  /// Evaluates `range(...)` into `state`, but first tries to avoid the call: returns the jump taken
  /// in that case, or nil if the sequence is no such call.
  private func rangeLoop(_ sequence: Expression, _ state: Int) throws -> Int? {
    guard case .call(let callee, let arguments) = sequence.kind, (1...3).contains(arguments.count),
      case .name("range") = callee.kind,
      case .global = meaning(of: Identifier("range", callee.span)),
      arguments.allSatisfy({ if case .positional = $0.kind { true } else { false } })
    else { return nil }
    var start = 0
    try temporarily {
      _ = try consecutive(arguments.map(\.value), span: sequence.span)
      start = emitJump(.rangeLoop, state, arguments.count, span: sequence.span)
      append(word: global("range"), span: callee.span)
      emit(
        .callGlobal, state, arguments.count, 1, word: global("range"), span: sequence.span)
      append(word: site(for: arguments, input: nil), span: sequence.span)
    }
    return start
  }

  private func whileLoop(_ condition: Expression, _ body: Block, _ span: Span) throws {
    let start = position
    var exits = try jumpUnless(condition)
    let first = position
    loops.append(Loop(handlerDepth: handlerDepth))
    try block(body)
    guard let loop = loops.popLast() else { return }
    aim(loop.continues)
    // The comparison is duplicated at the end of the loop, which saves a jump per iteration.
    if condition.isCompact, let more = try loopWhile(condition, back: first) {
      exits += more
    } else {
      emitJump(.loop, back: start, span: span)
    }
    aim(exits)
    aim(loop.breaks)
  }

  private func leaveLoop(_ span: Span, record: (inout Loop, Int) -> Void) {
    guard !loops.isEmpty else { return }
    let depth = loops[loops.count - 1].handlerDepth
    for _ in depth..<max(depth, handlerDepth) { emit(.popHandler, span: span) }
    let jump = emitJump(.jump, span: span)
    record(&loops[loops.count - 1], jump)
  }

  private func returnStatement(_ value: Expression?, _ span: Span) throws {
    let register: Int
    if let value {
      register = try operand(value)
    } else {
      register = try allocate(span)
      emit(.loadNil, register, span: span)
    }
    try leaveFunction(with: register, span: value?.span ?? span)
  }

  /// Checks the result and returns it.
  func leaveFunction(with register: Int, span: Span) throws {
    var result = register
    if let resultCheck {
      result = try allocate(span)
      move(result, from: register, span: span)
      emit(.check, result, word: resultCheck, span: span)
    }
    // The machine assumes that a frame that returns has no handlers.
    for _ in 0..<handlerDepth { emit(.popHandler, span: span) }
    emit(.return, result, span: span)
  }
}

extension Expression {
  /// Whether it compiles to little code and no functions, so that duplicating it is cheap.
  fileprivate var isCompact: Bool {
    switch kind {
    case .number, .string, .boolean, .nothing, .name: true
    case .binary(_, let left, let right), .comparison(_, let left, let right),
      .logical(_, let left, let right):
      left.isCompact && right.isCompact
    case .unary(_, let inner), .field(let inner, _): inner.isCompact
    case .index(let base, let entries):
      base.isCompact && entries.allSatisfy { $0.expressions.allSatisfy(\.isCompact) }
    case .call(let callee, let arguments):
      callee.isCompact && arguments.allSatisfy { $0.value.isCompact }
    default: false
    }
  }
}
