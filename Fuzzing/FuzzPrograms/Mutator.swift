// SPDX-License-Identifier: Apache-2.0
//
// Mutates programs by tokens. Random bytes rarely get past the lexer; so most mutations insert,
// replace, double or drop tokens, and take new ones from the tables of the language itself: its
// keywords, its operators, every function with its parameters, and the examples of the library.

import Library
import Runtime
import Syntax
import Trials

/// The tokens that programs consist of.
enum Vocabulary {
  static let words: [[UInt8]] = {
    var words = Token.Kind.keywords.keys.map { " \($0) " }
    words += BinaryOperator.allCases.map(\.rawValue)
    words += ComparisonOperator.allCases.map { " \($0.rawValue) " }
    words += LogicalOperator.allCases.map { " \($0.rawValue) " }
    words += ["(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "...", "=", "+=", "|>", "->", "\n"]
    words += ["\"", "'", "\"a\"", "\"{x}\"", ":.3f}", "#", "##", "# %%\n", "\\u{41}", "é", "_"]
    words += ["0", "1", "-1", "2", "7", "0.5", "1e9", "1e300", "-1e300", "9007199254740993", "nan"]
    words += ["inf", "a", "b", "x", "xs", "f", "nil", "true", "false", "[]", "{}", "[1, 2, 3]"]
    words += ["[1, 2; 3, 4]", "{a: 1}", "range(5)", "zeros(2, 3)", "ones(4)", "param(ones(2))"]
    words += ["fn(x) = x", "fn(...a) = a", "let x = ", "x = ", "xs.append(x)", "[x for x in xs]"]
    words += [
      "for x in xs { ", "while x < 9 { x += 1 ", "if x == 1 { ", "try { ", " } catch e { e }",
    ]
    for function in Trial.functions {
      words.append(function.isMethodOnly ? ".\(function.name)(" : "\(function.qualifiedName)(")
      words += function.parameterNames.map { "\($0) = " }
    }
    return words.map { Array($0.utf8) }
  }()

  /// Whole statements: the examples of the library.
  static let statements: [[UInt8]] = Trial.functions.map(\.example).filter { !$0.isEmpty }.map {
    Array(($0.prefix { $0 != "#" } + "\n").utf8)
  }
}

/// One mutation of one program; the same seed gives the same mutation.
struct Mutator {
  private var state: UInt64
  private var text: [UInt8]

  init(_ text: [UInt8], seed: UInt32) {
    self.text = text
    state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
  }

  private mutating func random(below bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(truncatingIfNeeded: state >> 11) % max(1, bound)
  }

  private mutating func pick<Element>(_ items: [Element]) -> Element {
    items[random(below: items.count)]
  }

  /// Returns the program after one to three mutations; with each one it is less likely to be valid.
  mutating func mutated() -> [UInt8] {
    for _ in 0...random(below: 3) { change() }
    return text
  }

  private mutating func change() {
    let pieces = Mutator.pieces(text)
    let piece = pieces.isEmpty ? 0..<0 : pick(pieces)
    switch random(below: 9) {
    case 0, 1: text.insert(contentsOf: pick(Vocabulary.words), at: piece.lowerBound)
    case 2, 3: text.replaceSubrange(piece, with: pick(Vocabulary.words))
    case 4: text.replaceSubrange(piece, with: pieces.isEmpty ? [] : text[pick(pieces)])
    case 5: text.insert(contentsOf: text[piece], at: piece.lowerBound)
    case 6: text.removeSubrange(piece)
    case 7: text += [UInt8(ascii: "\n")] + pick(Vocabulary.statements)
    default:
      let second = pieces.isEmpty ? 0..<0 : pick(pieces)
      let range =
        min(piece.lowerBound, second.lowerBound)..<max(piece.upperBound, second.upperBound)
      if random(below: 2) == 0, range.count < 128 {
        text.insert(contentsOf: text[range], at: range.upperBound)
      } else {
        text.removeSubrange(range)
      }
    }
  }

  /// Runs of letters and digits, runs of whitespace, and single symbols.
  private static func pieces(_ text: [UInt8]) -> [Range<Int>] {
    func family(_ byte: UInt8) -> Int {
      switch byte {
      case 48...57, 65...90, 97...122, 95, 128...: 1
      case 32: 2
      default: 0
      }
    }
    var pieces: [Range<Int>] = []
    var start = 0
    for index in text.indices {
      let isLast = index + 1 == text.count
      let kind = family(text[index])
      if isLast || kind == 0 || family(text[index + 1]) != kind {
        pieces.append(start..<index + 1)
        start = index + 1
      }
    }
    return pieces
  }
}
