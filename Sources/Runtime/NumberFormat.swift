// SPDX-License-Identifier: Apache-2.0
//
// Formats a number: its digits, grouping, sign, zero padding and alignment.

import Syntax

/// Numbers in the formats of holes.
enum NumberFormat {
  /// `number` in `format`; without style and precision as it is displayed elsewhere, or with so
  /// many significant digits.
  static func text(_ number: Double, _ format: Format, plainDigits: Int? = nil) throws -> String {
    guard format.style != .string else {
      throw ScriptError.type(
        "the format `:\(format.spelling)` is for strings, but this is a number",
        hint: "write {x} for the value as it is, {x:>8} to align it")
    }
    guard number.isFinite else {
      let sign = format.hasPlus && !(number < 0) ? "+" : ""
      return padded(sign + Display.number(number), format, unlessSaid: .right)
    }
    let digits = try digits(of: number, format, plainDigits)
    let isNegative = digits.first == "-"
    let sign = isNegative ? "-" : format.hasPlus ? "+" : ""
    let lead = sign + prefix(format)
    var size = isNegative ? String(digits.dropFirst()) : digits
    if let separator = format.separator {
      let width = format.hasZeros && format.alignment == nil ? (format.width ?? 0) : 0
      size = grouped(size, by: separator, of: groupSize(format), upTo: width - lead.count)
    }
    guard format.hasZeros, format.alignment == nil else {
      return padded(lead + size, format, unlessSaid: .right)
    }
    let missing = (format.width ?? 0) - lead.count - size.count
    return lead + String(repeating: "0", count: max(0, missing)) + size
  }

  /// Text padded with its fill character to the width.
  static func padded(
    _ text: String, _ format: Format, unlessSaid alignment: Format.Alignment
  ) -> String {
    let missing = (format.width ?? 0) - text.count
    guard missing > 0 else { return text }
    let fill = format.fill ?? (format.hasZeros && format.alignment != nil ? "0" : " ")
    func filling(_ count: Int) -> String { String(repeating: fill, count: count) }
    return switch format.alignment ?? alignment {
    case .left: text + filling(missing)
    case .right: filling(missing) + text
    case .center: filling(missing / 2) + text + filling(missing - missing / 2)
    }
  }

  // MARK: - Digits

  private static func digits(
    of number: Double, _ format: Format, _ plainDigits: Int?
  ) throws -> String {
    let precision = format.precision
    switch format.style {
    case .decimal:
      _ = try whole(number, format, orElse: "write {x:.0f} to round it")
      return Formatting.fixed(number, decimals: 0)
    case .binary, .octal, .hexadecimal, .capitalHexadecimal:
      let whole = try whole(number, format, orElse: "round it first")
      return String(
        whole, radix: radix(format.style), uppercase: format.style == .capitalHexadecimal)
    case .fixed: return Formatting.fixed(number, decimals: precision ?? 6)
    case .exponent: return Formatting.exponent(number, decimals: precision ?? 6)
    case .percent:
      let percent = number * 100
      guard let precision else { return Formatting.general(percent, digits: 6) + "%" }
      return Formatting.fixed(percent, decimals: precision) + "%"
    case .general: return Formatting.general(number, digits: precision ?? 6)
    case .string, nil:
      guard let digits = precision ?? plainDigits else { return Display.number(number) }
      return Formatting.general(number, digits: digits)
    }
  }

  /// The integer that a format requires.
  private static func whole(_ number: Double, _ format: Format, orElse hint: String) throws -> Int {
    guard format.precision == nil else {
      throw ScriptError.value(
        "the format `:\(format.spelling)` is for whole numbers, which have no decimals",
        hint: "leave out the precision, or write {x:.2f}")
    }
    guard number.rounded() == number else {
      throw ScriptError.value(
        "the format `:\(format.spelling)` is for whole numbers, but this is "
          + Display.number(number), hint: hint)
    }
    if format.style == .decimal { return Int(exactly: number) ?? 0 }
    guard let whole = Int(exactly: number) else {
      throw ScriptError.value(
        "the format `:\(format.spelling)` is for whole numbers below 2 ** 63, but this is "
          + Display.number(number))
    }
    return whole
  }

  private static func radix(_ style: Format.Style?) -> Int {
    switch style {
    case .binary: 2
    case .octal: 8
    case .hexadecimal, .capitalHexadecimal: 16
    default: 10
    }
  }

  /// The prefix that `#` requests.
  private static func prefix(_ format: Format) -> String {
    guard format.hasPrefix else { return "" }
    return switch format.style {
    case .binary: "0b"
    case .octal: "0o"
    case .hexadecimal: "0x"
    case .capitalHexadecimal: "0X"
    default: ""
    }
  }

  // MARK: - Groups

  private static func groupSize(_ format: Format) -> Int { radix(format.style) == 10 ? 3 : 4 }

  /// A number without sign whose integer part is grouped; zeros pad it to a width.
  private static func grouped(
    _ text: String, by separator: Character, of size: Int, upTo width: Int
  ) -> String {
    let isTen = size == 3
    let end =
      isTen ? text.firstIndex { !$0.isASCII || !$0.isWholeNumber } ?? text.endIndex : text.endIndex
    let rest = text[end...]
    var digits = Array(text[..<end])
    func length(_ count: Int) -> Int { count + (count - 1) / size + rest.count }
    while length(max(digits.count, 1)) < width { digits.insert("0", at: 0) }
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % size == 0 { result.append(separator) }
      result.append(digit)
    }
    return result + rest
  }
}
