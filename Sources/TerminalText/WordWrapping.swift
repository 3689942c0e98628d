// SPDX-License-Identifier: Apache-2.0
//
// Lines that fit a window. Text is broken between words only: a path or an address that is longer
// than a line stays whole, so that it can be copied.

/// Breaks text into lines.
public enum WordWrapping {
  /// The lines of a text, each of at most `columns` where words allow it; its own newlines stay.
  ///
  /// - Parameters:
  ///   - used: The columns of the first line that are taken already.
  ///   - indent: What the lines begin with that a break makes.
  public static func lines(
    _ text: String, columns: Int, used: Int = 0, indent: String = ""
  ) -> [String] {
    var lines: [String] = []
    for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
      lines += wrapped(part, columns: columns, used: lines.isEmpty ? used : 0, indent: indent)
    }
    return lines
  }

  private static func wrapped(
    _ text: Substring, columns: Int, used: Int, indent: String
  ) -> [String] {
    var lines: [String] = []
    var line = ""
    var width = used
    var hasWord = used > 0
    var isStart = true
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let size = DisplayWidth.of(word)
      let gap = isStart ? 0 : 1
      if hasWord, width + gap + size > columns {
        lines.append(line)
        line = indent + word
        width = DisplayWidth.of(indent) + size
        hasWord = !word.isEmpty
      } else {
        line += (isStart ? "" : " ") + word
        width += gap + size
        hasWord = hasWord || !word.isEmpty
      }
      isStart = false
    }
    return lines + [line]
  }

  /// Pieces that stay whole, side by side with `gap` blanks between them, in lines of at most
  /// `columns`. `width` tells how many columns a piece takes.
  public static func rows(
    of pieces: [(text: String, width: Int)], columns: Int, gap: Int = 3, indent: String = "  "
  ) -> [String] {
    var rows: [String] = []
    var used = 0
    for piece in pieces {
      if let last = rows.last, used + gap + piece.width <= columns {
        rows[rows.count - 1] = last + String(repeating: " ", count: gap) + piece.text
        used += gap + piece.width
      } else {
        rows.append(indent + piece.text)
        used = DisplayWidth.of(indent) + piece.width
      }
    }
    return rows
  }
}
