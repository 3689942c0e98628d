// SPDX-License-Identifier: Apache-2.0
//
// Pictures as tensors and back. A tensor holds planes (B, C, H, W) of values from 0 to 1; a
// picture holds interleaved bytes. Byte b is the value b / 255, and a value v becomes the byte
// nearest to 255 v, so that bytes survive the round trip unchanged.

import Tensors

extension Picture {
  /// The picture as a tensor of shape [1, C, H, W], C being 3, or 4 with alpha.
  ///
  /// - Throws: `TensorError` when the tensor does not fit the memory budget.
  public func tensor() throws -> Tensor {
    try Picture.tensor(of: [self])
  }

  /// Pictures of equal size as one tensor of shape [B, C, H, W].
  ///
  /// - Throws: `ImageError` when there are none or their sizes differ.
  public static func tensor(of pictures: [Picture]) throws -> Tensor {
    guard let first = pictures.first else {
      throw ImageError.value("no pictures to make a tensor of")
    }
    for picture in pictures
    where picture.width != first.width || picture.height != first.height
      || picture.channels != first.channels
    {
      throw ImageError.shape(
        "pictures of \(first.sizeText) and \(picture.sizeText) do not stack",
        hint: "bring them to one size with image.resize")
    }
    let shape = [pictures.count, first.channels, first.height, first.width]
    let result = try Tensor(uninitialized: shape)
    let plane = first.width * first.height
    for (index, picture) in pictures.enumerated() {
      let base = index * first.channels * plane
      picture.writePlanes(into: result.pointer + base)
    }
    return result
  }

  /// Makes the picture at `index` of a tensor [B, C, H, W], or of [C, H, W] or [H, W].
  ///
  /// One channel is grey, three are colour, four have alpha. Values are clamped to 0...1; a value
  /// that is not a number becomes 0.
  ///
  /// - Throws: `ImageError` for other shapes, or an index outside the batch.
  public init(_ tensor: Tensor, at index: Int = 0) throws {
    let layout = try TensorLayout(tensor.shape)
    guard index >= 0, index < layout.batch else {
      throw ImageError(
        kind: "IndexError", message: "picture \(index) of a batch of \(layout.batch)")
    }
    try Picture.checkSize(width: layout.width, height: layout.height)
    let pixels = tensor.withValues { layout.pixels(of: $0, at: index) }
    self.init(
      trusted: pixels, width: layout.width, height: layout.height,
      channels: max(3, layout.channels))
  }

  /// All pictures of a tensor [B, C, H, W], [C, H, W] or [H, W].
  ///
  /// - Throws: `ImageError` for other shapes.
  public static func pictures(of tensor: Tensor) throws -> [Picture] {
    let layout = try TensorLayout(tensor.shape)
    return try (0..<layout.batch).map { try Picture(tensor, at: $0) }
  }

  /// The size in words, such as "32 x 32 x 3".
  var sizeText: String { "\(width) x \(height) x \(channels)" }

  /// Writes the channels as planes (C, H, W) of values from 0 to 1.
  private func writePlanes(into values: UnsafeMutablePointer<Float>) {
    let plane = width * height
    for channel in 0..<channels {
      for pixel in 0..<plane {
        values[channel * plane + pixel] = Float(pixels[pixel * channels + channel]) / 255
      }
    }
  }

  /// The byte nearest to 255 times a value, clamped; 0 for what is not a number.
  package static func byte(_ value: Float) -> UInt8 {
    // The comparison is false for NaN.
    guard value > 0 else { return 0 }
    return UInt8(min(value, 1) * 255 + 0.5)
  }
}

/// How the axes of a tensor are read as pictures.
struct TensorLayout {
  let batch, channels, height, width: Int

  /// Accepts [B, C, H, W], [C, H, W] and [H, W] with 1, 3 or 4 channels.
  init(_ shape: [Int]) throws {
    guard (2...4).contains(shape.count) else {
      throw ImageError.shape(
        "a picture has the shape [B, C, H, W], [C, H, W] or [H, W], not \(shape)")
    }
    let full = [Int](repeating: 1, count: 4 - shape.count) + shape
    guard [1, 3, 4].contains(full[1]) else {
      throw ImageError.shape(
        "a picture has 1, 3 or 4 channels; \(shape) has \(full[1])",
        hint: "the channels come before height and width: [B, C, H, W]")
    }
    (batch, channels, height, width) = (full[0], full[1], full[2], full[3])
  }

  /// The bytes of one picture, interleaved; grey is repeated for red, green and blue.
  func pixels(of values: UnsafeBufferPointer<Float>, at index: Int) -> [UInt8] {
    let plane = height * width
    let base = index * channels * plane
    let out = max(3, channels)
    return [UInt8](unsafeUninitializedCapacity: plane * out) { buffer, count in
      for channel in 0..<out {
        let start = base + (channels == 1 ? 0 : channel) * plane
        for pixel in 0..<plane {
          buffer[pixel * out + channel] = Picture.byte(values[start + pixel])
        }
      }
      count = plane * out
    }
  }
}
