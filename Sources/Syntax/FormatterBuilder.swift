// SPDX-License-Identifier: Apache-2.0
//
// From tree to layout. The tree gives the structure; all text comes from the tokens, which are
// consumed in order, so nothing can get lost: strings, numbers and parentheses stay unchanged.
// Comments stand between tokens and are attached to the next one.

struct LayoutBuilder {
  let source: Source
  /// The tokens without newlines, which the layout determines.
  let tokens: [Token]
  let comments: [Span]
  var index = 0
  var commentIndex = 0

  init(_ program: Program, _ stream: TokenStream) {
    source = program.source
    tokens = stream.tokens.filter { $0.kind != .newline }
    comments = stream.comments
  }

  /// The layout of a whole program.
  mutating func program(_ program: Program) -> Layout {
    let body = statements(program.statements)
    return .joined([body, gapComments()])
  }

  // MARK: - Tokens

  var token: Token { tokens[min(index, tokens.count - 1)] }

  /// The current token, with the comments before it.
  mutating func take() -> Layout {
    let before = gapComments()
    let word = Layout.text(source.text(token.span))
    index += 1
    return before.isForced ? .joined([before, word]) : word
  }

  /// The current token if it is of that kind, else nothing.
  mutating func take(if kind: Token.Kind) -> Layout? { token.kind == kind ? take() : nil }

  /// Consumes a separator that the layout places itself. The comments before it come after it.
  mutating func skip(_ kind: Token.Kind) {
    if token.kind == kind { index += 1 }
  }

  // MARK: - Comments and empty lines

  /// All comments between the last consumed token and the current one.
  mutating func gapComments() -> Layout {
    var parts: [Layout] = []
    let end = token.span.start
    while commentIndex < comments.count, comments[commentIndex].start < end {
      let comment = comments[commentIndex]
      commentIndex += 1
      let text = trimmed(source.text(comment))
      // Only the first stays after the code: another, after a comma that has moved, would be merged
      // into it.
      if parts.isEmpty, isBehindCode(comment.start) {
        let line = source.lineSpan(source.line(of: comment.start))
        let before = source.text(Span(start: line.start, end: comment.start))
        let column = Layout.columns(before)
        parts.append(.trailingComment(text, column: column))
      } else {
        parts.append(.hardLine)
        if hasBlankLine(before: comment.start) { parts.append(.blankLine) }
        parts.append(.text(text))
      }
    }
    guard !parts.isEmpty else { return .empty }
    parts.append(.hardLine)
    if hasBlankLine(before: end), token.kind != .end { parts.append(.blankLine) }
    return .joined(parts)
  }

  private func trimmed(_ text: String) -> String {
    var text = text
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }

  /// Whether code precedes `offset` on its line.
  private func isBehindCode(_ offset: Int32) -> Bool {
    let byte = lastByte(before: offset) { $0 == 0x20 || $0 == 0x09 }
    return byte != nil && byte != 0x0A
  }

  private func lastByte(before offset: Int32, skipping: (UInt8) -> Bool) -> UInt8? {
    var place = Int(offset) - 1
    let lowest = source.hasByteOrderMark ? 3 : 0
    while place >= lowest, skipping(source.bytes[place]) { place -= 1 }
    return place >= lowest ? source.bytes[place] : nil
  }

  /// Whether at least one empty line directly precedes `offset`.
  func hasBlankLine(before offset: Int32) -> Bool {
    var lineEnds = 0
    _ = lastByte(before: offset) { byte in
      if byte == 0x0A { lineEnds += 1 }
      return lineEnds < 2 && (byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A)
    }
    return lineEnds >= 2
  }

  /// The offset of what comes next, a comment or the current token.
  var nextOffset: Int32 {
    commentIndex < comments.count
      ? min(comments[commentIndex].start, token.span.start) : token.span.start
  }

  /// Whether there is a newline between the last consumed token and the current one.
  var isOnNewLine: Bool {
    guard index > 0 else { return false }
    return source.line(of: tokens[index - 1].span.end) != source.line(of: token.span.start)
  }

