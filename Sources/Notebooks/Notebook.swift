// SPDX-License-Identifier: Apache-2.0
//
// A notebook as a value: cells in order, what each has given, and how it came about. A script with
// `# %%` marks, a file of Jupyter and a page are forms of it.

import Files
import Syntax

/// A notebook.
public struct Notebook: Sendable, Equatable {
  /// The path of the script or notebook file.
  public var path: String
  /// The cells, in order.
  public var cells: [NotebookCell]
  /// What other programs have stored with the whole notebook; empty for scripts.
  public var metadata: JSON = .object([])

  /// A notebook of cells.
  public init(path: String, cells: [NotebookCell]) {
    (self.path, self.cells) = (path, cells)
  }

  /// The folder of the file, which pictures are looked for in.
  var folder: String {
    path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }

  /// The name of the file without its folder and ending.
  public var name: String {
    let file = path.split(separator: "/").last.map(String.init) ?? "notebook"
    for ending in [".smap", ".ipynb"] where file.hasSuffix(ending) {
      return String(file.dropLast(ending.count))
    }
    return file
  }
}

/// One cell.
public struct NotebookCell: Sendable, Equatable {
  /// What a cell is.
  public enum Kind: String, Sendable {
    /// Statements.
    case code
    /// Text for a reader.
    case markdown
    /// Text that nobody runs or reads: a skipped cell, or comments above the first mark.
    case raw
  }

  /// What it is.
  public var kind: Kind
  /// The title behind its mark, or empty.
  public var title: String
  /// Code, Markdown, or text.
  public var source: String
  /// A name that no other cell of the notebook has.
  public var id: String
  /// The exact text of the cell in a script, mark included; nil for cells of other files.
  public var raw: String?
  /// The line of the script at which the cell begins, from 1.
  public var line = 1
  /// What other programs have stored with the cell.
  public var metadata: JSON = .object([])
  /// What it gave, in order.
  public var outputs: [CellOutput] = []
  /// How it ran; nil if it did not.
  public var run: CellRun?

  /// A cell that has not run.
  public init(_ kind: Kind, title: String = "", source: String, id: String) {
    (self.kind, self.title, self.source, self.id) = (kind, title, source, id)
  }
}

extension NotebookCell {
  /// Whether the code is shown to those who ask only; JupyterLab stores it in this form.
  public var isFolded: Bool { metadata["jupyter"]?["source_hidden"] == .bool(true) }

  /// Folds a cell that has no other word of Jupyter.
  mutating func fold() {
    guard metadata["jupyter"] == nil, let entries = metadata.entries else { return }
    metadata = .object(entries + [("jupyter", .object([("source_hidden", .bool(true))]))])
  }

  /// Removes what `fold` adds; whether it was there, as the last entry.
  mutating func unfold() -> Bool {
    guard let last = metadata.entries?.last, last.key == "jupyter",
      last.value == .object([("source_hidden", .bool(true))])
    else { return false }
    metadata = .object(metadata.entries?.dropLast() ?? [])
    return true
  }
}

extension Notebook {
  /// Why a cell did not run, where an earlier one has ended the run; nil elsewhere.
  func skipped(_ index: Int) -> String? {
    let cell = cells[index]
    guard cell.kind == .code, cell.run == nil, !cell.source.isEmpty,
      let end = cells[..<index].lastIndex(where: { $0.run != nil }),
      let run = cells[end].run, run.ending != .succeeded
    else { return nil }
    return "not run, since an earlier cell \(run.ending == .failed ? "failed" : "was interrupted")"
  }
}

/// How the outputs of a cell came about.
public struct CellRun: Sendable, Equatable {
  /// Its place among the cells that ran, from 1.
  public var number: Int
  /// The seed of the session's random stream, and how many seeds were taken from it before.
  public var seed: UInt64
  /// The seeds taken from the stream before the cell.
  public var drawsBefore: UInt64
  /// The seeds taken from the stream by the cell.
  public var draws: UInt64
  /// The models that it used.
  public var models: [UsedModel] = []
  /// The token budgets at which it encoded, decoded or sampled, in ascending order.
  public var budgets: [Int] = []
  /// Seconds.
  public var seconds: Double
  /// When it ran, in UTC: `2026-03-01T12:00:00Z`.
  public var time: String
  /// Whether its outputs come from the cache.
  public var isCached = false
  /// Why its results cannot be cached, or empty.
  public var uncachedBecause = ""
  /// How it ended.
  public var ending = Ending.succeeded

  /// How a cell ended.
  public enum Ending: String, Sendable {
    case succeeded, failed, interrupted
  }

  /// A model with the hash of its weights.
  public struct UsedModel: Sendable, Equatable {
    /// What it is: `tokenizer`, `generator`.
    public let kind: String
    /// The SHA-256 of names, shapes and values of its parameters, in hexadecimal.
    public let hash: String
  }
}
