// SPDX-License-Identifier: Apache-2.0
//
// Parses numbers in text, in the notation of scripts and other programs. Swift's own parser also
// accepts hexadecimal digits and words such as `infinity`, which scripts do not.

/// Reads numbers from strings.
enum NumberText {
  /// The number in a text, with an optional sign and spaces around it, or nil.
  ///
  /// A text of more than 64 KB gives nil: parsing it would take seconds, and no double needs it.
  static func value(of text: String) -> Double? {
    guard text.utf8.count <= 1 << 16 else { return nil }
    var rest = text[...]
    while rest.first?.isWhitespace ?? false { rest.removeFirst() }
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest.removeFirst() }
    guard let size = size(of: rest) else { return nil }
    return isNegative ? -size : size
  }

  private static func size(of text: Substring) -> Double? {
    if text == "inf" { return .infinity }
    if text == "nan" { return .nan }
    var bytes = Array(text.utf8)[...]
    // Other programs omit the digits on one side of the point; scripts do not.
    let hasWhole = skipDigits(&bytes)
    if bytes.first == UInt8(ascii: ".") {
      bytes.removeFirst()
      guard skipDigits(&bytes) || hasWhole else { return nil }
    } else if !hasWhole {
      return nil
    }
    if bytes.first == UInt8(ascii: "e") || bytes.first == UInt8(ascii: "E") {
      bytes.removeFirst()
      if bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-") {
        bytes.removeFirst()
      }
      guard skipDigits(&bytes) else { return nil }
    }
    guard bytes.isEmpty else { return nil }
    // Swift requires digits on both sides of the point.
    return Double("0" + text.filter { $0 != "_" } + (text.last == "." ? "0" : ""))
  }

  /// Skips a digit and further digits and underscores; false if there is no digit.
  private static func skipDigits(_ bytes: inout ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, isDigit(first) else { return false }
    bytes = bytes.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
    return true
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
