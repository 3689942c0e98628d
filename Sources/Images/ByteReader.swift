// SPDX-License-Identifier: Apache-2.0
//
// Little-endian numbers in a file that may come from a stranger.

/// Reads little-endian numbers from bytes; nil beyond their end.
struct ByteReader {
  private let content: [UInt8]
  private var position: Int

  init(_ content: [UInt8], at position: Int) {
    self.content = content
    self.position = position
  }

  var isAtEnd: Bool { position >= content.count }

  /// The next `count` bytes.
  mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
    guard position >= 0, count >= 0, count <= content.count - position else { return nil }
    position += count
    return content[position - count..<position]
  }

  /// A whole number of so many bytes; eight of them may be negative.
  mutating func number(_ size: Int) -> Int? {
    bytes(size).map {
      Int(truncatingIfNeeded: $0.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
  }

  /// Whether the given bytes come next; they are taken then.
  mutating func take(_ expected: [UInt8]) -> Bool {
    bytes(expected.count)?.elementsEqual(expected) == true
  }

  /// The bytes of a whole number.
  static func bytes(of number: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}
