// SPDX-License-Identifier: Apache-2.0
//
// The surroundings of a drawing in characters: the title, tick marks at the left and below, and the
// labels of the axes. Also the canvas of braille dots on which curves are drawn.

import TerminalText

/// The labels around a drawing.
struct TextFrame {
  let figure: Figure
  let xAxis, yAxis: Axis
  let columns, rows: Int
  /// The most columns of a line, or nil.
  var width: Int?

  /// The marks of the vertical axis, one for each row, empty where there is none.
  static func labels(_ figure: Figure, _ yAxis: Axis, rows: Int) -> [String] {
    let ticks = FigureAxes.yTicks(of: figure, axis: yAxis, count: max(2, rows / 3))
    var labels = [String](repeating: "", count: rows)
    for tick in ticks {
      let row = Int(((1 - tick.place) * Double(rows - 1)).rounded())
      if labels.indices.contains(row) { labels[row] = tick.text }
    }
    return labels
  }

  /// The columns left of a drawing: its marks, a blank and the axis.
  static func margin(_ labels: [String]) -> Int { (labels.map(\.count).max() ?? 0) + 2 }

  /// A title above a drawing, in as many lines as it needs.
  static func heading(_ text: String, within width: Int?) -> [String] {
    guard !text.isEmpty else { return [] }
    return WordWrapping.lines("  " + text, columns: width ?? Int.max, indent: "  ")
  }

  /// Adds the labels to the lines of a drawing.
  func lines(around body: [String], isUnicode: Bool) -> [String] {
    let labels = TextFrame.labels(figure, yAxis, rows: rows)
    let left = TextFrame.margin(labels) - 2
    let (side, marked, corner, floor) = isUnicode ? ("│", "┤", "└", "─") : ("|", "+", "+", "-")
    var lines = [figure.title, figure.yLabel].flatMap { TextFrame.heading($0, within: width) }
    for (label, line) in zip(labels, body) {
      let padding = String(repeating: " ", count: left - label.count)
      lines.append(padding + label + " " + (label.isEmpty ? side : marked) + line)
    }
    let indent = String(repeating: " ", count: left + 1)
    lines.append(indent + corner + String(repeating: floor, count: columns))
    lines.append(indent + " " + positions())
    if !figure.xLabel.isEmpty {
      let label = DisplayWidth.prefix(figure.xLabel, columns: (width ?? Int.max) - left - 2)
      let room = max(0, (columns - DisplayWidth.of(label)) / 2)
      lines.append(indent + " " + String(repeating: " ", count: room) + label)
    }
    return lines.map(TextFrame.withoutTrailingSpaces)
  }

  /// The marks below, each centred under its position where there is space.
  private func positions() -> String {
    let ticks = FigureAxes.xTicks(of: figure, axis: xAxis, width: Double(columns) * 6) {
      Double($0.count) * 6
    }
    var line = [Character](repeating: " ", count: columns)
    for tick in ticks {
      let middle = Int((tick.place * Double(columns - 1)).rounded())
      let start = min(max(0, middle - tick.text.count / 2), max(0, columns - tick.text.count))
      for (offset, character) in tick.text.enumerated() where start + offset < columns {
        line[start + offset] = character
      }
    }
    return String(line)
  }

  private static func withoutTrailingSpaces(_ line: String) -> String {
    var line = line
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}

/// A grid of dots: 2 x 4 per character, or one where only ASCII is shown.
struct DotCanvas {
  private let columns, rows: Int
  private let isUnicode: Bool
  private let across, down: Int
  private var bits: [UInt8]
  /// The curve that was drawn last into each character.
  private var owners: [Int]
  /// Characters in place of dots.
  private var glyphs: [Int: Character] = [:]

  /// The bit of each dot in a braille character, by row and column.
  private static let braille: [[UInt8]] = [
    [0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80],
  ]

