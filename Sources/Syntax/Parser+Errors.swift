// SPDX-License-Identifier: Apache-2.0
//
// Reporting an error, and finding a token from which to continue. A failure is thrown without
// payload: the issue has been recorded before, so unwinding costs nothing.

/// Thrown to unwind to the next statement; the issue is already recorded.
struct SyntaxFailure: Error {}

extension Parser {
  // MARK: - Reporting

  /// Records an error and returns the failure to throw.
  ///
  /// `place` is what to underline, by default the current token. The position of the error is the
  /// current token in any case, since all text before it could begin a valid program.
  mutating func failure(
    _ message: String, at place: Span? = nil, label: String = "", hint: String? = nil
  ) -> SyntaxFailure {
    // The lexer has reported unknown characters already.
    if kind == .unknown || isAborted { return SyntaxFailure() }
    let diagnostic = Diagnostic(
      .syntax, message, source: source, span: place ?? visibleSpan, label: label, hint: hint)
    issues.append(
      SyntaxIssue(diagnostic: diagnostic, offset: token.span.start, isAtEnd: kind == .end))
    if issues.count >= Parser.maximumIssues { isAborted = true }
    return SyntaxFailure()
  }

  /// Records that the current token is unexpected, with advice for well-known habits.
  mutating func unexpected(_ expected: String) -> SyntaxFailure {
    if let advice = advice() {
      return failure(advice.title, at: advice.place, label: advice.label, hint: advice.hint)
    }
    if kind == .end {
      return failure("the text ends too early", label: "expected \(expected)")
    }
    return failure("unexpected \(description(of: token))", label: "expected \(expected)")
  }

  /// Records that the nesting is too deep; nothing more is reported after that.
  mutating func tooDeep() -> SyntaxFailure {
    let failure = failure(
      "nesting deeper than \(Parser.maximumNesting)",
      hint: "give inner parts a name with `let`, or move them to a function")
    isAborted = true
    return failure
  }

  /// What to underline for the current token: at the end, the position after the last token.
  private var visibleSpan: Span {
    guard kind == .end || token.span.isEmpty else {
      return kind == .newline ? Span(start: token.span.start, end: token.span.start) : token.span
    }
    var last = index
    while last > 0, tokens[last].kind == .end || tokens[last].kind == .newline { last -= 1 }
    let end = tokens[last].kind == .end ? token.span.start : tokens[last].span.end
    return Span(start: end, end: end)
  }

  /// A token in words, for messages.
  func description(of token: Token) -> String {
    switch token.kind {
    case .newline: "line end"
    case .end: "end of the text"
    case .string, .stringHead: "string"
    case .stringMiddle, .stringTail: "`}`"
    case .format: "format"
    case .number, .name:
      token.span.end - token.span.start <= 40
        ? "`\(text(token))`" : token.kind == .name ? "name" : "number"
    case .blockOpen: "`{`"
    default: "`\(token.kind.rawValue)`"
    }
  }

  /// A token in words, with an article where it needs one.
  func phrase(for token: Token) -> String {
    switch token.kind {
    case .end: "the \(description(of: token))"
    case .string, .stringHead, .newline, .format: "a \(description(of: token))"
    default: description(of: token)
    }
  }

  /// All issues in the order of the text, at most one per line, since a second one on the same line
  /// is nearly always a consequence of the first.
  func sortedIssues() -> [SyntaxIssue] {
    let sorted = issues.enumerated().sorted {
      ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset)
    }
    var lines: Set<Int> = []
    var result: [SyntaxIssue] = []
    for issue in sorted.map(\.element) {
      let line = source.line(of: issue.offset)
      let shown = issue.diagnostic.span.map { source.line(of: $0.start) } ?? line
      guard !lines.contains(line), !lines.contains(shown) else { continue }
      lines.formUnion([line, shown])
      result.append(issue)
    }
    return result
  }

  // MARK: - Expecting

  /// Consumes a token of the given kind, or fails.
  @discardableResult
  mutating func expect(_ kind: Token.Kind, _ expected: String? = nil) throws(SyntaxFailure)
    -> Token
  {
    guard self.kind == kind else { throw unexpected(expected ?? "`\(kind.rawValue)`") }
    return advance()
  }

  /// Consumes a name, or fails; keywords get a message of their own.
  mutating func name(_ expected: String) throws(SyntaxFailure) -> Identifier {
    if kind.isKeyword {
      throw failure(
        "`\(kind.rawValue)` is a keyword", label: "expected \(expected)",
        hint: "choose another name")
    }
    let token = try expect(.name, expected)
    return Identifier(text(token), token.span)
  }

  /// Consumes the closing bracket of `open`, or fails; shows the opening one if it is far away.
  mutating func close(_ kind: Token.Kind, _ open: Token, _ expected: String)
    throws(SyntaxFailure)
  {
    if accept(kind) { return }
    let opening = open.kind == .blockOpen ? "{" : open.kind.rawValue
    if token.startsLine, startsValue(token), endsValue(previous) {
      throw failure(
        "\(expected) is missing", at: Span(start: previous.span.end, end: previous.span.end),
        label: "`\(opening)` is open since line \(source.line(of: open.span.start))")
    }
    if self.kind == .blockOpen, opensHeader(before: open) {
      throw failure(
        "`\(opening)` is not closed", at: open.span,
        label: "expected \(expected) before the `{` of the block")
    }
    if self.kind == .end || token.startsLine {
      throw failure(
        "`\(opening)` is not closed", at: open.span,
        label: "expected \(expected) before \(phrase(for: token))")
    }
    throw unexpected(expected)
  }

  /// Whether a bracket is in the header of a block: after `for`, `while`, `if` or `fn`.
  private func opensHeader(before open: Token) -> Bool {
    var place = index
    while place > statementStart, tokens[place].span.start >= open.span.start { place -= 1 }
    let first = max(statementStart, place - 64)
    guard first <= place else { return false }
    return tokens[first...place].contains { [.for, .while, .if, .fn].contains($0.kind) }
  }

  /// Runs `body` one level deeper.
  mutating func nested<Result>(
    _ body: (inout Parser) throws(SyntaxFailure) -> Result
  ) throws(SyntaxFailure) -> Result {
    guard nesting < Parser.maximumNesting else { throw tooDeep() }
    nesting += 1
    defer { nesting -= 1 }
    return try body(&self)
  }

  // MARK: - Recovery

  /// Skips the rest of a statement that failed. `start` is the index of its first token.
  mutating func recover(from start: Int) {
    if index == start, kind != .end, !(kind == .braceClose && openBlocks > 0) { advance() }
    var brackets = 0
    var blocks = 0
    while kind != .end {
      switch kind {
      case .newline, .semicolon:
        if brackets == 0, blocks == 0 { return }
      case .parenthesisOpen, .bracketOpen, .recordOpen: brackets += 1
      case .parenthesisClose, .bracketClose: brackets = max(0, brackets - 1)
      case .blockOpen: blocks += 1
      case .braceClose:
        if blocks > 0 {
          blocks -= 1
        } else if brackets > 0 {
          brackets -= 1
        } else if openBlocks > 0 {
          return
        }
      default:
        if blocks == 0, startsStatement { return }
      }
      advance()
    }
  }

  /// Whether a line starts here with a word that can only start a statement.
  private var startsStatement: Bool {
    token.startsLine && (kind.startsStatementOnly || kind == .fn && nextKind == .name)
  }
}
