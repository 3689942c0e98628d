// SPDX-License-Identifier: Apache-2.0
//
// The walk of the resolver through expressions. Comprehensions and `catch` introduce names, too.

import Syntax

extension Resolver {
  mutating func expression(_ node: Expression) {
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
      comprehension(element, clauses, condition, end: node.span.end)
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
      guardDepth += 1
      block(body)
      guardDepth -= 1
      openBlock(until: handler.span.end)
      declare(error, from: handler.span.start, .caught)
      block(handler)
      closeBlock()
    }
  }

  private mutating func comprehension(
    _ element: Expression, _ clauses: [Clause], _ condition: Expression?, end: Int32
  ) {
    for clause in clauses {
      expression(clause.sequence)
      openBlock(until: end)
      // The element stands before its clauses, so the names are visible from its start.
      declare(clause.pattern, from: element.span.start, .loop)
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
