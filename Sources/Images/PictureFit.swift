// SPDX-License-Identifier: Apache-2.0
//
// Pictures of any size as squares of one size: what a data set holds.

/// How a picture becomes a square.
public enum PictureFit: String, Sendable, CaseIterable {
  /// The largest square in the middle; what lies outside is lost.
  case crop
  /// The whole picture, with white beside or above and below it.
  case pad
  /// The whole picture, with its proportions changed.
  case stretch
}

extension Picture {
  /// An opaque square of `size` x `size` pixels; transparent parts become white.
  ///
  /// - Throws: `ImageError` when the size is not positive or too large.
  public func fitted(to size: Int, _ fit: PictureFit) throws -> Picture {
    let opaque = flattened()
    switch fit {
    case .crop: return try opaque.centerSquare().sized(size, size)
    case .stretch: return try opaque.sized(size, size)
    case .pad:
      let longer = max(width, height)
      func scaled(_ side: Int) -> Int {
        max(1, Int((Double(side) * Double(size) / Double(longer)).rounded()))
      }
      let (newWidth, newHeight) = (scaled(width), scaled(height))
      let part = try opaque.sized(newWidth, newHeight)
      var sheet = try Picture(width: size, height: size, fill: .white)
      sheet.place(part, x: (size - newWidth) / 2, y: (size - newHeight) / 2)
      return sheet
    }
  }

  /// Shrinking takes the sharp filter; enlarging the one that adds no rings.
  private func sized(_ newWidth: Int, _ newHeight: Int) throws -> Picture {
    let filter: ResamplingFilter = width > newWidth || height > newHeight ? .lanczos : .bilinear
    return try resized(width: newWidth, height: newHeight, filter: filter)
  }

  /// Copies an opaque picture that lies within this one.
  private mutating func place(_ part: Picture, x: Int, y: Int) {
    for row in 0..<part.height {
      let start = ((y + row) * width + x) * 3
      let source = row * part.width * 3
      pixels.replaceSubrange(
        start..<start + part.width * 3, with: part.pixels[source..<source + part.width * 3])
    }
  }
}
