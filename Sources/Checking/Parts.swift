// SPDX-License-Identifier: Apache-2.0
//
// The expressions inside an expression, for walks that treat most kinds of nodes alike.

import Syntax

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
