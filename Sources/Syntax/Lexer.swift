// SPDX-License-Identifier: Apache-2.0
//
// Text to tokens, in one pass. Two rules of the grammar are decided here, with one token of
// lookbehind and one of lookahead: whether a newline ends a statement, and whether a `{` opens a
// block or a record. Both need the stack of open brackets, which also distinguishes the `}` that
// ends the hole of a string from one that ends a block inside that hole. Nothing recurses, so
// nesting costs no stack.

/// Splits a source into tokens.
public struct Lexer {
  /// An open bracket that a later character closes.
  enum Bracket: UInt8 { case parenthesis, square, record, block, hole }

  let source: Source
  let bytes: [UInt8]
  /// The offset of the next byte to read.
  var offset: Int
  var stream = TokenStream()
  /// The brackets that are open, outermost first.
  var brackets: [Bracket] = []
  private let keywords = KeywordTable.shared
  /// How many of `brackets` are holes of strings.
  var holes = 0
  /// The offset of a newline that becomes a token unless `|>` comes next.
  var pendingNewline: Int?
  /// Whether a newline precedes the next token.
  var isLineStart = true
  /// The number of newlines read so far.
  var line = 0
  /// The line of the last issue, and the number of issues.
  var reportedLine = -1
  var reports = 0
  /// The `##` comments on consecutive lines up to now, as a range of `stream.comments`.
  var documentation = 0..<0
  /// The line of the last of them.
  var documentationLine = -1

  init(_ source: Source) {
    self.source = source
    bytes = source.bytes
    offset = source.hasByteOrderMark ? 3 : 0
  }

  /// The tokens and comments of a source, without the issues: for tools that show text.
  public static func tokenize(_ source: Source) -> TokenStream {
    var lexer = Lexer(source)
    return lexer.run()
  }

  mutating func run() -> TokenStream {
    guard bytes.count <= Source.maximumSize else { return tooLarge() }
    // Tokens average three to four bytes, rarely two; reserved pages that are not touched cost
    // nothing.
    stream.tokens.reserveCapacity(bytes.count / 2 + 8)
    checkEncoding()
    let encodingIssues = stream.issues.count
    while offset < bytes.count { step() }
    if holes > 0 { endUnfinishedString(at: bytes.count) }
    append(.end, bytes.count, bytes.count)
    if encodingIssues > 0 { stream.issues.sort { $0.offset < $1.offset } }
    return stream
  }

  private mutating func tooLarge() -> TokenStream {
    report("the text is larger than 1 GiB", Span(0, 0), hint: "split it into modules")
    append(.end, 0, 0)
    return stream
  }

