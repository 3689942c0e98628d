// SPDX-License-Identifier: Apache-2.0
//
// How a camera was held. A photograph is stored as the sensor read it; a number in its Exif data
// says how it is turned or mirrored to be looked at. Exif is a small TIFF file inside the picture:
// in a segment of JPEG, a chunk of WebP or PNG. Whatever is malformed there means "as stored", as
// in other readers. Public description: CIPA DC-008, tag 274.

/// One of the eight ways to turn and mirror a picture.
enum Orientation: Int {
  case asStored = 1
  case mirrored, halfTurn, mirroredHalfTurn, transposed, quarterTurn, transversed, threeQuarterTurn

  /// Whether width and height change places.
  var swapsSides: Bool { rawValue >= 5 }

  /// Where the pixel at (x, y) of the turned picture lies in the stored one of the given size.
  @inline(__always)
  func source(_ x: Int, _ y: Int, width: Int, height: Int) -> (x: Int, y: Int) {
    switch self {
    case .asStored: (x, y)
    case .mirrored: (width - 1 - x, y)
    case .halfTurn: (width - 1 - x, height - 1 - y)
    case .mirroredHalfTurn: (x, height - 1 - y)
    case .transposed: (y, x)
    case .quarterTurn: (y, height - 1 - x)
    case .transversed: (width - 1 - y, height - 1 - x)
    case .threeQuarterTurn: (width - 1 - y, x)
    }
  }

  /// The orientation that the Exif data of a file state.
  init(of format: PictureFormat, _ bytes: [UInt8]) {
    let exif: ArraySlice<UInt8>? =
      switch format {
      case .png: Orientation.pngExif(bytes)
      case .jpeg: Orientation.jpegExif(bytes)
      case .webp: Orientation.webpExif(bytes)
      }
    self = exif.flatMap { Orientation(exif: $0) } ?? .asStored
  }

  /// Reads tag 274 of the first directory of a TIFF file.
  init?(exif: ArraySlice<UInt8>) {
    let marker = Array("Exif\0\0".utf8)
    let tiff = Array(exif.starts(with: marker) ? exif.dropFirst(marker.count) : exif)
    guard tiff.count >= 8 else { return nil }
    let isLittle = tiff[0] == UInt8(ascii: "I")
    guard isLittle || tiff[0] == UInt8(ascii: "M"), tiff[1] == tiff[0] else { return nil }
    func number(_ position: Int, _ size: Int) -> Int? {
      guard position >= 0, position + size <= tiff.count else { return nil }
      let bytes = tiff[position..<position + size]
      return (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(2, 2) == 42, let start = number(4, 4), let count = number(start, 2) else {
      return nil
    }
    for entry in 0..<count {
      let position = start + 2 + 12 * entry
      guard let tag = number(position, 2) else { return nil }
      guard tag == 274 else { continue }
      guard number(position + 2, 2) == 3, let value = number(position + 8, 2) else { return nil }
      self.init(rawValue: value)
      return
    }
    return nil
  }

  /// Segments: FF, kind, length with its own two bytes, content, up to the first scan.
  private static func jpegExif(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xFF, bytes[position + 1] != 0xDA {
      if bytes[position + 1] == 0xFF {
        position += 1
        continue
      }
      let end = position + 2 + Int(bytes[position + 2]) << 8 + Int(bytes[position + 3])
      guard end <= bytes.count, end >= position + 4 else { return nil }
      let content = bytes[position + 4..<end]
      if bytes[position + 1] == 0xE1, content.starts(with: Array("Exif\0\0".utf8)) {
        return content
      }
      position = end
    }
    return nil
  }

  /// Chunks: kind, length, content, padded to even.
  private static func webpExif(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var position = 12
    while position + 8 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 | Int(bytes[position + 4 + $1]) << (8 * $1) }
      let end = position + 8 + length
      guard end <= bytes.count else { return nil }
      if bytes[position..<position + 4].elementsEqual("EXIF".utf8) {
        return bytes[position + 8..<end]
      }
      position = end + length % 2
    }
    return nil
  }

  /// Chunks: length, kind, content, checksum.
  private static func pngExif(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard position + 12 + length <= bytes.count else { return nil }
      if bytes[position + 4..<position + 8].elementsEqual("eXIf".utf8) {
        return bytes[position + 8..<position + 8 + length]
      }
      position += 12 + length
    }
    return nil
  }
}

extension Picture {
  /// The picture as it is to be looked at.
  func turned(_ orientation: Orientation) -> Picture {
    guard orientation != .asStored else { return self }
    let (newWidth, newHeight) = orientation.swapsSides ? (height, width) : (width, height)
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { buffer, count in
      pixels.withUnsafeBufferPointer { old in
        var position = 0
        for y in 0..<newHeight {
          for x in 0..<newWidth {
            let source = orientation.source(x, y, width: width, height: height)
            let start = (source.y * width + source.x) * channels
            for channel in 0..<channels { buffer[position + channel] = old[start + channel] }
            position += channels
          }
        }
      }
      count = pixels.count
    }
    return Picture(trusted: turned, width: newWidth, height: newHeight, channels: channels)
  }
}
