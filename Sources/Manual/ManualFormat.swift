// SPDX-License-Identifier: Apache-2.0
//
// The formats of the manual, and the files of each.

/// A format of the manual.
public enum ManualFormat: String, CaseIterable, Sendable {
  /// One Markdown file.
  case markdown
  /// One self-contained HTML file.
  case html
  /// Man pages.
  case man

  /// The files of a manual in this format: paths within a folder, and contents.
  public func files(of manual: Manual) -> [(path: String, text: String)] {
    switch self {
    case .markdown: [("Reference.md", MarkdownWriter.text(manual))]
    case .html: [("reference.html", HTMLWriter.text(manual))]
    case .man:
      [
        ("man1/smap.1", ManPageWriter.text(manual, .command)),
        ("man7/smap-language.7", ManPageWriter.text(manual, .language)),
      ]
    }
  }
}