  /// Reads one space, newline, comment or token.
  private mutating func step() {
    let byte = bytes[offset]
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), 0: offset += 1
    case UInt8(ascii: "\n"): lineEnd()
    case UInt8(ascii: "#"): comment()
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      word()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
    case UInt8(ascii: "\""): string()
    case UInt8(ascii: "'"): verbatimString()
    case 0x80...: foreignCharacter()
    default: symbol(byte)
    }
  }

  // MARK: - Lines and comments

  private mutating func lineEnd() {
    if holes > 0 { endUnfinishedString(at: offset) }
    if pendingNewline == nil, brackets.isEmpty || brackets.last == .block,
      stream.tokens.last?.kind.endsStatement == true
    {
      pendingNewline = offset
    }
    offset += 1
    line += 1
    isLineStart = true
  }

  private mutating func comment() {
    let start = offset
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
    var end = offset
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    let index = stream.comments.count
    stream.comments.append(Span(start, end))
    guard isLineStart, isDocumentation(start, end) else { return }
    let continues = documentationLine == line - 1 && documentation.upperBound == index
    documentation = (continues ? documentation.lowerBound : index)..<(index + 1)
    documentationLine = line
  }

  /// Whether a comment starts with exactly two number signs.
  private func isDocumentation(_ start: Int, _ end: Int) -> Bool {
    guard start + 1 < end, bytes[start + 1] == UInt8(ascii: "#") else { return false }
    return start + 2 == end || bytes[start + 2] != UInt8(ascii: "#")
  }

  // MARK: - Words and numbers

  private mutating func word() {
    let start = offset
    var packed: UInt64 = 0
    while offset < bytes.count, Lexer.isWordByte(bytes[offset]) {
      packed = packed << 8 | UInt64(bytes[offset])
      offset += 1
    }
    let kind = offset - start <= KeywordTable.maximumLength ? keywords[packed] : .name
    if isLineStart, startsStatement(kind) { dropUnclosedBrackets() }
    append(kind, start, offset)
  }

  /// Whether the word just read can only start a statement: `let` and its like, or `fn name`.
  private func startsStatement(_ kind: Token.Kind) -> Bool {
    guard kind == .fn else { return kind.startsStatementOnly }
    var next = offset
    while next < bytes.count, bytes[next] == UInt8(ascii: " ") { next += 1 }
    return next < bytes.count && Lexer.isWordByte(bytes[next])
  }

  /// Discards brackets that can no longer be closed, so that one error does not hide the next.
  ///
  /// The current token is an error for any parser, hence no valid text is read differently.
  private mutating func dropUnclosedBrackets() {
    while let last = brackets.last, last != .block, last != .hole { brackets.removeLast() }
  }

  private mutating func number() {
    let start = offset
    digits()
    if byte(at: offset) == UInt8(ascii: "."), isDigit(at: offset + 1) {
      offset += 1
      digits()
    }
    if let letter = byte(at: offset), letter | 0x20 == UInt8(ascii: "e") {
      let sign = byte(at: offset + 1)
      let isSigned = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
      let first = offset + (isSigned ? 2 : 1)
      if isDigit(at: first) {
        offset = first
        digits()
      }
    }
    append(.number, start, offset)
  }

  /// Reads a digit and all digits and underscores after it.
  mutating func digits() {
    while let next = byte(at: offset), Lexer.isDigitByte(next) || next == UInt8(ascii: "_") {
      offset += 1
    }
  }

  func byte(at offset: Int) -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  func isDigit(at offset: Int) -> Bool { byte(at: offset).map(Lexer.isDigitByte) ?? false }

  static func isDigitByte(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  static func isWordByte(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z") || isDigitByte(byte)
      || byte == UInt8(ascii: "_")
  }

  // MARK: - Output

  /// Appends a token, after the pending newline if there is one.
  mutating func append(_ kind: Token.Kind, _ start: Int, _ end: Int) {
    if let newline = pendingNewline {
      pendingNewline = nil
      if kind != .pipe { stream.tokens.append(Token(.newline, Span(newline, newline + 1))) }
    }
    if !documentation.isEmpty {
      if kind == .let || kind == .fn, documentationLine == line - 1 {
        stream.documentation.append((stream.tokens.count, documentation))
      }
      documentation = 0..<0
    }
    stream.tokens.append(Token(kind, Span(start, end), startsLine: isLineStart))
    isLineStart = false
  }

  /// Records an issue, unless this line has one already or there are enough. `offset` is where the
  /// error is noticed, if that is not the start of the span.
  mutating func report(
    _ message: String, _ span: Span, at offset: Int? = nil, label: String = "", hint: String? = nil
  ) {
    guard line > reportedLine, reports < Parser.maximumIssues else { return }
    reportedLine = line
    reports += 1
    addIssue(message, span, at: offset ?? Int(span.start), label: label, hint: hint)
  }

  mutating func addIssue(
    _ message: String, _ span: Span, at offset: Int, label: String = "", hint: String? = nil
  ) {
    stream.issues.append(
      SyntaxIssue(
        diagnostic: Diagnostic(
          .syntax, message, source: source, span: span, label: label, hint: hint),
        offset: Int32(clamping: offset), isAtEnd: offset >= bytes.count))
  }
}
