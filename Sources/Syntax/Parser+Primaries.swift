// SPDX-License-Identifier: Apache-2.0
//
// Primary expressions: names, literals, groups, strings with holes, and the forms that have a value
// although they contain blocks.

extension Parser {
  /// Primary ::= Name | Number | String | ... | If | Try | Import
  mutating func primary() throws(SyntaxFailure) -> Expression {
    let first = token
    switch first.kind {
    case .name:
      advance()
      return Expression(.name(text(first)), first.span)
    case .number:
      advance()
      return Expression(.number(number(first)), first.span)
    case .string:
      advance()
      return Expression(.string(StringText.literal(bytes(first))), first.span)
    case .true, .false:
      advance()
      return Expression(.boolean(first.kind == .true), first.span)
    case .nil:
      advance()
      return Expression(.nothing, first.span)
    default: return try nested { parser throws(SyntaxFailure) in try parser.compound() }
    }
  }

  /// The primaries that contain other expressions.
  private mutating func compound() throws(SyntaxFailure) -> Expression {
    switch kind {
    case .stringHead: return try interpolation()
    case .parenthesisOpen: return try group()
    case .bracketOpen: return try bracketed()
    case .recordOpen: return try record()
    case .if: return try conditional()
    case .try: return try attempt()
    case .import: return try load()
    default: throw unexpected("an expression")
    }
  }

  /// '(' Expression ')'
  private mutating func group() throws(SyntaxFailure) -> Expression {
    let open = advance()
    var inner = try expression()
    try close(.parenthesisClose, open, "`)`")
    inner.span = span(from: open.span)
    return inner
  }

  // MARK: - Literals

  /// The value of a number token; underscores only group digits.
  func number(_ token: Token) -> Double {
    if let value = shortNumber(token) { return value }
    let digits = bytes(token).filter { $0 != UInt8(ascii: "_") }
    return Double(String(decoding: digits, as: UTF8.self)) ?? 0
  }

  /// The value of a number of up to 15 digits without exponent. Such digits and the power of ten
  /// that divides them are exactly representable, so the one division is correctly rounded.
  private func shortNumber(_ token: Token) -> Double? {
    guard token.span.end - token.span.start <= 16 else { return nil }
    return source.bytes.withUnsafeBufferPointer { bytes in
      var digits: Int64 = 0
      var count = 0
      var scale = 1.0
      var hasPoint = false
      for byte in bytes[Int(token.span.start)..<Int(token.span.end)] {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
          count += 1
          if hasPoint { scale *= 10 }
        case UInt8(ascii: "."): hasPoint = true
        case UInt8(ascii: "_"): continue
        default: return nil
        }
      }
      return count <= 15 ? Double(digits) / scale : nil
    }
  }

  func bytes(_ token: Token) -> ArraySlice<UInt8> {
    source.bytes[Int(token.span.start)..<Int(token.span.end)]
  }

  /// A string with holes: head, expression, format, then middles, and a tail.
  private mutating func interpolation() throws(SyntaxFailure) -> Expression {
    let first = token
    var parts: [StringPart] = []
    repeat {
      appendText(advance(), to: &parts)
      if kind == .stringTail || kind == .stringMiddle || kind == .format { throw emptyHole() }
      if kind.startsStatementOnly || kind == .semicolon { throw braceInString() }
      let value = try expression()
      parts.append(.hole(value, kind == .format ? format(advance()) : nil))
      guard kind == .stringMiddle || kind == .stringTail else { throw unexpected("`}`") }
    } while kind == .stringMiddle
    appendText(advance(), to: &parts)
    return Expression(.interpolation(parts), span(from: first.span))
  }

  private func appendText(_ token: Token, to parts: inout [StringPart]) {
    let text = StringText.part(bytes(token))
    if !text.isEmpty { parts.append(.text(text)) }
  }

  private mutating func braceInString() -> SyntaxFailure {
    failure(
      "a `{` in a string opens a hole", label: "\(phrase(for: token)) is no value",
      hint: "write `{{` and `}}` for the characters")
  }

  private mutating func emptyHole() -> SyntaxFailure {
    failure(
      "the hole of the string is empty", at: previous.span.joined(with: token.span),
      hint: "put an expression between the braces; `{{` and `}}` stand for braces")
  }

  /// Format, which the lexer has checked.
  private func format(_ token: Token) -> Format {
    let text = bytes(token).dropFirst().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    var (format, _) = Format.read(text)
    format.span = Span(start: min(token.span.start + 1, token.span.end), end: token.span.end)
    return format
  }

  // MARK: - Forms with blocks

  /// If ::= 'if' Expression Block ('else' (If | Block))?
  private mutating func conditional() throws(SyntaxFailure) -> Expression {
    let first = token
    var branches: [Branch] = []
    var otherwise: Block?
    repeat {
      advance()
      if lacksCondition {
        throw failure(
          "`if` needs a condition", label: "expected a condition before `{`",
          hint: "the last branch is written `else { .. }`")
      }
      let condition = try expression()
      branches.append(Branch(condition, try block(after: "if")))
      guard accept(.else) else { break }
      if kind != .if { otherwise = try block(after: "else") }
    } while otherwise == nil
    return Expression(.conditional(branches, otherwise: otherwise), span(from: first.span))
  }

  /// Whether the `{` after `if` is meant as a block: no record begins with `{f(` or `{x =`.
  private var lacksCondition: Bool {
    guard kind == .recordOpen, nextKind == .name, index + 2 < tokens.count else { return false }
    switch tokens[index + 2].kind {
    case .parenthesisOpen, .assign, .plusAssign, .minusAssign, .dot: return true
    default: return false
    }
  }

  /// Try ::= 'try' Block 'catch' Name (':' Name)? Block
  private mutating func attempt() throws(SyntaxFailure) -> Expression {
    let first = advance()
    let body = try block(after: "try")
    guard accept(.catch) else { throw missingCatch() }
    if kind == .recordOpen || kind == .blockOpen {
      throw failure(
        "`catch` needs a name for the error", label: "expected a name",
        hint: "write `catch e { .. }`")
    }
    if kind == .parenthesisOpen {
      throw failure(
        "`catch` names the error, without parentheses", label: "expected a name",
        hint: "write `catch e { .. }`")
    }
    let error = try name("a name for the error")
    let wanted = accept(.colon) ? try name("the kind of error to catch") : nil
    let handler = try block(after: "catch")
    return Expression(
      .attempt(body, error: error, kind: wanted, handler: handler), span(from: first.span))
  }

  /// Import ::= 'import' String, and the string has no holes.
  private mutating func load() throws(SyntaxFailure) -> Expression {
    let first = advance()
    if kind == .stringHead {
      let path = try interpolation()
      throw failure(
        "the path of `import` has no holes", at: path.span, hint: "write the path itself")
    }
    if kind == .name, Spelling.foreignModules.contains(text(token)) {
      throw failure(
        "the library is there without an import",
        hint: "leave the line out: `sqrt(2)`, `zeros(3)`, `image.load(path)` work at once")
    }
    if kind == .name {
      throw failure(
        "`import` takes a path in quotes", label: "expected a string",
        hint: "write `let tools = import \"tools.smap\"`")
    }
    let path = try expect(.string, "a path in quotes")
    return Expression(.load(path: StringText.literal(bytes(path))), span(from: first.span))
  }
}
