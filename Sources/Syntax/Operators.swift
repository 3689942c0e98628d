// SPDX-License-Identifier: Apache-2.0
//
// The operators of expressions. The raw value is the spelling, which messages and tools reuse.

/// A prefix operator.
public enum UnaryOperator: String, Sendable, CaseIterable {
  /// `-`
  case negate = "-"
  /// `not`
  case not = "not"
}

/// An arithmetic operator between two operands.
public enum BinaryOperator: String, Sendable, CaseIterable {
  /// `+`
  case add = "+"
  /// `-`
  case subtract = "-"
  /// `*`
  case multiply = "*"
  /// `/`
  case divide = "/"
  /// `//`, which rounds down
  case floorDivide = "//"
  /// `%`
  case remainder = "%"
  /// `@`, the matrix product
  case matrixMultiply = "@"
  /// `**`
  case power = "**"
}

/// A comparison between two operands; comparisons do not chain.
public enum ComparisonOperator: String, Sendable, CaseIterable {
  /// `==`
  case equal = "=="
  /// `!=`
  case notEqual = "!="
  /// `<`
  case less = "<"
  /// `<=`
  case lessOrEqual = "<="
  /// `>`
  case greater = ">"
  /// `>=`
  case greaterOrEqual = ">="
  /// `in`
  case contains = "in"
}

/// A logical operator, which evaluates its right operand only when needed.
public enum LogicalOperator: String, Sendable, CaseIterable {
  /// `and`
  case and = "and"
  /// `or`
  case or = "or"
}
