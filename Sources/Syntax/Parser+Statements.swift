// SPDX-License-Identifier: Apache-2.0
//
// Statements, blocks and assignments.

extension Parser {
  /// Statements ::= Separator* (Statement (Separator+ Statement)* Separator*)?
  ///
  /// Stops at `closing` or at the end; recovers from errors, so it never throws.
  mutating func statements(until closing: Token.Kind) -> [Statement] {
    var statements: [Statement] = []
    while !isAborted {
      while kind == .newline || kind == .semicolon { advance() }
      if kind == closing || kind == .end { break }
      let start = index
      statementStart = start
      do throws(SyntaxFailure) {
        var statement = try statement()
        guard kind == .newline || kind == .semicolon || kind == closing || kind == .end else {
          throw unexpected("the end of the statement")
        }
        statement.isMuted = kind == .semicolon
        statements.append(statement)
      } catch {
        recover(from: start)
      }
    }
    return statements
  }

  /// Block ::= '{' Statements '}'
  mutating func block(after header: String) throws(SyntaxFailure) -> Block {
    guard kind == .blockOpen else { throw missingBlock(header) }
    return try nested { parser throws(SyntaxFailure) in
      let open = parser.advance()
      let outerStart = parser.statementStart
      defer { parser.statementStart = outerStart }
      parser.openBlocks += 1
      let statements = parser.statements(until: .braceClose)
      parser.openBlocks -= 1
      if parser.isAborted { throw SyntaxFailure() }
      try parser.close(.braceClose, open, "`}`")
      return Block(statements, parser.span(from: open.span))
    }
  }

  private mutating func statement() throws(SyntaxFailure) -> Statement {
    let first = token
    let comment = first.kind == .let || first.kind == .fn ? documentationText() : nil
    let kind: Statement.Kind
    switch first.kind {
    case .let: kind = try letStatement()
    case .fn where nextKind != .parenthesisOpen: kind = try functionStatement()
    case .for: kind = try forStatement()
    case .while:
      advance()
      kind = .while(try expression(), try block(after: "while"))
    case .return:
      advance()
      kind = .return(endsReturn ? nil : try expression())
    case .break:
      advance()
      kind = .break
    case .continue:
      advance()
      kind = .continue
    default: kind = try expressionStatement()
    }
    return Statement(kind, span(from: first.span), documentation: comment)
  }

  /// Whether `return` has no value.
  private var endsReturn: Bool {
    kind == .newline || kind == .semicolon || kind == .braceClose || kind == .end
  }

  /// Let ::= 'let' Pattern '=' Expression
  private mutating func letStatement() throws(SyntaxFailure) -> Statement.Kind {
    advance()
    let pattern = try pattern()
    guard accept(.assign) else {
      if let advice = adviceForLetName() {
        throw failure(advice.title, at: advice.place, hint: advice.hint)
      }
      throw unexpected("`=`")
    }
    return .let(pattern, try expression())
  }

  /// Function ::= 'fn' Name Signature Body
  private mutating func functionStatement() throws(SyntaxFailure) -> Statement.Kind {
    let first = advance()
    let name = try name("a name or `(`")
    return .function(name, try function(from: first.span))
  }

  /// For ::= 'for' Pattern 'in' Expression Block
  private mutating func forStatement() throws(SyntaxFailure) -> Statement.Kind {
    advance()
    let pattern = try pattern()
    try expect(.in)
    return .for(pattern, try expression(), try block(after: "for"))
  }

  /// Assignment | Expression
  private mutating func expressionStatement() throws(SyntaxFailure) -> Statement.Kind {
    let target = try expression()
    guard let assignment = AssignmentOperator(token: kind) else { return .expression(target) }
    guard isAssignable(target) else {
      throw failure("cannot assign to this", at: target.span, hint: assignmentHint(target))
    }
    advance()
    return .assignment(target, assignment, try expression())
  }

  /// Target ::= Name | Postfix (Field | Index). Parentheses leave no node, but show in the span.
  private func isAssignable(_ target: Expression) -> Bool {
    switch target.kind {
    case .name, .field, .index:
      let last = Int(target.span.end) - 1
      return source.bytes.indices.contains(last) && source.bytes[last] != UInt8(ascii: ")")
    default: return false
    }
  }

  /// The text of the `##` lines above the current token.
  private mutating func documentationText() -> String? {
    while documentationIndex < documentation.count,
      documentation[documentationIndex].token < index
    {
      documentationIndex += 1
    }
    guard documentationIndex < documentation.count,
      documentation[documentationIndex].token == index
    else { return nil }
    let lines = documentation[documentationIndex].comments
    return comments[lines].map { span in
      var line = source.text(span).dropFirst(2)
      if line.first == " " { line.removeFirst() }
      while line.last?.isWhitespace == true { line.removeLast() }
      return String(line)
    }.joined(separator: "\n")
  }
}

extension AssignmentOperator {
  fileprivate init?(token: Token.Kind) {
    switch token {
    case .assign, .plusAssign, .minusAssign, .timesAssign, .divideAssign:
      self.init(rawValue: token.rawValue)
    default: return nil
    }
  }
}
