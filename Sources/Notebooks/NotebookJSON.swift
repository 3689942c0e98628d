// SPDX-License-Identifier: Apache-2.0
//
// JSON with an entry on each line, indented by one blank as Jupyter writes its files, so that
// versions of a notebook can be compared line by line.

import Files

/// Lays out JSON as Jupyter does.
enum NotebookJSON {
  /// The text of a value, with a line end.
  static func text(of value: JSON) -> String {
    var text = ""
    write(value, depth: 0, to: &text)
    return text + "\n"
  }

  private static func write(_ value: JSON, depth: Int, to text: inout String) {
    switch value {
    case .array(let items) where !items.isEmpty:
      text += "["
      for (index, item) in items.enumerated() {
        begin(index, depth, &text)
        write(item, depth: depth + 1, to: &text)
      }
      end("]", depth, &text)
    case .object(let entries) where !entries.isEmpty:
      text += "{"
      for (index, entry) in entries.enumerated() {
        begin(index, depth, &text)
        text += JSON.string(entry.key).rendered + ": "
        write(entry.value, depth: depth + 1, to: &text)
      }
      end("}", depth, &text)
    default: text += value.rendered
    }
  }

  private static func begin(_ index: Int, _ depth: Int, _ text: inout String) {
    text += (index > 0 ? ",\n" : "\n") + String(repeating: " ", count: depth + 1)
  }

  private static func end(_ bracket: String, _ depth: Int, _ text: inout String) {
    text += "\n" + String(repeating: " ", count: depth) + bracket
  }
}
