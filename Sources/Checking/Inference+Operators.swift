// SPDX-License-Identifier: Apache-2.0
//
// Operators and conditions. What an operator gives is found by trying it on values that stand for
// what is known about the operands.

import Runtime
import Syntax
import Tensors

extension Inference {
  /// Converts the outcome of a trial to what is known; failures are reported.
  func judge(
    _ outcome: Laboratory.Outcome, _ span: Span, isExact: Bool, onlyTypes: Bool = false
  ) -> Known {
    switch outcome {
    case .value(let value):
      return onlyTypes ? .type(value.typeName) : Known(value, isExact: isExact)
    case .failure(let error):
      if !onlyTypes || error.kind == .type { report(error, span) }
      return .unknown
    case .unknown: return .unknown
    }
  }

  /// A value of the type of `known`, with which type errors show.
  func sample(_ known: Known) -> Value? {
    if case .exact(let value) = known { return value }
    switch known.typeName {
    case "number"?: return .number(1)
    case "string"?: return .string("")
    case "bool"?: return .bool(true)
    case "list"?: return .list([Value]())
    case "tensor"?:
      if case .shaped = known { return known.value }
      return (try? Tensor(repeating: 1, shape: [])).map { .tensor($0) }
    case "record"?: return .record(Record())
    case "range"?: return (try? NumberRange(0, 3)).map { .range($0) }
    case "function"?: return library.builtins.functions.first.map { .builtin($0) }
    default: return nil
    }
  }

  func combine(
    _ operation: BinaryOperator, _ left: Known, _ right: Known, _ span: Span
  ) -> Known {
    let text = "fn(a, b) = a \(operation.rawValue) b"
    if let a = left.value, let b = right.value, let work = Laboratory.work(operation, a, b) {
      return judge(
        laboratory.run(text, [a, b], work: work), span, isExact: left.isExact && right.isExact)
    }
    guard let a = sample(left), let b = sample(right) else { return .unknown }
    return judge(laboratory.run(text, [a, b], work: 0), span, isExact: false, onlyTypes: true)
  }

  func compare(
    _ operation: ComparisonOperator, _ left: Known, _ right: Known, _ span: Span
  ) -> Known {
    let text = "fn(a, b) = a \(operation.rawValue) b"
    // The fields of a record are known even if their values are not.
    if operation == .contains, case .exact(.text(let name)) = left, case .fields(let fields) = right
    {
      return .exact(.bool(fields.contains { $0.name == name.string }))
    }
    if let a = left.value, let b = right.value,
      let work = operation == .contains ? 0 : Laboratory.work(.add, a, b)
    {
      return judge(
        laboratory.run(text, [a, b], work: work), span, isExact: left.isExact && right.isExact)
    }
    // Tensors give a mask or, as scalars, a boolean: with an unknown shape it could be either.
    let types = [left.typeName, right.typeName]
    guard operation != .contains, !types.contains("tensor"), !types.contains("list"),
      let a = sample(left), let b = sample(right)
    else { return .unknown }
    return judge(laboratory.run(text, [a, b], work: 0), span, isExact: false, onlyTypes: true)
  }

  func negate(_ operand: Known, _ span: Span) -> Known {
    let text = "fn(a) = -a"
    if let value = operand.value {
      return judge(laboratory.run(text, [value], work: 0), span, isExact: operand.isExact)
    }
    guard let value = sample(operand) else { return .unknown }
    return judge(laboratory.run(text, [value], work: 0), span, isExact: false, onlyTypes: true)
  }

  func logical(
    _ operation: LogicalOperator, _ left: Expression, _ right: Expression
  ) -> Known {
    let text = "fn(a) = a \(operation.rawValue) \(operation == .and)"
    let first = condition(left, text)
    // If the left operand determines the result, the right one is not evaluated.
    let isSettled = first == (operation == .or)
    let second = isSettled ? silently { condition(right, text) } : condition(right, text)
    switch (operation, first, second) {
    case (.and, false?, _), (.and, true?, false?): return .exact(.bool(false))
    case (.or, true?, _), (.or, false?, true?): return .exact(.bool(true))
    case (.and, true?, true?): return .exact(.bool(true))
    case (.or, false?, false?): return .exact(.bool(false))
    default: return .type("bool")
    }
  }

  /// Analyses a condition, which must be a boolean, and returns it if it is known.
  @discardableResult
  func condition(_ node: Expression, _ text: String = "fn(a) = if a { 1 }") -> Bool? {
    let known = expression(node)
    if let bool = known.bool { return bool }
    guard known.typeName != "bool", let value = sample(known) else { return nil }
    if case .type("tensor") = known { return nil }
    if case .failure(let error) = laboratory.run(text, [value], work: 0), error.kind == .type {
      report(error, node.span)
    }
    return nil
  }
}
