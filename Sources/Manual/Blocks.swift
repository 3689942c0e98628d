// SPDX-License-Identifier: Apache-2.0
//
// The lightweight markup of the texts: blank lines between paragraphs, `code` in backquotes, and
// code or columns in lines that are indented or contain several spaces in a row. Writers see blocks
// and pieces.

/// A block of text.
enum Block: Equatable {
  /// Words that may be wrapped.
  case paragraph([Piece])
  /// Lines that stay as they are.
  case code([String])

  /// A piece of a paragraph.
  enum Piece: Equatable {
    case plain(String)
    case code(String)
  }

  /// The blocks of a text.
  static func parse(_ text: String) -> [Block] {
    var blocks: [Block] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for part in lines.split(whereSeparator: \.isEmpty) {
      if part.contains(where: isPreformatted) {
        blocks.append(.code(withoutMargin(Array(part))))
      } else {
        blocks.append(.paragraph(pieces(part.joined(separator: " "))))
      }
    }
    return blocks
  }

  /// The pieces of a line; an unpaired backquote is an ordinary character.
  static func pieces(_ text: String) -> [Piece] {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
    guard parts.count % 2 == 1 else { return [.plain(text)] }
    var pieces: [Piece] = []
    for (index, part) in parts.enumerated() where !part.isEmpty {
      pieces.append(index % 2 == 0 ? .plain(part) : .code(part))
    }
    return pieces
  }

  /// Whether spaces are significant in a line.
  private static func isPreformatted(_ line: String) -> Bool {
    var run = 0
    for (index, character) in line.utf8.enumerated() {
      run = character == UInt8(ascii: " ") ? run + 1 : 0
      if run == 3 || (run == 2 && index == 1) { return true }
    }
    return false
  }

  private static func withoutMargin(_ lines: [String]) -> [String] {
    let margin = lines.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    return lines.map { String($0.dropFirst(margin)) }
  }
}
