// SPDX-License-Identifier: Apache-2.0
//
// Reads the W3C EBNF of `Grammar/smap.ebnf` up to the comment "Tokens". Groups, options and
// repetitions become rules of their own. The lexical rules below that comment belong to the lexer,
// which also tells the two kinds of `{` apart; strings with holes are spelled out here.

import Syntax

struct GrammarReader {
  private var words: [String] = []
  private var index = 0
  private var grammar = ContextFreeGrammar()
  private var helpers = 0
  /// The rule being read; in `Block`, a `{` is that of a block.
  private var current = ""

  /// The grammar of a file.
  static func read(_ text: String) -> ContextFreeGrammar {
    var reader = GrammarReader()
    reader.words = split(text)
    reader.readRules()
    reader.addTokens()
    reader.grammar.finish()
    return reader.grammar
  }

  /// Names, quoted literals and punctuation, without comments.
  private static func split(_ text: String) -> [String] {
    var words: [String] = []
    let end = text.firstRange(of: "/* Tokens */")?.lowerBound ?? text.endIndex
    let pattern = #//\*(?s:.)*?\*/|::=|'[^']*'|[A-Za-z]+|[()|*+?]/#
    for match in text[..<end].matches(of: pattern) where !match.output.hasPrefix("/*") {
      words.append(String(match.output))
    }
    return words
  }

  private mutating func readRules() {
    while index + 1 < words.count, words[index + 1] == "::=" {
      current = words[index]
      index += 2
      let rule = grammar.rule(named: current)
      for alternative in alternatives() { grammar.add(alternative, to: rule) }
    }
  }

  private var word: String { index < words.count ? words[index] : "" }

  private mutating func alternatives() -> [[ContextFreeGrammar.Symbol]] {
    var result = [sequence()]
    while word == "|" {
      index += 1
      result.append(sequence())
    }
    return result
  }

  private mutating func sequence() -> [ContextFreeGrammar.Symbol] {
    var symbols: [ContextFreeGrammar.Symbol] = []
    while index < words.count, word != ")", word != "|" {
      if index + 1 < words.count, words[index + 1] == "::=" { break }
      symbols.append(repetition(atom()))
    }
    return symbols
  }

  private mutating func atom() -> ContextFreeGrammar.Symbol {
    let atom = word
    index += 1
    if atom == "(" {
      let group = helper(alternatives())
      index += 1
      return group
    }
    if atom.hasPrefix("'") { return .token(terminal(String(atom.dropFirst().dropLast()))) }
    return .rule(grammar.rule(named: atom))
  }

  private func terminal(_ text: String) -> Token.Kind {
    if text == "{", current == "Block" { return .blockOpen }
    return Token.Kind(rawValue: text) ?? .unknown
  }

  private mutating func repetition(_ symbol: ContextFreeGrammar.Symbol) -> ContextFreeGrammar.Symbol
  {
    switch word {
    case "?":
      index += 1
      return helper([[], [symbol]])
    case "*", "+":
      let first: [ContextFreeGrammar.Symbol] = word == "*" ? [] : [symbol]
      index += 1
      let rule = helper([first])
      guard case .rule(let number) = rule else { return rule }
      grammar.add([rule, symbol], to: number)
      return rule
    default: return symbol
    }
  }

  private mutating func helper(_ alternatives: [[ContextFreeGrammar.Symbol]])
    -> ContextFreeGrammar.Symbol
  {
    helpers += 1
    let rule = grammar.rule(named: "\(current)/\(helpers)")
    for alternative in alternatives { grammar.add(alternative, to: rule) }
    return .rule(rule)
  }

  /// What the lexer delivers for Name, Number, Newline and String.
  private mutating func addTokens() {
    for (name, kind) in [("Name", Token.Kind.name), ("Number", .number), ("Newline", .newline)] {
      grammar.add([.token(kind)], to: grammar.rule(named: name))
    }
    current = "String"
    let expression = ContextFreeGrammar.Symbol.rule(grammar.rule(named: "Expression"))
    let hole = helper([[expression], [expression, .token(.format)]])
    let middles = helper([[]])
    if case .rule(let number) = middles {
      grammar.add([middles, .token(.stringMiddle), hole], to: number)
    }
    let string = grammar.rule(named: "String")
    grammar.add([.token(.string)], to: string)
    grammar.add([.token(.stringHead), hole, middles, .token(.stringTail)], to: string)
  }
}
