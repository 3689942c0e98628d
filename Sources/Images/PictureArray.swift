// SPDX-License-Identifier: Apache-2.0
//
// Pictures as one block of bytes, the form in which most public data sets come: all of one size,
// grey or colour, channels last or first. They become the pixels of a data set, resized if another
// size is wanted.

import Tensors

/// Pictures of one size in one block of bytes.
public struct PictureArray: Sendable {
  /// How the bytes of one picture follow each other.
  public enum Layout: Sendable {
    /// Row by row, the channels of a pixel together.
    case interleaved
    /// Channel by channel, each row by row.
    case planar
    /// Column by column, the channels of a pixel together.
    case columns
  }

  /// The bytes; those before `start` are no pixels.
  let bytes: [UInt8]
  let start: Int
  /// Bytes from the beginning of a picture to that of the next.
  let stride: Int
  /// The number of pictures.
  public let count: Int
  /// Columns of a picture.
  public let width: Int
  /// Rows of a picture.
  public let height: Int
  /// 1, 3, or 4 with alpha.
  public let channels: Int
  let layout: Layout

  /// Describes pictures in `bytes` from `start` on; `gap` bytes lie between two.
  ///
  /// - Throws: `ImageError` that names `name` when the sizes are not those of pictures, or the
  ///   bytes not exactly as many.
  public init(
    _ bytes: [UInt8], from start: Int, gap: Int = 0, count: Int, height: Int, width: Int,
    channels: Int, layout: Layout, name: String
  ) throws {
    guard count > 0 else { throw ImageError.data("'\(name)' holds no pictures") }
    guard channels == 1 || channels == 3 || channels == 4 else {
      throw ImageError.data("'\(name)' holds pictures of \(channels) channels, not of 1, 3 or 4")
    }
    try PictureFile.checkSize(width: width, height: height, name: name)
    stride = width * height * channels + gap
    let (size, overflows) = stride.multipliedReportingOverflow(by: count)
    guard !overflows, size - gap == bytes.count - start else {
      throw ImageError.data(
        "'\(name)' says that it holds \(count) pictures of \(width) x \(height) x \(channels), "
          + "but has \(bytes.count - start) bytes of pixels", hint: "is the file whole?")
    }
    (self.bytes, self.start, self.count) = (bytes, start, count)
    (self.height, self.width, self.channels, self.layout) = (height, width, channels, layout)
  }

  /// The pixels of a data set: squares of `size`, or of the stored size when that is nil.
  ///
  /// - Throws: `ImageError` when no size is given for pictures that are no squares, or the result
  ///   would be too large, `TensorError` when they exceed the memory limit.
  public func store(size: Int?, fit: PictureFit, name: String) throws -> PictureStore {
    guard let side = size ?? (width == height ? width : nil) else {
      throw ImageError.shape(
        "'\(name)' holds pictures of \(width) x \(height) pixels, which are no squares",
        hint: "give a size, and a fit: size = \(min(width, height)), fit = \"pad\"")
    }
    try Picture.checkSize(width: side, height: side)
    let outChannels = channels == 1 ? 1 : 3
    let pictureSize = side * side * outChannels
    let (total, overflows) = pictureSize.multipliedReportingOverflow(by: count)
    guard !overflows, total <= min(1 << 31, MemoryBudget.limit) else {
      throw ImageError.limit(
        "\(count) pictures of \(side) x \(side) pixels are too many", hint: "choose a smaller size")
    }
    let charge = try MemoryCharge(bytes: total)
    let isDirect = side == width && side == height && channels != 4
    let pixels = try [UInt8](unsafeUninitializedCapacity: total) { out, filled in
      try ThreadPool.forEachBlock(trying: count, rowsPerBlock: 64) { block in
        for index in block where !Stop.isRequested {
          let slot = UnsafeMutableBufferPointer(
            rebasing: out[index * pictureSize..<(index + 1) * pictureSize])
          if isDirect {
            copy(index, channels: outChannels, into: slot)
          } else {
            try resize(index, side, fit, channels: outChannels, into: slot)
          }
        }
      }
      filled = total
    }
    try Stop.check()
    return try PictureStore(
      side: side, channels: outChannels, pixels: .array(pixels, charge))
  }

  /// Where the sample of a pixel lies.
  @inline(__always)
  private func place(_ base: Int, x: Int, y: Int, channel: Int) -> Int {
    switch layout {
    case .interleaved: base + (y * width + x) * channels + channel
    case .planar: base + (channel * height + y) * width + x
    case .columns: base + (x * height + y) * channels + channel
    }
  }

  /// Copies a picture as it is, interleaved; grey may be asked for as three channels.
  private func copy(
    _ index: Int, channels outChannels: Int, into pixels: UnsafeMutableBufferPointer<UInt8>
  ) {
    let base = start + index * stride
    bytes.withUnsafeBufferPointer { bytes in
      var position = 0
      for y in 0..<height {
        for x in 0..<width {
          for channel in 0..<outChannels {
            pixels[position] = bytes[place(base, x: x, y: y, channel: min(channel, channels - 1))]
            position += 1
          }
        }
      }
    }
  }

  /// Writes a picture as a square of another size.
  private func resize(
    _ index: Int, _ side: Int, _ fit: PictureFit, channels outChannels: Int,
    into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws {
    let pictureChannels = max(3, channels)
    let stored = [UInt8](unsafeUninitializedCapacity: width * height * pictureChannels) {
      buffer, filled in
      copy(index, channels: pictureChannels, into: buffer)
      filled = width * height * pictureChannels
    }
    let picture = Picture(
      trusted: stored, width: width, height: height, channels: pictureChannels)
    let square = try picture.fitted(to: side, fit)
    for position in pixels.indices {
      pixels[position] = square.pixels[outChannels == 1 ? position * 3 : position]
    }
  }
}
