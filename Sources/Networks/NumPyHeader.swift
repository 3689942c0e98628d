// SPDX-License-Identifier: Apache-2.0
//
// The header of an .npy file: a dictionary of three entries in Python's notation. Nothing is
// evaluated; a small parser accepts exactly the notation that NumPy writes, including the sizes of
// Python 2 (`3L`), and rejects everything else.

/// The header before the numbers of an .npy file.
public struct NumPyHeader {
  /// The format of the numbers.
  public let kind: StoredNumber
  let isBigEndian: Bool
  /// The sizes of the dimensions.
  public let shape: [Int]
  /// Whether the first dimension varies fastest.
  public let isColumnMajor: Bool
  /// The offset of the numbers.
  public let bodyStart: Int

  /// Bytes of the longest header.
  private static let lengthLimit = 1 << 20

  /// Reads the header of a file; errors name `path`.
  ///
  /// - Throws: `CheckpointError` if it is malformed, or its numbers are of a kind that is not read.
  public init(_ bytes: [UInt8], path: String) throws {
    guard bytes.count >= 12, bytes.starts(with: NumPyFile.magic) else {
      throw NumPyFile.fault(path, "it does not begin as such a file does")
    }
    let lengthSize = bytes[6] == 1 ? 2 : 4
    let length = bytes[8..<8 + lengthSize].reversed().reduce(0) { $0 << 8 | Int($1) }
    bodyStart = 8 + lengthSize + length
    guard (1...3).contains(bytes[6]), length <= NumPyHeader.lengthLimit, bodyStart <= bytes.count
    else { throw NumPyFile.fault(path, "its header is malformed") }
    var reader = PythonReader(bytes: bytes[(8 + lengthSize)..<bodyStart])
    guard let entries = reader.dictionary() else {
      throw NumPyFile.fault(path, "its header is not as NumPy writes it")
    }
    guard entries.count == 3, case .text(let description)? = entries["descr"],
      let kind = NumPyHeader.kind(description)
    else {
      throw NumPyFile.fault(path, "its numbers are not of a kind that smap reads")
    }
    guard case .flag(let isColumnMajor)? = entries["fortran_order"] else {
      throw NumPyFile.fault(path, "its header does not say the order of its numbers")
    }
    guard case .tuple(let shape)? = entries["shape"] else {
      throw NumPyFile.fault(path, "it has no shape")
    }
    (self.kind, isBigEndian) = (kind, description.hasPrefix(">"))
    (self.isColumnMajor, self.shape) = (isColumnMajor, shape)
  }

  /// Number formats without the byte order mark.
  private static let kinds: [Substring: StoredNumber] = [
    "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16,
    "i1": .int8, "u8": .uint64, "u4": .uint32, "u2": .uint16, "u1": .uint8, "b1": .bool,
  ]

  /// The format of a description such as `<f4`; single bytes have no byte order, `|u1`.
  private static func kind(_ description: String) -> StoredNumber? {
    guard let order = description.first, let kind = kinds[description.dropFirst()] else {
      return nil
    }
    return order == "<" || order == ">" || order == "|" && kind.byteCount == 1 ? kind : nil
  }
}

/// A value in the header.
private enum PythonValue {
  case text(String)
  case flag(Bool)
  /// Whole numbers from 0.
  case tuple([Int])
}

/// Reads Python's notation for a dictionary of strings, truth values and tuples of sizes.
private struct PythonReader {
  let bytes: ArraySlice<UInt8>
  private var position: Int

  init(bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The dictionary in the bytes, with only whitespace around it; nil for anything else.
  mutating func dictionary() -> [String: PythonValue]? {
    var entries: [String: PythonValue] = [:]
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = text(), take(":"), let value = value(), entries[key] == nil else {
        return nil
      }
      entries[key] = value
      if take(",") { continue }
      guard take("}") else { return nil }
      break
    }
    skipBlanks()
    return position == bytes.endIndex ? entries : nil
  }

  private mutating func value() -> PythonValue? {
    if let text = text() { return .text(text) }
    if take("True") { return .flag(true) }
    if take("False") { return .flag(false) }
    return tuple().map { .tuple($0) }
  }

  /// Text in either kind of quotes, without escapes.
  private mutating func text() -> String? {
    skipBlanks()
    guard let quote = next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      return nil
    }
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { return nil }
    let content = bytes[(position + 1)..<end]
    guard !content.contains(UInt8(ascii: "\\")) else { return nil }
    position = end + 1
    return String(validating: content, as: UTF8.self)
  }

  /// `()`, `(3,)`, `(2, 3)`, `(2, 3,)`.
  private mutating func tuple() -> [Int]? {
    guard take("(") else { return nil }
    var (sizes, hasComma) = ([Int](), false)
    while !take(")") {
      guard let size = size() else { return nil }
      sizes.append(size)
      if take(",") {
        hasComma = true
        continue
      }
      guard take(")") else { return nil }
      break
    }
    // In Python `(3)` is a number.
    return sizes.count == 1 && !hasComma ? nil : sizes
  }

  /// An integer as Python writes it: digits without leading zeros, and `L` in Python 2.
  private mutating func size() -> Int? {
    skipBlanks()
    let digits = bytes[position...].prefix { $0 >= 48 && $0 <= 57 }
    guard !digits.isEmpty, digits.count == 1 || digits.first != 48 else { return nil }
    position = digits.endIndex
    if next == UInt8(ascii: "L") { position += 1 }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { position += 1 }
  }

  /// Skips a word, if it comes next after whitespace.
  private mutating func take(_ word: String) -> Bool {
    skipBlanks()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }
}
