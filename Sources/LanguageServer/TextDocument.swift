// SPDX-License-Identifier: Apache-2.0
//
// An open document: its text, and the conversion between the protocol's positions and byte offsets.
// A position is a line and a column; the unit of columns is negotiated at the start: UTF-16 code
// units by default, so that a character outside the basic plane counts two, or bytes. Lines end in
// LF, CR LF or CR.

import Files
import Syntax

/// The unit of columns.
enum PositionEncoding: String, CaseIterable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case utf32 = "utf-32"

  /// The units of a scalar, by the first byte of its encoding.
  func units(_ lead: UInt8) -> Int {
    switch self {
    case .utf8: TextDocument.scalarLength(lead)
    case .utf16: lead >= 0xF0 ? 2 : 1
    case .utf32: 1
    }
  }
}

/// A position as the protocol writes it, counted from 0.
struct Position: Equatable {
  var line: Int
  var column: Int

  init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  init?(_ json: JSON?) {
    guard let line = json?["line"]?.integer, let column = json?["character"]?.integer, line >= 0,
      column >= 0
    else { return nil }
    self.init(line: line, column: column)
  }

  var json: JSON { ["line": .integer(line), "character": .integer(column)] }
}

/// The text of an open document.
struct TextDocument {
  let uri: String
  private(set) var version: Int?
  private(set) var bytes: [UInt8]
  private var lineStarts: [Int] = [0]
  let encoding: PositionEncoding

  init(uri: String, version: Int?, text: String, encoding: PositionEncoding) {
    self.uri = uri
    self.version = version
    self.encoding = encoding
    bytes = Array(text.utf8)
    lineStarts = TextDocument.lines(bytes)
  }

  /// The text of a source, as a document.
  init(_ source: Source, encoding: PositionEncoding) {
    uri = DocumentURI.uri(path: source.path)
    self.encoding = encoding
    bytes = source.bytes
    lineStarts = TextDocument.lines(bytes)
  }

  /// The document in the form that the stages of the language accept.
  var source: Source { Source(path: DocumentURI.path(uri), bytes: bytes) }

  private static func lines(_ bytes: [UInt8]) -> [Int] {
    var starts = [0]
    for (offset, byte) in bytes.enumerated() {
      if byte == 10 || byte == 13 && (offset + 1 == bytes.count || bytes[offset + 1] != 10) {
        starts.append(offset + 1)
      }
    }
    return starts
  }

  /// The number of bytes of a scalar, by the first one.
  static func scalarLength(_ lead: UInt8) -> Int {
    switch lead {
    case 0xF0...: 4
    case 0xE0...: 3
    case 0xC0...: 2
    default: 1
    }
  }

  // MARK: - Positions

  /// The offset of a line's end, before its line terminator.
  private func end(ofLine line: Int) -> Int {
    guard line + 1 < lineStarts.count else { return bytes.count }
    var end = lineStarts[line + 1] - 1
    if end > lineStarts[line], bytes[end] == 10, bytes[end - 1] == 13 { end -= 1 }
    return end
  }

  /// The offset of a position. A position beyond the end of a line or of the text is clamped to it,
  /// and one within a character to its start.
  func offset(of position: Position) -> Int {
    guard position.line < lineStarts.count else { return bytes.count }
    var offset = lineStarts[position.line]
    let end = end(ofLine: position.line)
    var column = 0
    while offset < end {
      column += encoding.units(bytes[offset])
      if column > position.column { break }
      offset += TextDocument.scalarLength(bytes[offset])
    }
    return min(offset, end)
  }

  /// The position of an offset.
  func position(of offset: Int) -> Position {
    let offset = min(max(offset, 0), bytes.count)
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    var column = 0
    var index = lineStarts[low]
    while index < offset {
      column += encoding.units(bytes[index])
      index += TextDocument.scalarLength(bytes[index])
    }
    return Position(line: low, column: column)
  }

  /// A span as the protocol writes it.
  func range(_ span: Span) -> JSON {
    [
      "start": position(of: Int(span.start)).json, "end": position(of: Int(span.end)).json,
    ]
  }

  // MARK: - Changes

  /// Replaces a range, or all of the text.
  mutating func apply(_ change: JSON) throws(RequestError) {
    guard let text = change["text"]?.text else { throw .parameters("a change has a text") }
    guard let range = change["range"], range != .null else {
      bytes = Array(text.utf8)
      lineStarts = TextDocument.lines(bytes)
      return
    }
    guard let start = Position(range["start"]), let end = Position(range["end"]) else {
      throw .parameters("a range has a start and an end")
    }
    let from = offset(of: start)
    let to = max(from, offset(of: end))
    bytes.replaceSubrange(from..<to, with: text.utf8)
    lineStarts = TextDocument.lines(bytes)
  }

  mutating func setVersion(_ version: Int?) { self.version = version ?? self.version }
}

/// Documents are named by URIs, files by paths.
enum DocumentURI {
  /// The path in a `file:` URI; other URIs are returned unchanged.
  static func path(_ uri: String) -> String {
    guard uri.hasPrefix("file://") else { return uri }
    var rest = Array(uri.utf8.dropFirst(7))
    // A host may precede the path.
    if let slash = rest.firstIndex(of: UInt8(ascii: "/")) { rest.removeFirst(slash) }
    var bytes: [UInt8] = []
    var index = 0
    while index < rest.count {
      if rest[index] == UInt8(ascii: "%"), index + 2 < rest.count,
        let high = hex(rest[index + 1]), let low = hex(rest[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(rest[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The URI of a path.
  static func uri(path: String) -> String {
    guard path.hasPrefix("/") else { return path }
    var text = "file://"
    for byte in path.utf8 {
      let isPlain =
        byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90 || byte >= 48 && byte <= 57
        || "/-._~".utf8.contains(byte)
      if isPlain {
        text.unicodeScalars.append(UnicodeScalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return text
  }

  private static func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
