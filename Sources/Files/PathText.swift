// SPDX-License-Identifier: Apache-2.0
//
// File names as text. To the system a name is bytes, of which only NUL and `/` mean anything; to
// scripts it is a string, which is always UTF-8. Bytes that are not UTF-8 are mapped to characters,
// one for each byte, in a private-use range of Unicode (U+10F780 to U+10F7FF, byte 0x80 to 0xFF;
// the idea is that of Python's `surrogateescape`, whose characters no Swift string can hold). If a
// name contains such a character itself, its bytes are mapped in the same way, so the mapping is
// invertible for every name.

import Glibc

/// Conversions between the bytes of a name and its text.
public enum PathText {
  private static let base: UInt32 = 0x10F700
  private static let escapes: ClosedRange<UInt32> = 0x10F780...0x10F7FF
  /// The first byte of all characters that stand for bytes.
  private static let lead: UInt8 = 0xF4

  /// The text of a name that the system gave.
  public static func text(of name: UnsafePointer<CChar>) -> String {
    let text = String(validatingCString: name)
    if let text, !holdsEscapes(text) { return text }
    var bytes: [UInt8] = []
    var next = name
    while next.pointee != 0 {
      bytes.append(UInt8(truncatingIfNeeded: next.pointee))
      next += 1
    }
    return self.text(of: bytes)
  }

  /// The text of a name of so many bytes.
  public static func text(of bytes: [UInt8]) -> String {
    var text = String.UnicodeScalarView()
    var decoder = Unicode.UTF8.ForwardParser()
    var position = 0
    var iterator = bytes.makeIterator()
    decoding: while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        let width = encoded.count
        if escapes.contains(scalar.value) {
          text.append(contentsOf: bytes[position..<position + width].map(escape))
        } else {
          text.append(scalar)
        }
        position += width
      case .error(let length):
        text.append(contentsOf: bytes[position..<position + length].map(escape))
        position += length
      case .emptyInput: break decoding
      }
    }
    return String(text)
  }

  /// The bytes of a name with the NUL that system calls require.
  public static func systemName(_ text: String) -> [CChar] {
    guard holdsEscapes(text) else { return Array(text.utf8CString) }
    return bytes(of: text).map(CChar.init(truncatingIfNeeded:)) + [0]
  }

  /// A text that may contain names, for display: each byte that is not UTF-8 as `\xE9`.
  ///
  /// In JSON the backslash is doubled.
  public static func printable(_ text: String, inJSON isJSON: Bool = false) -> String {
    guard holdsEscapes(text) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      guard escapes.contains(scalar.value) else {
        result.unicodeScalars.append(scalar)
        return
      }
      result += (isJSON ? "\\\\x" : "\\x") + String(scalar.value - base, radix: 16, uppercase: true)
    }
  }

  /// The bytes that a text stands for.
  public static func bytes(of text: String) -> [UInt8] {
    guard holdsEscapes(text) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { scalar in
      escapes.contains(scalar.value)
        ? [UInt8(truncatingIfNeeded: scalar.value - base)] : Array(String(scalar).utf8)
    }
  }

  private static func escape(_ byte: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(base + UInt32(byte)) ?? "\u{FFFD}"
  }

  private static func holdsEscapes(_ text: String) -> Bool {
    text.utf8.contains(lead) && text.unicodeScalars.contains { escapes.contains($0.value) }
  }
}

extension String {
  /// Whether the bytes of this text come before those of another: an order that depends on neither
  /// language nor file system.
  public func precedesByBytes(_ other: String) -> Bool {
    let order = utf8.withContiguousStorageIfAvailable { own -> Bool? in
      other.utf8.withContiguousStorageIfAvailable { theirs in
        guard let a = own.baseAddress, let b = theirs.baseAddress else {
          return own.count < theirs.count
        }
        let difference = memcmp(a, b, min(own.count, theirs.count))
        return difference == 0 ? own.count < theirs.count : difference < 0
      }
    }
    return (order ?? nil) ?? Array(utf8).lexicographicallyPrecedes(Array(other.utf8))
  }
}
