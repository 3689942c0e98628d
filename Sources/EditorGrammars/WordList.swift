// SPDX-License-Identifier: Apache-2.0
//
// The words that a highlighter colours, grouped by colour. Each list is derived from the table that
// the lexer, the parser or the session uses, so editors always know the current language.

import Library
import Runtime
import Syntax

/// A list of words with the same colour; the raw value is its name in the grammar files.
public enum WordList: String, CaseIterable, Sendable {
  /// Control keywords: `if`, `for`, `return`, ...
  case control
  /// Keywords that introduce names: `let` and `fn`.
  case declaration
  /// Keywords that are values: `true`, `false`, `nil`.
  case literal
  /// Operators that are words: `and`, `or`, `not`, `in`.
  case wordOperator = "word-operator"
  /// `=` and the compound assignments.
  case assignment
  /// Comparisons that are symbols.
  case comparison
  /// Operators of arithmetic.
  case arithmetic
  /// The pipe, the arrow and the dots of spreads.
  case flow
  /// Built-in functions without a namespace.
  case function
  /// Built-in functions of namespaces, with their full names.
  case member
  /// Namespaces.
  case namespace
  /// Constants of the library.
  case constant
  /// Names of types that an annotation may use.
  case type

  /// The words, in an order that is the same in every run.
  public func words(of builtins: BuiltinTable) -> [String] {
    switch self {
    case .control:
      let others: [WordList] = [.declaration, .literal, .wordOperator]
      let taken = Set(others.flatMap { $0.words(of: builtins) })
      return Token.Kind.keywords.keys.filter { !taken.contains($0) }.sorted()
    case .declaration: return [Token.Kind.fn, .let].map(\.rawValue)
    case .literal: return [Token.Kind.false, .nil, .true].map(\.rawValue)
    case .wordOperator: return WordList.operators.filter(WordList.isWord)
    case .assignment: return WordList.symbols.filter { $0.hasSuffix("=") && !isOperator($0) }
    case .comparison: return WordList.longestFirst(WordList.comparisons.filter { !isWord($0) })
    case .arithmetic: return WordList.longestFirst(BinaryOperator.allCases.map(\.rawValue))
    case .flow: return [Token.Kind.ellipsis, .pipe, .arrow].map(\.rawValue)
    case .function:
      return plain(builtins).filter { $0.namespace.isEmpty }.map(\.name).sorted()
    case .member:
      return plain(builtins).filter { !$0.namespace.isEmpty }.map(\.qualifiedName).sorted()
    case .namespace:
      return Set(plain(builtins).map(\.namespace)).subtracting([""]).union(["std"]).sorted()
    case .constant: return builtins.constants.map(\.name).sorted()
    case .type: return builtins.typeNames.sorted()
    }
  }

  private func plain(_ builtins: BuiltinTable) -> [Builtin] {
    builtins.functions.filter { !$0.isMethodOnly }
  }

  private func isWord(_ text: String) -> Bool { WordList.isWord(text) }

  private func isOperator(_ text: String) -> Bool { WordList.comparisons.contains(text) }

  // MARK: - Symbols

  private static let comparisons = ComparisonOperator.allCases.map(\.rawValue)

  private static let operators: [String] =
    (LogicalOperator.allCases.map(\.rawValue) + comparisons
    + BinaryOperator.allCases.map(\.rawValue)
    + UnaryOperator.allCases.map(\.rawValue)).sorted()

  /// All tokens spelled without letters, longest first.
  private static let symbols = longestFirst(
    Token.Kind.allCases.map(\.rawValue).filter { !$0.contains(where: \.isLetter) })

  private static func isWord(_ text: String) -> Bool { text.allSatisfy(\.isLetter) }

  /// An alternation matches the first alternative that fits, so `**` comes before `*`.
  private static func longestFirst(_ words: [String]) -> [String] {
    words.sorted { ($0.count, $1) > ($1.count, $0) }
  }
}
