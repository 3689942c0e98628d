// SPDX-License-Identifier: Apache-2.0
//
// A recogniser for any context-free grammar, after Earley (1970), with nullable rules completed at
// once as Aycock and Horspool (2002) propose. It is obviously correct rather than fast: the parser
// is compared with it. The rules are read from `Grammar/smap.ebnf`; only tokens come from the
// lexer.
//
// The chart grows token by token and can be truncated, so that all prefixes of a text share it, and
// the derivations of a sentence can be counted in it.

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

  /// Finds the nullable rules; call this when all rules have been added.
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

/// The dotted alternatives of a grammar, numbered, so that an item of the chart is two integers.
struct DottedGrammar: Sendable {
  /// The symbol after the dot of a state.
  enum Next: Hashable {
    case rule(Int)
    case token(Int)
    /// The alternative is complete.
    case end
  }

  /// For each state: the rule it belongs to and what comes next. Moving the dot adds one.
  private(set) var rules: [Int] = []
  private(set) var next: [Next] = []
  /// The states that begin the alternatives of each rule.
  private(set) var firstStates: [[Int]] = []
  private(set) var nullable: [Bool]
  let start: Int
  private let tokenNumbers: [Token.Kind: Int]

  init(_ grammar: ContextFreeGrammar, start: Int) {
    self.start = start
    nullable = grammar.nullable
    var numbers: [Token.Kind: Int] = [:]
    for (number, kind) in Token.Kind.allCases.enumerated() { numbers[kind] = number }
    tokenNumbers = numbers
    for (rule, alternatives) in grammar.rules.enumerated() {
      firstStates.append([])
      for alternative in alternatives {
        firstStates[rule].append(next.count)
        for symbol in alternative {
          rules.append(rule)
          switch symbol {
          case .rule(let inner): next.append(.rule(inner))
          case .token(let kind): next.append(.token(numbers[kind] ?? -1))
          }
        }
        rules.append(rule)
        next.append(.end)
      }
    }
  }

  func number(_ kind: Token.Kind) -> Int { tokenNumbers[kind] ?? -1 }
}

/// What could have been read after each token.
struct EarleyChart {
  /// A state and the position where its rule began.
  struct Item: Hashable {
    var state: Int32
    var origin: Int32
  }

  /// The items after one token, with those that wait for a rule and those that complete one.
  struct Column {
    var items: [Item] = []
    var waiting: [Int: [Item]] = [:]
    var isSentence = false
  }

  let grammar: DottedGrammar
  private(set) var tokens: [Token.Kind] = []
  private(set) var columns: [Column] = []

  init(_ grammar: DottedGrammar) {
    self.grammar = grammar
    close(grammar.firstStates[grammar.start].map { Item(state: Int32($0), origin: 0) })
  }

  /// The number of tokens up to the first wrong one, and whether all of them make a sentence.
  mutating func read(_ kinds: [Token.Kind]) -> (accepted: Int, isSentence: Bool) {
    var common = 0
    while common < min(kinds.count, tokens.count), kinds[common] == tokens[common] { common += 1 }
    tokens.removeLast(tokens.count - common)
    columns.removeLast(columns.count - common - 1)
    while tokens.count < kinds.count {
      guard advance(kinds[tokens.count]) else { return (tokens.count, false) }
    }
    return (tokens.count, columns[tokens.count].isSentence)
  }

  private mutating func advance(_ kind: Token.Kind) -> Bool {
    let token = DottedGrammar.Next.token(grammar.number(kind))
    let seeds = columns[tokens.count].items.filter { grammar.next[Int($0.state)] == token }
    guard !seeds.isEmpty else { return false }
    tokens.append(kind)
    close(seeds.map { Item(state: $0.state + 1, origin: $0.origin) })
    return true
  }

  /// Adds a column that begins with `seeds` and contains everything that follows without reading a
  /// token.
  private mutating func close(_ seeds: [Item]) {
    let place = Int32(columns.count)
    var column = Column(items: seeds)
    var seen = Set(seeds)
    var index = 0
    while index < column.items.count {
      let item = column.items[index]
      index += 1
      func add(_ item: Item) { if seen.insert(item).inserted { column.items.append(item) } }
      switch grammar.next[Int(item.state)] {
      case .token: break
      case .rule(let rule):
        if column.waiting[rule] == nil {
          for state in grammar.firstStates[rule] { add(Item(state: Int32(state), origin: place)) }
        }
        column.waiting[rule, default: []].append(item)
        if grammar.nullable[rule] { add(Item(state: item.state + 1, origin: item.origin)) }
      case .end:
        let rule = grammar.rules[Int(item.state)]
        if rule == grammar.start, item.origin == 0 { column.isSentence = true }
        let waiting = item.origin == place ? column.waiting : columns[Int(item.origin)].waiting
        for other in waiting[rule] ?? [] {
          add(Item(state: other.state + 1, origin: other.origin))
        }
      }
    }
    columns.append(column)
  }
}

/// Counts the derivations of the tokens of a chart.
struct DerivationCounter {
  private struct Key: Hashable {
    var state: Int32
    var origin: Int32
    var end: Int32
  }

  private let chart: EarleyChart
  /// The items of each column, for membership tests.
  private let items: [Set<EarleyChart.Item>]
  /// For each column and rule: where the rule may have begun that is complete there.
  private let completions: [[Int: [Int32]]]
  private var known: [Key: Int] = [:]
  private var open: Set<Key> = []
  /// Large enough to mean "several", small enough never to overflow.
  private static let many = 1000

  init(_ chart: EarleyChart) {
    self.chart = chart
    items = chart.columns.map { Set($0.items) }
    completions = chart.columns.map { column in
      var begun: [Int: Set<Int32>] = [:]
      for item in column.items where chart.grammar.next[Int(item.state)] == .end {
        begun[chart.grammar.rules[Int(item.state)], default: []].insert(item.origin)
      }
      return begun.mapValues(Array.init)
    }
  }

  /// The number of derivations of all tokens, at most a thousand.
  mutating func count() -> Int {
    derivations(of: chart.grammar.start, from: 0, to: Int32(chart.columns.count - 1))
  }

  private mutating func derivations(of rule: Int, from origin: Int32, to end: Int32) -> Int {
    var total = 0
    for first in chart.grammar.firstStates[rule] {
      var last = first
      while chart.grammar.next[last] != .end { last += 1 }
      total += ways(Key(state: Int32(last), origin: origin, end: end), first: Int32(first))
    }
    return min(total, Self.many)
  }

  /// The number of ways to derive the symbols before the dot of a state between two positions.
  private mutating func ways(_ key: Key, first: Int32) -> Int {
    guard items[Int(key.end)].contains(.init(state: key.state, origin: key.origin)) else {
      return 0
    }
    if key.state == first { return key.origin == key.end ? 1 : 0 }
    if let count = known[key] { return count }
    // A derivation that contains itself could be repeated without end.
    guard open.insert(key).inserted else { return Self.many }
    defer { open.remove(key) }
    var total = 0
    switch chart.grammar.next[Int(key.state - 1)] {
    case .token:
      if key.end > 0 {
        total = ways(Key(state: key.state - 1, origin: key.origin, end: key.end - 1), first: first)
      }
    case .rule(let rule):
      for middle in completions[Int(key.end)][rule] ?? [] where middle >= key.origin {
        let before = Key(state: key.state - 1, origin: key.origin, end: middle)
        let left = ways(before, first: first)
        guard left > 0 else { continue }
        total = min(Self.many, total + left * derivations(of: rule, from: middle, to: key.end))
      }
    case .end: break
    }
    known[key] = total
    return total
  }
}
