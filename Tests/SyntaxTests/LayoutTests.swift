// SPDX-License-Identifier: Apache-2.0
//
// Lines, columns, carets and spelling hints.

import Syntax
import TerminalText
import Testing

@Suite struct LayoutTests {
  @Test func positionsCountLinesAndScalars() {
    let source = Source(path: "a.smap", text: "\u{FEFF}ab\r\nçd\n")
    #expect(source.lineCount == 3)
    #expect(source.text(ofLine: 1) == "ab")
    #expect(source.text(ofLine: 2) == "çd")
    #expect(source.text(ofLine: 3) == "")
    #expect(source.text(ofLine: 9) == "")
    #expect(source.position(of: 4) == .init(line: 1, column: 2))
    #expect(source.position(of: 9) == .init(line: 2, column: 2))
    #expect(source.position(of: -5) == .init(line: 1, column: 1))
    #expect(source.position(of: 1000).line == 3)
  }

  @Test func placesAreAligned() {
    let first = Source(
      path: "train.smap", text: String(repeating: "\n", count: 11) + "  let logits = x @ w2")
    let second = Source(path: "train.smap", text: "else {")
    let offset = Int32(26)
    let diagnostics = [
      Diagnostic(
        .shape, "cannot multiply [32, 784] by [512, 10]", source: first,
        span: Span(start: offset, end: offset + 6),
        label: "the left side has 784 columns, the right 512 rows"),
      Diagnostic(
        .syntax, "`else` must follow the closing brace on its line", source: second,
        span: Span(start: 0, end: 4), hint: "write `} else {`"),
      Diagnostic(.limit, "this session may hold 2.0 GB of tensors"),
    ]
    let expected = """
      ShapeError: cannot multiply [32, 784] by [512, 10]
        train.smap:12:16 |   let logits = x @ w2
                         |                ^^^^^^ the left side has 784 columns, the right 512 rows
      SyntaxError: `else` must follow the closing brace on its line
        train.smap:1:1   | else {
                         | ^^^^ write `} else {`
      LimitError: this session may hold 2.0 GB of tensors
      """
    #expect(DiagnosticRenderer().render(diagnostics) == expected)
  }

  @Test func colorOnlyAddsSequences() {
    let (_, diagnostics) = Parser.parse(Source(path: "a", text: "x ^ 2"))
    let colored = DiagnosticRenderer(style: .color).render(diagnostics)
    #expect(colored.contains("\u{1B}[1;31mSyntaxError\u{1B}[0m"))
    let plain = colored.replacing(#/\u{1B}\[[0-9;]*m/#, with: "")
    #expect(plain == DiagnosticRenderer().render(diagnostics))
  }

  @Test func anySpanCanBeRendered() {
    let source = Source(path: "a", bytes: Array("a\tbé\u{1F600}\n日本 x".utf8) + [0xFF, 0x1B])
    for start in Int32(-2)...Int32(source.bytes.count + 2) {
      for length in Int32(-1)...Int32(4) {
        let span = Span(start: start, end: start + length)
        for width in [0, 10, 80] {
          let diagnostic = Diagnostic(.value, "m", source: source, span: span, hint: "h")
          let text = DiagnosticRenderer(width: width).render(diagnostic)
          #expect(text.contains("^") && !text.contains("\u{1B}"))
        }
      }
    }
  }

  @Test(arguments: [
    ("lerning_rate", "learning_rate"), ("Softmax", "softmax"), ("sofmtax", "softmax"),
    ("prnt", "print"), ("mena", "mean"), ("zero", "zeros"), ("TENSOR", "tensor"),
  ])
  func nearestNames(_ wrong: String, _ right: String) {
    let names = ["learning_rate", "softmax", "print", "mean", "zeros", "tensor", "x", "y", "max"]
    #expect(Spelling.nearest(to: wrong, in: names) == right)
  }

  @Test(arguments: ["", "q", "banana", "completely_different", "mum"])
  func farNamesAreNotSuggested(_ word: String) {
    #expect(Spelling.nearest(to: word, in: ["x", "softmax", "print", "learning_rate"]) == nil)
  }

  @Test func tokensKeepCommentsAside() {
    let source = Source(path: "a", text: "x = {a: 1} # note\nif x { }\n")
    let stream = Lexer.tokenize(source)
    #expect(stream.comments.map(source.text) == ["# note"])
    #expect(
      stream.tokens.map(\.kind) == [
        .name, .assign, .recordOpen, .name, .colon, .number, .braceClose, .newline, .if, .name,
        .blockOpen, .braceClose, .newline, .end,
      ])
  }

  /// In a window messages and hints are broken between words, beside the carets or below them.
  @Test func messagesFitAWindow() {
    let source = Source(path: "a.smap", text: "let value = call(something)")
    let hint = "a hint of several words that is longer than forty columns"
    for start: Int32 in [0, 12] {
      let error = Diagnostic(
        .value, "a message that is longer than a narrow window is wide", source: source,
        span: Span(start: start, end: start + 4), hint: hint)
      let text = DiagnosticRenderer(width: 40, wraps: true).render(error)
      let lines = text.split(separator: "\n")
      #expect(lines.allSatisfy { DisplayWidth.of($0) <= 40 }, "\(text)")
      let words = text.split(whereSeparator: { " |^\n".contains($0) }).joined(separator: " ")
      #expect(words.contains("a narrow window is wide") && words.hasSuffix(hint))
      #expect(
        DiagnosticRenderer(width: 200, wraps: true).render(error)
          == DiagnosticRenderer(width: 200).render(error))
    }
  }

  @Test func wordsStayWhole() {
    #expect(WordWrapping.lines("one two three", columns: 7) == ["one two", "three"])
    #expect(WordWrapping.lines("one two", columns: 7, used: 4) == ["one", "two"])
    #expect(
      WordWrapping.lines("a/path/of/many/parts b", columns: 5) == ["a/path/of/many/parts", "b"])
    #expect(WordWrapping.lines("  a b\nc", columns: 3, indent: "> ") == ["  a", "> b", "c"])
    #expect(WordWrapping.lines("", columns: 3) == [""])
    let pieces = [("ab", 2), ("cd", 2), ("e", 1)].map { (text: $0.0, width: $0.1) }
    #expect(WordWrapping.rows(of: pieces, columns: 9) == ["  ab   cd", "  e"])
  }
}
