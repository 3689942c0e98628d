// SPDX-License-Identifier: Apache-2.0
//
// Notebooks as scripts and back. Every cell keeps its exact text, so a script that becomes a
// notebook and a script again is the same bytes. Cells of other programs are written so that
// reading gives them back: Markdown and raw text as comments, ids and metadata as attributes of the
// mark.

import Files
import Syntax

/// The text of cells in scripts.
public enum CellText {
  // MARK: - Reading

  /// The notebook in a script.
  public static func notebook(_ source: Source) -> Notebook {
    let cells = Cells(source)
    let first = cells.all.first?.span.start ?? source.span.end
    var result: [NotebookCell] = []
    var ids = CellIDs()
    if first > 0 {
      let text = source.text(Span(start: 0, end: first))
      var cell = NotebookCell(
        isOnlyComments(text) ? .raw : .code, source: trimmed(text), id: "")
      cell.raw = text
      result.append(named(cell, &ids))
    }
    result += cells.all.map { named(self.cell($0, in: source), &ids) }
    return Notebook(path: source.path, cells: result)
  }

  private static func cell(_ cell: Cell, in source: Source) -> NotebookCell {
    let raw = source.text(cell.span)
    let body = afterFirstLine(raw)
    let attributes = (try? JSON.parse(cell.attributes.utf8)) ?? .object([])
    let stored = attributes["cell_type"]?.text
    var result: NotebookCell
    switch cell.tag {
    case .markdown where isOnlyComments(body):
      result = NotebookCell(.markdown, title: cell.title, source: uncommented(body), id: "")
    case .skip where stored != nil:
      result = NotebookCell(
        NotebookCell.Kind(rawValue: stored ?? "") ?? .raw, title: cell.title,
        source: uncommented(body), id: "")
    case .skip: result = NotebookCell(.raw, title: cell.title, source: trimmed(body), id: "")
    case .markdown, .folded, nil:
      let lines = indented(trimmed(body), attributes["marks"], by: -1)
      let (before, after) = (blank(attributes["before"]), blank(attributes["after"]))
      result = NotebookCell(.code, title: cell.title, source: before + lines + after, id: "")
    }
    result.raw = raw
    result.line = cell.line
    result.id = attributes["id"]?.text ?? ""
    result.metadata = attributes["metadata"] ?? .object([])
    if cell.tag == .folded { result.fold() }
    return result
  }

  /// The cell with an id of its own.
  private static func named(_ cell: NotebookCell, _ ids: inout CellIDs) -> NotebookCell {
    var cell = cell
    cell.id = ids.unique(cell.id.isEmpty ? CellIDs.id(for: cell) : cell.id)
    return cell
  }

  /// Whether a text has neither statements nor anything else but comments.
  static func isOnlyComments(_ text: String) -> Bool {
    text.split(whereSeparator: \.isNewline).allSatisfy { line in
      let line = line.drop { $0 == " " || $0 == "\t" }
      return line.isEmpty || line.first == "#"
    }
  }

  /// So many line ends, within reason.
  private static func blank(_ count: JSON?) -> String {
    String(repeating: "\n", count: min(max(count?.integer ?? 0, 0), 1000))
  }

  private static func afterFirstLine(_ text: String) -> String {
    guard let end = text.firstIndex(where: \.isNewline) else { return "" }
    return String(text[text.index(after: end)...])
  }

  /// A text without empty lines around it.
  static func trimmed(_ text: String) -> String {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
    while let first = lines.first, first.allSatisfy(\.isWhitespace) { lines.removeFirst() }
    return lines.joined(separator: "\n")
  }

