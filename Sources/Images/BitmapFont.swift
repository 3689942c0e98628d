// SPDX-License-Identifier: Apache-2.0
//
// A small built-in typeface for captions, so that pictures with labels need no font files and look
// the same everywhere. The table below shows the glyphs: sixteen characters per row from the space
// to the tilde, five columns wide, seven rows above the base line and two below. Letters are
// proportional, digits all equally wide so that columns of numbers line up.

/// A typeface of 5 x 9 pixels for the printable ASCII characters.
public enum BitmapFont {
  /// Rows of a line of text, without space between lines.
  public static let height = 9
  /// Rows above the base line, which is the height of capitals.
  public static let ascent = 7

  /// One character: its rows from the top, bit 4 being the leftmost column, and its width.
  struct Glyph: Sendable, Equatable {
    var rows: [UInt8]
    var width: Int
  }

  /// The width of a line of text in pixels at `scale` pixels a dot.
  public static func width(of text: String, scale: Int = 1) -> Int {
    let dots = text.unicodeScalars.reduce(0) { $0 + glyph($1).width + 1 }
    return max(0, dots - 1) * scale
  }

  /// The glyph of a character; a hollow box for characters that the typeface lacks.
  static func glyph(_ scalar: Unicode.Scalar) -> Glyph {
    let index = Int(scalar.value) - 32
    return glyphs.indices.contains(index) ? glyphs[index] : missing
  }

  /// Truncates a text until it fits, ending it in two dots.
  public static func fitting(_ text: String, width limit: Int, scale: Int = 1) -> String {
    if width(of: text, scale: scale) <= limit { return text }
    var shortened = text
    while !shortened.isEmpty {
      shortened.removeLast()
      while shortened.last == " " { shortened.removeLast() }
      if width(of: shortened + "..", scale: scale) <= limit { return shortened + ".." }
    }
    return ""
  }

