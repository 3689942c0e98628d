// SPDX-License-Identifier: Apache-2.0
//
// A recogniser for any context-free grammar, after Earley (1970), with nullable rules completed at
// once as Aycock and Horspool (2002) propose. Slow and obviously right: the parser is compared
// with it. The rules are read from `Grammar/smap.ebnf`; only tokens are taken as given.

import Syntax

/// A grammar as rules over symbols.
struct ContextFreeGrammar {
  enum Symbol: Hashable {
    case rule(Int)
    case token(Token.Kind)
  }

  private(set) var names: [String: Int] = [:]
  /// The alternatives of each rule.
  private(set) var rules: [[[Symbol]]] = []
  private(set) var nullable: [Bool] = []

  mutating func rule(named name: String) -> Int {
    if let index = names[name] { return index }
    names[name] = rules.count
    rules.append([])
    return rules.count - 1
  }

  mutating func add(_ alternative: [Symbol], to rule: Int) { rules[rule].append(alternative) }

  /// Finds the rules that match nothing; to be called when all rules are there.
  mutating func finish() {
    nullable = rules.map { _ in false }
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for (index, alternatives) in rules.enumerated() where !nullable[index] {
        if alternatives.contains(where: { $0.allSatisfy(isNullable) }) {
          nullable[index] = true
          hasChanged = true
        }
      }
    }
  }

  private func isNullable(_ symbol: Symbol) -> Bool {
    if case .rule(let index) = symbol { nullable[index] } else { false }
  }
}

/// Recognises token sequences.
struct Earley {
  private struct Item: Hashable {
    var rule: Int
    var alternative: Int
    var dot: Int
    var origin: Int
  }

  let grammar: ContextFreeGrammar
  let start: Int

  /// The number of tokens up to the first wrong one, and whether all of them make a sentence.
  func recognise(_ tokens: [Token.Kind]) -> (accepted: Int, isSentence: Bool) {
    var sets: [[Item]] = [predicted(start, at: 0)]
    for (position, token) in tokens.enumerated() {
      complete(&sets, at: position)
      let next = sets[position].filter { self.next($0) == .token(token) }.map(advanced)
      if next.isEmpty { return (position, false) }
      sets.append(next)
    }
    complete(&sets, at: tokens.count)
    let isSentence = sets[tokens.count].contains {
      $0.rule == start && $0.origin == 0 && next($0) == nil
    }
    return (tokens.count, isSentence)
  }

  private func predicted(_ rule: Int, at position: Int) -> [Item] {
    grammar.rules[rule].indices.map { Item(rule: rule, alternative: $0, dot: 0, origin: position) }
  }

  private func next(_ item: Item) -> ContextFreeGrammar.Symbol? {
    let symbols = grammar.rules[item.rule][item.alternative]
    return item.dot < symbols.count ? symbols[item.dot] : nil
  }

  private func advanced(_ item: Item) -> Item {
    var item = item
    item.dot += 1
    return item
  }

  /// Adds everything that follows without reading a token.
  private func complete(_ sets: inout [[Item]], at position: Int) {
    var seen = Set(sets[position])
    var index = 0
    func add(_ item: Item) { if seen.insert(item).inserted { sets[position].append(item) } }
    while index < sets[position].count {
      let item = sets[position][index]
      index += 1
      switch next(item) {
      case .rule(let rule):
        predicted(rule, at: position).forEach(add)
        if grammar.nullable[rule] { add(advanced(item)) }
      case .token: break
      case nil:
        for waiting in sets[item.origin] where next(waiting) == .rule(item.rule) {
          add(advanced(waiting))
        }
      }
    }
  }
}
