// SPDX-License-Identifier: Apache-2.0
//
// Checks of the encoding, run once over the whole text, so that comments and strings are covered as
// well: invalid UTF-8, NUL, and a carriage return without line feed are reported with their byte
// offset. A byte order mark at the start and CRLF newlines are accepted.

extension Lexer {
  /// Reports errors in the encoding; stops after a screenful.
  mutating func checkEncoding() {
    var position = offset
    while position < bytes.count, stream.issues.count < Parser.maximumIssues {
      position = endOfPlainText(from: position)
      guard position < bytes.count else { return }
      let byte = bytes[position]
      if byte >= 0x80 {
        position += checkScalar(at: position)
      } else {
        if byte == 0 {
          addIssue(
            "NUL character at byte \(position)", Span(position, position + 1), at: position,
            hint: "remove it")
        } else if byte == 0x0D, position + 1 == bytes.count || bytes[position + 1] != 0x0A {
          reportCarriageReturn(at: position)
        }
        position += 1
      }
    }
  }

  /// Skips ASCII without NUL and carriage return, eight bytes at a time.
  private func endOfPlainText(from start: Int) -> Int {
    let highBits: UInt64 = 0x8080_8080_8080_8080
    let ones: UInt64 = 0x0101_0101_0101_0101
    let returns: UInt64 = 0x0D0D_0D0D_0D0D_0D0D
    return bytes.withUnsafeBytes { raw in
      var position = start
      while position + 8 <= raw.count {
        let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        // A byte of `x &- ones` borrows into its high bit only if a byte at or below it is zero.
        let crossed = word ^ returns
        let found = word | ((word &- ones) & ~word) | ((crossed &- ones) & ~crossed)
        if found & highBits != 0 { break }
        position += 8
      }
      return position
    }
  }

  /// Reports an invalid sequence; returns the number of bytes to skip.
  private mutating func checkScalar(at position: Int) -> Int {
    let length = UTF8Check.length(bytes, at: position)
    if length > 0 { return length }
    addIssue(
      "invalid UTF-8 at byte \(position)", Span(position, position + 1), at: position,
      hint: "save the file as UTF-8")
    return 1
  }

  private mutating func reportCarriageReturn(at position: Int) {
    addIssue(
      "carriage return without line feed at byte \(position)", Span(position, position + 1),
      at: position, hint: "end lines with LF or CRLF")
  }
}

/// Decoding of single scalars.
enum UTF8Check {
  /// The number of bytes of the scalar at `offset`, or 0 if the bytes are not valid UTF-8.
  static func length(_ bytes: [UInt8], at offset: Int) -> Int {
    func isTail(_ index: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      index < bytes.count && range.contains(bytes[index])
    }
    switch bytes[offset] {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: return isTail(offset + 1) ? 2 : 0
    case 0xE0...0xEF:
      let second: ClosedRange<UInt8> =
        switch bytes[offset] {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        default: 0x80...0xBF
        }
      return isTail(offset + 1, second) && isTail(offset + 2) ? 3 : 0
    case 0xF0...0xF4:
      let second: ClosedRange<UInt8> =
        switch bytes[offset] {
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
      return isTail(offset + 1, second) && isTail(offset + 2) && isTail(offset + 3) ? 4 : 0
    default: return 0
    }
  }

  /// The scalar at `offset`, where `length` is not 0.
  static func scalar(_ bytes: [UInt8], at offset: Int) -> Unicode.Scalar {
    let length = max(1, length(bytes, at: offset))
    let text = String(decoding: bytes[offset..<min(bytes.count, offset + length)], as: UTF8.self)
    return text.unicodeScalars.first ?? "\u{FFFD}"
  }
}
