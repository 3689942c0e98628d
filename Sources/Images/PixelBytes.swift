// SPDX-License-Identifier: Apache-2.0
//
// Where the bytes of a data set lie: in an array, or, when they are too many for that, in the file
// in which `PixelCache` keeps them. Then the pictures of a batch are read when they are needed,
// through the page cache of the system, so that a data set may be larger than memory and still be
// as fast as an array while it is not. An array counts against --max-memory as long as it lives.

import Files
import Tensors

/// The bytes of many pictures, one after the other.
enum PixelBytes: Sendable {
  /// In memory, with what counts it against the limit.
  case array([UInt8], MemoryCharge)
  /// The first `count` bytes of a file.
  case file(RandomAccessFile, count: Int)

  /// The most bytes of pixels that are kept in memory where there is a file for more: 256 MiB.
  static let usualHeapLimit = 1 << 28

  /// The number of bytes.
  var count: Int {
    switch self {
    case .array(let bytes, _): bytes.count
    case .file(_, let count): count
    }
  }

  /// Runs `body` with some of the bytes; the range must lie within them.
  ///
  /// - Throws: `FileError` when the file cannot be read or was changed, and what `body` throws.
  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    switch self {
    case .array(let bytes, _):
      return try bytes.withUnsafeBufferPointer {
        try body(UnsafeBufferPointer(rebasing: $0[range]))
      }
    case .file(let file, _):
      let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: range.count)
      defer { buffer.deallocate() }
      try file.read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
      return try body(UnsafeBufferPointer(buffer))
    }
  }

  /// Lets the system fetch bytes that will be read soon.
  func willRead(_ range: Range<Int>) {
    guard case .file(let file, _) = self else { return }
    file.willRead(at: range.lowerBound, count: range.count)
  }
}
