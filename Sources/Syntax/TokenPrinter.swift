// SPDX-License-Identifier: Apache-2.0
//
// The tokens of a source as text, for `smap dump --tokens` and for tests. One token per line: its
// position, its kind, and its text where that differs. This shows how the lexer has applied the two
// rules about newlines and braces.

/// Writes tokens as text.
public enum TokenPrinter {
  /// The tokens of a source, one per line, without a final newline.
  public static func text(of source: Source) -> String {
    Lexer.tokenize(source).tokens.map { line($0, source) }.joined(separator: "\n")
  }

  private static func line(_ token: Token, _ source: Source) -> String {
    let position = source.position(of: token.span.start)
    let place = "\(position.line):\(position.column)"
    let gap = String(repeating: " ", count: max(1, 8 - place.utf8.count))
    let kind = token.kind.rawValue
    let text = source.text(token.span)
    // Newlines and the end have no text; the kinds of words and symbols are their text.
    guard kind.hasPrefix("<"), kind.utf8.count > 2, token.kind != .newline, token.kind != .end
    else { return place + gap + kind }
    return place + gap + kind + " " + text
  }
}