  // MARK: - Statements

  /// Statements with the line breaks between them, but without one at the end.
  mutating func statements(_ statements: [Statement]) -> Layout {
    var parts: [Layout] = []
    for (number, statement) in statements.enumerated() {
      skipSeparators()
      let isApart = isOnNewLine || nextOffset < token.span.start
      if number > 0, isApart { parts.append(.hardLine) }
      if number > 0, hasBlankLine(before: nextOffset) { parts.append(.blankLine) }
      parts.append(gapComments())
      let text = self.statement(statement)
      // Statements that share a line stay on one as long as they fit.
      let joinsLine = number > 0 && !isApart
      parts.append(joinsLine ? .joined([.line(), text]).grouped() : text)
    }
    skipSeparators()
    return .joined(parts)
  }

  private mutating func skipSeparators() {
    while token.kind == .semicolon { index += 1 }
  }

  private mutating func statement(_ statement: Statement) -> Layout {
    let body = body(of: statement)
    guard statement.isMuted else { return body }
    return .joined([body, .text(";")])
  }

  private mutating func body(of statement: Statement) -> Layout {
    switch statement.kind {
    case .let(let pattern, let value):
      return .joined([
        take(), .space, self.pattern(pattern), .space, take(), assigned(value),
      ])
    case .function(_, let function):
      return .joined([take(), .space, take(), signatureAndBody(function)])
    case .for(let pattern, let sequence, let body):
      return .joined([
        take(), .space, self.pattern(pattern), .space, take(), .space, expression(sequence),
        .space, block(body).grouped(),
      ])
    case .while(let condition, let body):
      return .joined([take(), .space, expression(condition), .space, block(body).grouped()])
    case .return(let value):
      let word = take()
      guard let value else { return word }
      return .joined([word, .space, expression(value)])
    case .break, .continue: return take()
    case .assignment(let target, _, let value):
      return .joined([expression(target), .space, take(), assigned(value)])
    case .expression(let value): return expression(value)
    }
  }

  /// A value after `=`: it starts on the same line unless it fits as a whole only on the next.
  mutating func assigned(_ value: Expression, prefersNextLine: Bool = false) -> Layout {
    let isOperation = isOperation(value)
    let breaksInside = breaksWell(value)
    let text = expression(value)
    return prefersNextLine || !breaksInside
      ? text.behindEquals(isBelowWhenBroken: isOperation) : .joined([.space, text])
  }

  private func isOperation(_ value: Expression) -> Bool {
    switch value.kind {
    case .binary, .comparison, .logical: true
    default: false
    }
  }

  /// Whether an expression breaks well after `=`.
  private func breaksWell(_ value: Expression) -> Bool {
    switch value.kind {
    case .list, .matrix, .comprehension, .record, .call, .index, .function, .conditional, .attempt,
      .pipe:
      true
    default: false
    }
  }

  /// A block with its braces. The enclosing group is broken if the author wrote it so.
  mutating func block(_ block: Block) -> Layout {
    let open = take()
    var isForced = isOnNewLine
    let start = index
    let comments = block.statements.isEmpty ? gapComments() : .empty
    let inner = statements(block.statements)
    let before = gapComments()
    isForced = isForced || spansLines(from: start, statements: block.statements)
    let close = take()
    if block.statements.isEmpty, !comments.isForced, !before.isForced {
      return .joined([open, .space, close])
    }
    let line = isForced ? Layout.hardLine : .line()
    return .joined([open, .joined([line, comments, inner, before]).indented(), line, close])
  }

  /// Whether there is a newline between two statements of a block, or before its brace.
  private func spansLines(from start: Int, statements: [Statement]) -> Bool {
    let close = source.line(of: token.span.start)
    var line = start > 0 ? source.line(of: tokens[start - 1].span.end) : 0
    for statement in statements {
      if source.line(of: statement.span.start) != line { return true }
      line = source.line(of: statement.span.end)
    }
    return line != close
  }
}
