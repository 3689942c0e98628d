// SPDX-License-Identifier: Apache-2.0
//
// Expressions. A line may be broken after an operator, after a comma, inside brackets, and before
// `|>`; nowhere else, since the grammar would read a newline there as the end of the statement.

extension LayoutBuilder {
  /// An expression with the parentheses around it.
  mutating func expression(_ value: Expression) -> Layout {
    let start = leftmost(value)?.span.start
    var opening: [Layout] = []
    while token.kind == .parenthesisOpen, start.map({ token.span.start < $0 }) ?? true {
      opening.append(take())
    }
    let inner = bare(value)
    guard !opening.isEmpty else { return inner }
    var parts = opening + [inner]
    for _ in opening { parts.append(take()) }
    return .joined(parts)
  }

  /// The leftmost subexpression, if the expression begins with one.
  private func leftmost(_ value: Expression) -> Expression? {
    switch value.kind {
    case .binary(_, let left, _), .comparison(_, let left, _), .logical(_, let left, _): left
    case .call(let left, _), .index(let left, _), .field(let left, _), .pipe(let left, _, _): left
    default: nil
    }
  }

  private func hasParentheses(_ value: Expression) -> Bool {
    leftmost(value).map { $0.span.start > value.span.start } ?? true
  }

  private mutating func bare(_ value: Expression) -> Layout {
    switch value.kind {
    case .number, .string, .boolean, .nothing, .name: return take()
    case .interpolation: return interpolation()
    case .list(let items): return list(items)
    case .matrix(let rows): return matrix(rows)
    case .comprehension(let element, let clauses, let condition):
      return comprehension(element, clauses, condition)
    case .record(let entries):
      return bracket(entries.count) { builder, number in builder.entry(entries[number]) }
    case .unary(let symbol, let operand):
      let word = take()
      return .joined([word, symbol == .not ? .space : .empty, expression(operand)])
    case .binary, .comparison, .logical: return operation(value)
    case .call, .index, .field: return postfix(value)
    case .pipe: return pipeline(value)
    case .function(let function): return .joined([take(), signatureAndBody(function)])
    case .conditional(let branches, let otherwise): return conditional(branches, otherwise)
    case .attempt(let body, _, let kind, let handler):
      let head = Layout.joined([take(), .space, block(body)])
      var caught = [.space, take(), .space, take()]
      if kind != nil { caught += [take(), .space, take()] }
      let middle = Layout.joined(caught + [.space])
      return Layout.joined([head, middle, block(handler)]).grouped()
    case .load: return .joined([take(), .space, take()])
    }
  }

  /// A string with holes, unchanged: it never spans lines.
  private mutating func interpolation() -> Layout {
    let before = gapComments()
    let start = token.span.start
    var depth = 0
    repeat {
      if token.kind == .stringHead { depth += 1 }
      if token.kind == .stringTail { depth -= 1 }
      index += 1
    } while depth > 0 && index < tokens.count
    let text = source.text(Span(start: start, end: tokens[index - 1].span.end))
    return .joined([before, .text(text)])
  }

  // MARK: - Operators

  /// A chain of operators of the same precedence: if it is too long, the line is broken after each.
  private mutating func operation(_ value: Expression) -> Layout {
    var operands = [value]
    // The left operand of a left-associative chain is part of it unless it has parentheses.
    while let (symbol, left, right) = split(operands[0]), symbol != "**" {
      operands.replaceSubrange(0...0, with: [left, right])
      guard !hasParentheses(left), let next = split(left),
        precedence(next.symbol) == precedence(symbol)
      else { break }
    }
    if operands.count == 1, let (_, left, right) = split(value) {
      return .joined([expression(left), .space, take(), .space, expression(right)])
    }
    var parts = [expression(operands[0])]
    var rest: [Layout] = []
    for operand in operands.dropFirst() {
      rest += [.space, take(), .line(), expression(operand)]
    }
    parts.append(Layout.joined(rest).indented())
    return Layout.joined(parts).grouped()
  }

  private func split(_ value: Expression) -> (symbol: String, left: Expression, right: Expression)?
  {
    switch value.kind {
    case .binary(let symbol, let left, let right): (symbol.rawValue, left, right)
    case .comparison(let symbol, let left, let right): (symbol.rawValue, left, right)
    case .logical(let symbol, let left, let right): (symbol.rawValue, left, right)
    default: nil
    }
  }

  private func precedence(_ symbol: String) -> Precedence? {
    Token.Kind(rawValue: symbol).flatMap { Infix($0)?.precedence }
  }

  /// Calls, indices and fields, from left to right: chains may be long, so this does not recurse.
  private mutating func postfix(_ value: Expression) -> Layout {
    var steps: [Expression] = []
    var base = value
    while let inner = leftmost(base), isPostfix(base) {
      steps.append(base)
      base = inner
      if isPostfix(inner), hasParentheses(inner) { break }
    }
    var parts = [expression(base)]
    for step in steps.reversed() {
      switch step.kind {
      case .call(_, let arguments): parts.append(self.arguments(arguments))
      case .index(_, let subscripts):
        parts.append(
          bracket(subscripts.count) { builder, number in builder.entry(subscripts[number]) })
      default: parts += [take(), take()]
      }
    }
    return .joined(parts)
  }

  private func isPostfix(_ value: Expression) -> Bool {
    switch value.kind {
    case .call, .index, .field: true
    default: false
    }
  }

