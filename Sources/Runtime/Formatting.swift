// SPDX-License-Identifier: Apache-2.0
//
// The formats of string holes: `{x:.3f}`, `{x:>8}`, `{n:05d}`, `{n:,}`, `{p:.1%}`, `{n:x}`. For a
// tensor or a list the format applies to every element.

import Glibc
import Syntax
import Tensors

/// Values in given formats.
public enum Formatting {
  /// `value` in `format`.
  ///
  /// - Throws: `ScriptError` for a format that does not apply to the value, and for exceeded
  /// limits.
  static func text(_ value: Value, _ format: Format, _ session: Session? = nil) throws -> String {
    var work = Work(format: format, polling: Polling(session), session: session)
    return try work.text(value, depth: 0)
  }

  /// A number with a fixed number of decimals.
  public static func fixed(_ number: Double, decimals: Int) -> String {
    printed("%.*f", decimals, number)
  }

  /// The number nearest to the decimal that `fixed` writes, ties of the exact value to even; a
  /// negative count rounds before the point.
  public static func rounded(_ number: Double, decimals: Int) -> Double {
    guard number.isFinite else { return number }
    if decimals >= 0 {
      // A double has at most 1074 decimals, and 17 significant digits identify it.
      let text = printed("%.*f", min(decimals, 400), number)
      return text.withCString { strtod($0, nil) }
    }
    // Multiples of a power of ten, with the quotient corrected by the remainder.
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

  /// Text of a number without trailing zeros in its fraction.
  static func trimmed(_ text: String) -> String {
    guard text.utf8.contains(46) else { return text }
    var kept = text[...]
    while kept.last == "0" { kept.removeLast() }
    if kept.last == "." { kept.removeLast() }
    return String(kept)
  }

  private static func printed(_ format: String, _ precision: Int, _ number: Double) -> String {
    guard number.isFinite else { return Display.number(number) }
    let precision = CInt(clamping: min(max(precision, 0), Format.largestSize))
    // The longest number has 309 digits before the point.
    let capacity = Format.largestSize + 400
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      let length = withVaList([precision, number]) { vsnprintf(base, capacity, format, $0) }
      guard length > 0 else { return "" }
      let bytes = UnsafeRawBufferPointer(start: base, count: min(Int(length), capacity - 1))
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}

/// One value on its way into a format.
private struct Work {
  let format: Format
  var polling: Polling
  let session: Session?

  mutating func text(_ value: Value, depth: Int) throws -> String {
    // A tensor of one element is formatted as a number, but a row of one element keeps its
    // brackets.
    if let number = Conversion.number(value), depth == 0 || !value.hasElements {
      if case .number = value { return try element(NumberFormat.text(number, format)) }
      // Tensors have 32 bits; more digits would be noise.
      return try element(NumberFormat.text(number, format, plainDigits: 6))
    }
    guard depth < Display.maximumDepth else { return "[...]" }
    switch value {
    case .tensor(let tensor):
      return try bracketed(0..<tensor.shape[0]) { row, work in
        try work.text(.tensor(try Indexing.row(tensor, row)), depth: depth + 1)
      }
    case .list(let list):
      return try bracketed(list.items) { try $1.text($0, depth: depth + 1) }
    case .range(let range):
      return try bracketed((0..<range.count).lazy.map { range[$0] }) { number, work in
        try work.element(NumberFormat.text(number, work.format))
      }
    case .text(let text): return try element(words(text.string))
    case .bool, .nil:
      guard format.style == nil, format.precision == nil else { throw isForNumbers(value) }
      return try element(words(Display.plain(value, session)))
    default: throw isForNumbers(value)
    }
  }

  private mutating func bracketed<Parts: Sequence>(
    _ parts: Parts, _ text: (Parts.Element, inout Work) throws -> String
  ) throws -> String {
    var result = "["
    for (index, part) in parts.enumerated() {
      if index > 0 { result += ", " }
      result += try text(part, &self)
    }
    return result + "]"
  }

  /// Accounts for an element that has been formatted.
  private mutating func element(_ text: String) throws -> String {
    try polling.turn()
    try session?.claim(bytes: text.utf8.count)
    return text
  }

  /// A string in the format: truncated to the precision and padded.
  private func words(_ text: String) throws -> String {
    guard format.style == nil || format.style == .string else { throw isForNumbers(.string(text)) }
    let isPlain = !format.hasPlus && !format.hasPrefix && !format.hasZeros
    guard isPlain, format.separator == nil else { throw isForNumbers(.string(text)) }
    let kept = format.precision.map { String(text.prefix($0)) } ?? text
    return NumberFormat.padded(kept, format, unlessSaid: .left)
  }

  private func isForNumbers(_ value: Value) -> ScriptError {
    .type(
      "the format `:\(format.spelling)` is for numbers, but this is \(value.typePhrase)",
      hint: "write {x} for the value as it is")
  }
}

extension Value {
  fileprivate var hasElements: Bool {
    if case .tensor(let tensor) = self { return tensor.rank > 0 }
    return false
  }
}
