// SPDX-License-Identifier: Apache-2.0
//
// Guards: conditions that test a value before it is used, such as `"b" in m`, `len(xs) > 5`,
// `type(x) == "list"` and `x != nil`. Where the result is known, the code that the guard skips
// cannot fail, so nothing is reported about it. Other conditions that happen to be known, such as a
// constant that switches something off, imply nothing about the code they control.

import Runtime
import Syntax

extension Inference {
  /// The functions whose results guards compare.
  private static let questions: Set<String> = [
    "has", "len", "type", "keys", "get", "index", "find",
  ]

  /// Whether a condition tests what a value is or holds.
  func isGuard(_ node: Expression) -> Bool { isGuard(node, depth: 0) }

  private func isGuard(_ node: Expression, depth: Int) -> Bool {
    switch node.kind {
    case .comparison(.contains, _, _): return true
    case .comparison(_, let left, let right):
      if case .nothing = left.kind { return true }
      if case .nothing = right.kind { return true }
      return isGuard(left, depth: depth) || isGuard(right, depth: depth)
    case .unary(_, let operand): return isGuard(operand, depth: depth)
    case .logical(_, let left, let right):
      return isGuard(left, depth: depth) || isGuard(right, depth: depth)
    case .call(let callee, _), .pipe(_, let callee, _):
      switch callee.kind {
      case .name(let name): return Inference.questions.contains(name)
      case .field(_, let name): return Inference.questions.contains(name.text)
      default: return false
      }
    case .name:
      // For `let known = "b" in m`, and `if known` after it.
      guard depth < 4, let value = index.meanings[node.span.start]?.value else { return false }
      return isGuard(value, depth: depth + 1)
    default: return false
    }
  }

  /// Whether an analysed statement leaves its block because of a guard.
  func guardLeaves(_ statement: Statement) -> Bool {
    guard case .expression(let node) = statement.kind else { return false }
    switch node.kind {
    case .conditional(let branches, let otherwise):
      var isGuarded = false
      for branch in branches {
        isGuarded = isGuarded || isGuard(branch.condition)
        switch recorded[branch.condition.span]?.bool {
        case true?: return isGuarded && leaves(branch.body)
        case false?: continue
        case nil: return false
        }
      }
      return isGuarded && otherwise.map { leaves($0) } ?? false
    case .call(let callee, let arguments):
      guard isBuiltin("assert", callee), let condition = arguments.first?.value else {
        return false
      }
      return isGuard(condition) && recorded[condition.span]?.bool == false
    default: return false
    }
  }

  private func leaves(_ block: Block) -> Bool {
    block.statements.contains { statement in
      switch statement.kind {
      case .return, .break, .continue: return true
      case .expression(let node):
        guard case .call(let callee, _) = node.kind else { return false }
        return isBuiltin("error", callee)
      default: return false
      }
    }
  }

  private func isBuiltin(_ name: String, _ callee: Expression) -> Bool {
    guard case .name(name) = callee.kind else { return false }
    return index.meanings[callee.span.start] == nil
  }
}
