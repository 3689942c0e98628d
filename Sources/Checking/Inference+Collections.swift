// SPDX-License-Identifier: Apache-2.0
//
// Lists, matrices, records, comprehensions and conditionals: values made of the values of parts.

import Runtime
import Syntax

extension Inference {
  func list(_ items: [Item]) -> Known {
    var known: [Known] = []
    var isComplete = true
    for item in items {
      let value = expression(item.held)
      guard case .spread = item else {
        known.append(value)
        continue
      }
      if case .items(let inner) = value {
        known += inner
      } else {
        spread(value, item.held.span)
        isComplete = false
      }
    }
    return isComplete ? .items(known) : .type("list")
  }

  func matrix(_ rows: [[Expression]], _ span: Span) -> Known {
    let stand = rows.map { row in
      row.map { entry -> String in
        switch expression(entry).typeName {
        case "string"?: "\"\""
        case "bool"?: "true"
        default: "1"
        }
      }.joined(separator: ", ")
    }
    guard rows.reduce(0, { $0 + $1.count }) <= 4096 else { return .type("tensor") }
    return judge(
      laboratory.run("fn() = [\(stand.joined(separator: "; "));]", [], work: 0), span,
      isExact: false)
  }

  func record(_ entries: [Entry]) -> Known {
    var fields: [(name: String, value: Known)] = []
    var isComplete = true
    for entry in entries {
      switch entry {
      case .named(let name, let value): fields.append((name.text, expression(value)))
      case .shorthand(let name): fields.append((name.text, meaning(of: name.text, at: name.span)))
      case .computed:
        for part in entry.held { expression(part) }
        isComplete = false
      case .spread(let value):
        spread(expression(value), value.span, "fn(x) = {...x}")
        isComplete = false
      }
    }
    return isComplete ? .fields(fields) : .type("record")
  }

  func comprehension(
    _ element: Expression, _ clauses: [Clause], _ condition: Expression?
  ) -> Known {
    for clause in clauses {
      bindEach(clause.pattern, in: clause.sequence, mayStop: false)
    }
    let isTaken = condition.map { self.condition($0) } ?? nil
    if let condition, isTaken == false, isGuard(condition) {
      silently { _ = expression(element) }
    } else {
      expression(element)
    }
    return .type("list")
  }

  func conditional(_ branches: [Branch], _ otherwise: Block?) -> Known {
    var values: [Known] = []
    let outer = silence
    defer { silence = outer }
    for branch in branches {
      let isTrue = condition(branch.condition)
      if silence > 0, isTrue == false { continue }
      let isGuard = isTrue != nil && isGuard(branch.condition)
      if isTrue == false, isGuard {
        values.append(silently { block(branch.body) })
      } else {
        values.append(block(branch.body))
      }
      if silence > 0, isTrue == true { return joined(values) }
      // The branches after one that is certainly taken are not reached.
      if isTrue == true, isGuard { silence += 1 }
    }
    values.append(otherwise.map { block($0) } ?? .exact(.nil))
    return joined(values)
  }

  func joined(_ values: [Known]) -> Known {
    guard let first = values.first else { return .unknown }
    return values.dropFirst().reduce(first) { $0.joined(with: $1) }
  }
}
