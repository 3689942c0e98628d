// SPDX-License-Identifier: Apache-2.0
//
// The value of the literal text of a string: escapes and doubled braces resolved. The lexer has
// checked the text before, so malformed escapes are simply dropped here.

/// Resolves escapes.
enum StringText {
  /// The text of a string token in single or double quotes.
  static func literal(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.first == UInt8(ascii: "'") else { return part(bytes) }
    var inner = bytes.dropFirst()
    if inner.last == UInt8(ascii: "'") { inner.removeLast() }
    return String(decoding: inner, as: UTF8.self)
  }

  /// The text of a head, middle or tail, without the quote and braces at its ends.
  static func part(_ bytes: ArraySlice<UInt8>) -> String {
    let inner = trim(bytes)
    return inner.contains(where: isSpecial)
      ? resolve(inner) : String(decoding: inner, as: UTF8.self)
  }

  /// Whether a character begins an escape or a doubled brace.
  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
  }

  /// The value of a hexadecimal digit.
  static func hexadecimal(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }

  private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let inner = bytes.dropFirst()
    guard let last = inner.last, last == UInt8(ascii: "\"") || last == UInt8(ascii: "{") else {
      return inner
    }
    return inner.dropLast()
  }

  private static func resolve(_ bytes: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\\") {
        resolveEscape(bytes, &index, into: &result)
      } else {
        result.append(byte)
        let isBrace = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
        if isBrace, index < bytes.endIndex, bytes[index] == byte { index += 1 }
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func resolveEscape(
    _ bytes: ArraySlice<UInt8>, _ index: inout Int, into result: inout [UInt8]
  ) {
    guard index < bytes.endIndex else { return }
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"): resolveUnicode(bytes, &index, into: &result)
    default: result.append(byte)
    }
  }

  private static func resolveUnicode(
    _ bytes: ArraySlice<UInt8>, _ index: inout Int, into result: inout [UInt8]
  ) {
    var value: UInt32 = 0
    if index < bytes.endIndex, bytes[index] == UInt8(ascii: "{") { index += 1 }
    while index < bytes.endIndex, let digit = hexadecimal(bytes[index]) {
      value = value > 0xFFFFFF ? value : value * 16 + digit
      index += 1
    }
    if index < bytes.endIndex, bytes[index] == UInt8(ascii: "}") { index += 1 }
    if let scalar = Unicode.Scalar(value) { result.append(contentsOf: String(scalar).utf8) }
  }
}
