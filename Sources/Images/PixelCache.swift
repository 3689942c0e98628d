// SPDX-License-Identifier: Apache-2.0
//
// The finished pixels of a folder, in a hidden file within it. The pixels come first; then the
// files that could not be decoded; then a footer of fixed size. The file is used only if its
// fingerprint is that of the folder as it is now and its checksum is right; whatever else it may
// be, it is written anew. Like any file it may come from a stranger, so every number in it is
// compared with its length first.
//
// A data set that is too large for memory is decoded straight into this file and stays there.

import Files
import Tensors

/// The file of finished pixels in a folder.
struct PixelCache {
  private let path: String
  private let fingerprint: UInt64
  private let itemCount: Int
  private let side: Int
  /// The most bytes of pixels that are read into memory; more stay in the file.
  private let heapLimit: Int

  private static let magic = Array("SMAPPIX1".utf8)
  /// Magic number; fingerprint; bytes of pixels and of faults; channels; checksums of both.
  private static let footerSize = 8 + 8 + 8 + 8 + 4 + 4 + 4
  /// Bytes that are read or written at a time: whole pixels of three channels.
  private static let block = 3 << 18

  init(folder: String, _ plan: FolderPlan, _ options: FolderOptions) {
    path = "\(folder)/.smap-\(options.size)-\(options.fit.rawValue).cache"
    fingerprint = plan.fingerprint(options)
    itemCount = plan.items.count
    side = options.size
    heapLimit = min(options.heapLimit, max(0, MemoryBudget.limit - MemoryBudget.held) / 4)
  }

  /// Whether the pixels of all pictures are too many for memory.
  var isLarge: Bool { itemCount > heapLimit / (3 * side * side) }

  // MARK: - Reading

  /// The pixels, or nil where there is no file that fits the folder.
  ///
  /// - Throws: what a stop throws.
  func read() throws -> DecodedPixels? {
    do {
      return try read(RandomAccessFile(path: path))
    } catch is FileError {
      return nil
    }
  }

  private func read(_ file: RandomAccessFile) throws -> DecodedPixels? {
    let bodySize = file.size - PixelCache.footerSize
    guard bodySize >= 0 else { return nil }
    var footer = ByteReader(try PixelCache.bytes(of: file, bodySize..<file.size), at: 0)
    guard footer.take(PixelCache.magic), footer.number(8) == Int(truncatingIfNeeded: fingerprint),
      let pixelCount = footer.number(8), let faultSize = footer.number(8),
      let channels = footer.number(4), channels == 1 || channels == 3,
      let pixelSum = footer.number(4), let faultSum = footer.number(4),
      pixelCount >= 0, faultSize >= 0, pixelCount <= bodySize, faultSize == bodySize - pixelCount,
      faultSize <= PixelBytes.usualHeapLimit,
      pixelCount <= itemCount &* (side * side * channels)
    else { return nil }
    let faultBytes = try PixelCache.bytes(of: file, pixelCount..<bodySize)
    guard faultBytes.withUnsafeBytes({ Checksum.crc32($0) }) == UInt32(faultSum),
      let faults = PixelCache.faults(faultBytes, itemCount),
      pixelCount == (itemCount - faults.count) * side * side * channels
    else { return nil }
    let isInMemory = pixelCount <= heapLimit
    let charge = isInMemory ? try MemoryCharge(bytes: pixelCount) : nil
    var bytes: [UInt8] = []
    var sum: UInt32 = 0
    if isInMemory { bytes.reserveCapacity(pixelCount) }
    try PixelCache.forEachBlock(of: file, 0..<pixelCount) { block in
      sum = Checksum.crc32(UnsafeRawBufferPointer(block), after: sum)
      if isInMemory { bytes += block }
    }
    guard sum == UInt32(pixelSum) else { return nil }
    return DecodedPixels(
      channels: channels,
      pixels: charge.map { .array(bytes, $0) } ?? .file(file, count: pixelCount),
      faults: faults, isRepeatable: true)
  }

