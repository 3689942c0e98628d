// SPDX-License-Identifier: Apache-2.0
//
// `Grammar/smap.ebnf` and the parser accept the same texts, and fail at the same tokens.

import Syntax
import Testing

@Suite struct GrammarTests {
  static let earley: Earley = {
    var grammar = GrammarReader.read(Fixtures.read(Fixtures.root + "/Grammar/smap.ebnf"))
    let start = grammar.rule(named: "Program")
    return Earley(grammar: grammar, start: start)
  }()

  /// The class of a text according to the grammar.
  static func classify(_ text: String) -> Completeness {
    let stream = Lexer.tokenize(Source(path: "test", text: text))
    let tokens = stream.tokens.dropLast()
    let result = earley.recognise(tokens.map(\.kind))
    let isWrong = result.accepted < tokens.count
    let place = isWrong ? tokens[result.accepted].span.start : Int32(text.utf8.count)
    if let issue = stream.firstIssue, issue.offset <= place {
      return issue.isAtEnd ? .incomplete : .invalid
    }
    return isWrong ? .invalid : result.isSentence ? .complete : .incomplete
  }

  @Test func theGrammarIsRead() {
    #expect(Self.earley.grammar.rules.allSatisfy { !$0.isEmpty })
    #expect(Self.earley.grammar.names.count > 60)
    #expect(!Self.earley.grammar.rules.joined().joined().contains(.token(.unknown)))
  }

  @Test(arguments: Probes.complete + Probes.incomplete + Probes.invalid)
  func probes(_ text: String) {
    #expect(Self.classify(text) == Parser.classify(text))
  }

  @Test(arguments: Fixtures.corpus.map(\.name)) func prefixes(_ name: String) throws {
    let text = Array(try #require(Fixtures.corpus.first { $0.name == name }).text)
    var generator = SeededGenerator(seed: 11)
    var lengths = [text.count]
    for _ in 0..<40 { lengths.append(Int.random(in: 0...text.count, using: &generator)) }
    for length in lengths {
      let prefix = String(text[..<length])
      #expect(Self.classify(prefix) == Parser.classify(prefix), "\(prefix)")
    }
  }

  /// Short texts made of random tokens: mostly invalid, so the place of the error matters.
  @Test func randomTokens() {
    var generator = SeededGenerator(seed: 3)
    let words =
      Token.Kind.keywords.keys.sorted() + [
        "a", "b", "1", "'s'", "\"{", "}\"", ":d}\"", "(", ")", "[", "]", "{", "}", ",", ":", ";",
        ".", "...", "=", "+=", "==", "<", "+", "-", "*", "**", "|>", "->", "\n", "\n", "a", "f(",
        "x[", "{a:",
      ]
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...9, using: &generator)
      let picked = (0..<count).compactMap { _ in words.randomElement(using: &generator) }
      let text = picked.joined(separator: " ")
      // That the path of an import has no holes is no matter of grammar.
      if text.contains("import \"{") { continue }
      #expect(Parser.classify(text) == Self.classify(text), "\(text)")
    }
  }

  /// Probes with one token changed, removed or doubled: nearly valid texts.
  @Test func mutatedProbes() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<10_000 {
      let source = Source(path: "p", text: Probes.complete.randomElement(using: &generator) ?? "")
      var words = Lexer.tokenize(source).tokens.dropLast().map { source.text($0.span) }
      guard !words.isEmpty else { continue }
      let place = Int.random(in: 0..<words.count, using: &generator)
      let other = words.randomElement(using: &generator) ?? ""
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: words.remove(at: place)
      case 1: words[place] = other
      default: words.insert(other, at: place)
      }
      let text = words.joined(separator: " ")
      #expect(Parser.classify(text) == Self.classify(text), "\(text)")
    }
  }
}
