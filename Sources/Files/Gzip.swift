// SPDX-License-Identifier: Apache-2.0
//
// Gzip files, as data sets come. The size at the end of the file says how much memory is needed; it
// is believed only up to what deflate can do, and the inflated bytes must be exactly as many.
// Public description: RFC 1952.

import CZlib
import Glibc

/// Reads gzip files.
public enum Gzip {
  /// Deflate cannot shrink a run of equal bytes by more than this.
  private static let largestRatio = 1032

  /// Whether bytes begin as a gzip file does.
  public static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B, 8]) }

  /// The content of a gzip file of one member.
  ///
  /// - Throws: `ArchiveError` if it is damaged, `FileError` if it holds more than `limit` bytes.
  public static func content(_ bytes: [UInt8], path: String, limit: Int) throws -> [UInt8] {
    guard isGzip(bytes), bytes.count >= 18, bytes.count <= Int(UInt32.max) else {
      throw ArchiveError(path: path, message: "it is no gzip file, or it ends too early")
    }
    let size = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard size <= bytes.count * largestRatio else {
      throw ArchiveError(path: path, message: "it claims more bytes than it can hold")
    }
    guard size <= min(limit, FileReader.largestFile) else {
      throw FileError(
        path: path, operation: "read", code: EFBIG,
        reason: "it holds \(FileReader.size(size)), more than there is room for")
    }
    var isSound = false
    let content = bytes.withUnsafeBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: size) { output, count in
        isSound =
          smap_gunzip(
            input.baseAddress, UInt32(input.count), output.baseAddress, UInt32(size)) == 1
        count = isSound ? size : 0
      }
    }
    guard isSound else {
      throw ArchiveError(path: path, message: "its content does not inflate to its size")
    }
    return content
  }
}
