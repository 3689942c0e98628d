// SPDX-License-Identifier: Apache-2.0
//
// Statements, blocks and assignments.

import Syntax

extension Compiler {
  /// Compiles statements in a block of their own and leaves the value of the last one in `target`.
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

  private func block(_ block: Block) throws {
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
      try temporarily { _ = try operand(value) }
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
    let register = try allocate(name.span)
    let documentation = statement.documentation ?? ""
    if case .local(let variable) = meaning(of: name), variable.isCell {
      variable.register = register
      emit(.loadNil, register, span: name.span)
      emit(.newCell, register, span: name.span)
      try temporarily {
        let made = try allocate(name.span)
        try closure(function, name: name.text, documentation: documentation, into: made)
        emit(.setCell, register, made, span: name.span)
      }
      return
    }
    try closure(function, name: name.text, documentation: documentation, into: register)
    define(name, in: register, span: name.span)
    if case .local = meaning(of: name) { return }
    nextRegister = register
    if !documentation.isEmpty { document(name, documentation) }
  }

  private func document(_ name: Identifier, _ text: String) {
    if case .global = meaning(of: name) { parts.scope.documentation[name.text] = text }
  }

  // MARK: - Control flow

  /// A loop over a sequence; `body` compiles what is done with each value.
  func forLoop(
    _ pattern: Pattern, _ sequence: Expression, span: Span, body: () throws -> Void
  ) throws {
    let state = try allocate(3, sequence.span)
    try compile(sequence, into: state)
    emit(.prepareLoop, state, span: sequence.span)
    let value = try allocate(pattern.span)
    let start = position
    let exit = emitJump(.nextValue, state, span: sequence.span)
    loops.append(Loop(handlerDepth: handlerDepth))
    try bind(pattern, from: value)
    try body()
    closeLoop(start: start, exits: [exit], span: span)
  }

  private func whileLoop(_ condition: Expression, _ body: Block, _ span: Span) throws {
    let start = position
    let exits = try jumpUnless(condition)
    loops.append(Loop(handlerDepth: handlerDepth))
    try block(body)
    closeLoop(start: start, exits: exits, span: span)
  }

  private func closeLoop(start: Int, exits: [Int], span: Span) {
    guard let loop = loops.popLast() else { return }
    aim(loop.continues)
    emit(.loop, word: start, span: span)
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
    guard let resultCheck else {
      emit(.return, register, span: span)
      return
    }
    let checked = try allocate(span)
    move(checked, from: register, span: span)
    emit(.check, checked, word: resultCheck, span: span)
    emit(.return, checked, span: span)
  }

  // MARK: - Assignment

  private func assignment(
    _ target: Expression, _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) throws {
    switch target.kind {
    case .name(let text):
      try nameAssignment(Identifier(text, target.span), sign, value, span)
    case .field(let base, let name):
      let object = try stableOperand(base)
      let key = constant(name.text)
      let result: Int
      if let operation = sign.binary {
        result = try allocate(span)
        emit(.getField, result, object, word: key, span: target.span)
        let right = try operand(value)
        emit(operation.opcode, result, result, right, span: span)
      } else {
        result = try operand(value)
      }
      emit(.setField, object, result, word: key, span: target.span)
    case .index(let base, let subscripts):
      try indexAssignment(base, subscripts, target, sign, value, span)
    default:
      throw Diagnostic(
        .syntax, "this cannot be assigned to", source: parts.source, span: target.span)
    }
  }

  private func nameAssignment(
    _ name: Identifier, _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) throws {
    var local: Int?
    if case .local(let variable) = meaning(of: name), !variable.isCell {
      local = variable.register
    }
    if let operation = sign.binary {
      let left = try local ?? allocate(span)
      if local == nil { load(name, into: left) }
      if let local, mayAssign(value) {
        let saved = try allocate(span)
        move(saved, from: local, span: span)
        try arithmetic(operation, saved, value, into: local, span: span)
      } else {
        try arithmetic(operation, left, value, into: left, span: span)
      }
      if local == nil { store(left, to: name) }
    } else if let local, writesResultLast(value) {
      try compile(value, into: local)
    } else {
      let result = try allocate(span)
      try compile(value, into: result)
      store(result, to: name)
    }
  }

