// SPDX-License-Identifier: Apache-2.0
//
// Notebook files of Jupyter, nbformat 4.5. What a script says and Jupyter has no place for is in
// the metadata of each cell under `smap`: the exact text of the cell, if its source does not give
// it.

import Files
import Syntax

/// Reads and writes `.ipynb` files.
public enum NotebookFile {
  /// Why a file is no notebook.
  public struct FormatError: Error, CustomStringConvertible {
    /// What is wrong, for people.
    public let description: String
  }

  // MARK: - Writing

  /// The text of a notebook file.
  public static func text(of notebook: Notebook) -> String {
    var metadata = notebook.metadata.entries ?? []
    if !metadata.contains(where: { $0.key == "kernelspec" }) {
      metadata.append(("kernelspec", kernel))
      metadata.append(("language_info", language))
    }
    let document: JSON = .object([
      ("cells", .array(notebook.cells.map(cell))), ("metadata", .object(metadata)),
      ("nbformat", .number(4)), ("nbformat_minor", .number(5)),
    ])
    return NotebookJSON.text(of: document)
  }

  private static let kernel: JSON = .object([
    ("display_name", .string("smap")), ("language", .string("smap")), ("name", .string("smap")),
  ])

  private static let language: JSON = .object([
    ("file_extension", .string(".smap")), ("mimetype", .string("text/x-smap")),
    ("name", .string("smap")),
  ])

  private static func cell(_ cell: NotebookCell) -> JSON {
    let source = shownSource(cell)
    let attachments = cell.metadata["attachments"]
    var metadata = cell.metadata.entries ?? []
    if attachments != nil { metadata.removeAll { $0.key == "attachments" } }
    var own: [(key: String, value: JSON)] = []
    if let raw = cell.raw { own.append(("raw", .string(raw))) }
    if let run = cell.run { own.append(("run", RunRecord.json(run))) }
    if !own.isEmpty { metadata.append(("smap", .object(own))) }
    var entries: [(key: String, value: JSON)] = [
      ("cell_type", .string(cell.kind.rawValue)), ("id", .string(cell.id)),
      ("metadata", .object(metadata)), ("source", lines(source)),
    ]
    if let attachments { entries.insert(("attachments", attachments), at: 0) }
    guard cell.kind == .code else { return .object(entries) }
    let number = cell.run.map { JSON.number(Double($0.number)) } ?? .null
    entries.insert(("execution_count", number), at: 1)
    entries.insert(
      ("outputs", .array(cell.outputs.map { NotebookOutputs.json($0, number: number) })), at: 4)
    return .object(entries)
  }

  /// The source as Jupyter shows it: with the title, which it has no other place for.
  static func shownSource(_ cell: NotebookCell) -> String {
    guard cell.raw != nil, !cell.title.isEmpty else { return cell.source }
    switch cell.kind {
    case .code: return "# %% \(cell.title)\n" + cell.source
    case .markdown: return "## \(cell.title)\n\n" + cell.source
    case .raw: return cell.source
    }
  }

  /// A text as Jupyter stores it: a list of lines with their line ends.
  static func lines(_ text: String) -> JSON {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for index in lines.indices.dropLast() { lines[index] += "\n" }
    if lines.last == "" { lines.removeLast() }
    return .array(lines.map { .string($0) })
  }

  // MARK: - Reading

  /// The notebook in a file; outputs are left out.
  ///
  /// - Throws: `FormatError` for anything but a notebook of version 4.
  public static func notebook(_ bytes: [UInt8], path: String) throws -> Notebook {
    let document: JSON
    do {
      document = try JSON.parse(bytes, repairsText: true)
    } catch let error as JSON.ParseError {
      throw FormatError(description: "is no notebook: \(error.message) at byte \(error.offset)")
    }
    guard document["nbformat"]?.integer == 4, let cells = document["cells"]?.elements else {
      throw FormatError(description: "is no notebook of nbformat 4")
    }
    var ids = CellIDs()
    var notebook = Notebook(path: path, cells: [])
    notebook.cells = try cells.map { cell in
      var read = try self.cell(cell)
      read.id = ids.unique(read.id.isEmpty ? CellIDs.id(for: read) : read.id)
      return read
    }
    let metadata = document["metadata"]?.entries ?? []
    let isOurs = document["metadata"]?["kernelspec"]?["name"]?.text == "smap"
    notebook.metadata = .object(
      metadata.filter { !isOurs || !["kernelspec", "language_info"].contains($0.key) })
    return notebook
  }

  /// How many cells of a notebook file have outputs.
  public static func outputCount(_ bytes: [UInt8]) -> Int {
    let cells = (try? JSON.parse(bytes, repairsText: true))?["cells"]?.elements ?? []
    return cells.count { $0["outputs"]?.elements?.isEmpty == false }
  }

  private static func cell(_ json: JSON) throws -> NotebookCell {
    guard let kind = json["cell_type"]?.text.flatMap(NotebookCell.Kind.init),
      let source = source(json)
    else { throw FormatError(description: "has a cell that is neither code, Markdown nor raw") }
    var metadata = json["metadata"]?.entries ?? []
    let own = json["metadata"]?["smap"]
    metadata.removeAll { $0.key == "smap" }
    var cell = NotebookCell(kind, source: source, id: json["id"]?.text ?? "")
    if let attachments = json["attachments"] { metadata.append(("attachments", attachments)) }
    cell.metadata = .object(metadata)
    // The stored text is that of the cell only as long as nobody has edited it in Jupyter.
    guard let raw = own?["raw"]?.text, let before = original(raw) else { return cell }
    if shownSource(before) == source, before.kind == kind {
      var same = before
      same.metadata = cell.metadata
      return same
    }
    if before.kind == kind { edit(&cell, titled: before.title) }
    return cell
  }

  /// The cell that a text of a script is.
  private static func original(_ raw: String) -> NotebookCell? {
    let cells = CellText.notebook(Source(path: "cell", text: raw)).cells
    return cells.count == 1 ? cells[0] : nil
  }

  /// Takes the title out of an edited source again.
  private static func edit(_ cell: inout NotebookCell, titled title: String) {
    let head = cell.kind == .code ? "# %% " : "## "
    guard !title.isEmpty, cell.source.hasPrefix(head) else { return }
    let rest = cell.source.dropFirst(head.count)
    let end = rest.firstIndex(of: "\n") ?? rest.endIndex
    cell.title = String(rest[..<end])
    cell.source = CellText.trimmed(String(rest[end...]))
  }

  private static func source(_ json: JSON) -> String? {
    if let text = json["source"]?.text { return text }
    guard let lines = json["source"]?.elements else { return nil }
    let texts = lines.compactMap(\.text)
    return texts.count == lines.count ? texts.joined() : nil
  }
}