  /// Breaks a text at spaces into at most `count` lines that fit; the last may end in two dots.
  public static func wrapped(
    _ text: String, width limit: Int, lines count: Int, scale: Int = 1
  ) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ").map(String.init) {
      if let line = lines.last, width(of: line + " " + word, scale: scale) <= limit {
        lines[lines.count - 1] = line + " " + word
      } else if lines.count < max(1, count) {
        lines.append(word)
      } else {
        // The line does not fit now, so `fitting` below truncates it.
        lines[lines.count - 1] += " " + word
      }
    }
    return lines.map { fitting($0, width: limit, scale: scale) }
  }

  // MARK: - Table

  private static let missing = Glyph(rows: [31, 17, 17, 17, 17, 17, 31, 0, 0], width: 5)

  static let glyphs: [Glyph] = readTable()

  private static func readTable() -> [Glyph] {
    var glyphs: [Glyph] = []
    let lines = table.split(separator: "\n").map { $0.split(separator: " ") }
    for block in stride(from: 0, to: lines.count - height + 1, by: height) {
      for column in 0..<16 {
        let rows = (0..<height).map { row in
          lines[block + row][column].reduce(UInt8(0)) { $0 << 1 | ($1 == "#" ? 1 : 0) }
        }
        glyphs.append(trimmed(rows, isDigit: (16..<26).contains(glyphs.count)))
      }
    }
    return Array(glyphs.prefix(95))
  }

  /// Moves a glyph to the left edge and measures it.
  private static func trimmed(_ rows: [UInt8], isDigit: Bool) -> Glyph {
    let ink = rows.reduce(0, |)
    if ink == 0 { return Glyph(rows: rows, width: 3) }
    if isDigit { return Glyph(rows: rows, width: 5) }
    let left = ink.leadingZeroBitCount - 3
    return Glyph(rows: rows.map { $0 << UInt8(left) }, width: 5 - left - ink.trailingZeroBitCount)
  }

  private static let table = """
    ..... ..#.. .#.#. ..... ..#.. ##..# .##.. ..#.. ...#. .#... ..... ..... ..... ..... ..... ....#
    ..... ..#.. .#.#. .#.#. .#### ##..# #..#. ..#.. ..#.. ..#.. ..#.. ..#.. ..... ..... ..... ....#
    ..... ..#.. .#.#. ##### #.#.. ...#. #.#.. ..#.. .#... ...#. #.#.# ..#.. ..... ..... ..... ...#.
    ..... ..#.. ..... .#.#. .###. ..#.. .#... ..... .#... ...#. .###. ##### ..... ####. ..... ..#..
    ..... ..#.. ..... ##### ..#.# .#... #.#.# ..... .#... ...#. #.#.# ..#.. ..... ..... ..... .#...
    ..... ..... ..... .#.#. ####. #..## #..#. ..... ..#.. ..#.. ..#.. ..#.. .##.. ..... .##.. #....
    ..... ..#.. ..... ..... ..#.. #..## .##.# ..... ...#. .#... ..... ..... .##.. ..... .##.. #....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..#.. ..... ..... .....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .#... ..... ..... .....

    .###. ..#.. .###. ##### ...#. ##### ..##. ##### .###. .###. ..... ..... ...#. ..... .#... .###.
    #...# .##.. #...# ...#. ..##. #.... .#... ....# #...# #...# .##.. .##.. ..#.. ..... ..#.. #...#
    #..## ..#.. ....# ..#.. .#.#. ####. #.... ...#. #...# #...# .##.. .##.. .#... ####. ...#. ....#
    #.#.# ..#.. ...#. ...#. #..#. ....# ####. ..#.. .###. .#### ..... ..... #.... ..... ....# ...#.
    ##..# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....# .##.. .##.. .#... ####. ...#. ..#..
    #...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ...#. .##.. .##.. ..#.. ..... ..#.. .....
    .###. .###. ##### .###. ...#. .###. .###. .#... .###. .##.. ..... ..#.. ...#. ..... .#... ..#..
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .#... ..... ..... ..... .....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....

    .###. .###. ####. .###. ###.. ##### ##### .###. #...# .###. ..### #...# #.... #...# #...# .###.
    #...# #...# #...# #...# #..#. #.... #.... #...# #...# ..#.. ...#. #..#. #.... ##.## #...# #...#
    #.### #...# #...# #.... #...# #.... #.... #.... #...# ..#.. ...#. #.#.. #.... #.#.# ##..# #...#
    #.#.# #...# ####. #.... #...# ####. ####. #.### ##### ..#.. ...#. ##... #.... #.#.# #.#.# #...#
    #.### ##### #...# #.... #...# #.... #.... #...# #...# ..#.. ...#. #.#.. #.... #...# #..## #...#
    #.... #...# #...# #...# #..#. #.... #.... #...# #...# ..#.. #..#. #..#. #.... #...# #...# #...#
    .###. #...# ####. .###. ###.. ##### #.... .#### #...# .###. .##.. #...# ##### #...# #...# .###.
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....

    ####. .###. ####. .#### ##### #...# #...# #...# #...# #...# ##### .###. #.... .###. ..#.. .....
    #...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....# .#... #.... ...#. .#.#. .....
    #...# #...# #...# #.... ..#.. #...# #...# #.#.# .#.#. .#.#. ...#. .#... .#... ...#. #...# .....
    ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#.. .#... ..#.. ...#. ..... .....
    #.... #.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#... .#... ...#. ...#. ..... .....
    #.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #.... .#... ....# ...#. ..... .....
    #.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. ##### .###. ....# .###. ..... .....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... #####
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....

    .#... ..... #.... ..... ....# ..... ..##. ..... #.... ..#.. ...#. .#... .##.. ..... ..... .....
    ..#.. ..... #.... ..... ....# ..... .#... ..... #.... ..... ..... .#... ..#.. ..... ..... .....
    ..... .###. #.##. .###. .##.# .###. ####. .#### #.##. .##.. ..##. .#..# ..#.. ##.#. #.##. .###.
    ..... ....# ##..# #...# #..## #...# .#... #...# ##..# ..#.. ...#. .#.#. ..#.. #.#.# ##..# #...#
    ..... .#### #...# #.... #...# ##### .#... #...# #...# ..#.. ...#. .##.. ..#.. #.#.# #...# #...#
    ..... #...# ##..# #...# #..## #.... .#... #..## #...# ..#.. ...#. .#.#. ..#.. #.#.# #...# #...#
    ..... .#### #.##. .###. .##.# .###. .#... .##.# #...# .###. ...#. .#..# .###. #...# #...# .###.
    ..... ..... ..... ..... ..... ..... ..... ....# ..... ..... ...#. ..... ..... ..... ..... .....
    ..... ..... ..... ..... ..... ..... ..... .###. ..... ..... .##.. ..... ..... ..... ..... .....

    ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... ..... ...#. ..#.. .#... ..... .....
    ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... ..... ..#.. ..#.. ..#.. ..... .....
    #.##. .##.# #.##. .#### ####. #...# #...# #...# #...# #...# ##### ..#.. ..#.. ..#.. .##.# .....
    ##..# #..## ##..# #.... .#... #...# #...# #.#.# .#.#. #...# ...#. .#... ..#.. ...#. #.##. .....
    #...# #...# #.... .###. .#... #...# #...# #.#.# ..#.. #...# ..#.. ..#.. ..#.. ..#.. ..... .....
    ##..# #..## #.... ....# .#... #..## .#.#. #.#.# .#.#. #..## .#... ..#.. ..#.. ..#.. ..... .....
    #.##. .##.# #.... ####. ..##. .##.# ..#.. .#.#. #...# .##.# ##### ...#. ..#.. .#... ..... .....
    #.... ....# ..... ..... ..... ..... ..... ..... ..... ....# ..... ..... ..... ..... ..... .....
    #.... ....# ..... ..... ..... ..... ..... ..... ..... .###. ..... ..... ..... ..... ..... .....
    """
}

extension Picture {
  /// Writes a line of text with its left upper corner at (`x`, `y`), `scale` pixels a dot.
  public mutating func write(
    _ text: String, x: Int, y: Int, color: Color = .black, scale: Int = 1
  ) {
    var left = x
    for scalar in text.unicodeScalars {
      let glyph = BitmapFont.glyph(scalar)
      for (row, bits) in glyph.rows.enumerated() {
        for column in 0..<glyph.width where bits & (16 >> UInt8(column)) != 0 {
          fill(
            color, x: left + column * scale, y: y + row * scale, width: scale, height: scale)
        }
      }
      left += (glyph.width + 1) * scale
    }
  }
}
