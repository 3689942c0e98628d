// SPDX-License-Identifier: Apache-2.0
//
// Properties of the formatter, checked on every script of the repository and on texts with comments
// in odd positions: the same tree, the same comments in the same order, and idempotence. The
// expected formatting is in `Snapshots/Formatter`.

import Syntax
import Testing

@Suite struct FormatterTests {
  /// What is wrong with the formatted form of a program; nil if nothing is.
  static func fault(_ text: String) -> String? {
    let source = Source(path: "test", text: text)
    do {
      let once = try Formatter.format(source)
      let twice = try Formatter.format(Source(path: "test", text: once))
      if twice != once { return "not idempotent:\n\(text)\n--- once\n\(once)\n--- twice\n\(twice)" }
      if tree(once) != tree(text) { return "another tree:\n\(text)\n---\n\(once)" }
      if comments(once) != comments(text) { return "other comments:\n\(text)\n---\n\(once)" }
      let end = once.utf8.filter { $0 != 0x0D }.suffix(2)
      if end.last.map({ $0 != 0x0A }) ?? false || end.elementsEqual([0x0A, 0x0A]) {
        return "bad end:\n\(once)"
      }
      for line in once.split(separator: "\n") where line.last == " " { return "blank at line end" }
      return nil
    } catch {
      return "\(error):\n\(text)"
    }
  }

  static func comments(_ text: String) -> [String] {
    let source = Source(path: "test", text: text)
    return Lexer.tokenize(source).comments.map { span in
      var comment = source.text(span)
      while comment.last == " " || comment.last == "\r" { comment.removeLast() }
      return comment
    }
  }

  @Test(arguments: Script.all.filter(\.isProgram)) func scripts(_ script: Script) {
    #expect(Self.fault(script.text) == nil)
  }

  @Test(arguments: Probes.complete) func probes(_ text: String) {
    #expect(Self.fault(text) == nil)
  }

  /// Programs with spaces, newlines and comments inserted wherever that preserves the tree.
  @Test func scatteredComments() {
    var generator = SeededGenerator(seed: 17)
    let texts = Probes.complete + Fixtures.corpus.map(\.text)
    var tried = 0
    for round in 0..<4000 {
      let text = texts[round % texts.count]
      let scattered = Self.scatter(text, &generator)
      guard Parser.classify(scattered) == .complete, tree(scattered) == tree(text) else { continue }
      tried += 1
      if let fault = Self.fault(scattered) {
        Issue.record("\(fault)")
        return
      }
    }
    #expect(tried > 1000)
  }

  private static func scatter(_ text: String, _ generator: inout SeededGenerator) -> String {
    let source = Source(path: "test", text: text)
    var result = ""
    var end: Int32 = 0
    let places = Int.random(in: 3...20, using: &generator)
    for token in Lexer.tokenize(source).tokens {
      result += source.text(Span(start: end, end: token.span.start))
      if Int.random(in: 0..<places, using: &generator) == 0 {
        result +=
          [" # note\n", "\n# line\n", "\n\n\n## doc\n", "\n", "  ", " #a\n\n #b\n"]
          .randomElement(using: &generator) ?? ""
      }
      result += source.text(token.span)
      end = token.span.end
    }
    return result
  }

  @Test func wordsStayAsTheyAre() throws {
    let text = "let x = 1_000.50e-1 + 'a' + \"{ y :.2f }\" + ((z))\n"
    #expect(try Formatter.format(Source(path: "test", text: text)) == text)
  }

  @Test func lineEndsAreKept() throws {
    let text = "\u{FEFF}let x=1\r\nx  # y\r\n"
    let expected = "let x = 1\r\nx  # y\r\n"
    #expect(try Formatter.format(Source(path: "test", text: text)) == expected)
  }

  @Test func textWithErrorsIsRefused() {
    #expect(throws: Formatter.Failure.self) {
      try Formatter.format(Source(path: "test", text: "let x = (\nlet y = 1"))
    }
  }

  @Test func longChainsAndDeepNestingAreFine() {
    let sum = (0..<900).map { "x\($0)" }.joined(separator: " + ")
    #expect(Self.fault("let s = \(sum)\n") == nil)
    let deep = String(repeating: "f([", count: 60) + String(repeating: "])", count: 60)
    #expect(Self.fault("let d = \(deep)\n") == nil)
    let calls = String(repeating: ".f(1)", count: 400)
    #expect(Self.fault("x\(calls)\n") == nil)
  }
}
