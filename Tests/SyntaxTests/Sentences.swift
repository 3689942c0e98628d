// SPDX-License-Identifier: Apache-2.0
//
// Random sentences of a grammar, derived from its rules, to try combinations that nobody has
// thought of. Small sentences are the most informative, so a derivation takes the shortest way to
// its end once it has the requested number of tokens.

import Syntax

/// Derives random sentences.
struct SentenceGenerator {
  private let grammar: ContextFreeGrammar
  /// For each rule, the height of its lowest derivation.
  private let heights: [Int]
  private var random: SeededGenerator
  private var tokens: [Token.Kind] = []
  /// How many tokens a sentence may have before the derivation takes the shortest way out.
  private var size = 0

  init(_ grammar: ContextFreeGrammar, seed: UInt64) {
    self.grammar = grammar
    heights = SentenceGenerator.heights(of: grammar)
    random = SeededGenerator(seed: seed)
  }

  /// The tokens of a sentence that a rule derives, about `size` of them.
  mutating func sentence(of rule: Int, size: Int) -> [Token.Kind] {
    tokens = []
    self.size = size
    derive(rule, depth: 0)
    return tokens
  }

  private mutating func derive(_ rule: Int, depth: Int) {
    for symbol in alternative(of: rule, depth: depth) {
      switch symbol {
      case .token(let kind): tokens.append(kind)
      case .rule(let inner): derive(inner, depth: depth + 1)
      }
    }
  }

  private mutating func alternative(of rule: Int, depth: Int) -> [ContextFreeGrammar.Symbol] {
    let alternatives = grammar.rules[rule]
    if tokens.count >= size || depth >= 150 {
      return alternatives.min { height($0) < height($1) } ?? []
    }
    // Options and repetitions occur on every level of expressions; most are omitted.
    if let empty = alternatives.first(where: \.isEmpty), Int.random(in: 0..<4, using: &random) > 0 {
      return empty
    }
    return alternatives.randomElement(using: &random) ?? []
  }

  private func height(_ alternative: [ContextFreeGrammar.Symbol]) -> Int {
    SentenceGenerator.height(alternative, heights)
  }

  private static func height(_ alternative: [ContextFreeGrammar.Symbol], _ heights: [Int]) -> Int {
    alternative.reduce(0) { height, symbol in
      if case .rule(let rule) = symbol { max(height, heights[rule]) } else { height }
    }
  }

  /// The least fixed point: a rule is one higher than the lowest of its alternatives.
  private static func heights(of grammar: ContextFreeGrammar) -> [Int] {
    var heights = grammar.rules.map { _ in 1_000_000 }
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for (rule, alternatives) in grammar.rules.enumerated() {
        let lowest = alternatives.map { height($0, heights) + 1 }.min() ?? heights[rule]
        guard lowest < heights[rule] else { continue }
        heights[rule] = lowest
        hasChanged = true
      }
    }
    return heights
  }

  // MARK: - Texts

  /// A text with these tokens, each after a space.
  mutating func text(_ kinds: [Token.Kind]) -> String {
    kinds.map { spelling($0) }.joined(separator: " ")
  }

  private mutating func spelling(_ kind: Token.Kind) -> String {
    switch kind {
    case .name: ["a", "b", "f", "x"].randomElement(using: &random) ?? "a"
    case .number: ["1", "2.5", "1e3"].randomElement(using: &random) ?? "1"
    case .string: ["'s'", "\"t\""].randomElement(using: &random) ?? "'s'"
    case .stringHead: "\"{"
    case .stringMiddle: "}{"
    case .stringTail: "}\""
    case .format: ":.2f"
    case .newline: "\n"
    case .blockOpen: "{"
    default: kind.rawValue
    }
  }

  /// The tokens with one of them removed, changed, moved or added.
  mutating func mutated(_ kinds: [Token.Kind], _ others: [Token.Kind]) -> [Token.Kind] {
    var kinds = kinds
    guard !kinds.isEmpty else { return others.randomElement(using: &random).map { [$0] } ?? [] }
    let place = Int.random(in: 0..<kinds.count, using: &random)
    let other = others.randomElement(using: &random) ?? .comma
    switch Int.random(in: 0..<5, using: &random) {
    case 0: kinds.remove(at: place)
    case 1: kinds[place] = other
    case 2: kinds.insert(other, at: place)
    case 3: kinds.swapAt(place, Int.random(in: 0..<kinds.count, using: &random))
    default: kinds.removeLast(kinds.count - place)
    }
    return kinds
  }
}
