// SPDX-License-Identifier: Apache-2.0
//
// JPEG input through libjpeg-turbo. The size in the header is compared with our own limit before
// anything is decoded. A file that ends early or has damaged data is refused: libjpeg would fill in
// what is missing with grey. Colours of printers (CMYK) are refused too, since without a profile
// nobody knows which colours they are.

import CJPEG
import Tensors

/// Reads JPEG files.
public enum JPEG {
  /// The version of libjpeg-turbo that smap was built with.
  public static var libraryVersion: String { String(cString: smap_jpeg_version()) }

  /// Makes a picture of the bytes of a JPEG file; errors mention `name`.
  ///
  /// The picture is as it is stored: whoever shows it applies the orientation of `EXIF`.
  ///
  /// - Parameter least: where not nil, the picture may be decoded at an eighth, a quarter or half
  ///   of its size, as long as both sides keep at least so many pixels.
  /// - Throws: `ImageError` for anything but a complete and correct JPEG of acceptable size.
  public static func decode(
    _ bytes: [UInt8], name: String = "JPEG data", least: Int? = nil
  ) throws -> Picture {
    try bytes.withUnsafeBufferPointer { raw in
      var header = smap_jpeg_header()
      guard let reader = smap_jpeg_begin(raw.baseAddress, raw.count, &header) else {
        throw ImageError.limit("there is no memory left for '\(name)'")
      }
      defer { smap_jpeg_free(reader) }
      func failIfFaulty(_ status: Int32) throws {
        guard status < 0 || smap_jpeg_fault(reader) != nil else { return }
        try Stop.check()
        let words = smap_jpeg_fault(reader).map { String(cString: $0) } ?? "unknown fault"
        throw ImageError.damaged(name, words)
      }
      try failIfFaulty(0)
      try PictureFile.checkPixels(
        width: Int(header.width), height: Int(header.height), name: name)
      guard header.has_printer_colours == 0 else {
        throw ImageError.data(
          "'\(name)' has CMYK colours, which are not read",
          hint: "convert it to RGB")
      }
      // A progressive picture keeps all its coefficients: two bytes for each sample.
      let memory = Int(header.width) * Int(header.height) * 8 + (1 << 24)
      try MemoryBudget.requireRoom(forArrays: memory / 2)
      try failIfFaulty(
        smap_jpeg_start(
          reader, UInt32(clamping: least ?? 0), memory, { Stop.isRequested ? 1 : 0 }, &header))
      let (width, height) = (Int(header.read_width), Int(header.read_height))
      let size = width * height * 3
      // Only what is left after reduction is held as a picture.
      try Picture.checkMemory(bytes: width * height * 4)
      try MemoryBudget.requireRoom(forArrays: size)
      let pixels = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        let rows = UInt32(max(1, (1 << 20) / width))
        while true {
          try Stop.check()
          let status = smap_jpeg_read(reader, buffer.baseAddress, rows)
          try failIfFaulty(status)
          if status == 0 { break }
        }
        count = size
      }
      return Picture(trusted: pixels, width: width, height: height, channels: 3)
    }
  }
}
