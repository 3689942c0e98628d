// SPDX-License-Identifier: Apache-2.0
//
// Rules about control flow: unreachable statements and unused values.

import Runtime
import Syntax

/// Finds unreachable statements and values that are computed but not used.
struct FlowRules {
  let source: Source
  private let index: NameIndex
  private let library: LibraryIndex
  private let known: [Span: Known]
  /// The lines with an expectation, or with the first line of a cell.
  let shown: TopLevel
  private(set) var findings: [Finding] = []

  init(
    _ program: Program, _ index: NameIndex, _ library: LibraryIndex, _ known: [Span: Known]
  ) {
    source = program.source
    self.index = index
    self.library = library
    self.known = known
    shown = TopLevel(program)
    for statement in program.statements { dropped(statement) }
    // The top level may show the value of any statement, so only reachability is checked there.
    walk(program.statements, isBlock: false, isValueUsed: true)
  }

  // MARK: - Traversal

  /// Visits statements; inside a block, values of statements before the last are discarded.
  private mutating func walk(_ statements: [Statement], isBlock: Bool, isValueUsed: Bool) {
    var isReached = true
    for (position, statement) in statements.enumerated() {
      if !isReached {
        unreachable(statement.span, "this is never reached")
        isReached = true
      }
      let isLast = position == statements.count - 1
      walk(statement, isValueUsed: isBlock ? isLast && isValueUsed : true)
      if ends(statement) { isReached = false }
    }
  }

  private mutating func walk(_ statement: Statement, isValueUsed: Bool) {
    switch statement.kind {
    case .let(_, let value): walk(value)
    case .function(_, let function): walk(function)
    case .for(_, let sequence, let body):
      walk(sequence)
      walk(body.statements, isBlock: true, isValueUsed: false)
    case .while(let condition, let body):
      walk(condition)
      if case .boolean(false) = condition.kind, let first = body.statements.first {
        unreachable(first.span, "the condition is always false")
      }
      walk(body.statements, isBlock: true, isValueUsed: false)
    case .return(let value): if let value { walk(value) }
    case .break, .continue: break
    case .assignment(let target, _, let value):
      walk(target)
      walk(value)
    case .expression(let value):
      if !isValueUsed, let what = idle(value) {
        findings.append(
          Finding(
            .unusedValue, "\(what) is computed and dropped", source, value.span,
            hint: hint(value)))
      }
      // A method that changes its list must be a statement of its own.
      if case .call(_, let arguments) = value.kind, isInPlace(value) {
        for argument in arguments { walk(argument.value) }
      } else {
        walk(value, isValueUsed: isValueUsed)
      }
    }
  }

  private mutating func walk(_ function: Function) {
    for parameter in function.signature.parameters {
      if let value = parameter.defaultValue { walk(value) }
    }
    switch function.body {
    case .expression(let value) where isInPlace(value): break
    case .expression(let value): walk(value)
    case .block(let body): walk(body.statements, isBlock: true, isValueUsed: true)
    }
  }

  private mutating func walk(_ node: Expression, isValueUsed: Bool = true) {
    for part in node.parts { walk(part) }
    if isInPlace(node) { inPlace(node) }
    switch node.kind {
    case .function(let function): walk(function)
    case .attempt(let body, _, _, let handler):
      // The last statement of a `try` block may be there to fail.
      walk(body.statements, isBlock: true, isValueUsed: true)
      walk(handler.statements, isBlock: true, isValueUsed: isValueUsed)
    case .conditional(let branches, let otherwise):
      conditional(branches, otherwise, isValueUsed)
    default: break
    }
  }

  private mutating func conditional(
    _ branches: [Branch], _ otherwise: Block?, _ isValueUsed: Bool
  ) {
    var isReached = true
    for branch in branches {
      if !isReached { unreachable(branch.condition.span, "an earlier condition is always true") }
      isReached = true
      if case .boolean(let value) = branch.condition.kind {
        isReached = !value
        if !value, let first = branch.body.statements.first {
          unreachable(first.span, "the condition is always false")
        }
      }
      walk(branch.body.statements, isBlock: true, isValueUsed: isValueUsed)
    }
    guard let otherwise else { return }
    if !isReached, let first = otherwise.statements.first {
      unreachable(first.span, "an earlier condition is always true")
    }
    walk(otherwise.statements, isBlock: true, isValueUsed: isValueUsed)
  }

  private mutating func unreachable(_ span: Span, _ message: String) {
    findings.append(Finding(.unreachable, message, source, span))
  }

  // MARK: - Ends

  /// Whether nothing after the statement in its block is reachable.
  func ends(_ statement: Statement) -> Bool {
    switch statement.kind {
    case .return, .break, .continue: return true
    case .while(let condition, let body):
      guard case .boolean(true) = condition.kind else { return false }
      return !breaks(body)
    case .expression(let value): return ends(value)
    default: return false
    }
  }

  func ends(_ block: Block) -> Bool { block.statements.contains { ends($0) } }

  func ends(_ node: Expression) -> Bool {
    switch node.kind {
    case .call(let callee, _):
      guard case .name("error") = callee.kind else { return false }
      return index.meanings[callee.span.start] == nil
    case .conditional(let branches, let otherwise):
      guard let otherwise else { return false }
      return ends(otherwise) && branches.allSatisfy { ends($0.body) }
    case .attempt(let body, _, _, let handler): return ends(body) && ends(handler)
    default: return false
    }
  }

