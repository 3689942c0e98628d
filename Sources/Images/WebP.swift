// SPDX-License-Identifier: Apache-2.0
//
// WebP input through libwebp: lossy and lossless, with and without transparency. Animations are
// refused, since they are not one picture.

import CWebP
import Tensors

/// Reads WebP files.
public enum WebP {
  /// The version of libwebp in use.
  public static var libraryVersion: String {
    let version = smap_webp_version()
    return "\(version >> 16).\(version >> 8 & 255).\(version & 255)"
  }

  /// Pixels that libwebp takes a tenth of a second for.
  private static let longWork = 1 << 21

  /// Makes a picture of the bytes of a WebP file; errors mention `name`.
  ///
  /// - Throws: `ImageError` for anything but a complete and correct WebP of acceptable size.
  public static func decode(_ bytes: [UInt8], name: String = "WebP data") throws -> Picture {
    var header = smap_webp_header()
    guard smap_webp_header(bytes, bytes.count, &header) != 0 else {
      throw ImageError.damaged(name, "its header is invalid")
    }
    let (width, height) = (Int(header.width), Int(header.height))
    try PictureFile.checkSize(width: width, height: height, name: name)
    guard header.is_animation == 0 else {
      throw ImageError.data(
        "'\(name)' is an animation, not one picture", hint: "save one of its frames as PNG")
    }
    guard width * height > longWork, !ThreadPool.isInsideChunk else {
      return try decode(bytes, header, name)
    }
    return try LongCall.run { try decode(bytes, header, name) }
  }

  private static func decode(
    _ bytes: [UInt8], _ header: smap_webp_header, _ name: String
  ) throws -> Picture {
    let (width, height) = (Int(header.width), Int(header.height))
    let channels = Int(header.channels)
    let size = width * height * channels
    try MemoryBudget.requireRoom(forArrays: size * 2)
    let pixels = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      var header = header
      if let words = smap_webp_read(bytes, bytes.count, &header, buffer.baseAddress) {
        throw ImageError.damaged(name, String(cString: words))
      }
      count = size
    }
    return Picture(trusted: pixels, width: width, height: height, channels: channels)
  }
}
