// SPDX-License-Identifier: Apache-2.0
//
// The manual as man pages, in the macros of man(7): smap(1) for the command, and smap-language(7)
// for the language and its library.

/// Writes man pages.
struct ManPageWriter {
  private var lines: [String] = []

  /// One page.
  static func text(_ manual: Manual, _ page: Manual.Page) -> String {
    var writer = ManPageWriter()
    writer.writeHead(manual, page)
    for chapter in manual.chapters(on: page) { writer.write(chapter) }
    writer.writeEnd(page)
    return writer.lines.joined(separator: "\n") + "\n"
  }

  private mutating func writeHead(_ manual: Manual, _ page: Manual.Page) {
    lines.append(".\\\" Made by smap docs.")
    let title = page == .command ? "SMAP 1" : "SMAP\\-LANGUAGE 7"
    lines.append(".TH \(title) \(manual.date) \"smap \(manual.version)\" \"smap\"")
    lines.append(".SH NAME")
    switch page {
    case .command:
      lines.append("smap \\- a language for semantic\\-aware prefix tokens of pictures")
    case .language: lines.append("smap\\-language \\- the language of smap and its library")
    }
    guard page == .command else { return }
    lines.append(".SH SYNOPSIS")
    for usage in ["[options] [file] [-- arguments]", "[options] -e code", "command [arguments]"] {
      lines += [".B smap", Self.escaped(usage), ".br"]
    }
    lines.removeLast()
  }

  private mutating func writeEnd(_ page: Manual.Page) {
    lines.append(".SH SEE ALSO")
    lines.append(page == .command ? ".BR smap\\-language (7)" : ".BR smap (1)")
  }

  private mutating func write(_ chapter: Manual.Chapter) {
    // Sections of the chapter on the system become chapters here, as readers of man pages expect.
    let isFlat = chapter.sections.allSatisfy { $0.entries.isEmpty } && chapter.text.isEmpty
    if !isFlat {
      lines.append(".SH \(Self.heading(chapter.title.uppercased()))")
      write(blocks: chapter.text)
    }
    for section in chapter.sections {
      if isFlat {
        lines.append(".SH \(Self.heading(section.title.uppercased()))")
      } else {
        lines.append(".SS \(Self.heading(section.title))")
      }
      write(blocks: section.text)
      write(section.rows)
      for entry in section.entries { write(entry) }
    }
  }

  private mutating func write(_ entry: Manual.Entry) {
    let title = entry.signature.isEmpty ? entry.title : entry.signature
    // A title of more than a few letters has a line of its own.
    lines += [".TP 4", "\\fB\(Self.escaped(title))\\fR"]
    var isFirst = true
    for block in Block.parse(entry.text) {
      switch block {
      case .paragraph(let pieces):
        if !isFirst { lines.append(".IP") }
        lines += Self.inline(pieces)
      case .code(let code): write(code: code)
      }
      isFirst = false
    }
    if !entry.rows.isEmpty {
      lines.append(".RS")
      write(entry.rows)
      lines.append(".RE")
    }
    if !entry.example.isEmpty {
      write(code: entry.example.split(separator: "\n").map(String.init))
    }
  }

  // MARK: - Parts

  private mutating func write(blocks text: String) {
    for (index, block) in Block.parse(text).enumerated() {
      switch block {
      case .paragraph(let pieces):
        if index > 0 { lines.append(".PP") }
        lines += Self.inline(pieces)
      case .code(let code): write(code: code)
      }
    }
  }

  private mutating func write(_ rows: [Manual.Row]) {
    for row in rows {
      lines += [".TP", "\\fB\(Self.escaped(row.term))\\fR"] + Self.inline(Block.pieces(row.text))
    }
  }

  private mutating func write(code: [String]) {
    lines += [".RS", ".nf"] + code.map(Self.line) + [".fi", ".RE"]
  }

  private static func inline(_ pieces: [Block.Piece]) -> [String] {
    let text = pieces.map { piece in
      switch piece {
      case .plain(let text): escaped(text)
      case .code(let text): "\\fB\(escaped(text))\\fR"
      }
    }.joined()
    let lines = text.wrapped(to: 76) { !$0.hasPrefix(".") && !$0.hasPrefix("'") }
    return lines.map(guarded)
  }

  private static func line(_ text: String) -> String { guarded(escaped(text)) }

  /// A dot or an apostrophe at the start of a line would be a macro call.
  private static func guarded(_ text: String) -> String {
    text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }

  private static func heading(_ text: String) -> String { escaped(text) }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "'": escaped += "\\(aq"
      case "`": escaped += "\\(ga"
      case "^": escaped += "\\(ha"
      case "~": escaped += "\\(ti"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
