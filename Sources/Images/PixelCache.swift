// SPDX-License-Identifier: Apache-2.0
//
// The finished pixels of a folder, in a hidden file within it. The pixels come first, so that the
// array that was read becomes the array of the data set; then the files that could not be decoded;
// then a footer of fixed size. The file is used only if its fingerprint is that of the folder as it
// is now and its check sum is right; whatever else it may be, it is written anew. Like any file it
// may come from a stranger, so every number in it is compared with its length first.

import Files
import Tensors

/// The file of finished pixels in a folder.
struct PixelCache {
  private let path: String
  private let fingerprint: UInt64
  private let itemCount: Int
  private let side: Int

  private static let magic = Array("SMAPPIX1".utf8)
  /// Magic number; fingerprint; bytes of pixels and of faults; channels; check sums of both.
  private static let footerSize = 8 + 8 + 8 + 8 + 4 + 4 + 4

  init(folder: String, _ plan: FolderPlan, _ options: FolderOptions) {
    path = "\(folder)/.smap-\(options.size)-\(options.fit.rawValue).cache"
    fingerprint = plan.fingerprint(options)
    itemCount = plan.items.count
    side = options.size
  }

  /// The pixels, or nil where there is no file that fits the folder.
  ///
  /// - Throws: what a stop throws.
  func read() throws -> DecodedPixels? {
    guard FileReader.exists(path), !FileReader.isLink(path) else { return nil }
    var bytes: [UInt8]
    do {
      bytes = try FileReader.read(path: path)
    } catch is FileError {
      return nil
    }
    var reader = ByteReader(bytes, at: bytes.count - PixelCache.footerSize)
    guard reader.take(PixelCache.magic), reader.number(8) == Int(truncatingIfNeeded: fingerprint),
      let pixelCount = reader.number(8), let faultSize = reader.number(8),
      let channels = reader.number(4), channels == 1 || channels == 3,
      let pixelSum = reader.number(4), let faultSum = reader.number(4),
      pixelCount >= 0, faultSize >= 0, pixelCount <= bytes.count, faultSize <= bytes.count,
      pixelCount + faultSize + PixelCache.footerSize == bytes.count
    else { return nil }
    try Stop.check()
    let sums = bytes.withUnsafeBytes { raw in
      (
        Checksum.crc32(.init(rebasing: raw[..<pixelCount])),
        Checksum.crc32(.init(rebasing: raw[pixelCount..<pixelCount + faultSize]))
      )
    }
    guard sums == (UInt32(pixelSum), UInt32(faultSum)),
      let faults = PixelCache.faults(bytes[pixelCount..<pixelCount + faultSize], itemCount),
      pixelCount == (itemCount - faults.count) * side * side * channels
    else { return nil }
    bytes.removeLast(bytes.count - pixelCount)
    return DecodedPixels(
      channels: channels, bytes: bytes, faults: faults, isRepeatable: true)
  }

  /// Faults in the order of their pictures, each at most once; nil for anything else.
  private static func faults(
    _ bytes: ArraySlice<UInt8>, _ itemCount: Int
  ) -> [DecodedPixels.Fault]? {
    var reader = ByteReader(Array(bytes), at: 0)
    var faults: [DecodedPixels.Fault] = []
    while !reader.isAtEnd {
      guard let item = reader.number(8), item > (faults.last?.item ?? -1), item < itemCount,
        let length = reader.number(4), let text = reader.bytes(length),
        let message = String(validating: text, as: UTF8.self)
      else { return nil }
      faults.append(DecodedPixels.Fault(item: item, message: message))
    }
    return faults
  }

  /// Writes the pixels for the next time; a folder that cannot be written to is no error.
  ///
  /// - Throws: what a stop throws.
  func write(_ pixels: DecodedPixels) throws {
    // A link would have the pixels written over what it leads to.
    guard pixels.isRepeatable, !FileReader.isLink(path) else { return }
    var faults: [UInt8] = []
    for fault in pixels.faults {
      let message = Array(fault.message.utf8)
      faults += ByteReader.bytes(of: fault.item, 8) + ByteReader.bytes(of: message.count, 4)
      faults += message
    }
    let sums = [
      pixels.bytes.withUnsafeBytes { Checksum.crc32($0) },
      faults.withUnsafeBytes { Checksum.crc32($0) },
    ]
    let footer =
      PixelCache.magic + ByteReader.bytes(of: Int(truncatingIfNeeded: fingerprint), 8)
      + ByteReader.bytes(of: pixels.bytes.count, 8) + ByteReader.bytes(of: faults.count, 8)
      + ByteReader.bytes(of: pixels.channels, 4) + sums.flatMap { ByteReader.bytes(of: Int($0), 4) }
    do {
      try AtomicFile.write(path: path) { writer in
        try writer.append(pixels.bytes)
        try writer.append(faults + footer)
      }
    } catch is FileError {}
  }
}

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
