// SPDX-License-Identifier: Apache-2.0
//
// Two ways to condense bytes: a checksum tells whether a file was damaged, a fingerprint whether
// two descriptions are the same. Neither resists somebody who wants them to agree.

import CZlib

/// Check sums of content.
public enum Checksum {
  /// The CRC-32 of bytes, continued from the checksum of those before them.
  public static func crc32(_ bytes: UnsafeRawBufferPointer, after checksum: UInt32 = 0) -> UInt32 {
    smap_crc32(
      checksum, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt(bytes.count))
  }
}

/// A hash of 64 bits over everything added to it (FNV-1a).
public struct Fingerprint: Sendable, Equatable {
  /// The hash so far.
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The fingerprint of nothing.
  public init() {}

  /// Adds a number.
  public mutating func add(_ number: Int) {
    var rest = UInt64(bitPattern: Int64(number))
    for _ in 0..<8 {
      mix(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// Adds a text, after its length, so that no two lists of texts look the same.
  public mutating func add(_ text: String) {
    add(text.utf8.count)
    for byte in text.utf8 { mix(byte) }
  }

  private mutating func mix(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
  }
}