  /// Whether a block leaves the loop around it.
  private func breaks(_ block: Block) -> Bool {
    block.statements.contains { statement in
      switch statement.kind {
      case .break: true
      case .expression(let value): breaks(value)
      case .let(_, let value), .assignment(_, _, let value): breaks(value)
      default: false
      }
    }
  }

  private func breaks(_ node: Expression) -> Bool {
    switch node.kind {
    case .conditional(let branches, let otherwise):
      branches.contains { breaks($0.body) } || otherwise.map { breaks($0) } ?? false
    case .attempt(let body, _, _, let handler): breaks(body) || breaks(handler)
    case .function: false
    default: node.parts.contains { breaks($0) }
    }
  }

  // MARK: - Unused values

  /// What an expression without any effect computes, in words, or nil if it may have one.
  private func idle(_ node: Expression) -> String? {
    guard isPure(node) else { return nil }
    switch node.kind {
    case .number, .string, .boolean, .interpolation, .matrix, .list, .record: return "this value"
    case .name(let name): return "`\(name)`"
    case .comparison: return "this comparison"
    case .function: return "this function"
    case .nothing: return nil
    case .call(let callee, _), .pipe(_, let callee, _):
      return "the result of `\(source.text(callee.span))`"
    default: return "this value"
    }
  }

  private func hint(_ node: Expression) -> String? {
    guard case .comparison(.equal, let target, _) = node.kind else { return nil }
    switch target.kind {
    case .name, .field, .index: return "`=` assigns, `==` compares"
    default: return nil
    }
  }

  private func isPure(_ node: Expression) -> Bool {
    switch node.kind {
    case .number, .string, .boolean, .nothing, .name, .function: true
    case .interpolation, .list, .matrix, .record, .unary, .binary, .comparison, .logical, .index,
      .field:
      node.parts.allSatisfy { isPure($0) }
    case .call(let callee, let arguments), .pipe(_, let callee, let arguments):
      isWithoutEffect(callee) && arguments.allSatisfy { isPure($0.value) }
    case .comprehension, .conditional, .attempt, .load: false
    }
  }

  /// Whether a callee is a library function without side effects.
  private func isWithoutEffect(_ callee: Expression) -> Bool {
    switch callee.kind {
    case .name(let name):
      guard index.meanings[callee.span.start] == nil else { return false }
      return library.isWithoutEffect(library.global(name))
    case .field(let base, let name):
      guard case .name(let space) = base.kind, index.meanings[base.span.start] == nil,
        library.isNamespace(space)
      else { return isPureMethod(name.text) && isPure(base) }
      return library.isWithoutEffect(library.member(name.text, of: space))
    default: return false
    }
  }

  /// Methods that change nothing whatever the receiver; a record may hold functions under any name,
  /// so only names that are unlikely as fields are listed.
  private func isPureMethod(_ name: String) -> Bool {
    ["reshape", "transpose", "flatten", "permute", "squeeze", "unsqueeze", "strip"].contains(name)
  }

  // MARK: - In-place methods

  /// Methods of lists that return nil, with what returns a new list instead.
  private static let inPlaceMethods: [String: String] = [
    "sort": "; `sorted(xs)` gives a new list", "append": "; `[...xs, value]` is a new list",
    "extend": "; `[...xs, ...others]` is a new list", "reverse": "; `xs[::-1]` is a new list",
    "insert": "", "clear": "", "remove": "",
  ]

  private func isInPlace(_ node: Expression) -> Bool {
    guard case .call(let callee, _) = node.kind, case .field(_, let name) = callee.kind,
      FlowRules.inPlaceMethods[name.text] != nil, case .builtin(let method)? = known[callee.span]
    else { return false }
    return method.receiverType == "list"
  }

  /// The value of a method that returns nil is used.
  private mutating func inPlace(_ node: Expression) {
    guard case .call(let callee, _) = node.kind, case .field(_, let name) = callee.kind else {
      return
    }
    findings.append(
      Finding(
        .nothingGiven, "`\(name.text)` changes the list in place and gives nil", source, name.span,
        hint: "write it on a line of its own" + (FlowRules.inPlaceMethods[name.text] ?? "")))
  }

  // MARK: - Comparisons meant as assignments

  /// `x == 5` and `x <- 5` as statements of their own, whose result is not shown.
  private mutating func dropped(_ statement: Statement) {
    guard case .expression(let node) = statement.kind,
      case .comparison(let operation, let left, let right) = node.kind
    else { return }
    switch left.kind {
    case .name: if index.meanings[left.span.start] == nil { return }
    case .field, .index: break
    default: return
    }
    guard !shown.shows(statement) else { return }
    let target = source.text(left.span)
    if operation == .equal, isPure(node) {
      findings.append(
        Finding(
          .unusedValue, "this comparison is computed and dropped", source, node.span,
          hint: "`=` assigns, `==` compares; `print(..)` shows"))
    } else if operation == .less, case .unary(.negate, _) = right.kind,
      source.text(Span(start: left.span.end, end: right.span.end)).drop(while: { $0 == " " })
        .hasPrefix("<-")
    {
      let isNew = if case .name = left.kind { "; a new name is `let \(target) = ..`" } else { "" }
      findings.append(
        Finding(
          .unusedValue, "`<-` compares with a negative number", source, node.span,
          hint: "write `\(target) = ..` to assign" + isNew))
    }
  }
}
