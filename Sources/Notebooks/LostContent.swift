// SPDX-License-Identifier: Apache-2.0
//
// What the Markdown of a notebook has and a page has not: pictures that cannot become part of the
// page, and raw HTML.

import Files

/// A part of the text of a notebook that a page lacks.
struct LostContent: Equatable {
  /// What is wrong, for people.
  let problem: String
  /// The line of the script.
  let line: Int
  /// The place of the cell in the notebook, from 1.
  let cell: Int

  /// What a form of a notebook lacks, in order. Markdown keeps HTML, for the programs that show it.
  static func all(in notebook: Notebook, of format: NotebookFormat) -> [LostContent] {
    let folder = notebook.folder
    return notebook.cells.enumerated().flatMap { place, cell -> [LostContent] in
      guard cell.kind == .markdown else { return [] }
      var found = MarkdownHTML.pictures(in: cell.source).compactMap { name -> LostContent? in
        guard let problem = MarkdownHTML.problem(ofPicture: name, folder: folder) else {
          return nil
        }
        return LostContent(
          problem: problem, line: line(in: cell) { $0.contains(name) }, cell: place + 1)
      }
      if format == .html || format == .pdf, MarkdownHTML.losesTags(of: cell.source) {
        found.append(
          LostContent(
            problem: "HTML in the text is left out of pages; Markdown is understood",
            line: line(in: cell, where: MarkdownHTML.hasTag), cell: place + 1))
      }
      return found
    }
  }

  /// The first such line of the cell, from its first one; that of the mark if there is none.
  private static func line(in cell: NotebookCell, where isMeant: (Substring) -> Bool) -> Int {
    let lines = (cell.raw ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    return cell.line + (lines.firstIndex(where: isMeant) ?? 0)
  }
}
