// SPDX-License-Identifier: Apache-2.0
//
// `Grammar/smap.ebnf` and the parser accept the same texts, and fail at the same tokens.

import Syntax
import Testing

@Suite struct GrammarTests {
  static let rules: ContextFreeGrammar = GrammarReader.read(
    Fixtures.read(Fixtures.root + "/Grammar/smap.ebnf"))

  static let grammar: DottedGrammar = {
    var rules = Self.rules
    let start = rules.rule(named: "Program")
    return DottedGrammar(rules, start: start)
  }()

  /// The class of a text according to the grammar; the chart may already contain a prefix of it.
  static func classify(_ text: String, _ chart: inout EarleyChart) -> Completeness {
    let stream = Lexer.tokenize(Source(path: "test", text: text))
    let tokens = stream.tokens.dropLast()
    let result = chart.read(tokens.map(\.kind))
    let isWrong = result.accepted < tokens.count
    let place = isWrong ? tokens[result.accepted].span.start : Int32(text.utf8.count)
    if let issue = stream.firstIssue, issue.offset <= place {
      return issue.isAtEnd ? .incomplete : .invalid
    }
    return isWrong ? .invalid : result.isSentence ? .complete : .incomplete
  }

  static func classify(_ text: String) -> Completeness {
    var chart = EarleyChart(grammar)
    return classify(text, &chart)
  }

  @Test func theGrammarIsRead() {
    #expect(Self.rules.rules.allSatisfy { !$0.isEmpty })
    #expect(Self.rules.names.count > 60)
    #expect(!Self.rules.rules.joined().joined().contains(.token(.unknown)))
  }

  @Test(arguments: Probes.complete + Probes.incomplete + Probes.invalid)
  func probes(_ text: String) {
    #expect(Self.classify(text) == Parser.classify(text))
  }

  /// Every prefix of every script, cut between any two characters.
  @Test(arguments: Script.all) func prefixes(_ script: Script) {
    var chart = EarleyChart(Self.grammar)
    var end = script.text.startIndex
    while true {
      let prefix = String(script.text[..<end])
      let (byGrammar, byParser) = (Self.classify(prefix, &chart), Parser.classify(prefix))
      if byGrammar != byParser, !Self.isStricter(prefix) {
        Issue.record("grammar: \(byGrammar), parser: \(byParser)\n\(prefix)")
        return
      }
      guard end < script.text.endIndex else { return }
      end = script.text.unicodeScalars.index(after: end)
    }
  }

  /// Whether the parser rejects a text for one of the reasons that `Grammar/README.md` names.
  static func isStricter(_ text: String) -> Bool {
    let first = Parser.parse(Source(path: "test", text: text)).diagnostics.first
    let reasons = ["the path of `import` has no holes", "nesting deeper than"]
    return reasons.contains { first?.message.hasPrefix($0) ?? false }
  }

  /// An ambiguous program would have one of its meanings by accident.
  @Test(arguments: Script.all.filter(\.isProgram)) func oneDerivation(_ script: Script) {
    #expect(Self.derivations(script.text) == 1)
  }

  @Test(arguments: Probes.complete) func oneDerivationOfProbes(_ text: String) {
    #expect(Self.derivations(text) == 1)
  }

  static func derivations(_ text: String) -> Int {
    var chart = EarleyChart(grammar)
    let tokens = Lexer.tokenize(Source(path: "test", text: text)).tokens.dropLast()
    guard chart.read(tokens.map(\.kind)).isSentence else { return 0 }
    var counter = DerivationCounter(chart)
    return counter.count()
  }

  /// The counter itself, on grammars with a known number of derivations.
  @Test func derivationsAreCounted() {
    var rules = ContextFreeGrammar()
    let sum = rules.rule(named: "Sum")
    rules.add([.rule(sum), .token(.plus), .rule(sum)], to: sum)
    rules.add([.token(.name)], to: sum)
    rules.finish()
    var chart = EarleyChart(DottedGrammar(rules, start: sum))
    var tokens: [Token.Kind] = [.name]
    // The Catalan numbers: the ways to put parentheses into a sum.
    for expected in [1, 1, 2, 5, 14, 42] {
      #expect(chart.read(tokens).isSentence)
      var counter = DerivationCounter(chart)
      #expect(counter.count() == expected)
      tokens += [.plus, .name]
    }
    #expect(chart.read([.name, .name]).accepted == 1)
  }

  /// Short texts of random tokens: mostly invalid, so the location of the error matters.
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
      // That the path of an import has no holes is not a rule of the grammar.
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

  // MARK: - Sentences derived from the grammar

  private static let words: [Token.Kind] = Token.Kind.allCases.filter {
    ![.end, .unknown, .format, .stringMiddle, .stringTail].contains($0)
  }

  /// Everything that the grammar derives is a program, and has no other derivation.
  @Test(arguments: 1...8) func sentences(_ seed: UInt64) {
    var generator = SentenceGenerator(Self.rules, seed: seed)
    let start = Self.grammar.start
    var faithful = 0
    let count = 300
    for number in 0..<count {
      let kinds = generator.sentence(of: start, size: 4 + number % 24)
      let text = generator.text(kinds)
      let tokens = Lexer.tokenize(Source(path: "test", text: text)).tokens.dropLast()
      // A newline is whitespace where no statement ends, as after `;`.
      guard tokens.map(\.kind) == kinds else { continue }
      faithful += 1
      guard !Self.isStricter(text) else { continue }
      #expect(Parser.classify(text) == .complete, "\(text)")
      #expect(Self.derivations(text) == 1, "\(text)")
    }
    #expect(faithful > count / 2)
  }

  /// Sentences with a token or two changed are complete, incomplete or invalid for both.
  @Test(arguments: 1...8) func mutatedSentences(_ seed: UInt64) {
    var generator = SentenceGenerator(Self.rules, seed: seed &* 1000)
    for number in 0..<1000 {
      var kinds = generator.sentence(of: Self.grammar.start, size: 4 + number % 24)
      for _ in 0...number % 2 { kinds = generator.mutated(kinds, Self.words) }
      let text = generator.text(kinds)
      let (byGrammar, byParser) = (Self.classify(text), Parser.classify(text))
      guard byGrammar != byParser, !Self.isStricter(text) else { continue }
      Issue.record("grammar: \(byGrammar), parser: \(byParser)\n\(text)")
    }
  }
}