  /// Stages on lines of their own if the author broke the line, or if the pipeline is too long.
  private mutating func pipeline(_ value: Expression) -> Layout {
    var stages: [(function: Expression, arguments: [Argument], isCall: Bool)] = []
    var input = value
    while case .pipe(let inner, let function, let arguments) = input.kind {
      stages.insert((function, arguments, function.span.end < input.span.end), at: 0)
      input = inner
      if hasParentheses(inner) { break }
    }
    let first = expression(input)
    var isForced = false
    var rest: [Layout] = []
    for stage in stages {
      isForced = isForced || isOnNewLine
      rest += [.line(), take(), .space, expression(stage.function)]
      if stage.isCall { rest.append(arguments(stage.arguments)) }
    }
    return Layout.joined([first, Layout.joined(rest).indented()]).grouped(forced: isForced)
  }

  // MARK: - Brackets

  private mutating func arguments(_ arguments: [Argument]) -> Layout {
    let style = BracketStyle(hugsLast: hugsLast(arguments))
    return bracket(arguments.count, style) { builder, number in
      builder.argument(arguments[number])
    }
  }

  /// Whether the last argument may be broken while the others stay on the line of the call: a
  /// function with a block, a record, and anything in brackets that is the only argument.
  private func hugsLast(_ arguments: [Argument]) -> Bool {
    guard let last = arguments.last else { return false }
    let isOnly = arguments.count == 1
    switch last.value.kind {
    case .record: return true
    case .function(let function):
      if case .block = function.body { return true }
      return false
    case .list, .matrix, .comprehension: return isOnly
    case .call(_, let inner): return isOnly && hugsLast(inner)
    default: return false
    }
  }

  private mutating func argument(_ argument: Argument) -> Layout {
    switch argument.kind {
    case .positional: expression(argument.value)
    case .named: .joined([take(), .space, take(), .space, expression(argument.value)])
    case .spread: .joined([take(), expression(argument.value)])
    }
  }

  private mutating func list(_ items: [Item]) -> Layout {
    let style = BracketStyle(isFilled: items.count > 1 && items.allSatisfy(isWord))
    return bracket(items.count, style) { builder, number in
      switch items[number] {
      case .value(let value): builder.expression(value)
      case .spread(let value): .joined([builder.take(), builder.expression(value)])
      }
    }
  }

  /// Whether an entry is so short that several are put on a line.
  private func isWord(_ item: Item) -> Bool {
    guard case .value(let value) = item else { return false }
    switch value.kind {
    case .number, .string, .boolean, .nothing, .name: return true
    case .unary(.negate, let operand):
      if case .number = operand.kind { return true }
      return false
    default: return false
    }
  }

  /// Rows on lines of their own if the author broke the line, or if they are too long.
  private mutating func matrix(_ rows: [[Expression]]) -> Layout {
    let open = take()
    var isForced = isOnNewLine
    var body: [Layout] = [.softLine]
    for (number, row) in rows.enumerated() {
      if number > 0 { body.append(.line()) }
      for (column, value) in row.enumerated() {
        if column > 0 { body += [take(), .space] }
        body.append(expression(value))
      }
      // The `;` of a single row is what makes it a matrix; after the last of several it is dropped
      // on one line.
      let isLast = number + 1 == rows.count
      skip(.semicolon)
      body.append(isLast && rows.count > 1 ? .whenBroken(";") : .text(";"))
      if !isLast { isForced = isForced || isOnNewLine }
      body.append(gapComments())
    }
    return Layout.joined([open, Layout.joined(body).indented(), .softLine, take()])
      .grouped(forced: isForced)
  }

  private mutating func comprehension(
    _ element: Expression, _ clauses: [Clause], _ condition: Expression?
  ) -> Layout {
    let open = take()
    let isForced = isOnNewLine
    var body: [Layout] = [.softLine, expression(element)]
    for clause in clauses {
      body += [
        .line(), take(), .space, pattern(clause.pattern), .space, take(), .space,
        expression(clause.sequence),
      ]
    }
    if let condition { body += [.line(), take(), .space, expression(condition)] }
    body.append(gapComments())
    return Layout.joined([open, Layout.joined(body).indented(), .softLine, take()])
      .grouped(forced: isForced)
  }

  private mutating func entry(_ entry: Entry) -> Layout {
    switch entry {
    case .named(_, let value): .joined([take(), take(), .space, expression(value)])
    case .computed(let key, let value):
      .joined([expression(key), take(), .space, expression(value)])
    case .shorthand: take()
    case .spread(let value): .joined([take(), expression(value)])
    }
  }

  private mutating func entry(_ entry: Subscript) -> Layout {
    switch entry {
    case .index(let value): return expression(value)
    case .ellipsis: return take()
    case .slice(let start, let stop, let step, _):
      var parts: [Layout] = []
      if let start { parts.append(expression(start)) }
      parts.append(take())
      if let stop { parts.append(expression(stop)) }
      if let colon = take(if: .colon) { parts.append(colon) }
      if let step { parts.append(expression(step)) }
      return .joined(parts)
    }
  }

  /// The blocks of an `if` are on one line together or not at all.
  private mutating func conditional(_ branches: [Branch], _ otherwise: Block?) -> Layout {
    var parts: [Layout] = []
    for (number, branch) in branches.enumerated() {
      if number > 0 { parts += [.space, take(), .space] }
      parts += [take(), .space, expression(branch.condition), .space, block(branch.body)]
    }
    if let otherwise { parts += [.space, take(), .space, block(otherwise)] }
    return Layout.joined(parts).grouped()
  }
}
