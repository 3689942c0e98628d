// SPDX-License-Identifier: Apache-2.0
//
// A strict JSON reader and writer, for the headers of checkpoints and other small files. Strict
// means: one value, no duplicate keys, no trailing bytes, bounded depth. A lenient reader would
// allow one file to have two meanings.

/// A JSON value; objects keep their order.
public indirect enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  /// Why a text is not JSON.
  public struct ParseError: Error, Sendable {
    /// What was wrong.
    public let message: String
    /// The byte at which it was noticed.
    public let offset: Int
  }

  /// Parses UTF-8 bytes that hold exactly one value.
  ///
  /// `check` is called periodically in long texts; what it throws ends the parsing.
  ///
  /// With `repairsText`, half of a surrogate pair in a string becomes U+FFFD, as editors may send
  /// one while a character is being replaced; without it, that is an error. Without
  /// `takesFractions`, every number must be an integer without a sign, as the sizes and offsets in
  /// headers are.
  public static func parse(
    _ bytes: some Collection<UInt8>, repairsText: Bool = false, takesFractions: Bool = true,
    check: () throws -> Void = {}
  ) throws -> JSON {
    try withoutActuallyEscaping(check) { check in
      try parse(
        Reader(
          bytes: Array(bytes), repairsText: repairsText, takesFractions: takesFractions,
          check: check))
    }
  }

  private static func parse(_ start: Reader) throws -> JSON {
    var reader = start
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.position == reader.bytes.count else { throw reader.failure("trailing bytes") }
    return value
  }

  /// The value of a key of an object.
  public subscript(key: String) -> JSON? {
    guard case .object(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// The text, if this is a string.
  public var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The integer, if this is one that an Int holds.
  public var integer: Int? {
    if case .number(let number) = self { Int(exactly: number) } else { nil }
  }

  /// The number, if this is one.
  public var double: Double? { if case .number(let number) = self { number } else { nil } }

  /// The elements, if this is an array.
  public var elements: [JSON]? { if case .array(let items) = self { items } else { nil } }

  /// The entries, if this is an object.
  public var entries: [(key: String, value: JSON)]? {
    if case .object(let entries) = self { entries } else { nil }
  }

  /// Equal when their compact texts are.
  public static func == (a: JSON, b: JSON) -> Bool { a.rendered == b.rendered }

  /// The value as compact JSON text.
  public var rendered: String {
    switch self {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let number):
      if number == 0, number.sign == .minus { return "-0.0" }
      if let whole = Int(exactly: number) { return "\(whole)" }
      return number.isFinite ? "\(number)" : "null"
    case .string(let text): return JSON.quoted(text)
    case .array(let items): return "[" + items.map(\.rendered).joined(separator: ",") + "]"
    case .object(let entries):
      return "{"
        + entries.map { JSON.quoted($0.key) + ":" + $0.value.rendered }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 32:
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

private struct Reader {
  let bytes: [UInt8]
  let repairsText: Bool
  let takesFractions: Bool
  let check: () throws -> Void
  var position = 0
  var values = 0

  func failure(_ message: String) -> JSON.ParseError {
    JSON.ParseError(message: message, offset: position)
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipBlanks() {
    while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { position += 1 }
  }

  mutating func expect(_ byte: UInt8) throws {
    guard next == byte else {
      throw failure("expected `\(Character(UnicodeScalar(byte)))`")
    }
    position += 1
  }

  mutating func word(_ text: String, _ value: JSON) throws -> JSON {
    for byte in text.utf8 { try expect(byte) }
    return value
  }

  mutating func value(depth: Int) throws -> JSON {
    guard depth < 64 else { throw failure("nested too deeply") }
    values += 1
    if values % 4096 == 0 { try check() }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw failure("the text ends too early")
    default: return try number()
    }
  }

  mutating func object(_ depth: Int) throws -> JSON {
    try expect(UInt8(ascii: "{"))
    var entries: [(key: String, value: JSON)] = []
    var seen: Set<String> = []
    skipBlanks()
    if next == UInt8(ascii: "}") {
      position += 1
      return .object([])
    }
    while true {
      skipBlanks()
      let key = try string()
      guard seen.insert(key).inserted else {
        throw failure("the key `\(key)` occurs twice")
      }
      skipBlanks()
      try expect(UInt8(ascii: ":"))
      entries.append((key, try value(depth: depth + 1)))
      skipBlanks()
      if next == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect(UInt8(ascii: "}"))
      return .object(entries)
    }
  }

  mutating func array(_ depth: Int) throws -> JSON {
    try expect(UInt8(ascii: "["))
    var items: [JSON] = []
    skipBlanks()
    if next == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if next == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect(UInt8(ascii: "]"))
      return .array(items)
    }
  }

  /// A number as RFC 8259 writes it: `-1.5e+3`, without leading zeros or bare points.
  mutating func number() throws -> JSON {
    let start = position
    let isSigned = skip(UInt8(ascii: "-"))
    let beginsWithZero = next == UInt8(ascii: "0")
    let whole = skipDigits()
    var (isWhole, isSound) = (!isSigned, whole == 1 || whole > 1 && !beginsWithZero)
    if skip(UInt8(ascii: ".")) {
      isWhole = false
      isSound = skipDigits() > 0 && isSound
    }
    if skip(UInt8(ascii: "e"), or: UInt8(ascii: "E")) {
      isWhole = false
      _ = skip(UInt8(ascii: "+"), or: UInt8(ascii: "-"))
      isSound = skipDigits() > 0 && isSound
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let number = isSound ? Double(text) : nil
    if let number, number.isFinite, isWhole || takesFractions { return .number(number) }
    position = start
    if whole > 1 && beginsWithZero { throw failure("a number begins with a zero") }
    guard isSound else { throw failure("not a number") }
    throw failure(takesFractions ? "a number too large" : "not a whole number")
  }

  /// Skips the next byte if it is this one, or the other.
  mutating func skip(_ wanted: UInt8, or other: UInt8? = nil) -> Bool {
    guard let byte = next, byte == wanted || byte == other else { return false }
    position += 1
    return true
  }

  /// Skips digits and returns their count.
  mutating func skipDigits() -> Int {
    let start = position
    while let byte = next, byte >= 48, byte <= 57 { position += 1 }
    return position - start
  }

  mutating func string() throws -> String {
    try expect(UInt8(ascii: "\""))
    var content: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw failure("a string is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): content += try escape()
      case 0..<32: throw failure("a control character in a string")
      default: content.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  mutating func escape() throws -> [UInt8] {
    guard let byte = next else { throw failure("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw failure("an unknown escape")
    }
  }

  mutating func unicodeEscape() throws -> [UInt8] {
    var code = try fourHexDigits()
    if code >= 0xD800, code < 0xDC00 {
      let afterHigh = position
      if let low = try lowSurrogate() {
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      } else if repairsText {
        position = afterHigh
      } else {
        throw failure("half a surrogate pair")
      }
    }
    if let scalar = UnicodeScalar(code) { return Array(String(Character(scalar)).utf8) }
    guard repairsText else { throw failure("not a character") }
    return Array("\u{FFFD}".utf8)
  }

  /// The second half of a surrogate pair, if it comes next.
  mutating func lowSurrogate() throws -> UInt32? {
    guard bytes[position...].starts(with: "\\u".utf8) else { return nil }
    position += 2
    let low = try fourHexDigits()
    return low >= 0xDC00 && low < 0xE000 ? low : nil
  }

  mutating func fourHexDigits() throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure("a string does not end") }
    let text = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    guard let code = UInt32(text, radix: 16), !text.hasPrefix("+"), !text.hasPrefix("-") else {
      throw failure("not four hexadecimal digits")
    }
    position += 4
    return code
  }
}
