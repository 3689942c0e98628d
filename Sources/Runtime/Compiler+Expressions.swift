// SPDX-License-Identifier: Apache-2.0
//
// Expressions: operands, arithmetic, conditions, and the literals that build collections.

import Syntax

extension Compiler {
  /// The register that holds the value of an expression: that of a local variable, or a fresh one.
  func operand(_ node: Expression) throws -> Int {
    if let register = localRegister(of: node) { return register }
    let register = try allocate(node.span)
    try compile(node, into: register)
    return register
  }

  /// An operand that evaluating `later` cannot change.
  func operand(_ node: Expression, before later: [Expression]) throws -> Int {
    guard later.contains(where: mayAssign) else { return try operand(node) }
    let register = try allocate(node.span)
    try compile(node, into: register)
    return register
  }

  /// The left of two operands: the register of a local variable unless evaluating the right operand
  /// may assign to it, and `scratch` otherwise.
  func leftOperand(
    _ left: Expression, before right: Expression?, scratch: Int
  ) throws -> Int {
    if let register = localRegister(of: left), right.map({ !mayAssign($0) }) ?? true {
      return register
    }
    try compile(left, into: scratch)
    return scratch
  }

  /// The same for a container before its subscripts.
  func leftOperand(
    _ left: Expression, before subscripts: [Syntax.Subscript], scratch: Int
  ) throws -> Int {
    if let register = localRegister(of: left), !subscripts.contains(where: mayAssign) {
      return register
    }
    try compile(left, into: scratch)
    return scratch
  }

  /// The register of a plain local variable, or nil for any other expression.
  func localRegister(of node: Expression) -> Int? {
    guard case .name(let text) = node.kind,
      case .local(let variable) = meaning(of: Identifier(text, node.span)), !variable.isCell
    else { return nil }
    return variable.register
  }

  /// Whether evaluating an expression may run a statement of this very function.
  func mayAssign(_ node: Expression) -> Bool {
    switch node.kind {
    case .number, .string, .boolean, .nothing, .name, .function, .load: false
    case .conditional, .attempt: true
    case .binary(_, let left, let right), .comparison(_, let left, let right),
      .logical(_, let left, let right):
      mayAssign(left) || mayAssign(right)
    case .unary(_, let inner), .field(let inner, _): mayAssign(inner)
    case .call(let callee, let arguments):
      mayAssign(callee) || arguments.contains { mayAssign($0.value) }
    case .pipe(let input, let callee, let arguments):
      mayAssign(input) || mayAssign(callee) || arguments.contains { mayAssign($0.value) }
    case .list(let items): items.contains { mayAssign($0.expression) }
    case .index(let base, let entries): mayAssign(base) || entries.contains(where: mayAssign)
    default: true
    }
  }

  private func mayAssign(_ entry: Syntax.Subscript) -> Bool {
    entry.expressions.contains(where: mayAssign)
  }

  /// Compiles an expression so that its value is in `target`.
  func compile(_ node: Expression, into target: Int) throws {
    let mark = nextRegister
    defer { nextRegister = mark }
    let span = node.span
    switch node.kind {
    case .number(let number):
      emit(.loadConstant, target, word: constant(number), span: span)
    case .string(let string):
      emit(.loadConstant, target, word: constant(string), span: span)
    case .boolean(let bool): emit(.loadBool, target, bool ? 1 : 0, span: span)
    case .nothing: emit(.loadNil, target, span: span)
    case .name(let name): load(Identifier(name, span), into: target)
    case .interpolation(let pieces): try interpolation(pieces, into: target, span: span)
    case .list(let items): try list(items, into: target, span: span)
    case .matrix(let rows): try matrix(rows, into: target, span: span)
    case .comprehension(let element, let clauses, let condition):
      try comprehension(element, clauses, condition, into: target, span: span)
    case .record(let entries): try record(entries, into: target, span: span)
    case .unary(let sign, let inner): try unary(sign, inner, into: target, span: span)
    case .binary(let sign, let left, let right):
      try binary(sign, left, right, into: target, scratch: target, span: span)
    case .comparison(let sign, let left, let right):
      let first = try leftOperand(left, before: right, scratch: target)
      emit(sign.opcode, target, first, try operand(right), span: span)
    case .logical(let sign, let left, let right):
      try logical(sign, left, right, into: target, span: span)
    case .call(let callee, let arguments):
      try call(callee, input: nil, arguments, into: target, span: span)
    case .pipe(let input, let callee, let arguments):
      try call(callee, input: input, arguments, into: target, span: span)
    case .index(let base, let subscripts):
      let container = try leftOperand(base, before: subscripts, scratch: target)
      emitIndex(target, container, try compile(subscripts, before: [], span: span), span: span)
    case .field(let base, let name):
      let object = try leftOperand(base, before: nil, scratch: target)
      emit(.getField, target, object, word: constant(fieldName: name.text), span: span)
    case .function(let function):
      try closure(function, name: "fn", documentation: "", into: target)
    case .conditional(let branches, let otherwise):
      try conditional(branches, otherwise, into: target, span: span)
    case .attempt(let body, let error, let kind, let handler):
      try attempt(body, error, kind, handler, into: target, span: span)
    case .load(let path):
      emit(.load, target, word: constant(path), span: span)
    }
  }

  // MARK: - Operators

