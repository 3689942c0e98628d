// SPDX-License-Identifier: Apache-2.0
//
// The formats of string holes: `{x:.3f}`, `{x:d}`, `{x:.1%}`, `{x:e}`, `{x:g}`. On a tensor or a
// list a format applies to every element.

import Glibc
import Syntax
import Tensors

/// Numbers in given formats.
public enum Formatting {
  /// `value` in `format`; only numbers and collections of numbers have formats.
  static func text(_ value: Value, _ format: Format) throws -> String {
    try text(value, format, depth: 0)
  }

  private static func text(_ value: Value, _ format: Format, depth: Int) throws -> String {
    // A tensor of one element counts as a number, but a row of one element keeps its brackets.
    if let number = Conversion.number(value), depth == 0 || !value.hasElements {
      return try text(number, format)
    }
    guard depth < Display.maximumDepth else { return "[...]" }
    switch value {
    case .tensor(let tensor):
      let rows = try (0..<tensor.shape[0]).map { try Indexing.row(tensor, $0) }
      return try bracketed(rows.map { try text(.tensor($0), format, depth: depth + 1) })
    case .list(let list):
      return try bracketed(list.items.map { try text($0, format, depth: depth + 1) })
    default:
      throw ScriptError.type(
        "the format `:\(format.spelling)` is for numbers, but this is \(value.typePhrase)",
        hint: "write {x} for the value as it is")
    }
  }

  private static func bracketed(_ parts: [String]) throws -> String {
    "[" + parts.joined(separator: ", ") + "]"
  }

  private static func text(_ number: Double, _ format: Format) throws -> String {
    guard number.isFinite else { return Display.number(number) }
    switch format.style {
    case .decimal:
      guard number.rounded() == number else {
        throw ScriptError.value(
          "the format `:d` is for whole numbers, but this is \(Display.number(number))",
          hint: "write {x:.0f} to round it")
      }
      return fixed(number, decimals: 0)
    case .fixed: return fixed(number, decimals: format.precision ?? 6)
    case .exponent: return exponent(number, decimals: format.precision ?? 6)
    case .percent:
      let percent = number * 100
      guard let precision = format.precision else { return general(percent, digits: 6) + "%" }
      return fixed(percent, decimals: precision) + "%"
    case .general, nil: return general(number, digits: format.precision ?? 6)
    }
  }

  /// A number with a fixed number of decimals.
  public static func fixed(_ number: Double, decimals: Int) -> String {
    printed("%.*f", decimals, number)
  }

  /// The number nearest to the decimal that `fixed` writes, halves of the exact value to the even digit; a
  /// negative count rounds in front of the point.
  public static func rounded(_ number: Double, decimals: Int) -> Double {
    guard number.isFinite else { return number }
    if decimals >= 0 {
      // A number has no more than 1074 decimals, and 17 digits tell it from all others.
      let text = printed("%.*f", min(decimals, 400), number)
      return text.withCString { strtod($0, nil) }
    }
    // Whole multiples of a power of ten, whose quotient a remainder corrects.
    let unit = pow(10, Double(-decimals))
    guard unit.isFinite else { return number < 0 ? -0.0 : 0 }
    let rest = fmod(abs(number), unit)
    guard rest != 0 else { return number }
    let below = (abs(number) - rest) / unit
    let isUp = rest > unit / 2 || rest == unit / 2 && fmod(below.rounded(), 2) == 1
    let size = (below.rounded() + (isUp ? 1 : 0)) * unit
    return number < 0 ? -size : size
  }

  /// A number with an exponent.
  public static func exponent(_ number: Double, decimals: Int) -> String {
    printed("%.*e", decimals, number)
  }

  /// A number with so many significant digits, without trailing zeros.
  public static func general(_ number: Double, digits: Int) -> String {
    printed("%.*g", max(1, digits), number)
  }

  /// Text of a number without trailing zeros behind the point.
  static func trimmed(_ text: String) -> String {
    guard text.utf8.contains(46) else { return text }
    var kept = text[...]
    while kept.last == "0" { kept.removeLast() }
    if kept.last == "." { kept.removeLast() }
    return String(kept)
  }

  private static func printed(_ format: String, _ precision: Int, _ number: Double) -> String {
    guard number.isFinite else { return Display.number(number) }
    let precision = CInt(clamping: min(max(precision, 0), Format.maximumPrecision))
    // The longest number has 309 digits in front of the point.
    let capacity = Format.maximumPrecision + 400
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      let length = withVaList([precision, number]) { vsnprintf(base, capacity, format, $0) }
      guard length > 0 else { return "" }
      let bytes = UnsafeRawBufferPointer(start: base, count: min(Int(length), capacity - 1))
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}

extension Value {
  fileprivate var hasElements: Bool {
    if case .tensor(let tensor) = self { return tensor.rank > 0 }
    return false
  }
}

extension Format {
  fileprivate var spelling: String {
    (precision.map { ".\($0)" } ?? "") + (style?.rawValue ?? "")
  }
}
