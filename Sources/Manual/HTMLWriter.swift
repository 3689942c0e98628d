// SPDX-License-Identifier: Apache-2.0
//
// The manual as one self-contained HTML file: style and search script are embedded, and its content
// security policy keeps a browser from loading anything. Every heading is an anchor for links;
// without the script only the search is missing.

import Files

/// Writes HTML.
struct HTMLWriter {
  private var text = ""

  /// The whole manual.
  static func text(_ manual: Manual) -> String {
    var writer = HTMLWriter()
    writer.write(manual)
    return writer.text
  }

  private mutating func write(_ manual: Manual) {
    let title = HTML.escaped("\(manual.title) \(manual.version)")
    text += """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(HTMLPage.policy)">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      <style>
      \(HTMLPage.style)
      </style>
      </head>
      <body>
      <a class="skip" href="#content">Skip to the content</a>
      <header>
      <h1>\(title)</h1>
      <search hidden>
      <label for="search">Search</label>
      <input id="search" type="search" autocomplete="off" spellcheck="false"
        aria-describedby="found">
      <output id="found" for="search" aria-live="polite"></output>
      </search>
      </header>

      """
    writeContents(manual)
    text += "<main id=\"content\" tabindex=\"-1\">\n"
    for chapter in manual.chapters { write(chapter) }
    text += "</main>\n<script>\n\(HTMLPage.script)\n</script>\n</body>\n</html>\n"
  }

  private mutating func writeContents(_ manual: Manual) {
    text += "<nav aria-label=\"Contents\">\n<ul>\n"
    for chapter in manual.chapters {
      text += "<li>\(Self.link(chapter.title, chapter.anchor))\n<ul>\n"
      for section in chapter.sections {
        text += "<li>\(Self.link(section.title, section.anchor))</li>\n"
      }
      text += "</ul></li>\n"
    }
    text += "</ul>\n</nav>\n"
  }

  private mutating func write(_ chapter: Manual.Chapter) {
    text += "<section aria-labelledby=\"\(chapter.anchor)\">\n"
    text += "<h2 id=\"\(chapter.anchor)\">\(HTML.escaped(chapter.title))</h2>\n"
    write(blocks: chapter.text)
    for section in chapter.sections {
      text += "<section aria-labelledby=\"\(section.anchor)\">\n"
      text += "<h3 id=\"\(section.anchor)\">\(HTML.escaped(section.title))</h3>\n"
      write(blocks: section.text)
      write(section.rows)
      for entry in section.entries { write(entry) }
      text += "</section>\n"
    }
    text += "</section>\n"
  }

  private mutating func write(_ entry: Manual.Entry) {
    let title = entry.isCode ? Self.code(entry.title) : HTML.escaped(entry.title)
    text += "<article aria-labelledby=\"\(entry.anchor)\">\n"
    text += "<h4 id=\"\(entry.anchor)\"><a href=\"#\(entry.anchor)\">\(title)</a></h4>\n"
    if !entry.signature.isEmpty {
      text += "<pre class=\"signature\"><code>\(HTML.escaped(entry.signature))</code></pre>\n"
    }
    write(blocks: entry.text)
    write(entry.rows)
    if !entry.example.isEmpty {
      text += "<pre><code>\(HTML.escaped(entry.example))</code></pre>\n"
    }
    text += "</article>\n"
  }

  // MARK: - Parts

  private mutating func write(blocks: String) {
    for block in Block.parse(blocks) {
      switch block {
      case .paragraph(let pieces): text += "<p>\(Self.inline(pieces))</p>\n"
      case .code(let lines):
        text += "<pre><code>\(HTML.escaped(lines.joined(separator: "\n")))</code></pre>\n"
      }
    }
  }

  private mutating func write(_ rows: [Manual.Row]) {
    guard !rows.isEmpty else { return }
    text += "<dl>\n"
    for row in rows {
      text += "<div><dt>\(Self.code(row.term))</dt>"
      text += "<dd>\(Self.inline(Block.pieces(row.text)))</dd></div>\n"
    }
    text += "</dl>\n"
  }

  private static func inline(_ pieces: [Block.Piece]) -> String {
    pieces.map { piece in
      switch piece {
      case .plain(let text): HTML.escaped(text)
      case .code(let text): code(text)
      }
    }.joined()
  }

  private static func link(_ text: String, _ anchor: String) -> String {
    "<a href=\"#\(anchor)\">\(HTML.escaped(text))</a>"
  }

  private static func code(_ text: String) -> String { "<code>\(HTML.escaped(text))</code>" }
}
