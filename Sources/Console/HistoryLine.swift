// SPDX-License-Identifier: Apache-2.0
//
// One line of the history file: `{"time":1700000000,"text":"let x = 1"}`. The reader accepts any
// flat JSON object with a string called `text`, and returns nil for everything else.

/// Writes and reads the lines of the history file.
package enum HistoryLine {
  /// The line for an entry, without a newline; `time` is in seconds since 1970.
  package static func encode(_ text: String, time: Int) -> String {
    var line = "{\"time\":\(time),\"text\":\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": line += "\\\""
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\t": line += "\\t"
      case _ where scalar.value < 32:
        line += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line + "\"}"
  }

  /// The text of an entry, or nil if the line is malformed.
  package static func text(_ line: ArraySlice<UInt8>) -> String? {
    guard let string = String(validating: line, as: UTF8.self) else { return nil }
    var reader = ObjectReader(Array(string.unicodeScalars))
    return reader.textField()
  }

  /// The text of an entry, or nil if the line is malformed.
  package static func text(_ line: String) -> String? {
    text(Array(line.utf8)[...])
  }
}

/// Reads a flat JSON object of strings and numbers.
private struct ObjectReader {
  private let scalars: [Unicode.Scalar]
  private var position = 0

  init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

  /// The value of the field `text`; nil unless the whole object is well-formed.
  mutating func textField() -> String? {
    var found: String?
    guard take("{") else { return nil }
    repeat {
      guard let name = string(), take(":") else { return nil }
      if name == "text" {
        guard found == nil, let value = string() else { return nil }
        found = value
      } else if !skipValue() {
        return nil
      }
    } while take(",")
    guard take("}") else { return nil }
    skipSpace()
    return position == scalars.count ? found : nil
  }

  private mutating func skipSpace() {
    while position < scalars.count, " \t\r".unicodeScalars.contains(scalars[position]) {
      position += 1
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < scalars.count, scalars[position] == scalar else { return false }
    position += 1
    return true
  }

  private mutating func skipValue() -> Bool {
    skipSpace()
    if position < scalars.count, scalars[position] == "\"" { return string() != nil }
    let start = position
    while position < scalars.count,
      "+-.0123456789aeflnrstuE".unicodeScalars.contains(scalars[position])
    {
      position += 1
    }
    return position > start
  }

  private mutating func string() -> String? {
    guard take("\"") else { return nil }
    var result = String.UnicodeScalarView()
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      switch scalar {
      case "\"": return String(result)
      case "\\":
        guard let escaped = escape() else { return nil }
        result.append(escaped)
      case _ where scalar.value < 32: return nil
      default: result.append(scalar)
      }
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    guard position < scalars.count else { return nil }
    position += 1
    switch scalars[position - 1] {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "u": return unicodeEscape()
    case let other where "\"\\/".unicodeScalars.contains(other): return other
    default: return nil
    }
  }

  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let high = hexDigits() else { return nil }
    guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) }
    guard position + 1 < scalars.count, scalars[position] == "\\", scalars[position + 1] == "u"
    else { return nil }
    position += 2
    guard let low = hexDigits(), (0xDC00..<0xE000).contains(low) else { return nil }
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
  }

  private mutating func hexDigits() -> UInt32? {
    guard position + 4 <= scalars.count else { return nil }
    var value: UInt32 = 0
    for scalar in scalars[position..<position + 4] {
      guard let digit = Character(scalar).hexDigitValue, scalar.isASCII else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
