// SPDX-License-Identifier: Apache-2.0
//
// What is known about the value of an expression. Collections, operators, parts and calls have
// files of their own.

import Runtime
import Syntax
import Tensors

extension Inference {
  /// Analyses an expression and returns what is known about its value.
  @discardableResult
  func expression(_ node: Expression) -> Known {
    let known = evaluate(node)
    if silence == 0 { recorded[node.span] = known }
    return known
  }

  private func evaluate(_ node: Expression) -> Known {
    switch node.kind {
    case .number(let number): return .exact(.number(number))
    case .string(let string): return .exact(.string(string))
    case .boolean(let bool): return .exact(.bool(bool))
    case .nothing: return .exact(.nil)
    case .name(let name): return meaning(of: name, at: node.span)
    case .interpolation(let parts):
      for case .hole(let value, let format) in parts { hole(value, format) }
      return .type("string")
    case .list(let items): return list(items)
    case .matrix(let rows): return matrix(rows, node.span)
    case .comprehension(let element, let clauses, let condition):
      return comprehension(element, clauses, condition)
    case .record(let entries): return record(entries)
    case .unary(.negate, let operand):
      return negate(expression(operand), node.span)
    case .unary(.not, let operand):
      return condition(operand, "fn(a) = not a").map { .exact(.bool(!$0)) } ?? .type("bool")
    case .binary(let operation, let left, let right):
      return combine(operation, expression(left), expression(right), node.span)
    case .comparison(let operation, let left, let right):
      return compare(operation, expression(left), expression(right), node.span)
    case .logical(let operation, let left, let right):
      return logical(operation, left, right)
    case .call(let callee, let arguments): return call(callee, arguments, node.span)
    case .pipe(let input, let callee, let arguments):
      return pipe(input, callee, arguments, node.span)
    case .index(let base, let subscripts):
      return index(expression(base), subscripts, node.span)
    case .field(let base, let name): return field(expression(base), name)
    case .function(let function): return lambda(function)
    case .conditional(let branches, let otherwise): return conditional(branches, otherwise)
    case .attempt(let body, let error, _, let handler):
      let value = silently { block(body) }
      remember(error, .type("record"))
      return value.joined(with: block(handler))
    case .load(let path):
      switch loadModule(path) {
      case .success(let module): return .module(module)
      case .failure(let error): report(error, node.span, .unknownModule)
      }
      return .unknown
    }
  }

  /// A hole of a string; a format applies to numbers.
  private func hole(_ node: Expression, _ format: Format?) {
    let known = expression(node)
    guard silence == 0, let format, let value = sample(known) else { return }
    let text = "fn(x) = \"{x:\(source.text(format.span))}\""
    if case .failure(let error) = laboratory.run(text, [value], work: 0),
      known.isExact || error.kind == .type
    {
      report(error, node.span)
    }
  }

  private func lambda(_ function: Function) -> Known {
    let function = ScriptFunction(name: "fn", node: function, source: source)
    if silence == 0 { body(of: function) }
    return .function(function)
  }
}