  /// An operation whose result goes to `target`, which is written last; the left operand may be in
  /// `scratch` before that.
  func binary(
    _ sign: BinaryOperator, _ left: Expression, _ right: Expression, into target: Int,
    scratch: Int, span: Span
  ) throws {
    if case .number(let number) = left.kind, let opcode = sign.leftConstantOpcode,
      let index = smallConstant(number)
    {
      emit(opcode, target, index, try operand(right), span: span)
      return
    }
    if let opcode = sign.opcodeAfterProduct, let (one, other) = product(left),
      let third = localRegister(of: right)
    {
      let first = try leftOperand(one, before: other, scratch: scratch)
      emit(opcode, target, first, try operand(other), span: left.span)
      append(word: third, span: span)
      return
    }
    let first = try leftOperand(left, before: right, scratch: scratch)
    try arithmetic(sign, first, right, into: target, span: span)
  }

  /// The factors of a product of two operands.
  private func product(_ node: Expression) -> (Expression, Expression)? {
    guard case .binary(.multiply, let left, let right) = node.kind else { return nil }
    if case .number = left.kind { return nil }
    if case .number = right.kind { return nil }
    return (left, right)
  }

  func arithmetic(
    _ sign: BinaryOperator, _ left: Int, _ right: Expression, into target: Int, span: Span
  ) throws {
    if case .number(let number) = right.kind, let opcode = sign.constantOpcode(number),
      let index = smallConstant(number)
    {
      emit(opcode, target, left, index, span: span)
      return
    }
    if let opcode = sign.opcodeBeforeProduct, let (one, other) = product(right) {
      let first = try leftOperand(one, before: other, scratch: try allocate(one.span))
      emit(opcode, target, first, try operand(other), span: right.span)
      append(word: left, span: span)
      return
    }
    emit(sign.opcode, target, left, try operand(right), span: span)
  }

  private func unary(
    _ sign: UnaryOperator, _ inner: Expression, into target: Int, span: Span
  ) throws {
    if case .negate = sign, case .number(let number) = inner.kind {
      emit(.loadConstant, target, word: constant(-number), span: span)
      return
    }
    let operand = try leftOperand(inner, before: nil, scratch: target)
    emit(sign == .negate ? .negate : .not, target, operand, span: span)
  }

  private func logical(
    _ sign: LogicalOperator, _ left: Expression, _ right: Expression, into target: Int, span: Span
  ) throws {
    try compile(left, into: target)
    let skip = emitJump(sign == .and ? .jumpIfFalse : .jumpIfTrue, target, span: left.span)
    try compile(right, into: target)
    emit(.requireBool, target, span: right.span)
    aim(skip)
  }

  private func conditional(
    _ branches: [Branch], _ otherwise: Block?, into target: Int, span: Span
  ) throws {
    var ends: [Int] = []
    for branch in branches {
      let next = try jumpUnless(branch.condition)
      try blockValue(branch.body, into: target)
      ends.append(emitJump(.jump, span: span))
      aim(next)
    }
    if let otherwise {
      try blockValue(otherwise, into: target)
    } else {
      emit(.loadNil, target, span: span)
    }
    aim(ends)
  }

  private func attempt(
    _ body: Block, _ error: Identifier, _ kind: Identifier?, _ handler: Block,
    into target: Int, span: Span
  ) throws {
    let caught = try allocate(error.span)
    if let kind { emit(.loadConstant, caught, word: constant(kind.text), span: kind.span) }
    let entry = emitJump(.pushHandler, caught, 0, kind == nil ? 0 : 1, span: span)
    handlerDepth += 1
    try blockValue(body, into: target)
    handlerDepth -= 1
    emit(.popHandler, span: span)
    let end = emitJump(.jump, span: span)
    aim(entry)
    define(error, in: caught, span: error.span)
    try blockValue(handler, into: target)
    aim(end)
  }
}

extension BinaryOperator {
  /// The instruction for a constant right operand.
  fileprivate func constantOpcode(_ number: Double) -> Opcode? {
    switch self {
    case .add: .addConstant
    case .subtract: .subtractConstant
    case .multiply: .multiplyConstant
    case .divide: .divideConstant
    // The machine assumes that such a divisor is a positive integer.
    case .remainder:
      number >= 1 && number < 0x1p51 && number == number.rounded() ? .remainderConstant : nil
    case .floorDivide: .floorDivideConstant
    case .power: .powerConstant
    case .matrixMultiply: nil
    }
  }

  /// The instruction for a product as left operand.
  fileprivate var opcodeAfterProduct: Opcode? {
    switch self {
    case .add: .productAdd
    case .subtract: .productSubtract
    default: nil
    }
  }

  /// The instruction for a product as right operand.
  fileprivate var opcodeBeforeProduct: Opcode? {
    switch self {
    case .add: .addProduct
    case .subtract: .subtractProduct
    default: nil
    }
  }

  /// The instruction for a constant left operand.
  fileprivate var leftConstantOpcode: Opcode? {
    switch self {
    case .add: .constantAdd
    case .subtract: .constantSubtract
    case .multiply: .constantMultiply
    case .divide: .constantDivide
    case .remainder, .floorDivide, .power, .matrixMultiply: nil
    }
  }
}

extension ComparisonOperator {
  fileprivate var opcode: Opcode {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    case .contains: .contains
    }
  }
}
