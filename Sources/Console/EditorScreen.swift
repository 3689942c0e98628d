// SPDX-License-Identifier: Apache-2.0
//
// Draws the statement that is edited: prompt, text in colours, hint, cursor. libedit handles keys
// but draws into the void, because it cannot colour, and it leaves remains when a window changes
// its size. A frame is the whole text laid out in rows; of the next frame only what follows the
// first difference is written. Long lines are broken by the terminal itself, so that it can break
// them anew at another width, and so that a copied line is one line. Of a text that is higher than
// the window, the rows around the cursor are drawn.

import TerminalText

/// How a character looks.
public enum TextStyle: Sendable, Equatable {
  case plain, prompt, keyword, string, number, comment, function, command, bracket, hint

  /// The numbers of its SGR sequence.
  var graphics: String {
    switch self {
    case .plain: "0"
    case .prompt: "0;1;34"
    case .keyword: "0;35"
    case .string: "0;32"
    case .number: "0;36"
    case .comment, .hint: "0;90"
    case .function: "0;34"
    case .command: "0;1"
    case .bracket: "0;1;4"
    }
  }
}

/// A part of a text with a style; positions count scalars.
public struct StyledRange: Sendable, Equatable {
  /// The scalars.
  public let range: Range<Int>
  /// How they look.
  public let style: TextStyle

  /// Describes a part.
  public init(_ range: Range<Int>, _ style: TextStyle) {
    (self.range, self.style) = (range, style)
  }
}

/// A scalar with its style.
package struct StyledScalar: Equatable {
  package var scalar: Unicode.Scalar
  package var style: TextStyle

  package init(_ scalar: Unicode.Scalar, _ style: TextStyle) {
    (self.scalar, self.style) = (scalar, style)
  }
}

/// A text broken into rows of a width.
package struct EditorLayout: Equatable {
  /// The cell of a character with the marks that combine with it.
  struct Cell: Equatable {
    var text: String
    var width: Int
    var style: TextStyle
  }

  struct Row: Equatable {
    var cells: [Cell] = []
    var width = 0
    /// Whether the next row continues this one, which is full.
    var isContinued = false
  }

  private(set) var rows = [Row()]
  /// The width of the window.
  let columns: Int
  /// Where the cursor is.
  package private(set) var cursor = (row: 0, column: 0)

  package static func == (a: EditorLayout, b: EditorLayout) -> Bool {
    a.rows == b.rows && a.cursor == b.cursor
  }

  /// Lays out a text; the cursor is before the scalar at an index.
  package init(_ text: [StyledScalar], cursor index: Int, columns: Int) {
    self.columns = columns
    for (position, item) in text.enumerated() {
      if position == index { cursor = place(columns) }
      if item.scalar == "\n" {
        rows.append(Row())
        continue
      }
      let width = DisplayWidth.of(String(item.scalar))
      if width == 0, !rows[rows.count - 1].cells.isEmpty {
        let last = rows[rows.count - 1].cells.count - 1
        rows[rows.count - 1].cells[last].text.unicodeScalars.append(item.scalar)
        continue
      }
      if rows[rows.count - 1].width + width > columns { wrap() }
      rows[rows.count - 1].cells.append(
        Cell(text: String(item.scalar), width: width, style: item.style))
      rows[rows.count - 1].width += width
    }
    // The cursor cannot stand behind a full row.
    if rows[rows.count - 1].width >= columns { wrap() }
    if index >= text.count { cursor = place(columns) }
  }

  private mutating func wrap() {
    rows[rows.count - 1].isContinued = true
    rows.append(Row())
  }

  private func place(_ columns: Int) -> (row: Int, column: Int) {
    let last = rows[rows.count - 1]
    return last.width >= columns ? (rows.count, 0) : (rows.count - 1, last.width)
  }

  /// The rows around the cursor that fit a window, of which the first was `top` before.
  mutating func clip(to height: Int, top: inout Int) {
    guard rows.count > height else {
      top = 0
      return
    }
    top = min(max(top, cursor.row - height + 1), cursor.row, rows.count - height)
    rows = Array(rows[top..<top + height])
    rows[height - 1].isContinued = false
    cursor.row -= top
  }

  /// How many rows above the cursor the text begins once a terminal has broken its lines anew.
  package func rowsAboveCursor(columns: Int) -> Int {
    var above = 0
    var width = 0
    for (index, row) in rows.enumerated() {
      if index == cursor.row { return above + (width + cursor.column) / max(1, columns) }
      width += row.width
      if row.isContinued { continue }
      above += max(1, (width + columns - 1) / max(1, columns))
      width = 0
    }
    return above
  }
}

