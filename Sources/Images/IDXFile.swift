// SPDX-License-Identifier: Apache-2.0
//
// The format of MNIST and its relatives: two zeros, the kind of number, the number of dimensions,
// their sizes as big-endian 32-bit numbers, then the numbers. Fashion-MNIST and EMNIST have it too;
// EMNIST stores its pictures column by column. Public description: yann.lecun.com/exdb/mnist.

import Files

/// The header of an IDX file and the bytes behind it.
public struct IDXFile: Sendable {
  /// The sizes of the dimensions.
  public let shape: [Int]
  private let bytes: [UInt8]
  private let start: Int
  private let name: String

  /// Whether bytes begin as such a file does.
  public static func isIDX(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && (8...14).contains(bytes[2])
      && (1...4).contains(bytes[3])
  }

  /// Reads the header of a file of bytes; errors name `name`.
  ///
  /// - Throws: `ImageError` if the file is malformed, or holds other numbers than bytes.
  public init(_ bytes: [UInt8], name: String) throws {
    guard IDXFile.isIDX(bytes) else { throw ImageError.data("'\(name)' is not an IDX file") }
    guard bytes[2] == 8 else {
      throw ImageError.data("'\(name)' holds numbers other than bytes, which are no pixels")
    }
    start = 4 + 4 * Int(bytes[3])
    guard start <= bytes.count else { throw ImageError.data("'\(name)' ends within its header") }
    var size = 1
    var isTooLarge = false
    shape = stride(from: 4, to: start, by: 4).map { position in
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let (product, overflows) = size.multipliedReportingOverflow(by: length)
      size = product
      isTooLarge = isTooLarge || overflows
      return length
    }
    guard !isTooLarge, size == bytes.count - start else {
      throw ImageError.data(
        "'\(name)' says that it holds \(shape.map(String.init).joined(separator: " x ")) bytes, "
          + "but has \(bytes.count - start)", hint: "is the file whole?")
    }
    (self.bytes, self.name) = (bytes, name)
  }

  /// The pictures of a file [N, H, W] or [N, H, W, C].
  ///
  /// - Throws: `ImageError` when it holds no pictures.
  public func pictures(isTransposed: Bool) throws -> PictureArray {
    guard shape.count >= 3 else {
      throw ImageError.data(
        "'\(name)' holds labels, not pictures", hint: "name the file of pictures")
    }
    return try PictureArray(
      bytes, from: start, count: shape[0], height: shape[1], width: shape[2],
      channels: shape.count == 4 ? shape[3] : 1, layout: isTransposed ? .columns : .interleaved,
      name: name)
  }

  /// The labels of a file [N].
  ///
  /// - Throws: `ImageError` when it holds no labels.
  public func labels() throws -> [Int] {
    guard shape.count == 1 else {
      throw ImageError.data("'\(name)' holds no labels but pictures")
    }
    return bytes[start...].map(Int.init)
  }
}
