// SPDX-License-Identifier: Apache-2.0
//
// Tokens to tree, by recursive descent, one function for each rule of `Grammar/smap.ebnf`; binary
// operators use the table in `Parser+Expressions.swift`. A function that cannot continue records an
// issue and throws; the loop over statements catches, skips to the next statement and continues, so
// one run reports several errors.
//
// Two bounds make adversarial text harmless: brackets and prefixes nest at most `maximumNesting`
// deep, which bounds the stack of the parser, and chains such as `1 + 1 + ..` make trees of at most
// `maximumHeight`, which bounds the stack of all later passes.

/// Whether a text is a complete program.
public enum Completeness: Sendable {
  /// A program.
  case complete
  /// The beginning of a program: its first error is at the end of the text.
  case incomplete
  /// No continuation makes it a program.
  case invalid
}

/// Turns text into trees.
public struct Parser {
  /// How deep brackets, blocks, prefix operators and patterns may nest. The parser then needs
  /// less than 2 MiB of stack, or 512 KiB when optimised.
  public static let maximumNesting = 200
  /// How many operators a chain may have. Trees stay lower than this plus a few for each level
  /// of nesting, about 1,800 in all.
  public static let maximumHeight = 1000
  /// How many errors are reported before the parser gives up.
  public static let maximumIssues = 20

  let source: Source
  let tokens: [Token]
  let comments: [Span]
  /// The comments above declarations, by token index.
  let documentation: [(token: Int, comments: Range<Int>)]
  /// The index of the first remaining entry of `documentation`.
  var documentationIndex = 0
  var issues: [SyntaxIssue]
  /// The index of the current token.
  var index = 0
  /// The current nesting depth.
  var nesting = 0
  /// The number of open blocks, which tells whether a `}` may close an outer block.
  var openBlocks = 0
  /// The index of the first token of the current statement.
  var statementStart = 0
  /// Whether to unwind without reporting more.
  var isAborted = false

  init(_ source: Source) {
    var lexer = Lexer(source)
    let stream = lexer.run()
    self.source = source
    tokens = stream.tokens
    comments = stream.comments
    documentation = stream.documentation
    issues = stream.issues
  }

  /// Parses a source. The program holds the statements without errors; it should be run only if
  /// there are no diagnostics.
  public static func parse(_ source: Source) -> (program: Program, diagnostics: [Diagnostic]) {
    var parser = Parser(source)
    let statements = parser.statements(until: .end)
    let diagnostics = parser.sortedIssues().map(\.diagnostic)
    let program = Program(source: source, statements: statements, comments: parser.comments)
    return (program, diagnostics)
  }

  /// Says whether a text is a program, the beginning of one, or neither.
  ///
  /// A newline that ends a statement counts as text: `if x` may be continued, `if x` with a newline
  /// may not. So a prompt passes lines with their newlines.
  public static func classify(_ text: String) -> Completeness {
    var parser = Parser(Source(path: "input", text: text))
    _ = parser.statements(until: .end)
    guard let first = parser.sortedIssues().first else { return .complete }
    return first.isAtEnd ? .incomplete : .invalid
  }

  /// Parses the header of a built-in: a name, possibly with dots, and a signature.
  ///
  ///     try Parser.parseSignature("sum(x: tensor, dim = nil, keepdim = false) -> tensor")
  public static func parseSignature(_ text: String) throws(Diagnostic) -> NamedSignature {
    let source = Source(path: "signature", text: text)
    var parser = Parser(source)
    let result = parser.namedSignature()
    if let issue = parser.sortedIssues().first { throw issue.diagnostic }
    guard let result else { throw Diagnostic(.syntax, "not a signature", source: source) }
    return result
  }

  private mutating func namedSignature() -> NamedSignature? {
    do throws(SyntaxFailure) {
      var names = [try name("a name").text]
      while accept(.dot) { names.append(try name("a name").text) }
      let signature = try signature()
      _ = accept(.newline)
      guard kind == .end else { throw unexpected("the end of the signature") }
      return NamedSignature(
        name: names.joined(separator: "."), signature: signature, source: source)
    } catch {
      return nil
    }
  }

  // MARK: - The current token

  /// The current token; the last one is `end` and never consumed.
  var token: Token { tokens[index] }

  /// The kind of the current token.
  var kind: Token.Kind { tokens[index].kind }

  /// The token before the current one.
  var previous: Token { tokens[max(0, index - 1)] }

  /// The kind of the token after the current one.
  var nextKind: Token.Kind { tokens[min(index + 1, tokens.count - 1)].kind }

  /// The text of a token.
  func text(_ token: Token) -> String {
    source.bytes.withUnsafeBufferPointer {
      String(decoding: $0[Int(token.span.start)..<Int(token.span.end)], as: UTF8.self)
    }
  }

  /// Advances to the next token and returns the one consumed.
  @discardableResult
  mutating func advance() -> Token {
    let passed = tokens[index]
    if index + 1 < tokens.count { index += 1 }
    return passed
  }

  /// Consumes the current token if it is of the given kind.
  mutating func accept(_ kind: Token.Kind) -> Bool {
    guard self.kind == kind else { return false }
    advance()
    return true
  }

  /// The span from the start of `first` to the end of the last token consumed.
  func span(from first: Span) -> Span {
    Span(start: first.start, end: max(first.end, previous.span.end))
  }
}
