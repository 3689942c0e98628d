// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics as text. The layout is always the same: a title, the location with its source line,
// and carets with what was found and what to try:
//
//     NameError: nothing is called `lerning_rate`
//       train.smap:20:3 |   lerning_rate = 0.1
//                       |   ^^^^^^^^^^^^ did you mean `learning_rate`?

import TerminalText

/// Turns diagnostics into text for a terminal, a log or a page.
public struct DiagnosticRenderer: Sendable {
  /// Whether to colour the text with ANSI sequences.
  public enum Style: Sendable {
    /// Text only.
    case plain
    /// With colours and bold type.
    case color
    /// As an HTML element: `<pre class="smap-diagnostic">` with spans of the classes
    /// `smap-kind`, `smap-title`, `smap-margin` and `smap-caret`, all text escaped.
    case html
  }

  /// Whether to use colours.
  public var style: Style
  /// The columns available. Long source lines are truncated around the carets to fit.
  public var width: Int
  /// Whether messages and hints are broken between words to fit, too: a window would break them
  /// anywhere, while a file or a page has lines of any length.
  public var wraps: Bool

  /// Makes a renderer.
  public init(style: Style = .plain, width: Int = 100, wraps: Bool = false) {
    self.style = style
    self.width = width
    self.wraps = wraps
  }

  /// The text of a diagnostic, without a newline after it.
  public func render(_ diagnostic: Diagnostic) -> String { render([diagnostic]) }

  /// The text of several diagnostics, one below the other, with their source lines aligned.
  public func render(_ diagnostics: [Diagnostic]) -> String {
    let gutter = diagnostics.map { place($0).count }.max() ?? 0
    let text = diagnostics.map { lines($0, gutter: gutter).joined(separator: "\n") }
      .joined(separator: "\n")
    return style == .html ? "<pre class=\"smap-diagnostic\">\(text)</pre>" : text
  }

  private func lines(_ diagnostic: Diagnostic, gutter: Int) -> [String] {
    let kind = paint(visible(diagnostic.kind.rawValue), .kind)
    let title = wrapped(
      visible(diagnostic.message), columns: width, used: diagnostic.kind.rawValue.count + 2,
      indent: "  ")
    let titles = title.enumerated().map { index, line in
      (index == 0 ? "\(kind): " : "") + paint(line, .title)
    }
    let notes = [diagnostic.label, diagnostic.hint ?? ""].filter { !$0.isEmpty }.map(visible)
    guard let source = diagnostic.source, let span = diagnostic.span else {
      return titles + notes.flatMap { below($0, margin: "  ", taken: 2, indent: 0) }
    }
    let available = max(20, width - gutter - 5)
    let excerpt = Excerpt(source, span, width: available)
    let bar = paint("|", .margin)
    let place = place(diagnostic)
    let padding = String(repeating: " ", count: gutter - place.count)
    let blank = "  " + String(repeating: " ", count: gutter) + " \(bar) "
    let indent = String(repeating: " ", count: excerpt.indent)
    let carets = paint(String(repeating: "^", count: excerpt.carets), .caret)
    var lines = titles + ["  \(paint(place, .margin))\(padding) \(bar) \(escaped(excerpt.text))"]
    let room = width - gutter - 5 - excerpt.indent
    let first = notes.first.map { DisplayWidth.of($0) } ?? 0
    let fits = !wraps || first + excerpt.carets < room
    let beside = fits ? notes.first.map { " " + paint($0, .caret) } ?? "" : ""
    lines.append(blank + indent + carets + beside)
    for note in notes.dropFirst(fits ? 1 : 0) {
      // Where the margin takes most of the window, the words get all of it.
      lines +=
        wraps && room < min(36, DisplayWidth.of(note))
        ? below(note, margin: "    ", taken: 4, indent: 0)
        : below(note, margin: blank, taken: gutter + 5, indent: excerpt.indent)
    }
    return lines.map(trimmed)
  }

