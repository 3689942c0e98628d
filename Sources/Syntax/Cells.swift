// SPDX-License-Identifier: Apache-2.0
//
// The cells of a script: a comment `# %%` at the beginning of a line starts one. The rest of the
// line is its title and, in brackets, its tag. A cell is a program of its own, since no bracket and
// no string crosses a mark. What stands above the first mark is a cell without a title. A mark may
// end in attributes: a JSON object, which notebooks of other programs need to be kept whole.
//
// A skipped cell is ignored by all that runs, tests or checks a script, so it may hold anything,
// such as code that is not finished: its text is blanked before it is parsed. Only the formatter
// reads it.

import Glibc

/// One cell of a script.
public struct Cell: Sendable {
  /// What a mark says about its cell besides the title.
  public enum Tag: String, Sendable, CaseIterable {
    /// `[markdown]`: its comments are text for a reader.
    case markdown = "[markdown]"
    /// `[skip]`: it is ignored, whatever it holds.
    case skip = "[skip]"
    /// `[folded]`: a page shows its results, and its code to those who ask.
    case folded = "[folded]"
  }

  /// What stands behind `# %%`, without the tag and the attributes.
  public let title: String
  /// The JSON object at the end of the mark, or empty.
  public let attributes: String
  /// The tag, if there is one.
  public let tag: Tag?
  /// The line of the mark, counted from 1.
  public let line: Int
  /// From the mark to the next one, or to the end of the text.
  public let span: Span
}

/// The cells of a script in order; none if it has no marks.
public struct Cells: Sendable {
  /// The cells, from the first mark on.
  public let all: [Cell]
  private let source: Source

  /// Finds the cells of a text by its comments, which the lexer has found.
  public init(_ source: Source, comments: [Span]) {
    self.source = source
    let marks = comments.filter { Cells.isMark($0, in: source) }
    let ends = marks.dropFirst().map(\.start) + [source.span.end]
    all = zip(marks, ends).map { mark, end in
      let (text, attributes) = Cells.parts(of: source.text(mark).dropFirst(Cells.mark.count))
      var words = text.split(separator: " ")
      let tags = words.compactMap { Cell.Tag(rawValue: String($0)) }
      words.removeAll { Cell.Tag(rawValue: String($0)) != nil }
      // What is not run is neither shown nor folded.
      let tag = tags.contains(.skip) ? .skip : tags.first
      return Cell(
        title: words.joined(separator: " "), attributes: attributes, tag: tag,
        line: source.line(of: mark.start), span: Span(start: mark.start, end: end))
    }
  }

  /// Finds the cells of a text, which may have syntax errors.
  public init(_ source: Source) {
    self.init(source, comments: Lexer.tokenize(source).comments)
  }

  private static let mark = "# %%"

  /// A mark without and with the JSON object at its end.
  private static func parts(of mark: Substring) -> (text: Substring, attributes: String) {
    let line = mark.last == "\r" ? mark.dropLast() : mark
    guard line.last == "}", let start = line.firstRange(of: " {\"")?.lowerBound else {
      return (line, "")
    }
    return (line[..<start], String(line[line.index(after: start)...]))
  }

  /// Whether a comment begins a cell.
  public static func isMark(_ comment: Span, in source: Source) -> Bool {
    source.text(comment).hasPrefix(mark)
      && source.lineSpan(source.line(of: comment.start)).start == comment.start
  }
}

extension Program {
  /// The cells of the program.
  public var cells: Cells { Cells(source, comments: comments) }

  /// What runs, cell by cell: what stands above the first mark, then each cell. Parts without
  /// statements are left out.
  public func parts(of cells: Cells) -> [Program] {
    var parts: [Program] = []
    var rest = statements[...]
    func cut(until end: Int32) -> Program? {
      let part = rest.prefix { $0.span.start < end }
      rest = rest.dropFirst(part.count)
      return part.isEmpty ? nil : Program(source: source, statements: Array(part))
    }
    if let part = cut(until: cells.all.first?.span.start ?? Int32.max) { parts.append(part) }
    for cell in cells.all {
      if let part = cut(until: cell.span.end) { parts.append(part) }
    }
    return parts
  }
}

extension Source {
  /// This text with blanks in place of its skipped cells, but for their marks. All positions stay.
  public var withoutSkippedCells: Source {
    guard mentions(Cell.Tag.skip.rawValue) else { return self }
    return blanking(Cells(self).all.filter { $0.tag == .skip })
  }

  /// This text with blanks in place of some of its cells, but for their marks. All positions stay.
  func blanking(_ cells: [Cell]) -> Source {
    guard !cells.isEmpty else { return self }
    var blank = bytes
    for cell in cells {
      for place in Int(lineSpan(cell.line).end)..<Int(cell.span.end)
      where blank[place] != UInt8(ascii: "\n") && blank[place] != UInt8(ascii: "\r") {
        blank[place] = UInt8(ascii: " ")
      }
    }
    return Source(path: path, bytes: blank)
  }

  /// Whether some words occur anywhere in the text.
  private func mentions(_ words: String) -> Bool {
    let words = Array(words.utf8)
    return bytes.withUnsafeBytes { text in
      guard var start = text.baseAddress else { return false }
      let end = start + text.count
      while let found = memchr(start, Int32(words[0]), end - start) {
        let place = UnsafeRawPointer(found)
        guard end - place >= words.count else { return false }
        if memcmp(place, words, words.count) == 0 { return true }
        start = place + 1
      }
      return false
    }
  }
}
