// SPDX-License-Identifier: Apache-2.0
//
// The one layout of scripts: two spaces per level, lines of at most 100 columns where the grammar
// allows line breaks, at most one empty line in a row. The text itself is kept: strings, numbers,
// parentheses, comments, and the choice between one line and several where an author has made one
// by a line break after an opening bracket or before `|>`.
//
// A formatter that changes a program is worse than none. So each result is parsed again, and is
// only returned if it has the same tree and the same comments as the original.

/// Formats scripts.
public enum Formatter {
  /// The maximum columns of a line, comments after code aside.
  public static let width = 100

  /// Why a text is not formatted.
  public enum Failure: Error {
    /// It has these syntax errors.
    case syntax([Diagnostic])
    /// The result would not have been the same program: a bug in the formatter.
    case unfaithful
  }

  /// The formatted text of a script. Formatting the result again changes nothing.
  ///
  /// A skipped cell may hold anything; one that is no program is left as it is.
  public static func format(_ source: Source) throws(Failure) -> String {
    let (program, diagnostics) = Parser.parse(source)
    guard !diagnostics.isEmpty else { return try format(program) }
    let kept = Cells(source).all.filter { $0.tag == .skip && !isProgram($0, of: source) }
    let faults = Parser.parse(source.blanking(kept)).diagnostics
    guard faults.isEmpty, !kept.isEmpty else { throw .syntax(faults) }
    return try format(source, keeping: kept)
  }

  private static func isProgram(_ cell: Cell, of source: Source) -> Bool {
    Parser.parse(Source(path: source.path, text: source.text(cell.span))).diagnostics.isEmpty
  }

  /// Formats what stands between some cells, and leaves these as they are.
  private static func format(_ source: Source, keeping cells: [Cell]) throws(Failure) -> String {
    var result = ""
    var start: Int32 = 0
    func add(until end: Int32) throws(Failure) {
      let text = source.text(Span(start: start, end: end))
      guard text.contains(where: { !$0.isWhitespace }) else { return }
      result += try format(Source(path: source.path, text: text))
      // The empty line before the mark of the next cell.
      if end < source.span.end, hasEmptyEnd(text) {
        result += usesCarriageReturns(source) ? "\r\n" : "\n"
      }
    }
    for cell in cells {
      try add(until: cell.span.start)
      result += source.text(cell.span)
      start = cell.span.end
    }
    try add(until: source.span.end)
    return result
  }

  /// Whether the last line of a text is empty.
  private static func hasEmptyEnd(_ text: String) -> Bool {
    text.reversed().prefix(while: \.isWhitespace).count(where: \.isNewline) > 1
  }

  private static func format(_ program: Program) throws(Failure) -> String {
    let source = program.source
    let text = layout(program)
    guard isFaithful(Source(path: source.path, text: text), to: program) else { throw .unfaithful }
    return usesCarriageReturns(source) ? withCarriageReturns(text) : text
  }

  /// The formatted text; the intermediate layout is freed before the result is parsed.
  private static func layout(_ program: Program) -> String {
    var builder = LayoutBuilder(program, Lexer.tokenize(program.source))
    var printer = LayoutPrinter(width: width)
    printer.run(builder.program(program))
    return assemble(printer.lines)
  }

  /// Whether a text has the tree and the comments of a program. Statements are compared one by one,
  /// so that the tree of a long program is never in memory as text.
  private static func isFaithful(_ source: Source, to program: Program) -> Bool {
    let (result, faults) = Parser.parse(source)
    guard faults.isEmpty, result.statements.count == program.statements.count,
      comments(of: result) == comments(of: program)
    else { return false }
    return zip(result.statements, program.statements).allSatisfy { new, old in
      TreePrinter.text(of: new) == TreePrinter.text(of: old)
    }
  }

  private static func comments(of program: Program) -> [String] {
    program.comments.map { span in
      var text = program.source.text(span)
      while let last = text.last, last.isWhitespace { text.removeLast() }
      return text
    }
  }

  // MARK: - Lines

  /// Joins code and comments. Comments that were aligned on consecutive lines stay aligned; others
  /// are placed two spaces after their code.
  private static func assemble(_ lines: [LayoutPrinter.Line]) -> String {
    var result = ""
    var start = 0
    while start < lines.count {
      var end = start + 1
      if lines[start].comment != nil {
        while end < lines.count, lines[end].comment != nil,
          lines[end].commentColumn == lines[start].commentColumn
        {
          end += 1
        }
      }
      let column = (lines[start..<end].map(\.width).max() ?? 0) + 2
      for line in lines[start..<end] {
        result += line.code
        if let comment = line.comment {
          result += String(repeating: " ", count: column - line.width) + comment
        }
        result += "\n"
      }
      start = end
    }
    return result
  }

  private static func usesCarriageReturns(_ source: Source) -> Bool {
    guard let lineEnd = source.bytes.firstIndex(of: 0x0A), lineEnd > 0 else { return false }
    return source.bytes[lineEnd - 1] == 0x0D
  }

  private static func withCarriageReturns(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte == 0x0A { bytes.append(0x0D) }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
