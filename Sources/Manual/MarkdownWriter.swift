// SPDX-License-Identifier: Apache-2.0
//
// The manual as one Markdown file, docs/Reference.md.

/// Writes Markdown.
struct MarkdownWriter {
  private var lines: [String] = []

  /// The whole manual.
  static func text(_ manual: Manual) -> String {
    var writer = MarkdownWriter()
    writer.write(manual)
    return writer.lines.joined(separator: "\n")
  }

  private mutating func write(_ manual: Manual) {
    add("# \(manual.title) \(manual.version)")
    add(
      wrapping:
        "Made by `smap docs` from the tables that smap itself uses; `make docs` writes it anew. "
        + "[The language in ten minutes](Guide.md) is the place to start.")
    lines += manual.chapters.flatMap { chapter in
      ["- [\(chapter.title)](#\(chapter.anchor))"]
        + chapter.sections.map { "  - [\($0.title)](#\($0.anchor))" }
    }
    lines.append("")
    for chapter in manual.chapters { write(chapter) }
  }

  private mutating func write(_ chapter: Manual.Chapter) {
    add("## \(chapter.title)")
    add(blocks: chapter.text)
    for section in chapter.sections {
      add("### \(section.title)")
      add(blocks: section.text)
      add(table: section.rows)
      for entry in section.entries { write(entry) }
    }
  }

  private mutating func write(_ entry: Manual.Entry) {
    add("#### " + (entry.isCode ? Self.code(entry.title) : Self.escaped(entry.title)))
    if !entry.signature.isEmpty { add(fenced: entry.signature, "text") }
    add(blocks: entry.text)
    add(table: entry.rows)
    if !entry.example.isEmpty { add(fenced: entry.example, "smap") }
  }

  // MARK: - Parts

  private mutating func add(_ line: String) { lines += [line, ""] }

  /// A paragraph; no line begins with a character that would make it a list, a heading or a
  /// quotation.
  private mutating func add(wrapping text: String) {
    lines += text.wrapped(to: 100) { word in
      word.first.map { !$0.isNumber && !"-+*#>|=`~:".contains($0) } ?? true
        || word.first == "`" && !word.hasPrefix("```")
    }
    lines.append("")
  }

  private mutating func add(fenced text: String, _ language: String) {
    add("```\(language)\n\(text)\n```")
  }

  private mutating func add(blocks text: String) {
    for block in Block.parse(text) {
      switch block {
      case .paragraph(let pieces): add(wrapping: Self.inline(pieces))
      case .code(let lines): add(fenced: lines.joined(separator: "\n"), "text")
      }
    }
  }

  private mutating func add(table rows: [Manual.Row]) {
    guard !rows.isEmpty else { return }
    lines += ["| | |", "|---|---|"]
    lines += rows.map { row in
      let text = Self.inline(Block.pieces(row.text))
      return "| \(Self.cell(Self.code(row.term))) | \(Self.cell(text)) |"
    }
    lines.append("")
  }

  /// A vertical bar ends a cell, even in code.
  private static func cell(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }

  private static func inline(_ pieces: [Block.Piece]) -> String {
    pieces.map { piece in
      switch piece {
      case .plain(let text): escaped(text)
      case .code(let text): code(text)
      }
    }.joined()
  }

  private static func code(_ text: String) -> String { "`\(text)`" }

  /// The text with the characters escaped that Markdown would read as markup.
  private static func escaped(_ text: String) -> String {
    String(text.flatMap { "\\*_<>[]#".contains($0) ? ["\\", $0] : [$0] })
  }
}
