// SPDX-License-Identifier: Apache-2.0
//
// Code in colours, by the lexer of the language itself: a page shows a word as a keyword exactly
// where the parser reads one.

import Files
import Syntax

/// Turns code into HTML with classes for its words.
enum Highlighter {
  /// The HTML of code; what is no token, such as a blank, stays as it is.
  static func html(_ code: String) -> String {
    let source = Source(path: "cell", text: code)
    let stream = Lexer.tokenize(source)
    var marks = stream.comments.map { (span: $0, name: "c") }
    for (index, token) in stream.tokens.enumerated() {
      guard
        let name = name(of: token, before: stream.tokens[min(index + 1, stream.tokens.count - 1)])
      else { continue }
      marks.append((token.span, name))
    }
    marks.sort { $0.span.start < $1.span.start }
    var (text, end): (String, Int32) = ("", 0)
    for mark in marks where mark.span.start >= end && mark.span.end > mark.span.start {
      text += HTML.escaped(source.text(Span(start: end, end: mark.span.start)))
      text += "<span class=\"\(mark.name)\">\(HTML.escaped(source.text(mark.span)))</span>"
      end = mark.span.end
    }
    return text + HTML.escaped(source.text(Span(start: end, end: source.span.end)))
  }

  /// The class of a token, or nil for those without a colour.
  private static func name(of token: Token, before next: Token) -> String? {
    switch token.kind {
    case .number: return "n"
    case .string, .stringHead, .stringMiddle, .stringTail: return "s"
    case .name: return next.kind == .parenthesisOpen && !next.startsLine ? "f" : nil
    default: return token.kind.isKeyword ? "k" : nil
    }
  }
}
