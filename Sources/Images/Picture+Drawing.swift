// SPDX-License-Identifier: Apache-2.0
//
// Painting colours, rectangles and other pictures onto a picture. Everything is clipped at the
// edges, so callers may draw partly or wholly outside.

extension Picture {
  /// Blends a colour into one pixel; `coverage` from 0 to 1 scales its alpha.
  public mutating func blend(_ color: Color, x: Int, y: Int, coverage: Float = 1) {
    guard contains(x, y) else { return }
    let source = Float(color.alpha) / 255 * min(max(coverage, 0), 1)
    guard source > 0 else { return }
    let under = self[x, y]
    let rest = Float(under.alpha) / 255 * (1 - source)
    let total = source + rest
    func mix(_ above: UInt8, _ below: UInt8) -> UInt8 {
      UInt8(((Float(above) * source + Float(below) * rest) / total).rounded())
    }
    self[x, y] = Color(
      mix(color.red, under.red), mix(color.green, under.green), mix(color.blue, under.blue),
      alpha: UInt8((min(total, 1) * 255).rounded()))
  }

  /// Fills a rectangle, given by its left upper pixel and its size.
  public mutating func fill(_ color: Color, x: Int, y: Int, width: Int, height: Int) {
    for row in Picture.overlap(y, height, limit: self.height) {
      for column in Picture.overlap(x, width, limit: self.width) {
        blend(color, x: column, y: row)
      }
    }
  }

  /// Draws another picture with its left upper corner at (`x`, `y`), blended by its alpha.
  public mutating func draw(_ other: Picture, x: Int, y: Int) {
    for row in Picture.overlap(y, other.height, limit: height) {
      for column in Picture.overlap(x, other.width, limit: width) {
        let color = other[column - x, row - y]
        if color.alpha == 255 { self[column, row] = color } else { blend(color, x: column, y: row) }
      }
    }
  }

  /// The same picture without alpha, on a background.
  public func flattened(on background: Color = .white) -> Picture {
    guard hasAlpha else { return self }
    var opaque: [UInt8] = []
    opaque.reserveCapacity(width * height * 3)
    let below = [background.red, background.green, background.blue]
    for start in stride(from: 0, to: pixels.count, by: 4) {
      let alpha = Int(pixels[start + 3])
      for channel in 0..<3 {
        let mixed = Int(pixels[start + channel]) * alpha + Int(below[channel]) * (255 - alpha)
        opaque.append(UInt8((mixed + 127) / 255))
      }
    }
    return Picture(trusted: opaque, width: width, height: height, channels: 3)
  }

  /// A part of the picture, clipped to it.
  ///
  /// - Throws: `ImageError` when the part lies outside.
  public func cropped(x: Int, y: Int, width: Int, height: Int) throws -> Picture {
    let columns = Picture.overlap(x, width, limit: self.width)
    let rows = Picture.overlap(y, height, limit: self.height)
    guard !columns.isEmpty, !rows.isEmpty else {
      throw ImageError.value(
        "the part at (\(x), \(y)) of \(width) x \(height) pixels lies outside the picture "
          + "of \(self.width) x \(self.height)")
    }
    var part: [UInt8] = []
    part.reserveCapacity(columns.count * rows.count * channels)
    for row in rows {
      let start = (row * self.width + columns.lowerBound) * channels
      part += pixels[start..<start + columns.count * channels]
    }
    return Picture(trusted: part, width: columns.count, height: rows.count, channels: channels)
  }

  /// A picture whose size the caller has checked.
  init(trusted pixels: [UInt8], width: Int, height: Int, channels: Int) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// The part of `start..<start + length` that lies in `0..<limit`.
  static func overlap(_ start: Int, _ length: Int, limit: Int) -> Range<Int> {
    let (end, overflows) = start.addingReportingOverflow(length)
    let first = max(0, start)
    let last = overflows ? (start > 0 ? limit : 0) : min(limit, end)
    return first < last ? first..<last : 0..<0
  }
}
