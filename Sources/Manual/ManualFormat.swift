// SPDX-License-Identifier: Apache-2.0
//
// The forms in which the manual can be had, and the files of each.

/// A form of the manual.
public enum ManualFormat: String, CaseIterable, Sendable {
  /// One Markdown file.
  case markdown
  /// One HTML file that needs nothing else.
  case html
  /// Pages for `man`.
  case man

  /// The files of a manual in this form: paths within a folder, and what they hold.
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
