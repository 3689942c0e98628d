// SPDX-License-Identifier: Apache-2.0
//
// Pictures that the Markdown of a notebook links to and that cannot become part of the page.

import Files

/// A picture that is not where the text of a notebook says.
struct MissingPicture: Equatable {
  /// What is wrong, for people.
  let problem: String
  /// The line of the script.
  let line: Int
  /// The place of the cell in the notebook, from 1.
  let cell: Int

  /// The missing pictures of a notebook, in order.
  static func all(in notebook: Notebook) -> [MissingPicture] {
    let folder = notebook.folder
    return notebook.cells.enumerated().flatMap { place, cell -> [MissingPicture] in
      guard cell.kind == .markdown else { return [] }
      return MarkdownHTML.pictures(in: cell.source).compactMap { name in
        guard let problem = MarkdownHTML.problem(ofPicture: name, folder: folder) else {
          return nil
        }
        return MissingPicture(
          problem: problem, line: cell.line + line(of: name, in: cell), cell: place + 1)
      }
    }
  }

  /// The line of the cell that names a picture, from 0; that of the mark if none does.
  private static func line(of name: String, in cell: NotebookCell) -> Int {
    let lines = (cell.raw ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    return lines.firstIndex { $0.contains(name) } ?? 0
  }
}
