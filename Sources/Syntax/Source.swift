// SPDX-License-Identifier: Apache-2.0
//
// A text and its line table. Positions are byte offsets everywhere; they are converted to lines and
// columns only here, for display. Lines end in LF or CRLF. Columns count Unicode scalars from 1, as
// editors do, and invalid UTF-8 is displayed as U+FFFD.

import Glibc

/// One script, module or notebook cell: its name, its bytes and where its lines begin.
public final class Source: Sendable {
  /// A line and a column, both counted from 1.
  public struct Position: Hashable, Sendable {
    /// The line, counted from 1.
    public var line: Int
    /// The column in Unicode scalars, counted from 1.
    public var column: Int

    /// Makes a position.
    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  /// The most bytes a source may have; anything larger is rejected by the lexer.
  public static let maximumSize = 1 << 30

  /// The name shown in messages: a file path, or a word such as `repl`.
  public let path: String
  /// The text as it was read, including a byte order mark if there is one.
  public let bytes: [UInt8]
  /// The byte offset at which each line starts.
  private let lineStarts: [Int32]
  /// The number of scalars before every `columnStep`-th byte of the text; empty while all lines are
  /// short.
  private let columns: [Int32]
  private static let columnStep = 4096

  /// Makes a source from bytes, which need not be valid UTF-8.
  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
    lineStarts = Source.findLines(bytes)
    columns = Source.countColumns(bytes, lineStarts)
  }

  /// Makes a source from a string.
  public convenience init(path: String, text: String) {
    self.init(path: path, bytes: Array(text.utf8))
  }

  /// Whether this is a binary file, such as a picture or a model, rather than a text with an error:
  /// its beginning has several NUL characters, or one together with bytes that are no UTF-8.
  public var isBinary: Bool {
    let beginning = bytes.prefix(8000)
    let holes = beginning.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
    guard holes > 0 else { return false }
    if holes >= 4 { return true }
    var position = 0
    while position < beginning.count {
      let length = bytes[position] < 0x80 ? 1 : UTF8Check.length(bytes, at: position)
      guard length > 0 else { return true }
      position += length
    }
    return false
  }

  /// The offset of the first byte that is no UTF-8, or nil.
  public var firstInvalidByte: Int32? {
    var position = 0
    while position < bytes.count {
      let length = bytes[position] < 0x80 ? 1 : UTF8Check.length(bytes, at: position)
      guard length > 0 else { return Int32(clamping: position) }
      position += length
    }
    return nil
  }

  /// The number of lines; a text that ends in a newline has an empty last line.
  public var lineCount: Int { lineStarts.count }

  /// The span of the whole text.
  public var span: Span { Span(0, bytes.count) }

  /// The line and column of a byte offset. Offsets outside the text are clamped.
  ///
  /// Takes time logarithmic in the number of lines, whatever their lengths.
  public func position(of offset: Int32) -> Position {
    let offset = min(max(Int(offset), 0), bytes.count)
    let line = lineIndex(of: offset)
    var start = Int(lineStarts[line])
    if start == 0 && hasByteOrderMark { start = min(3, offset) }
    return Position(line: line + 1, column: scalars(from: start, to: max(start, offset)) + 1)
  }

  /// The number of scalars between two offsets.
  private func scalars(from start: Int, to end: Int) -> Int {
    let (first, last) = (start / Source.columnStep, end / Source.columnStep)
    guard first < last, last < columns.count else { return Source.scalars(bytes, start..<end) }
    return Int(columns[last]) - Int(columns[first])
      + Source.scalars(bytes, last * Source.columnStep..<end)
      - Source.scalars(bytes, first * Source.columnStep..<start)
  }

  private static func scalars(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      bytes[range].reduce(0) { $0 &+ ($1 & 0xC0 == 0x80 ? 0 : 1) }
    }
  }

  /// Counts scalars once, so that positions on a line of megabytes cost no more than others.
  private static func countColumns(_ bytes: [UInt8], _ lineStarts: [Int32]) -> [Int32] {
    let ends = lineStarts.dropFirst() + [Int32(clamping: bytes.count)]
    guard zip(lineStarts, ends).contains(where: { $1 - $0 > 4 * columnStep }) else { return [] }
    var columns: [Int32] = []
    var total = 0
    for start in stride(from: 0, through: bytes.count, by: columnStep) {
      columns.append(Int32(clamping: total))
      total += scalars(bytes, start..<min(bytes.count, start + columnStep))
    }
    return columns
  }

  /// The line of a byte offset, counted from 1. Takes time logarithmic in the number of lines.
  public func line(of offset: Int32) -> Int {
    lineIndex(of: min(max(Int(offset), 0), bytes.count)) + 1
  }

  /// The bytes of a line (counted from 1) without its newline, as a span.
  public func lineSpan(_ line: Int) -> Span {
    guard line >= 1, line <= lineStarts.count else { return Span(bytes.count, bytes.count) }
    var start = Int(lineStarts[line - 1])
    if start == 0 && hasByteOrderMark { start = 3 }
    var end = line < lineStarts.count ? Int(lineStarts[line]) - 1 : bytes.count
    if end > start && end < bytes.count && bytes[end - 1] == 0x0D { end -= 1 }
    return Span(start, max(start, end))
  }

  /// The text of a line (counted from 1) without its newline.
  public func text(ofLine line: Int) -> String { text(lineSpan(line)) }

  /// The text of a span, with invalid UTF-8 as U+FFFD. Offsets outside the text are clamped.
  public func text(_ span: Span) -> String {
    let start = min(max(Int(span.start), 0), bytes.count)
    let end = min(max(Int(span.end), start), bytes.count)
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// Whether the text starts with a UTF-8 byte order mark.
  public var hasByteOrderMark: Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }

  /// The index of the line that holds `offset`, by binary search.
  private func lineIndex(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
    }
    return low
  }

  private static func findLines(_ bytes: [UInt8]) -> [Int32] {
    var starts: [Int32] = [0]
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return }
      var offset = 0
      while offset < raw.count, let found = memchr(base + offset, 0x0A, raw.count - offset) {
        offset = UnsafeRawPointer(found) - base + 1
        starts.append(Int32(clamping: offset))
      }
    }
    return starts
  }
}
