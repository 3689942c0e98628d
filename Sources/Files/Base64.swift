// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648, section 4): bytes as text, for notebook files and pages.

/// Bytes as text of letters, digits, `+` and `/`.
public enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The text of bytes, padded with `=`.
  public static func encode(_ bytes: [UInt8]) -> String {
    let count = (bytes.count + 2) / 3 * 4
    return String(unsafeUninitializedCapacity: count) { text in
      var place = 0
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = (0..<3).map { start + $0 < bytes.count ? UInt32(bytes[start + $0]) : 0 }
        let bits = group[0] << 16 | group[1] << 8 | group[2]
        for index in 0..<4 {
          let isPadding = start + index > bytes.count
          let digit = Int(bits >> UInt32(18 - 6 * index) & 63)
          text[place] = isPadding ? UInt8(ascii: "=") : alphabet[digit]
          place += 1
        }
      }
      return place
    }
  }

  /// The bytes of a text, in which blanks and line ends are ignored; nil if it is no base64.
  public static func decode(_ text: String) -> [UInt8]? {
    var (bytes, bits, count, padding): ([UInt8], UInt32, Int, Int) = ([], 0, 0, 0)
    for character in text.utf8 {
      let digit: UInt32
      switch character {
      case 65...90: digit = UInt32(character) - 65
      case 97...122: digit = UInt32(character) - 71
      case 48...57: digit = UInt32(character) + 4
      case UInt8(ascii: "+"): digit = 62
      case UInt8(ascii: "/"): digit = 63
      case UInt8(ascii: "="):
        padding += 1
        continue
      case 9, 10, 13, 32: continue
      default: return nil
      }
      guard padding == 0 else { return nil }
      (bits, count) = (bits << 6 | digit, count + 1)
      if count % 4 == 0 {
        bytes += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
        bits = 0
      }
    }
    switch (count % 4, padding) {
    case (0, 0): return bytes
    case (2, 0), (2, 2): return bytes + [UInt8(bits >> 4 & 255)]
    case (3, 0), (3, 1): return bytes + [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)]
    default: return nil
    }
  }
}
