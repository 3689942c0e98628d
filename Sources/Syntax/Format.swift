// SPDX-License-Identifier: Apache-2.0
//
// The format of a hole: Python's format specification, as far as it applies to 64-bit numbers,
// strings and tensors. `>8.2f` is fill and alignment, sign, `#`, `0`, width, grouping, precision
// and style, each of which is optional. The lexer and the parser share this code.

/// The format of a hole, such as `.3f` or `>8`.
public struct Format: Hashable, Sendable {
  /// The letter of a format.
  public enum Style: String, Sendable, CaseIterable {
    /// `b`: an integer in base 2.
    case binary = "b"
    /// `d`: an integer.
    case decimal = "d"
    /// `e`: with an exponent.
    case exponent = "e"
    /// `f`: with a fixed number of decimals.
    case fixed = "f"
    /// `g`: the shorter of both.
    case general = "g"
    /// `o`: an integer in base 8.
    case octal = "o"
    /// `s`: a string.
    case string = "s"
    /// `x`: an integer in base 16.
    case hexadecimal = "x"
    /// `X`: the same in capitals.
    case capitalHexadecimal = "X"
    /// `%`: as a percentage.
    case percent = "%"
  }

  /// The alignment of a text within its width.
  public enum Alignment: String, Sendable {
    case left = "<"
    case center = "^"
    case right = ">"
  }

  /// The character before an alignment, if given.
  public var fill: Character?
  /// The alignment, if given.
  public var alignment: Alignment?
  /// Whether numbers that are not negative have a plus sign.
  public var hasPlus = false
  /// `#`: whether digits in another base are prefixed by `0x`, `0o` or `0b`.
  public var hasPrefix = false
  /// `0`: whether zeros between sign and digits fill the width.
  public var hasZeros = false
  /// The minimum number of characters, if given; at most `Format.largestSize`.
  public var width: Int?
  /// `,` or `_`: the separator between groups of digits.
  public var separator: Character?
  /// The number of decimals, if given; at most `Format.largestSize`.
  public var precision: Int?
  /// The letter, if given.
  public var style: Style?
  /// Where it stands, without the colon.
  public var span: Span
  /// Whether a width or a precision was larger than `Format.largestSize`.
  var isTooLarge = false

  /// The largest width and precision. The longest number has 1,074 decimals, of which none matters.
  public static let largestSize = 1000

  /// Whether it is empty.
  public var isEmpty: Bool { spelling.isEmpty }

  /// The format as it is written, without the colon.
  public var spelling: String {
    var text = (fill.map(String.init) ?? "") + (alignment?.rawValue ?? "")
    text += (hasPlus ? "+" : "") + (hasPrefix ? "#" : "") + (hasZeros ? "0" : "")
    text += (width.map(String.init) ?? "") + (separator.map(String.init) ?? "")
    return text + (precision.map { ".\($0)" } ?? "") + (style?.rawValue ?? "")
  }

  /// Parses the longest format at the beginning of `bytes`; returns it with its end.
  static func read(_ bytes: ArraySlice<UInt8>) -> (format: Format, end: Int) {
    var reader = FormatReader(bytes)
    let format = reader.format()
    return (format, reader.position)
  }
}

/// Reads a format from its bytes.
private struct FormatReader {
  private let bytes: ArraySlice<UInt8>
  private(set) var position: Int
  private var isTooLarge = false

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func format() -> Format {
    var format = Format(span: Span(start: 0, end: 0))
    let fill = fill()
    format.fill = fill
    format.alignment = accept("<^>").flatMap { Format.Alignment(rawValue: String($0)) }
    format.hasPlus = accept("+-") == "+"
    format.hasPrefix = accept("#") != nil
    format.hasZeros = accept("0") != nil
    format.width = number { FormatReader.isDigit($0) }
    format.separator = accept(",_")
    if byte(0) == UInt8(ascii: "."), let next = byte(1), FormatReader.isDigit(next) {
      position += 1
      format.precision = number { FormatReader.isDigit($0) || $0 == UInt8(ascii: "_") }
    }
    format.style = accept("bdefgosxX%").flatMap { Format.Style(rawValue: String($0)) }
    format.isTooLarge = isTooLarge
    return format
  }

  private func byte(_ distance: Int) -> UInt8? {
    let index = position + distance
    return index < bytes.endIndex ? bytes[index] : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// The next byte, if it is one of these.
  private mutating func accept(_ choices: String) -> Character? {
    guard let next = byte(0), choices.utf8.contains(next) else { return nil }
    position += 1
    return Character(Unicode.Scalar(next))
  }

  /// A character before an alignment: one scalar that needs no escape in a string.
  private mutating func fill() -> Character? {
    guard let first = byte(0), !"{}\"\\\n\r".utf8.contains(first) else { return nil }
    let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    guard let mark = byte(length), "<^>".utf8.contains(mark),
      let text = String(validating: bytes[position..<position + length], as: UTF8.self),
      let character = text.first
    else { return nil }
    position += length
    return character
  }

  private mutating func number(_ belongs: (UInt8) -> Bool) -> Int? {
    var value: Int?
    while let next = byte(0), belongs(next) {
      position += 1
      guard FormatReader.isDigit(next) else { continue }
      let sum = (value ?? 0) * 10 + Int(next - UInt8(ascii: "0"))
      isTooLarge = isTooLarge || sum > Format.largestSize
      value = min(sum, Format.largestSize)
    }
    return value
  }
}
