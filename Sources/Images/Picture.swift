// SPDX-License-Identifier: Apache-2.0
//
// A picture is a value: rows of 8-bit pixels, red, green, blue and, where the picture is not
// opaque, alpha. Sizes are checked once, when a picture is created, so that everything which draws,
// resizes or encodes one can rely on them.

import Tensors

/// A colour of 8 bits per channel.
public struct Color: Sendable, Hashable {
  /// Red, green, blue and opacity, 0 to 255.
  public var red, green, blue, alpha: UInt8

  /// Makes a colour; it is opaque unless `alpha` says otherwise.
  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, alpha: UInt8 = 255) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }

  /// Opaque white.
  public static let white = Color(255, 255, 255)
  /// Opaque black.
  public static let black = Color(0, 0, 0)
}

/// A rectangle of 8-bit pixels in sRGB.
public struct Picture: Sendable, Hashable {
  /// Columns, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int
  /// 3 for opaque pictures, 4 with alpha (not premultiplied).
  public let channels: Int
  /// The pixels row by row from the top, `channels` bytes each.
  public internal(set) var pixels: [UInt8]

  /// The most pixels that a picture may have: 64 Mi, as 8,192 x 8,192.
  public static let pixelLimit = 1 << 26

  /// Makes a picture of given pixels.
  ///
  /// - Throws: `ImageError` when the size is not positive, too large, or not that of `pixels`.
  public init(width: Int, height: Int, channels: Int = 3, pixels: [UInt8]) throws {
    try Picture.checkSize(width: width, height: height)
    guard channels == 3 || channels == 4 else {
      throw ImageError.shape("a picture has 3 or 4 channels, not \(channels)")
    }
    guard pixels.count == width * height * channels else {
      throw ImageError.shape(
        "\(width) x \(height) pixels of \(channels) bytes are \(width * height * channels) bytes, "
          + "not \(pixels.count)")
    }
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Makes a picture of one colour; it has alpha if the colour is not opaque.
  ///
  /// - Throws: `ImageError` when the size is not positive or too large.
  public init(width: Int, height: Int, fill: Color) throws {
    try Picture.checkSize(width: width, height: height)
    var pixel = [fill.red, fill.green, fill.blue]
    if fill.alpha < 255 { pixel.append(fill.alpha) }
    let count = pixel.count
    self.width = width
    self.height = height
    self.channels = count
    self.pixels = [UInt8](unsafeUninitializedCapacity: width * height * count) { buffer, filled in
      for start in stride(from: 0, to: width * height * count, by: count) {
        for channel in 0..<count { buffer[start + channel] = pixel[channel] }
      }
      filled = width * height * count
    }
  }

  /// Rejects sizes that are not positive or exceed `pixelLimit` or the memory limit, without
  /// overflowing; polls `Stop` as well, since creating a picture takes a while.
  package static func checkSize(width: Int, height: Int) throws {
    guard width > 0, height > 0 else {
      throw ImageError.shape("a picture needs at least one pixel, not \(width) x \(height)")
    }
    let (area, overflows) = width.multipliedReportingOverflow(by: height)
    guard !overflows, area <= pixelLimit else {
      throw ImageError.limit(
        "a picture of \(width) x \(height) pixels is beyond the limit of \(pixelLimit) pixels")
    }
    try checkMemory(bytes: area * 4)
    try Stop.check()
  }

  /// Rejects pictures that alone would exceed the memory limit.
  package static func checkMemory(bytes: Int) throws {
    guard bytes <= MemoryBudget.limit else {
      throw ImageError.limit(
        "this session may hold \(describeBytes(MemoryBudget.limit)) of memory; "
          + "pictures of \(describeBytes(bytes)) were asked for")
    }
  }

  /// Whether pixels carry alpha.
  public var hasAlpha: Bool { channels == 4 }

  /// Reads or writes one pixel; outside the picture, reading gives transparent black and writing
  /// does nothing.
  ///
  /// Writing to an opaque picture ignores the alpha of the colour.
  public subscript(x: Int, y: Int) -> Color {
    get {
      guard contains(x, y) else { return Color(0, 0, 0, alpha: 0) }
      let start = (y * width + x) * channels
      return Color(
        pixels[start], pixels[start + 1], pixels[start + 2],
        alpha: hasAlpha ? pixels[start + 3] : 255)
    }
    set {
      guard contains(x, y) else { return }
      let start = (y * width + x) * channels
      pixels[start] = newValue.red
      pixels[start + 1] = newValue.green
      pixels[start + 2] = newValue.blue
      if hasAlpha { pixels[start + 3] = newValue.alpha }
    }
  }

  /// Whether a position lies inside.
  public func contains(_ x: Int, _ y: Int) -> Bool {
    x >= 0 && y >= 0 && x < width && y < height
  }
}
