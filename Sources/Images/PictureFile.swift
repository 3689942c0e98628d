// SPDX-License-Identifier: Apache-2.0
//
// Reading a picture whatever its format. The format follows from the first bytes, never from the
// name: a JPEG that somebody renamed to .png is read as what it is.

import Files
import Tensors

/// The formats of pictures that are read.
public enum PictureFormat: String, Sendable, CaseIterable {
  case png = "PNG"
  case jpeg = "JPEG"
  case webp = "WebP"

  /// The endings of file names, in lower case.
  public var endings: [String] {
    switch self {
    case .png: [".png"]
    case .jpeg: [".jpg", ".jpeg", ".jfif"]
    case .webp: [".webp"]
    }
  }

  /// The format of a file that begins with these bytes, or nil.
  public init?(beginning bytes: [UInt8]) {
    if bytes.starts(with: [137, 80, 78, 71]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: "RIFF".utf8), bytes.count >= 12,
      bytes[8..<12].elementsEqual("WEBP".utf8)
    {
      self = .webp
    } else {
      return nil
    }
  }

  /// Whether a file name has the ending of a picture.
  public static func isPicture(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return allCases.contains { $0.endings.contains { lowered.hasSuffix($0) } }
  }

  /// Formats that are known but not read, by their first bytes.
  fileprivate static let others: [(name: String, offset: Int, bytes: [UInt8])] = [
    ("GIF", 0, Array("GIF8".utf8)), ("BMP", 0, Array("BM".utf8)),
    ("TIFF", 0, [0x49, 0x49, 42, 0]), ("TIFF", 0, [0x4D, 0x4D, 0, 42]),
    ("HEIC", 4, Array("ftyphei".utf8)), ("HEIC", 4, Array("ftypmif1".utf8)),
    ("AVIF", 4, Array("ftypavif".utf8)), ("JPEG XL", 0, [0xFF, 0x0A]),
    ("JPEG 2000", 4, [0x6A, 0x50, 0x20, 0x20]), ("PDF", 0, Array("%PDF".utf8)),
  ]
}

/// Reads pictures of any format.
public enum PictureFile {
  /// Bytes of the largest file of one picture.
  private static let byteLimit = 1 << 30

  /// Reads a picture, turned as its Exif data say.
  ///
  /// - Parameter least: where not nil, a JPEG may be decoded at reduced size, as long as both sides
  ///   keep at least so many pixels.
  /// - Throws: `FileError` if the file cannot be read, `ImageError` if it is no sound picture.
  public static func load(path: String, least: Int? = nil) throws -> Picture {
    try decode(
      try FileReader.read(path: path, limit: byteLimit), name: PathText.printable(path),
      least: least)
  }

  /// Reads a file as a tensor [1, C, H, W] of values from 0 to 1, C being 3, or 4 with
  /// transparency; PNG of 16 bits keeps its depth.
  ///
  /// - Throws: as `load`; `TensorError` when the tensor does not fit the memory budget.
  public static func loadTensor(path: String) throws -> Tensor {
    let bytes = try FileReader.read(path: path, limit: byteLimit)
    let name = PathText.printable(path)
    let format = try format(of: bytes, name: name)
    let orientation = Orientation(of: format, bytes)
    guard format == .png else {
      return try decode(bytes, format, name: name, least: nil).turned(orientation).tensor()
    }
    return try PNG.tensor(bytes, name: name, orientation: orientation)
  }

  /// Makes a picture of the bytes of a file, turned as its Exif data say; errors mention `name`.
  ///
  /// - Throws: `ImageError` if it is no sound picture, or the wrong kind of one.
  public static func decode(_ bytes: [UInt8], name: String, least: Int? = nil) throws -> Picture {
    let format = try format(of: bytes, name: name)
    return try decode(bytes, format, name: name, least: least).turned(
      Orientation(of: format, bytes))
  }

  private static func decode(
    _ bytes: [UInt8], _ format: PictureFormat, name: String, least: Int?
  ) throws -> Picture {
    switch format {
    case .png: try PNG.decode(bytes, name: name)
    case .jpeg: try JPEG.decode(bytes, name: name, least: least)
    case .webp: try WebP.decode(bytes, name: name)
    }
  }

  private static func format(of bytes: [UInt8], name: String) throws -> PictureFormat {
    if let format = PictureFormat(beginning: bytes) { return format }
    guard !bytes.isEmpty else { throw ImageError.data("the file '\(name)' is empty") }
    let other = PictureFormat.others.first { other in
      bytes.dropFirst(other.offset).starts(with: other.bytes)
    }
    throw ImageError.data(
      other.map { "'\(name)' is a \($0.name) file; pictures are read from PNG, JPEG and WebP" }
        ?? "'\(name)' is not a PNG, JPEG or WebP file",
      hint: other == nil ? "" : "convert it to one of these")
  }

  /// Refuses a picture whose header claims more pixels than are read, or than memory may hold.
  static func checkSize(width: Int, height: Int, name: String) throws {
    try checkPixels(width: width, height: height, name: name)
    try Picture.checkMemory(bytes: width * height * 4)
  }

  /// Refuses a picture whose header claims more pixels than are read.
  static func checkPixels(width: Int, height: Int, name: String) throws {
    guard width > 0, height > 0, width <= Picture.pixelLimit / height else {
      throw ImageError.data(
        "'\(name)' says that it has \(width) x \(height) pixels; "
          + "the limit is \(Picture.pixelLimit) pixels")
    }
  }
}

extension ImageError {
  /// A picture that cannot be decoded.
  static func damaged(_ name: String, _ words: String) -> ImageError {
    data("'\(name)' is damaged: \(words)")
  }
}