  /// A note below the carets, or below the title, in one line or as many as it needs; `taken` are
  /// the columns of the margin.
  private func below(_ note: String, margin: String, taken: Int, indent: Int) -> [String] {
    let gap = margin + String(repeating: " ", count: indent)
    return wrapped(note, columns: width - taken - indent).map { gap + escaped($0) }
  }

  private func wrapped(
    _ text: String, columns: Int, used: Int = 0, indent: String = ""
  ) -> [String] {
    wraps ? WordWrapping.lines(text, columns: columns, used: used, indent: indent) : [text]
  }

  private func place(_ diagnostic: Diagnostic) -> String {
    guard let source = diagnostic.source, let position = diagnostic.position else { return "" }
    return "\(visible(source.path)):\(position.line):\(position.column)"
  }

  /// Makes control characters visible, but keeps newlines in messages of several lines.
  private func visible(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { $0 == "\n" ? $0 : DisplayLine.visible($0) }
    return String(String.UnicodeScalarView(scalars))
  }

  private func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  // MARK: - Colour

  private enum Role: String {
    case kind = "1;31"
    case title = "1"
    case margin = "2"
    case caret = "31"
  }

  private func paint(_ text: String, _ role: Role) -> String {
    guard !text.isEmpty else { return text }
    switch style {
    case .plain: return text
    case .color: return "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m"
    case .html: return "<span class=\"smap-\(role)\">\(escaped(text))</span>"
    }
  }

  /// Text for HTML: no character of a script or a message can become markup.
  private func escaped(_ text: String) -> String {
    guard style == .html else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// The part of a source line that is shown, and where the carets go.
private struct Excerpt {
  var text: String
  /// The columns before the carets.
  var indent: Int
  var carets: Int

  /// Extracts what fits into `width` columns around the start of the span.
  init(_ source: Source, _ span: Span, width: Int) {
    let line = source.lineSpan(source.line(of: span.start))
    let start = min(max(span.start, line.start), line.end)
    let end = min(max(span.end, start), line.end)
    // Only text near the caret is shown, so only that is decoded.
    let reach = Int32(clamping: width * 8)
    let from = Excerpt.boundary(source, max(line.start, start - min(start, reach)), line.start)
    let to = Excerpt.boundary(source, min(line.end, start + reach), line.start)
    let before = DisplayLine(source.text(Span(start: from, end: start))).cells.count
    let marked = DisplayLine(source.text(Span(start: start, end: min(end, to)))).cells.count
    let shown = DisplayLine(source.text(Span(start: from, end: to)))
    let window = Excerpt.window(shown, caret: before, width: width)
    let cutLeft = window.lowerBound > 0 || from > line.start
    let cutRight = window.upperBound < shown.cells.count || to < line.end
    text = (cutLeft ? "…" : "") + shown.cells[window].joined() + (cutRight ? "…" : "")
    let caret = min(before, window.upperBound)
    indent = shown.width(window.lowerBound..<caret) + (cutLeft ? 1 : 0)
    let last = max(caret, min(before + marked, window.upperBound))
    carets = max(1, shown.width(caret..<last))
  }

  /// Moves an offset back to the start of a scalar.
  private static func boundary(_ source: Source, _ offset: Int32, _ lowest: Int32) -> Int32 {
    var offset = offset
    while offset > lowest, Int(offset) < source.bytes.count,
      source.bytes[Int(offset)] & 0xC0 == 0x80
    {
      offset -= 1
    }
    return offset
  }

  /// The cells to show: all of a short line, else a window with the caret in its first third.
  private static func window(_ line: DisplayLine, caret: Int, width: Int) -> Range<Int> {
    let count = line.cells.count
    if line.width(0..<count) <= width { return 0..<count }
    let room = width - 2
    var start = 0
    if line.width(0..<min(caret + 1, count)) > room * 2 / 3 {
      start = min(caret, count)
      var used = 0
      while start > 0, used + line.widths[start - 1] <= room / 3 {
        start -= 1
        used += line.widths[start]
      }
    }
    var end = start
    var used = 0
    while end < count, used + line.widths[end] <= room {
      used += line.widths[end]
      end += 1
    }
    return start..<end
  }
}