  init(columns: Int, rows: Int, isUnicode: Bool) {
    self.columns = columns
    self.rows = rows
    self.isUnicode = isUnicode
    across = isUnicode ? 2 : 1
    down = isUnicode ? 4 : 1
    bits = [UInt8](repeating: 0, count: columns * rows)
    owners = [Int](repeating: -1, count: columns * rows)
  }

  /// The dot at a position, both coordinates from 0 to 1, upwards.
  func position(_ x: Double, _ y: Double) -> (Int, Int) {
    let (width, height) = (Double(columns * across - 1), Double(rows * down - 1))
    let column = (min(max(x, -1), 2) * width).rounded()
    let row = ((1 - min(max(y, -1), 2)) * height).rounded()
    return (Int(column), Int(row))
  }

  mutating func set(_ x: Int, _ y: Int, _ owner: Int) {
    guard x >= 0, y >= 0, x < columns * across, y < rows * down else { return }
    let cell = y / down * columns + x / across
    bits[cell] |= DotCanvas.braille[y % down][x % across]
    owners[cell] = owner
  }

  /// Puts a character where a dot would be.
  mutating func put(_ glyph: Character, at point: (Int, Int), _ owner: Int) {
    let (x, y) = point
    set(x, y, owner)
    guard isUnicode, x >= 0, y >= 0, x < columns * across, y < rows * down else { return }
    glyphs[y / down * columns + x / across] = glyph
  }

  /// All dots between two that the stroke of the curve has, one a step along the longer side.
  mutating func line(
    from start: (Int, Int), to end: (Int, Int), _ owner: Int, every pace: Int = 1
  ) {
    let (dx, dy) = (end.0 - start.0, end.1 - start.1)
    let steps = max(abs(dx), abs(dy))
    guard steps > 0 else { return }
    for step in stride(from: 0, through: steps, by: pace) {
      let share = Double(step) / Double(steps)
      let x = Int((Double(start.0) + share * Double(dx)).rounded())
      let y = Int((Double(start.1) + share * Double(dy)).rounded())
      if isDrawn(owner, at: abs(dx) >= abs(dy) ? x : y) { set(x, y, owner) }
    }
  }

  func lines(isColored: Bool) -> [String] {
    (0..<rows).map { row in
      var line = ""
      for cell in row * columns..<(row + 1) * columns {
        guard owners[cell] >= 0 else {
          line += " "
          continue
        }
        let dots =
          glyphs[cell].map { String($0) }
          ?? Unicode.Scalar(0x2800 + UInt32(bits[cell])).map(String.init) ?? "*"
        let shown = isUnicode ? dots : DotCanvas.mark(owners[cell])
        line += DotCanvas.colored(shown, owners[cell], isColored)
      }
      return line
    }
  }

  /// Curves differ by their strokes: the first is solid, the others have gaps. In ASCII they differ
  /// by characters.
  private func isDrawn(_ owner: Int, at position: Int) -> Bool {
    let place = abs(position)
    switch isUnicode ? owner % 4 : 0 {
    case 1: return place % 6 < 4
    case 2: return place % 3 == 0
    case 3: return [0, 1, 2, 3, 6].contains(place % 8)
    default: return true
    }
  }

  /// A piece of a curve's stroke, for the legend.
  static func stroke(_ owner: Int) -> String { ["━━", "╍╍", "··", "━·"][owner % 4] }

  /// The character of a point, where there are several kinds.
  static func glyph(_ owner: Int) -> Character { Array("●■▲◆✚✖")[owner % 6] }

  /// The character that stands for a curve in ASCII.
  static func mark(_ owner: Int) -> String {
    let marks = Array("*o+x#@%&")
    return String(marks[owner % marks.count])
  }

  /// The character in the colour of its curve.
  static func colored(_ text: String, _ owner: Int, _ isColored: Bool) -> String {
    let codes = [34, 31, 32, 35, 33, 36]
    return isColored ? "\u{1B}[\(codes[owner % codes.count])m\(text)\u{1B}[0m" : text
  }
}