  /// Whether compiling `value` writes its target only after all operands have been read.
  private func writesResultLast(_ value: Expression) -> Bool {
    switch value.kind {
    case .number, .string, .boolean, .nothing, .name: true
    case .binary(_, let left, let right):
      if case .name = left.kind { !mayAssign(right) } else { false }
    default: false
    }
  }

  // MARK: - Index assignment

  /// Where a container lives, so that a tensor in it can be replaced.
  private enum Place {
    case local(Int)
    case name(Identifier)
    case field(object: Int, key: Int)
    case index(object: Int, subscripts: SubscriptOperands)
    case temporary(Expression)
  }

  private func place(of base: Expression) throws -> Place {
    switch base.kind {
    case .name(let text):
      let name = Identifier(text, base.span)
      if case .local(let variable) = meaning(of: name), !variable.isCell {
        return .local(variable.register)
      }
      return .name(name)
    case .field(let inner, let name):
      return .field(object: try stableOperand(inner), key: constant(name.text))
    case .index(let inner, let subscripts):
      let object = try stableOperand(inner)
      return .index(object: object, subscripts: try compile(subscripts, span: base.span))
    default:
      return .temporary(base)
    }
  }

  private func fetch(_ place: Place, into target: Int, span: Span) throws {
    switch place {
    case .local(let register): move(target, from: register, span: span)
    case .name(let name): load(name, into: target)
    case .field(let object, let key):
      emit(.getField, target, object, word: key, span: span)
    case .index(let object, let subscripts):
      emitIndex(target, object, subscripts, span: span)
    case .temporary(let base): try compile(base, into: target)
    }
  }

  private func writeBack(_ register: Int, to place: Place, span: Span) {
    let skip = emitJump(.unlessTensor, register, span: span)
    switch place {
    case .local, .temporary: break
    case .name(let name): store(register, to: name)
    case .field(let object, let key):
      emit(.setField, object, register, word: key, span: span)
    case .index(let object, let subscripts):
      emitIndexAssignment(object, subscripts, register, span: span)
    }
    aim(skip)
  }

  private func indexAssignment(
    _ base: Expression, _ entries: [Syntax.Subscript], _ target: Expression,
    _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) throws {
    let place = try place(of: base)
    let subscripts = try compile(entries, span: target.span)
    let result = try newValue(place, subscripts, target, sign, value, span)
    switch place {
    case .local(let register):
      emitIndexAssignment(register, subscripts, result, span: target.span)
    case .name(let name) where isGlobal(name):
      emitGlobalAssignment(name, subscripts, result, span: target.span)
    default:
      let container = try allocate(span)
      try fetch(place, into: container, span: base.span)
      emitIndexAssignment(container, subscripts, result, span: target.span)
      writeBack(container, to: place, span: base.span)
    }
  }

  private func isGlobal(_ name: Identifier) -> Bool {
    if case .global = meaning(of: name) { return true }
    return false
  }

  /// The value to store: that of the right side, combined with the old one for `+=`.
  private func newValue(
    _ place: Place, _ subscripts: SubscriptOperands, _ target: Expression,
    _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) throws -> Int {
    guard let operation = sign.binary else { return try operand(value) }
    let result = try allocate(span)
    try temporarily {
      let container = try allocate(span)
      try fetch(place, into: container, span: target.span)
      emitIndex(result, container, subscripts, span: target.span)
      emit(.loadNil, container, span: span)
    }
    let right = try operand(value)
    emit(operation.opcode, result, result, right, span: span)
    return result
  }
}

extension BinaryOperator {
  var opcode: Opcode {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .floorDivide: .floorDivide
    case .remainder: .remainder
    case .matrixMultiply: .matrixMultiply
    case .power: .power
    }
  }
}