  /// Part of a file in memory.
  private static func bytes(of file: RandomAccessFile, _ range: Range<Int>) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      try file.read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
      count = range.count
    }
  }

  /// Reads part of a file, some bytes at a time.
  private static func forEachBlock(
    of file: RandomAccessFile, _ range: Range<Int>,
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
      try Stop.check()
      let pixels = PixelBytes.file(file, count: range.upperBound)
      try pixels.withBytes(start..<min(start + block, range.upperBound), body)
    }
  }

  /// Faults in the order of their pictures, each at most once; nil for anything else.
  private static func faults(_ bytes: [UInt8], _ itemCount: Int) -> [DecodedPixels.Fault]? {
    var reader = ByteReader(bytes, at: 0)
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

  // MARK: - Writing

  /// Writes pixels that are in memory for the next time; a folder that cannot be written to is no
  /// error.
  ///
  /// - Throws: what a stop throws.
  func write(_ decoded: DecodedPixels) throws {
    // A link would have the pixels written over what it leads to.
    guard decoded.isRepeatable, !FileReader.isLink(path), case .array(let bytes, _) = decoded.pixels
    else { return }
    let sum = bytes.withUnsafeBytes { Checksum.crc32($0) }
    do {
      try SharedWriting.apart {
        try AtomicFile.write(path: path) { writer in
          try writer.append(bytes)
          try writer.append(
            end(decoded.faults, pixelCount: bytes.count, channels: decoded.channels, sum))
        }
      }
    } catch is FileError {}
  }

  /// Decodes pictures into the file, where they stay; without pixels if this folder cannot keep
  /// them, and then with the reason.
  ///
  /// - Throws: what `decoding` throws.
  func filled(by decoding: PictureDecoding) throws -> (pixels: DecodedPixels?, reason: String?) {
    guard !FileReader.isLink(path) else {
      return (nil, "'\(PathText.printable(path))' is a link, which is not written over")
    }
    do {
      return try SharedWriting.apart { try decoded(by: decoding) }
    } catch let error as FileError {
      return (nil, error.description)
    }
  }

  private func decoded(
    by decoding: PictureDecoding
  ) throws -> (pixels: DecodedPixels?, reason: String?) {
    // A folder that cannot be written to is noticed before hours of decoding.
    try AtomicFile.check(path: path)
    var outcome = PictureDecoding.Outcome()
    try AtomicFile.write(path: path) { writer in
      var (sum, count) = (UInt32(0), 0)
      outcome = try decoding.run { square in
        sum = Checksum.crc32(UnsafeRawBufferPointer(square), after: sum)
        count += square.count
        try writer.append(UnsafeRawBufferPointer(square))
      }
      // A grey set is written once more; until then the file is not valid.
      guard !outcome.isGrey else { return }
      try writer.append(end(outcome.faults, pixelCount: count, channels: 3, sum))
    }
    if outcome.isGrey { try reduceToGrey(outcome.faults) }
    let result = try read(RandomAccessFile(path: path))
    if !outcome.isRepeatable { AtomicFile.remove(path: path) }
    let pixels = result.map {
      DecodedPixels(
        channels: $0.channels, pixels: $0.pixels, faults: $0.faults,
        isRepeatable: outcome.isRepeatable)
    }
    return (pixels, pixels == nil ? "the file was changed while it was written" : nil)
  }

  /// Replaces a file of grey pictures in three channels by one of one channel.
  private func reduceToGrey(_ faults: [DecodedPixels.Fault]) throws {
    let file = try RandomAccessFile(path: path)
    try AtomicFile.write(path: path) { writer in
      var sum: UInt32 = 0
      try PixelCache.forEachBlock(of: file, 0..<file.size) { block in
        var grey = Array(block)
        DecodedPixels.reduceToGrey(&grey)
        sum = grey.withUnsafeBytes { Checksum.crc32($0, after: sum) }
        try writer.append(grey)
      }
      try writer.append(end(faults, pixelCount: file.size / 3, channels: 1, sum))
    }
  }

  /// What follows the pixels.
  private func end(
    _ faults: [DecodedPixels.Fault], pixelCount: Int, channels: Int, _ pixelSum: UInt32
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    for fault in faults {
      let message = Array(fault.message.utf8)
      bytes += ByteReader.bytes(of: fault.item, 8) + ByteReader.bytes(of: message.count, 4)
      bytes += message
    }
    let faultSum = bytes.withUnsafeBytes { Checksum.crc32($0) }
    return bytes + PixelCache.magic + ByteReader.bytes(of: Int(truncatingIfNeeded: fingerprint), 8)
      + ByteReader.bytes(of: pixelCount, 8) + ByteReader.bytes(of: bytes.count, 8)
      + ByteReader.bytes(of: channels, 4)
      + [pixelSum, faultSum].flatMap { ByteReader.bytes(of: Int($0), 4) }
  }
}
