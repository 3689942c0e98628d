// SPDX-License-Identifier: Apache-2.0
//
// Lists and records at the prompt take at most as many lines as a tensor does. What fits is shown
// as `print` shows it. Else less of it is shown, in steps: first of the tensors inside, then of
// long strings and of the middle of lists, then of what nests deep.

import Tensors

/// How much is shown of a collection and of what it holds.
struct DisplayBrevity {
  /// The lines of a tensor; with one line only its shape is shown.
  var tensorLines: Int
  /// Collections with more elements show only both ends.
  var count = Display.maximumCount
  /// The elements at each end of a shortened collection.
  var edge = Display.edgeCount
  /// The most scalars of a string, or nil for any number.
  var string: Int?
  /// How deep collections are shown.
  var depth = Display.maximumDepth

  /// From the longest display to the shortest.
  private static let steps = [
    DisplayBrevity(tensorLines: TensorDisplay.Room().lines),
    DisplayBrevity(tensorLines: 4, string: 300),
    DisplayBrevity(tensorLines: 1, string: 100),
    DisplayBrevity(tensorLines: 1, count: 40, string: 60),
    DisplayBrevity(tensorLines: 1, count: 12, edge: 3, string: 40, depth: 4),
    DisplayBrevity(tensorLines: 1, count: 6, edge: 1, string: 20, depth: 2),
  ]

  /// The text of a list or a record, in a few lines of so many characters.
  static func text(_ value: Value, columns: Int?) -> String {
    let most = TensorDisplay.Room().lines
    var text = ""
    for step in steps {
      var writer = DisplayWriter(step, columns: columns)
      writer.write(value, depth: 0)
      text = writer.text
      if rows(of: text, columns: columns) <= most { return text }
    }
    return cut(text, to: most, columns: columns)
  }

  /// The rows that a text takes on a terminal, which breaks long lines.
  private static func rows(of text: String, columns: Int?) -> Int {
    text.split(separator: "\n", omittingEmptySubsequences: false).reduce(0) {
      $0 + rows(of: $1, columns: columns)
    }
  }

  private static func rows(of line: Substring, columns: Int?) -> Int {
    guard let columns, columns > 0 else { return 1 }
    return max(1, (line.unicodeScalars.count + columns - 1) / columns)
  }

  /// The first rows of a text, and dots.
  private static func cut(_ text: String, to most: Int, columns: Int?) -> String {
    var (kept, rows): ([Substring], Int) = ([], 1)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let more = self.rows(of: line, columns: columns)
      guard rows + more <= most else {
        let left = (most - rows) * (columns ?? 0)
        if left > 0 { kept.append(line.prefix(left)) }
        break
      }
      rows += more
      kept.append(line)
    }
    return (kept + ["..."]).joined(separator: "\n")
  }

  /// Whether a text, with so many line breaks in tensors, may still fit; what does not is written
  /// anew, so nothing of it is worth more time.
  func goesOn(_ text: String, _ lineBreaks: Int, _ columns: Int?) -> Bool {
    let most = TensorDisplay.Room().lines
    return lineBreaks <= most && (columns.map { text.utf8.count < 4 * most * $0 } ?? true)
  }

  /// A string in quotes, with dots behind it if its end is missing.
  func quoted(_ text: String) -> String {
    guard let string, text.unicodeScalars.count > string else { return Display.quoted(text) }
    return Display.quoted(String(text.unicodeScalars.prefix(string))) + "..."
  }

  /// A tensor in a few lines.
  func text(of tensor: Tensor, indent: Int, columns: Int?) -> String {
    // With several rows, a tensor has no line that says more.
    if tensorLines == 1, tensor.shape.dropLast().contains(where: { $0 > 1 }) {
      return TensorDisplay.summary(of: tensor)
    }
    let room = TensorDisplay.Room(lines: tensorLines, columns: columns)
    return TensorDisplay(tensor, indent: indent, within: room).text
  }
}
