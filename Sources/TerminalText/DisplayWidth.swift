// SPDX-License-Identifier: Apache-2.0
//
// The number of columns of a character in a terminal, so that carets align with the text they mark
// and columns of words line up.
// The ranges are the wide and full-width ones of Unicode Annex 11, coarsened to whole blocks.

/// Columns of characters.
public enum DisplayWidth {
  /// The columns of a text on one line.
  public static func of(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + of($1) } }

  /// The text padded with spaces to at least so many columns.
  public static func padded(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - of(text)))
  }

  /// The longest prefix of a text that fits into so many columns.
  public static func prefix(_ text: String, columns: Int) -> String {
    var left = columns
    return String(
      text.prefix { character in
        left -= of(character)
        return left >= 0
      })
  }

  /// The columns of one character: 0 for combining marks, 2 for wide ones, 1 otherwise.
  public static func of(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    if first.value < 0x300 { return 1 }
    if isWide(first) || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
  }

  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F1E6...0x1F1FF, 0x20000...0x3FFFD:
      true
    default: scalar.properties.isEmojiPresentation
    }
  }
}

/// A line of source as a terminal shows it: tabs expanded, control characters made visible.
public struct DisplayLine {
  /// What to print, one entry for each character of the source.
  public private(set) var cells: [String] = []
  /// The columns each entry takes.
  public private(set) var widths: [Int] = []

  /// Makes the display form of a line.
  public init(_ text: some StringProtocol) {
    var column = 0
    for character in text {
      let cell: String
      var width = DisplayWidth.of(character)
      if character == "\t" {
        width = 4 - column % 4
        cell = String(repeating: " ", count: width)
      } else {
        cell = String(String.UnicodeScalarView(character.unicodeScalars.map(DisplayLine.visible)))
      }
      cells.append(cell)
      widths.append(width)
      column += width
    }
  }

  /// Replaces control characters by visible symbols, so that no text can control a terminal.
  public static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
    case 0x7F: "\u{2421}"
    case 0x80..<0xA0, 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
    default: scalar
    }
  }

  /// The columns that the characters of a range take.
  public func width(_ range: Range<Int>) -> Int {
    widths[range.clamped(to: 0..<widths.count)].reduce(0, +)
  }
}
