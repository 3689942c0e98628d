// SPDX-License-Identifier: Apache-2.0
//
// The pixels of a data set: bytes in one block, grey or colour, in memory or in a file. A data set,
// its splits and its subsets share one store, so selecting pictures copies no pixels.

import Tensors

/// Pictures of one square size as bytes, interleaved, one after the other.
public final class PictureStore: Sendable {
  /// The width and height of every picture in pixels.
  public let side: Int
  /// 1 for grey, 3 for colour.
  public let channels: Int
  /// The number of pictures.
  public let count: Int
  /// `count` x `side` x `side` x `channels` bytes.
  private let bytes: PixelBytes

  /// Stores pixels as they are.
  ///
  /// - Throws: `ImageError` when the number of bytes is not that of whole pictures, `TensorError`
  ///   when they exceed the memory limit.
  public convenience init(side: Int, channels: Int, bytes: [UInt8]) throws {
    try self.init(
      side: side, channels: channels, pixels: .array(bytes, try MemoryCharge(bytes: bytes.count)))
  }

  /// Stores pixels where they are.
  init(side: Int, channels: Int, pixels bytes: PixelBytes) throws {
    try Picture.checkSize(width: side, height: side)
    guard channels == 1 || channels == 3 else {
      throw ImageError.shape("a data set has 1 or 3 channels, not \(channels)")
    }
    let size = side * side * channels
    guard bytes.count % size == 0 else {
      throw ImageError.shape(
        "\(bytes.count) bytes are not whole pictures of \(side) x \(side) x \(channels)")
    }
    self.side = side
    self.channels = channels
    self.count = bytes.count / size
    self.bytes = bytes
  }

  /// Stores opaque pictures of one size; grey ones take one byte a pixel if all of them are grey.
  ///
  /// - Throws: `ImageError` when a picture is transparent or has another size, `TensorError` when
  ///   they exceed the memory limit.
  public convenience init(side: Int, pictures: [Picture]) throws {
    for picture in pictures
    where picture.width != side || picture.height != side || picture.hasAlpha {
      throw ImageError.data("a data set of size \(side) has a picture of \(picture.sizeText)")
    }
    let channels = !pictures.isEmpty && pictures.allSatisfy(\.isGrey) ? 1 : 3
    let size = side * side * channels
    let charge = try MemoryCharge(bytes: pictures.count * size)
    let bytes = [UInt8](unsafeUninitializedCapacity: pictures.count * size) { buffer, filled in
      for (index, picture) in pictures.enumerated() {
        for position in 0..<size {
          buffer[index * size + position] = picture.pixels[channels == 1 ? position * 3 : position]
        }
      }
      filled = pictures.count * size
    }
    try self.init(side: side, channels: channels, pixels: .array(bytes, charge))
  }

  /// The bytes that one picture takes.
  var pictureSize: Int { side * side * channels }

  /// Runs `body` with the bytes of one picture; `index` must be one of `0..<count`.
  ///
  /// - Throws: `FileError` when the file of the pixels cannot be read, and what `body` throws.
  func withBytes<Result>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    try bytes.withBytes(index * pictureSize..<(index + 1) * pictureSize, body)
  }

  /// Says that a picture will be read soon.
  func willRead(_ index: Int) {
    bytes.willRead(index * pictureSize..<(index + 1) * pictureSize)
  }

  /// One picture; `index` must be one of `0..<count`.
  func picture(_ index: Int) throws -> Picture {
    let pixels = try withBytes(of: index) { bytes in
      var pixels = [UInt8]()
      pixels.reserveCapacity(side * side * 3)
      if channels == 3 {
        pixels.append(contentsOf: bytes)
      } else {
        for byte in bytes {
          pixels.append(byte)
          pixels.append(byte)
          pixels.append(byte)
        }
      }
      return pixels
    }
    return Picture(trusted: pixels, width: side, height: side, channels: 3)
  }

  /// Writes one picture as three planes [3, side, side] of values from 0 to 1; grey is repeated.
  func writePlanes(_ index: Int, into values: UnsafeMutablePointer<Float>) throws {
    let plane = side * side
    try withBytes(of: index) { bytes in
      for channel in 0..<3 {
        var source = channels == 1 ? 0 : channel
        for pixel in channel * plane..<(channel + 1) * plane {
          values[pixel] = Float(bytes[source]) / 255
          source += channels
        }
      }
    }
  }

  /// Whether two pictures, of this store or another, have the same pixels.
  func hasSamePixels(_ index: Int, as other: PictureStore, _ otherIndex: Int) throws -> Bool {
    guard side == other.side else { return false }
    if channels == other.channels {
      return try withBytes(of: index) { own in
        try other.withBytes(of: otherIndex) { own.elementsEqual($0) }
      }
    }
    return try picture(index) == other.picture(otherIndex)
  }
}

extension Picture {
  /// Whether red, green and blue are equal everywhere.
  var isGrey: Bool {
    var start = 0
    while start < pixels.count {
      guard pixels[start] == pixels[start + 1], pixels[start] == pixels[start + 2] else {
        return false
      }
      start += channels
    }
    return true
  }
}
