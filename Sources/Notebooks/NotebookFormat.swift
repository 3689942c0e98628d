// SPDX-License-Identifier: Apache-2.0
//
// The forms in which a notebook is written, and how each is.

import Files

/// A form of a notebook that has run.
public enum NotebookFormat: String, Sendable, CaseIterable {
  /// One HTML page.
  case html
  /// A file of Jupyter.
  case ipynb
  /// Markdown.
  case md
  /// The page on paper.
  case pdf

  /// The form that the ending of a path names; nil for other endings.
  public init?(pathEnding path: String) {
    let ending = path.split(separator: "/").last?.split(separator: ".").dropFirst().last
    guard let ending else { return nil }
    switch ending.lowercased() {
    case "htm": self = .html
    case "markdown": self = .md
    case let name:
      guard let form = NotebookFormat(rawValue: name) else { return nil }
      self = form
    }
  }

  /// Whether the file can be written after every cell; a PDF is made of the whole page.
  public var grows: Bool { self != .pdf }

  /// Writes a notebook to a file, all or nothing.
  ///
  /// - Throws: `FileError`, `PaperError` when no program makes a PDF.
  public func write(_ notebook: Notebook, to path: String, isComplete: Bool) throws {
    switch self {
    case .html:
      try AtomicFile.write(
        path: path, bytes: Array(Page.text(of: notebook, isComplete: isComplete).utf8))
    case .ipynb:
      try AtomicFile.write(path: path, bytes: Array(NotebookFile.text(of: notebook).utf8))
    case .md:
      try AtomicFile.write(path: path, bytes: Array(MarkdownFile.text(of: notebook).utf8))
    case .pdf: try Paper.write(Page.text(of: notebook), to: path)
    }
  }
}
