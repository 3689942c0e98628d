// SPDX-License-Identifier: Apache-2.0
//
// SHA-256: what names content so that equal names mean equal content, also against somebody who
// wants two contents to agree. Pages allow their own scripts by it; caches find results by it.

import CFiles

/// A SHA-256 of everything added to it.
public struct ContentHash: Sendable {
  private var hash = smap_sha256()

  /// The hash of nothing.
  public init() { smap_sha256_begin(&hash) }

  /// Adds bytes.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    smap_sha256_add(&hash, bytes.baseAddress, bytes.count)
  }

  /// Adds the number of bytes, then the bytes, so that no two lists of texts look the same.
  public mutating func add(_ text: String) {
    var text = text
    text.withUTF8 {
      add($0.count)
      add(UnsafeRawBufferPointer($0))
    }
  }

  /// Adds a number.
  public mutating func add(_ number: Int) {
    withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { add($0) }
  }

  /// The 32 bytes of the hash.
  public var digest: [UInt8] {
    var (copy, bytes) = (hash, [UInt8](repeating: 0, count: 32))
    smap_sha256_end(&copy, &bytes)
    return bytes
  }

  /// The hash as 64 hexadecimal digits.
  public var hexadecimal: String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The hash of the UTF-8 bytes of a text.
  public static func digest(of text: String) -> [UInt8] {
    var (hash, text) = (ContentHash(), text)
    text.withUTF8 { hash.add(UnsafeRawBufferPointer($0)) }
    return hash.digest
  }
}