  /// The text in comments: `# text` is `text`.
  private static func uncommented(_ text: String) -> String {
    trimmed(text).split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let line = line.drop { $0 == " " || $0 == "\t" }
      guard line.first == "#" else { return String(line) }
      let rest = line.dropFirst()
      return String(rest.first == " " ? rest.dropFirst() : rest)
    }.joined(separator: "\n")
  }

  // MARK: - Writing

  /// The script of a notebook.
  public static func script(_ notebook: Notebook) -> String {
    var text = ""
    for cell in notebook.cells {
      if let raw = cell.raw {
        text += raw
      } else {
        if !text.isEmpty { text += text.hasSuffix("\n") ? "\n" : "\n\n" }
        text += written(cell, isFirst: text.isEmpty)
      }
    }
    return text
  }

  /// A cell of another program as text that reads back as the same cell.
  private static func written(_ cell: NotebookCell, isFirst: Bool) -> String {
    let text = body(cell)
    let source = Source(path: "cell", text: text)
    var ids = CellIDs()
    let read = Cells(source).all.first.map { named(self.cell($0, in: source), &ids) }
    if let read, Cells(source).all.count == 1, read.source == cell.source, read.kind == cell.kind {
      return text
    }
    // A text that would not be one cell, such as an open string: as comments that nobody runs.
    let mark = self.mark(cell, tag: .skip, extra: [("cell_type", .string(cell.kind.rawValue))])
    return mark + commented(cell.source)
  }

  private static func body(_ cell: NotebookCell) -> String {
    switch cell.kind {
    case .markdown: return mark(cell, tag: .markdown) + commented(cell.source)
    case .raw:
      return mark(cell, tag: .skip, extra: [("cell_type", .string("raw"))])
        + commented(cell.source)
    case .code:
      let lines = cell.source.split(separator: "\n", omittingEmptySubsequences: false)
      let body = trimmed(cell.source)
      let marks = body.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        .filter { $0.element.hasPrefix("# %%") }.map { JSON.number(Double($0.offset)) }
      let before = body.isEmpty ? 0 : lines.prefix { $0.isEmpty }.count
      let after = body.isEmpty ? lines.count - 1 : lines.reversed().prefix { $0.isEmpty }.count
      var extra: [(String, JSON)] = marks.isEmpty ? [] : [("marks", .array(marks))]
      if before > 0 { extra.append(("before", .number(Double(before)))) }
      if after > 0 { extra.append(("after", .number(Double(after)))) }
      let text = indented(body, marks.isEmpty ? nil : .array(marks), by: 1)
      var cell = cell
      let isFolded = cell.unfold()
      return mark(cell, tag: isFolded ? .folded : nil, extra: extra) + text
        + (text.isEmpty ? "" : "\n")
    }
  }

  /// Lines that look like marks of cells, moved by one blank.
  private static func indented(_ text: String, _ places: JSON?, by step: Int) -> String {
    guard let places = places?.elements?.compactMap(\.integer), !places.isEmpty else { return text }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for place in places where lines.indices.contains(place) {
      if step > 0 {
        lines[place] = " " + lines[place]
      } else if lines[place].hasPrefix(" ") {
        lines[place].removeFirst()
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func mark(
    _ cell: NotebookCell, tag: Cell.Tag?, extra: [(String, JSON)] = []
  ) -> String {
    var attributes = extra
    if cell.id != CellIDs.id(for: cell) { attributes.append(("id", .string(cell.id))) }
    if cell.metadata.entries?.isEmpty == false { attributes.append(("metadata", cell.metadata)) }
    let title = cell.title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let parts =
      ["# %%", title, tag?.rawValue ?? ""]
      + [
        attributes.isEmpty ? "" : JSON.object(attributes.map { (key: $0.0, value: $0.1) }).rendered
      ]
    return parts.filter { !$0.isEmpty }.joined(separator: " ") + "\n"
  }

  private static func commented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map {
      // `# %%` would be a mark.
      $0.isEmpty ? "#\n" : $0.hasPrefix("%%") ? "#\($0)\n" : "# \($0)\n"
    }.joined()
  }
}

/// Ids of cells: a notebook file wants one for each, and the same cell should keep its own.
struct CellIDs {
  private var used: Set<String> = []

  /// The id that a cell has by its content, unless another program has given it one.
  static func id(for cell: NotebookCell) -> String {
    var hash = ContentHash()
    for text in [cell.kind.rawValue, cell.title, cell.source] { hash.add(text) }
    return String(hash.hexadecimal.prefix(8))
  }

  /// The id, or one like it that is not used yet.
  mutating func unique(_ id: String) -> String {
    var (name, number) = (id, 2)
    while !used.insert(name).inserted {
      name = "\(id)-\(number)"
      number += 1
    }
    return name
  }
}
