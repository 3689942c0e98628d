// SPDX-License-Identifier: Apache-2.0
//
// Rules about single expressions: duplicate fields, and comparisons with a constant result.

import Runtime
import Syntax

/// Finds record literals with duplicate fields and conditions with a constant result.
struct ValueRules {
  private let source: Source
  private let known: [Span: Known]
  private(set) var findings: [Finding] = []

  init(_ program: Program, _ known: [Span: Known]) {
    source = program.source
    self.known = known
    var visitor = TreeVisitor()
    visitor.visit(program)
    for node in visitor.expressions {
      check(node)
      checkRepetition(node)
    }
    for condition in visitor.conditions { decide(condition) }
  }

  private mutating func check(_ node: Expression) {
    guard case .record(let entries) = node.kind else { return }
    var seen: Set<String> = []
    for entry in entries {
      let name: Identifier
      switch entry {
      case .named(let identifier, _), .shorthand(let identifier): name = identifier
      case .spread:
        // A spread may contain any field, and overriding it is the purpose of what follows.
        seen = []
        continue
      case .computed: continue
      }
      if !seen.insert(name.text).inserted {
        findings.append(
          Finding(
            .duplicateKey, "the field `\(name.text)` is given twice", source, name.span,
            hint: "the last one counts"))
      }
    }
  }

  /// `[0] * 10` is arithmetic here, and repeats the list in other languages.
  private mutating func checkRepetition(_ node: Expression) {
    guard case .binary(.multiply, let left, let right) = node.kind,
      case .list(let items) = left.kind, items.count == 1, case .value(let item) = items[0],
      type(right) == "number"
    else { return }
    let times = source.text(right.span)
    let element = source.text(item.span)
    findings.append(
      Finding(
        .repeatedList, "`*` multiplies the element, it does not repeat the list", source, node.span,
        hint: "write `[\(element) for i in range(\(times))]`, or `full([\(times)], \(element))`"))
  }

  /// Checks the comparisons that decide a condition.
  private mutating func decide(_ node: Expression) {
    switch node.kind {
    case .logical(_, let left, let right):
      decide(left)
      decide(right)
    case .unary(.not, let operand): decide(operand)
    case .comparison(let operation, let left, let right)
    where operation == .equal || operation == .notEqual:
      guard let a = type(left), let b = type(right), a != b,
        !ValueRules.areComparable(a, b)
      else { return }
      let outcome = operation == .equal ? "false" : "true"
      findings.append(
        Finding(
          .constantComparison, "this is always \(outcome)", source, node.span,
          label: "\(phrase(a)) never equals \(phrase(b))"))
    default: break
    }
  }

  private func type(_ node: Expression) -> String? { known[node.span]?.typeName }

  private func phrase(_ type: String) -> String {
    switch type {
    case "nil": "nil"
    case "bool": "a boolean"
    default: type.withArticle
    }
  }

  /// Whether values of two types may be equal: sequences of numbers convert to tensors.
  private static func areComparable(_ left: String, _ right: String) -> Bool {
    let plain: Set<String> = ["number", "string", "bool", "nil", "function"]
    return !(plain.contains(left) && plain.contains(right))
  }
}

/// Collects all expressions of a program, and those that are conditions.
struct TreeVisitor {
  private(set) var expressions: [Expression] = []
  private(set) var conditions: [Expression] = []
  private(set) var statements: [Statement] = []

  mutating func visit(_ program: Program) {
    for statement in program.statements { visit(statement) }
  }

  private mutating func visit(_ block: Block) {
    for statement in block.statements { visit(statement) }
  }

  private mutating func visit(_ statement: Statement) {
    statements.append(statement)
    switch statement.kind {
    case .let(_, let value), .expression(let value): visit(value)
    case .function(_, let function): visit(function)
    case .for(_, let sequence, let body):
      visit(sequence)
      visit(body)
    case .while(let condition, let body):
      conditions.append(condition)
      visit(condition)
      visit(body)
    case .return(let value): if let value { visit(value) }
    case .break, .continue: break
    case .assignment(let target, _, let value):
      visit(target)
      visit(value)
    }
  }

  private mutating func visit(_ function: Function) {
    for parameter in function.signature.parameters {
      if let value = parameter.defaultValue { visit(value) }
    }
    switch function.body {
    case .expression(let value): visit(value)
    case .block(let body): visit(body)
    }
  }

  private mutating func visit(_ node: Expression) {
    expressions.append(node)
    for part in node.parts { visit(part) }
    switch node.kind {
    case .function(let function): visit(function)
    case .comprehension(_, _, let condition?): conditions.append(condition)
    case .conditional(let branches, let otherwise):
      for branch in branches {
        conditions.append(branch.condition)
        visit(branch.body)
      }
      if let otherwise { visit(otherwise) }
    case .attempt(let body, _, _, let handler):
      visit(body)
      visit(handler)
    default: break
    }
  }
}
