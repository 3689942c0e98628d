// SPDX-License-Identifier: Apache-2.0
//
// Conditions: comparisons that jump directly instead of producing a boolean, in three forms: unless
// they hold, if they hold, and back to the start of a loop while they hold.

import Syntax

extension Compiler {
  /// The operands of a comparison: a register, and another or a constant.
  private func operands(
    _ left: Expression, _ right: Expression
  ) throws -> (first: Int, second: Int, isConstant: Bool) {
    let first = try leftOperand(left, before: right, scratch: try allocate(left.span))
    if case .number(let number) = right.kind, let index = smallConstant(number) {
      return (first, index, true)
    }
    return (first, try operand(right), false)
  }

  /// Compiles a condition; returns the jumps taken when it does not hold.
  func jumpUnless(_ condition: Expression) throws -> [Int] {
    let mark = nextRegister
    defer { nextRegister = mark }
    switch condition.kind {
    case .comparison(let sign, let left, let right) where sign != .contains:
      let (first, second, isConstant) = try operands(left, right)
      let opcode = sign.unlessOpcode(constant: isConstant)
      return [emitJump(opcode, 0, first, second, span: condition.span)]
    case .logical(.and, let left, let right):
      return try jumpUnless(left) + jumpUnless(right)
    case .logical(.or, let left, let right):
      let holds = try jumpIf(left)
      let fails = try jumpUnless(right)
      aim(holds)
      return fails
    case .boolean(true): return []
    default:
      let register = try operand(condition)
      return [emitJump(.jumpIfFalse, register, span: condition.span)]
    }
  }

  /// Compiles a condition; returns the jumps taken when it holds.
  private func jumpIf(_ condition: Expression) throws -> [Int] {
    let mark = nextRegister
    defer { nextRegister = mark }
    switch condition.kind {
    case .comparison(let sign, let left, let right) where sign != .contains:
      let (first, second, isConstant) = try operands(left, right)
      let opcode = sign.jumpIfOpcode(constant: isConstant)
      return [emitJump(opcode, 0, first, second, span: condition.span)]
    case .logical(.or, let left, let right):
      return try jumpIf(left) + jumpIf(right)
    case .logical(.and, let left, let right):
      let fails = try jumpUnless(left)
      let holds = try jumpIf(right)
      aim(fails)
      return holds
    default:
      let register = try operand(condition)
      return [emitJump(.jumpIfTrue, register, span: condition.span)]
    }
  }

  /// Evaluates an expression for its effects, discarding the value.
  func effect(_ node: Expression) throws {
    guard case .conditional(let branches, let otherwise) = node.kind else {
      _ = try operand(node)
      return
    }
    var ends: [Int] = []
    for (index, branch) in branches.enumerated() {
      let next = try jumpUnless(branch.condition)
      try block(branch.body)
      if index < branches.count - 1 || otherwise != nil {
        ends.append(emitJump(.jump, span: node.span))
      }
      aim(next)
    }
    if let otherwise { try block(otherwise) }
    aim(ends)
  }

  /// Compiles a condition at the end of a loop: back to `start` if it holds; returns the jumps
  /// taken when it does not. nil, and nothing compiled, if the condition is no comparison.
  func loopWhile(_ condition: Expression, back start: Int) throws -> [Int]? {
    let mark = nextRegister
    defer { nextRegister = mark }
    switch condition.kind {
    case .comparison(let sign, let left, let right) where sign != .contains:
      let (first, second, isConstant) = try operands(left, right)
      let opcode = sign.jumpIfOpcode(constant: isConstant)
      emitJump(opcode, 0, first, second, back: start, span: condition.span)
      return []
    case .logical(.and, let left, let right):
      guard right.isComparison else { return nil }
      let exits = try jumpUnless(left)
      return try exits + (loopWhile(right, back: start) ?? [])
    default: return nil
    }
  }
}

extension ComparisonOperator {
  fileprivate func jumpIfOpcode(constant: Bool) -> Opcode {
    switch self {
    case .equal: constant ? .jumpIfEqualConstant : .jumpIfEqual
    case .notEqual: constant ? .jumpIfNotEqualConstant : .jumpIfNotEqual
    case .less: constant ? .jumpIfLessConstant : .jumpIfLess
    case .lessOrEqual: constant ? .jumpIfLessOrEqualConstant : .jumpIfLessOrEqual
    case .greater: constant ? .jumpIfGreaterConstant : .jumpIfGreater
    case .greaterOrEqual, .contains:
      constant ? .jumpIfGreaterOrEqualConstant : .jumpIfGreaterOrEqual
    }
  }

  fileprivate func unlessOpcode(constant: Bool) -> Opcode {
    switch self {
    case .equal: constant ? .unlessEqualConstant : .unlessEqual
    case .notEqual: constant ? .unlessNotEqualConstant : .unlessNotEqual
    case .less: constant ? .unlessLessConstant : .unlessLess
    case .lessOrEqual: constant ? .unlessLessOrEqualConstant : .unlessLessOrEqual
    case .greater: constant ? .unlessGreaterConstant : .unlessGreater
    case .greaterOrEqual, .contains:
      constant ? .unlessGreaterOrEqualConstant : .unlessGreaterOrEqual
    }
  }
}

extension Expression {
  fileprivate var isComparison: Bool {
    if case .comparison(let sign, _, _) = kind { sign != .contains } else { false }
  }
}
