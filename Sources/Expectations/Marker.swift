// SPDX-License-Identifier: Apache-2.0
//
// Expectations are comments, so a script that contains some runs like any other. There are three
// markers:
//
//     1 + 1               #=> 2                            what is shown or printed, exactly
//     clock()             #~> 17...                        the same, where ... stands for anything
//     [1, 2][5]           #! IndexError: no element 5      error: kind and part of its words
//
// A marker may follow code or be on a line of its own below it.

import Syntax

/// A comment with an expectation.
public struct Marker: Hashable, Sendable {
  /// What kind of expectation it is; the raw value is its spelling.
  public enum Kind: String, Sendable, CaseIterable {
    /// A line of output, exactly.
    case output = "#=>"
    /// A line of output, in which `...` matches any text.
    case pattern = "#~>"
    /// An error.
    case error = "#!"
  }

  /// What kind of expectation it is.
  public let kind: Kind
  /// The text after the marker, without the space after it and trailing spaces.
  public let text: String
  /// The line on which it stands, counted from 1.
  public let line: Int
  /// The number of bytes before it on its line.
  let column: Int
  /// Whether only spaces precede it.
  let isAlone: Bool

  /// All markers of a source in order. Only comments count, so a marker within a string is none.
  public static func find(in source: Source) -> [Marker] {
    Lexer.tokenize(source).comments.compactMap { Marker(comment: $0, source) }
  }

  private init?(comment: Span, _ source: Source) {
    let words = source.text(comment)
    guard let kind = Kind.allCases.first(where: { words.hasPrefix($0.rawValue) }) else {
      return nil
    }
    var rest = words.dropFirst(kind.rawValue.count)
    // `#!/usr/bin/env smap` names an interpreter, not an error.
    if kind == .error, rest.first != " " { return nil }
    if rest.first == " " { rest.removeFirst() }
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    self.kind = kind
    text = String(rest)
    line = source.line(of: comment.start)
    let start = source.lineSpan(line).start
    column = Int(comment.start - start)
    isAlone = source.bytes[Int(start)..<Int(comment.start)].allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  /// The expectation as it is written.
  public var words: String { text.isEmpty ? kind.rawValue : "\(kind.rawValue) \(text)" }

  /// Whether it matches any number of lines.
  var isAnything: Bool { kind == .pattern && text == "..." }

  /// The marker rewritten for a line of output. A pattern stays one, and leaves out about the same
  /// parts as before.
  func words(for line: String) -> String {
    let kind = self.kind == .pattern ? Kind.pattern : Kind.output
    let text = kind == .pattern ? Comparison.pattern(like: self.text, for: line) : line
    return text.isEmpty ? kind.rawValue : "\(kind.rawValue) \(text)"
  }

  /// Whether an error has the kind that this marker names, and contains its text.
  func matches(_ error: Diagnostic) -> Bool {
    guard kind == .error else { return false }
    let parts = text.split(separator: ":", maxSplits: 1)
    let fragment = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
    let words = "\(error.message) | \(error.label) | \(error.hint ?? "")"
    return parts.first.map(String.init) == error.kind.rawValue
      && (fragment.isEmpty || words.contains(fragment))
  }
}
