// SPDX-License-Identifier: Apache-2.0
//
// How the cells of a table stand in a window. Texts give way before numbers, the longest first, and
// numbers never: a number that is cut is another number. What is too wide even then continues below
// in blocks, each with the first column again, which names the rows.

import TerminalText

/// The lines of a table.
struct TableLayout {
  let names: [String]
  let cells: [[String]]
  /// Whether a column contains only numbers, which stand on the right and are never cut.
  let isNumeric: [Bool]
  /// The columns of the window.
  let width: Int

  private static let gap = 2
  /// Texts are cut to no less.
  private static let leastText = 8

  /// The lines, without blanks at their ends.
  var lines: [String] {
    let widths = fittedWidths
    let blocks = blocks(widths)
    return blocks.enumerated().flatMap { index, block in
      (index == 0 ? [] : [""]) + lines(of: block, widths)
    }
  }

  /// The width of each column after texts have given way.
  private var fittedWidths: [Int] {
    var widths = names.indices.map { column in
      cells.reduce(DisplayWidth.of(names[column])) { max($0, DisplayWidth.of($1[column])) }
    }
    var excess = total(widths[...]) - width
    while excess > 0 {
      let candidates = widths.indices.filter {
        !isNumeric[$0] && widths[$0] > TableLayout.leastText
      }
      guard let longest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      // No column becomes shorter than the next one while that is long, too.
      let others = candidates.filter { $0 != longest }.map { widths[$0] }.max() ?? 0
      let floor = max(TableLayout.leastText, min(others, widths[longest] - 1))
      let cut = min(excess, widths[longest] - floor)
      widths[longest] -= cut
      excess -= cut
    }
    // One column alone may still be wider than the window.
    return widths.indices.map { isNumeric[$0] ? widths[$0] : min(widths[$0], max(1, width)) }
  }

  private func total(_ widths: ArraySlice<Int>) -> Int {
    widths.reduce(0, +) + TableLayout.gap * max(0, widths.count - 1)
  }

  /// The columns of each block.
  private func blocks(_ widths: [Int]) -> [[Int]] {
    guard let first = widths.first else { return [[]] }
    var blocks = [[0]]
    var used = first
    for column in widths.indices.dropFirst() {
      let needed = TableLayout.gap + widths[column]
      if used + needed > width, blocks[blocks.count - 1].count > 1 {
        blocks.append([0])
        used = first
      }
      blocks[blocks.count - 1].append(column)
      used += needed
    }
    return blocks
  }

  private func lines(of block: [Int], _ widths: [Int]) -> [String] {
    func line(_ texts: [String]) -> String {
      let padded = block.map { column -> String in
        let text = shortened(texts[column], to: widths[column])
        let blanks = String(repeating: " ", count: max(0, widths[column] - DisplayWidth.of(text)))
        return isNumeric[column] ? blanks + text : text + blanks
      }
      var line = padded.joined(separator: String(repeating: " ", count: TableLayout.gap))[...]
      while line.last == " " { line.removeLast() }
      return String(line)
    }
    let rules = widths.map { String(repeating: "-", count: $0) }
    return [line(names), line(rules)] + cells.map(line)
  }

  private func shortened(_ text: String, to width: Int) -> String {
    guard DisplayWidth.of(text) > width else { return text }
    let mark = width > 4 ? ".." : ""
    return DisplayWidth.prefix(text, columns: width - mark.count) + mark
  }
}
