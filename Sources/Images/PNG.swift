// SPDX-License-Identifier: Apache-2.0
//
// PNG input and output through libpng. Before libpng sees a file, its chunks are walked here: the
// size in the header is compared with our own limit, since libpng would accept a million by a
// million pixels, and a truncated file is reported as such. All colour types (palette, grey,
// interlaced) become RGB, or RGBA with transparency: 8 bits per sample in a picture, the full depth
// of the file in a tensor. Values are those stored: profiles and gamma are ignored for all depths,
// as other readers do.

import CPNG
import Files
import Tensors

/// Reads and writes PNG files.
public enum PNG {
  /// The version of libpng in use.
  public static var libraryVersion: String { String(cString: smap_png_version()) }

  /// Reads a picture from a file.
  ///
  /// - Throws: `FileError` if the file cannot be read, `ImageError` if it is no sound PNG.
  public static func load(path: String) throws -> Picture {
    try decode(try file(path), name: path)
  }

  /// Reads a file as a tensor [1, C, H, W] of values from 0 to 1, C being 3, or 4 with
  /// transparency.
  ///
  /// A value is the stored one divided by the largest of its depth: 65,535 for 16 bits, which a
  /// `Picture` would round to 8.
  ///
  /// - Throws: `FileError` if the file cannot be read, `ImageError` if it is no sound PNG,
  ///   `TensorError` when the tensor does not fit the memory budget.
  public static func loadTensor(path: String) throws -> Tensor {
    try tensor(try file(path), name: path, orientation: .asStored)
  }

  /// The tensor of the bytes of a file, turned; see `loadTensor`.
  static func tensor(
    _ bytes: [UInt8], name: String, orientation: Orientation
  ) throws -> Tensor {
    let samples = try Samples(bytes, name: name, keepsDepth: true)
    return samples.bytesOfSample == 2
      ? try samples.deepTensor(orientation) : try samples.picture.turned(orientation).tensor()
  }

  private static func file(_ path: String) throws -> [UInt8] {
    try FileReader.read(path: path, limit: 1 << 30)
  }

  /// Writes a picture to a file, all or nothing.
  ///
  /// - Throws: `FileError` if the file cannot be written; an older file is intact then.
  public static func save(_ picture: Picture, path: String) throws {
    try AtomicFile.write(path: path, bytes: encode(picture))
  }

  /// Makes a picture of the bytes of a PNG file.
  ///
  /// Errors mention `name`, which is usually the path.
  ///
  /// - Throws: `ImageError` for anything but a complete and correct PNG of acceptable size.
  public static func decode(_ bytes: [UInt8], name: String = "PNG data") throws -> Picture {
    try Samples(bytes, name: name, keepsDepth: false).picture
  }

  /// The bytes of a PNG file with this picture; equal pictures give equal bytes.
  ///
  /// - Throws: `ImageError` when libpng refuses, for lack of memory.
  public static func encode(_ picture: Picture) throws -> [UInt8] {
    guard picture.pixels.count > longWork else { return try encodeAtOnce(picture) }
    return try LongCall.run { try encodeAtOnce(picture) }
  }

  /// The bytes of a picture that libpng takes a tenth of a second for.
  private static let longWork = 1 << 20

  private static func encodeAtOnce(_ picture: Picture) throws -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(picture.width)
    image.height = UInt32(picture.height)
    image.format = format(channels: picture.channels)
    defer { png_image_free(&image) }
    // Deflate grows incompressible data by far less than an eighth, chunk headers included.
    let raw = (picture.width * picture.channels + 1) * picture.height
    let capacity = raw + raw / 8 + 4096
    try MemoryBudget.requireRoom(forArrays: capacity)
    return try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      var size = capacity
      let status = picture.pixels.withUnsafeBytes { pixels in
        png_image_write_to_memory(
          &image, buffer.baseAddress, &size, 0, pixels.baseAddress, 0, nil)
      }
      guard status != 0, size <= capacity else { throw fault(image) }
      count = size
    }
  }

  private static func format(channels: Int) -> UInt32 {
    let color = UInt32(PNG_FORMAT_FLAG_COLOR)
    return channels == 4 ? color | UInt32(PNG_FORMAT_FLAG_ALPHA) : color
  }

  /// The error for libpng's message about a file.
  fileprivate static func fault(_ words: String, _ name: String) -> ImageError {
    ImageError.data("'\(name)' is damaged: \(words.isEmpty ? "unknown fault" : words)")
  }

  /// The error for libpng's message about writing.
  private static func fault(_ image: png_image) -> ImageError {
    let words = withUnsafeBytes(of: image.message) { field in
      String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
    return fault(words, "the picture")
  }
}

/// The samples of a PNG file, row by row, as libpng gives them.
private struct Samples {
  let width, height, channels: Int
  /// 1, or 2 with the high byte first.
  let bytesOfSample: Int
  let bytes: [UInt8]

