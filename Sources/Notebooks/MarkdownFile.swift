// SPDX-License-Identifier: Apache-2.0
//
// A notebook as Markdown with code blocks, for places that show Markdown. Pictures are data URIs,
// so that it is one file.

import Files

/// Writes notebooks as Markdown.
public enum MarkdownFile {
  /// The text of a notebook.
  public static func text(of notebook: Notebook) -> String {
    notebook.cells.indices.compactMap { text(of: $0, in: notebook) }.joined(separator: "\n\n")
      + "\n"
  }

  private static func text(of index: Int, in notebook: Notebook) -> String? {
    let cell = notebook.cells[index]
    let title = cell.title.isEmpty ? [] : ["## \(escaped(cell.title))"]
    switch cell.kind {
    case .raw: return nil
    case .markdown: return (title + [cell.source]).joined(separator: "\n\n")
    case .code:
      var parts = title
      if !cell.source.isEmpty { parts.append(block(cell.source, language: "smap")) }
      parts += cell.outputs.map(text)
      let record = cell.run.map(RunRecord.lines) ?? notebook.skipped(index).map { [$0] } ?? []
      parts += record.map { "<sub>\(escaped($0))</sub>" }
      return parts.joined(separator: "\n\n")
    }
  }

  private static func text(_ output: CellOutput) -> String {
    switch output {
    case .text(let text): return block(text, language: "text")
    case .note(let text):
      return "> note: \(escaped(text).split(separator: "\n").joined(separator: "\n> "))"
    case .error(let error): return block(error.text, language: "text")
    case .value(let media, _):
      let title = media.title.map { "**\(escaped($0))**\n\n" } ?? ""
      return title + text(media)
    }
  }

  private static func text(_ media: Media) -> String {
    if let control = media.control, control.frames.contains(where: { $0.png == nil }) {
      return zip(control.captions, control.frames).map { "\(escaped($0)):\n\n\(text($1))" }
        .joined(separator: "\n\n")
    }
    if let png = media.png { return picture("image/png", png) }
    if let svg = media.svg { return picture("image/svg+xml", Array(svg.utf8)) }
    return block(media.text, language: "text")
  }

  private static func picture(_ type: String, _ bytes: [UInt8]) -> String {
    "![output](data:\(type);base64,\(Base64.encode(bytes)))"
  }

  /// A text outside of code blocks, in which nothing becomes a tag of HTML.
  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }

  /// A code block whose fence is longer than every fence in the text.
  private static func block(_ text: String, language: String) -> String {
    var fence = "```"
    while text.contains(fence) { fence += "`" }
    return "\(fence)\(language)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\(fence)"
  }
}