/// The part of the terminal that a statement occupies.
package struct EditorScreen {
  private var shown: EditorLayout?
  /// The first row of the text in the window.
  private var top = 0
  private let isColored: Bool

  /// A screen on which nothing is drawn yet.
  package init(isColored: Bool) { self.isColored = isColored }

  /// What draws a text in the place of the one before; on the row of the cursor if there is none.
  package mutating func draw(
    _ text: [StyledScalar], cursor: Int, size: (columns: Int, rows: Int)
  ) -> String {
    let columns = max(2, size.columns)
    var layout = EditorLayout(text, cursor: cursor, columns: columns)
    let before = top
    layout.clip(to: max(1, size.rows), top: &top)
    guard layout != shown else { return "" }
    if top != before, shown != nil { return erase() + redraw(layout) }
    return redraw(layout)
  }

  /// What moves the cursor below the text, which stays.
  package mutating func leave() -> String {
    guard let shown else { return "" }
    self.shown = nil
    top = 0
    let end = (row: shown.rows.count - 1, column: shown.rows[shown.rows.count - 1].width)
    let isEmptyRow = end.column == 0 && end.row > 0 && shown.rows[end.row - 1].isContinued
    return EditorScreen.move(from: shown.cursor, to: end) + (isEmptyRow ? "" : "\r\n")
  }

  /// What removes the text; the next one is drawn in its place.
  package mutating func erase() -> String {
    guard let shown else { return "" }
    self.shown = nil
    return EditorScreen.move(from: shown.cursor, to: (0, 0)) + "\u{1B}[J"
  }

  /// What removes the text after the window has got another width, at which the terminal has broken
  /// it anew.
  package mutating func eraseResized(columns: Int) -> String {
    guard let shown else { return "" }
    self.shown = nil
    top = 0
    let rows = shown.rowsAboveCursor(columns: max(2, columns))
    return "\r" + (rows > 0 ? "\u{1B}[\(rows)A" : "") + "\u{1B}[J"
  }

  /// Forgets what is drawn: the terminal shows something else now.
  package mutating func forget() {
    shown = nil
    top = 0
  }

  // MARK: - Writing

  private mutating func redraw(_ layout: EditorLayout) -> String {
    defer { shown = layout }
    let lastRow = layout.rows.count - 1
    guard let shown else {
      return "\r" + text(of: layout, from: (0, 0), through: lastRow)
        + EditorScreen.move(from: EditorScreen.end(of: layout, lastRow), to: layout.cursor)
    }
    guard let (row, cell) = EditorScreen.difference(shown, layout) else {
      return EditorScreen.move(from: shown.cursor, to: layout.cursor)
    }
    let column = layout.rows[row].cells[..<cell].reduce(0) { $0 + $1.width }
    let end = max(row, EditorScreen.lastDifference(shown, layout))
    return EditorScreen.move(from: shown.cursor, to: (row, column))
      + text(of: layout, from: (row, cell), through: end)
      + EditorScreen.move(from: EditorScreen.end(of: layout, end), to: layout.cursor)
  }

  /// The last row that must be written: if all rows are where they were, the last that differs.
  private static func lastDifference(_ old: EditorLayout, _ new: EditorLayout) -> Int {
    let last = new.rows.count - 1
    let isInPlace =
      old.rows.count == new.rows.count
      && zip(old.rows, new.rows).allSatisfy { $0.isContinued == $1.isContinued }
    guard isInPlace else { return last }
    let row = new.rows.indices.last { old.rows[$0] != new.rows[$0] } ?? last
    // A full row is written with the one that continues it, so that the terminal joins them.
    return new.rows[row].isContinued ? last : row
  }

  /// Where writing must begin: the first cell that differs, or the one before it where that is at
  /// the end of a row, since the cursor cannot stand there.
  private static func difference(
    _ old: EditorLayout, _ new: EditorLayout
  ) -> (row: Int, cell: Int)? {
    guard
      let row = new.rows.indices.first(where: {
        $0 >= old.rows.count || old.rows[$0] != new.rows[$0]
      })
        ?? (old.rows.count > new.rows.count ? new.rows.count - 1 : nil)
    else { return nil }
    guard row < old.rows.count else { return lastCell(of: new, row - 1) }
    let same = zip(old.rows[row].cells, new.rows[row].cells).prefix { $0 == $1 }.count
    if same == 0, row > 0, new.rows[row - 1].isContinued { return lastCell(of: new, row - 1) }
    let isFull = new.rows[row].width >= new.columns && same == new.rows[row].cells.count
    return isFull ? lastCell(of: new, row) : (row, same)
  }

  private static func lastCell(of layout: EditorLayout, _ row: Int) -> (row: Int, cell: Int) {
    (row, max(0, layout.rows[row].cells.count - 1))
  }

  /// The text from a cell to the end of a row, and what clears what stood there before; with the
  /// last row, the rest of the screen.
  private func text(
    of layout: EditorLayout, from start: (row: Int, cell: Int), through last: Int
  ) -> String {
    var text = ""
    var style = TextStyle.plain
    for index in start.row...last {
      let row = layout.rows[index]
      for cell in row.cells[(index == start.row ? start.cell : 0)...] {
        if isColored, cell.style != style {
          style = cell.style
          text += "\u{1B}[\(style.graphics)m"
        }
        text += cell.text
      }
      if isColored, style != .plain {
        style = .plain
        text += "\u{1B}[0m"
      }
      // Behind a full row the cursor still stands on its last cell.
      let clearing = row.width < layout.columns ? "\u{1B}[K" : ""
      if index == layout.rows.count - 1 {
        // A terminal goes to the next row only when something is written there.
        let isNew = row.cells.isEmpty && index > 0 && layout.rows[index - 1].isContinued
        text += isNew ? " \r\u{1B}[J" : "\u{1B}[J"
      } else if index == last {
        text += clearing
      } else if !row.isContinued {
        text += clearing + "\r\n"
      }
    }
    return text
  }

  private static func end(of layout: EditorLayout, _ row: Int) -> (row: Int, column: Int) {
    (row, layout.rows[row].width)
  }

  private static func move(
    from start: (row: Int, column: Int), to end: (row: Int, column: Int)
  ) -> String {
    var text = ""
    if end.row < start.row { text += "\u{1B}[\(start.row - end.row)A" }
    if end.row > start.row { text += "\u{1B}[\(end.row - start.row)B" }
    guard end.column != start.column || !text.isEmpty else { return "" }
    text += "\r"
    if end.column > 0 { text += "\u{1B}[\(end.column)C" }
    return text
  }
}