  /// Reads a file; samples of 16 bits are rounded to 8 unless `keepsDepth` is set.
  ///
  /// - Throws: `ImageError` for anything but a complete and correct PNG of acceptable size.
  init(_ file: [UInt8], name: String, keepsDepth: Bool) throws {
    let expected = try PNGHeader(file, name: name)
    try Picture.checkMemory(bytes: expected.width * expected.height * 4)
    var header = smap_png_header()
    bytes = try file.withUnsafeBufferPointer { raw in
      guard let reader = smap_png_begin(raw.baseAddress, raw.count, keepsDepth ? 1 : 0, &header)
      else {
        throw ImageError.limit("there is no memory left for '\(name)'")
      }
      defer { smap_png_free(reader) }
      if let words = smap_png_fault(reader) { throw PNG.fault(String(cString: words), name) }
      // Our walk and libpng must agree on the size before memory is allocated for it.
      guard Int(header.width) == expected.width, Int(header.height) == expected.height else {
        throw PNG.fault("its header is contradictory", name)
      }
      let size =
        expected.width * expected.height * Int(header.channels) * Int(header.sample_bytes)
      try MemoryBudget.requireRoom(forArrays: size)
      return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        try Samples.readRows(reader, width: expected.width, into: buffer, name: name)
        count = size
      }
    }
    (width, height) = (expected.width, expected.height)
    (channels, bytesOfSample) = (Int(header.channels), Int(header.sample_bytes))
  }

  /// Reads all rows, polling for interrupts between pieces.
  private static func readRows(
    _ reader: OpaquePointer, width: Int, into buffer: UnsafeMutableBufferPointer<UInt8>,
    name: String
  ) throws {
    let rows = UInt32(max(1, (1 << 20) / width))
    while true {
      try Stop.check()
      switch smap_png_read(reader, buffer.baseAddress, rows) {
      case 0: return
      case 1: continue
      default:
        throw PNG.fault(smap_png_fault(reader).map { String(cString: $0) } ?? "", name)
      }
    }
  }

  /// Samples of 8 bits as a picture.
  var picture: Picture {
    Picture(trusted: bytes, width: width, height: height, channels: channels)
  }

  /// Samples of 16 bits as a tensor [1, C, H, W] of values from 0 to 1, turned.
  func deepTensor(_ orientation: Orientation) throws -> Tensor {
    let (rows, columns) = orientation.swapsSides ? (width, height) : (height, width)
    let result = try Tensor(uninitialized: [1, channels, rows, columns])
    let plane = width * height
    try bytes.withUnsafeBytes { raw in
      for channel in 0..<channels {
        try Stop.check()
        let out = result.pointer + channel * plane
        for pixel in 0..<plane {
          let (x, y) = orientation.source(
            pixel % columns, pixel / columns, width: width, height: height)
          let stored = raw.loadUnaligned(
            fromByteOffset: ((y * width + x) * channels + channel) * 2, as: UInt16.self)
          out[pixel] = Float(UInt16(bigEndian: stored)) / 65_535
        }
      }
    }
    return result
  }
}

/// The size from a PNG header, after the chunks were followed to the end of the file.
struct PNGHeader {
  let width, height: Int
  private static let signature: [UInt8] = [137, 80, 78, 71, 13, 10, 26, 10]

  /// - Throws: `ImageError` if this is no PNG, is too large, or ends before its end chunk.
  init(_ bytes: [UInt8], name: String) throws {
    guard !bytes.isEmpty else { throw ImageError.data("the file '\(name)' is empty") }
    guard bytes.starts(with: PNGHeader.signature) else {
      throw ImageError.data(
        "'\(name)' is not a PNG file")
    }
    guard bytes.count >= 33, PNGHeader.kind(bytes, at: 8) == "IHDR" else {
      throw ImageError.data("'\(name)' is damaged: it has no header")
    }
    width = PNGHeader.number(bytes, at: 16)
    height = PNGHeader.number(bytes, at: 20)
    guard width > 0, height > 0, width <= Picture.pixelLimit / height else {
      throw ImageError.data(
        "'\(name)' says that it has \(width) x \(height) pixels; "
          + "the limit is \(Picture.pixelLimit) pixels")
    }
    guard PNGHeader.reachesEnd(bytes) else {
      throw ImageError.data("'\(name)' is damaged: it ends too early")
    }
  }

  /// Follows the chunks: length, kind, content, checksum, until the end chunk.
  private static func reachesEnd(_ bytes: [UInt8]) -> Bool {
    var position = signature.count
    while position + 12 <= bytes.count {
      let length = number(bytes, at: position)
      if kind(bytes, at: position) == "IEND" { return true }
      position += 12 + length
    }
    return false
  }

  private static func number(_ bytes: [UInt8], at position: Int) -> Int {
    bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
  }

  private static func kind(_ bytes: [UInt8], at position: Int) -> String {
    String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
  }
}
