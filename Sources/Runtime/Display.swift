// SPDX-License-Identifier: Apache-2.0
//
// How values print. What is shown reads back where it can: strings are quoted inside collections,
// numbers print in full, NaN and the infinities have the names `nan` and `inf`. Cyclic and deep
// collections end in `...`, long ones show both ends.

import Syntax
import Tensors

/// Turns values into text.
public enum Display {
  /// How deep collections are shown.
  static let maximumDepth = 12
  /// Lists and records of more elements show both ends only.
  static let maximumCount = 100
  /// How many elements a shortened list shows at each end.
  static let edgeCount = 10

  /// The text of a value as a prompt shows it: strings are quoted.
  public static func text(_ value: Value, _ session: Session? = nil) -> String {
    var writer = DisplayWriter()
    writer.write(value, depth: 0)
    return writer.text
  }

  /// The text of a value as `print` shows it: a string is itself.
  public static func plain(_ value: Value, _ session: Session? = nil) -> String {
    if case .text(let text) = value { return text.string }
    return text(value, session)
  }

  /// The richest form of a value: pictures for objects that have them, text for all others.
  public static func bundle(_ value: Value, _ session: Session) throws -> Bundle {
    if case .object(let object) = value, let bundle = object.type.bundle {
      return try bundle(object, session)
    }
    return Bundle(text: text(value, session))
  }

  /// The text of a number: whole numbers without a point, others with the fewest digits that
  /// read back as the same number.
  public static func number(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    if number == 0 { return number.sign == .minus ? "-0" : "0" }
    if abs(number) < 1e16, let whole = Int(exactly: number) { return String(whole) }
    var text = number.description
    if let dot = text.range(of: ".0e") { text.replaceSubrange(dot, with: "e") }
    return text
  }

  /// A string in double quotes, with escapes that read back.
  public static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "{": text += "{{"
      case "}": text += "}}"
      default:
        if scalar.value < 32 || scalar.value == 127 {
          text += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    return text + "\""
  }

  /// Whether a text can stand as the name of a field without quotes.
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    guard Token.Kind.keywords[text] == nil else { return false }
    return text.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
    }
  }
}

/// Gathers the text of one value.
private struct DisplayWriter {
  var text = ""

  /// No value prints longer than this.
  private static let maximumLength = 1 << 20

  mutating func write(_ value: Value, depth: Int) {
    switch value {
    case .nil: text += "nil"
    case .bool(let bool): text += bool ? "true" : "false"
    case .number(let number): text += Display.number(number)
    case .text(let string): text += Display.quoted(string.string)
    case .list(let list): write(list, depth: depth)
    case .record(let record): write(record, depth: depth)
    case .range(let range): write(range)
    case .function(let closure):
      text += closure.name == "fn" ? closure.signature : "fn " + closure.signature
    case .builtin(let builtin): text += "fn " + builtin.header.text
    case .tensor(let tensor):
      text += TensorDisplay(tensor, indent: column).text
    case .object(let object): text += object.type.display(object)
    case .cell(let cell): write(cell.value, depth: depth)
    }
  }

  /// How far the current line reaches, to align the rows of tensors.
  private var column: Int {
    var count = 0
    for byte in text.utf8.reversed() {
      if byte == 10 { break }
      if byte & 0xC0 != 0x80 { count += 1 }
      if count >= 40 { break }
    }
    return count
  }

  private mutating func write(_ list: List, depth: Int) {
    guard depth < Display.maximumDepth else {
      text += "[...]"
      return
    }
    text += "["
    elements(list.count) { writer, index in
      writer.write(list[index], depth: depth + 1)
    }
    text += "]"
  }

  /// Writes elements separated by commas; of many, both ends.
  private mutating func elements(_ count: Int, _ body: (inout DisplayWriter, Int) -> Void) {
    let isLong = count > Display.maximumCount
    var index = 0
    while index < count {
      if index > 0 { text += ", " }
      if isLong, index == Display.edgeCount {
        text += "..., "
        index = count - Display.edgeCount
      }
      guard text.utf8.count < DisplayWriter.maximumLength else {
        text += "..."
        return
      }
      body(&self, index)
      index += 1
    }
  }

  private mutating func write(_ record: Record, depth: Int) {
    if let title = record.title {
      text += title + " (" + record.keys.joined(separator: ", ") + ")"
      return
    }
    guard depth < Display.maximumDepth else {
      text += "{...}"
      return
    }
    text += "{"
    elements(record.count) { writer, index in
      let key = record.keys[index]
      writer.text += (Display.isName(key) ? key : Display.quoted(key)) + ": "
      writer.write(record.values[index], depth: depth + 1)
    }
    text += "}"
  }

  private mutating func write(_ range: NumberRange) {
    text += "range(\(Display.number(range.start)), \(Display.number(range.stop))"
    if range.step != 1 { text += ", \(Display.number(range.step))" }
    text += ")"
  }
}

extension String {
  fileprivate func range(of part: String) -> Range<String.Index>? { firstRange(of: part) }
}
