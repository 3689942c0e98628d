// SPDX-License-Identifier: Apache-2.0
//
// NumPy's .npy files: a magic number, a version, a header, the numbers. Every plain number format
// is read, in either byte order, and the size must be exactly what the shape requires. Public
// description: the documentation of numpy.lib.format. `NumPyHeader` reads the header.

import Files
import Tensors

/// Reads and writes .npy files.
public enum NumPyFile {
  /// What such a file begins with.
  public static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// The content of a file.
  public struct Content {
    /// The numbers as 32-bit floats.
    public let tensor: Tensor
    /// Whether integers above 2**24 were rounded to 32-bit floats.
    public let isRounded: Bool
  }

  /// Reads a tensor; numbers in other formats are converted to 32-bit floats.
  ///
  /// - Throws: `FileError` if the file cannot be read, `CheckpointError` if it is malformed.
  public static func read(path: String) throws -> Content {
    try content(FileReader.read(path: path), path: path)
  }

  /// The tensor in the bytes of a file; errors name `path`.
  ///
  /// - Throws: `CheckpointError` if they are malformed.
  public static func content(_ bytes: [UInt8], path: String) throws -> Content {
    let header = try NumPyHeader(bytes, path: path)
    guard let count = try? Tensor.elementCount(header.shape) else {
      throw fault(path, "its shape \(header.shape) is invalid")
    }
    let (size, overflows) = count.multipliedReportingOverflow(by: header.kind.byteCount)
    guard !overflows, bytes.count - header.bodyStart == size else {
      throw fault(path, "its shape \(header.shape) does not fit its length")
    }
    // In column-major order the numbers are those of the transposed tensor in row-major order.
    let shape = header.isColumnMajor ? header.shape.reversed() : header.shape
    let (tensor, isRounded) = try bytes.withUnsafeBytes { raw in
      try header.kind.tensor(
        shape: shape, bytes: UnsafeRawBufferPointer(rebasing: raw[header.bodyStart...]),
        isBigEndian: header.isBigEndian)
    }
    guard header.isColumnMajor else { return Content(tensor: tensor, isRounded: isRounded) }
    return Content(
      tensor: try tensor.permute(shape.indices.reversed()), isRounded: isRounded)
  }

  /// Writes a tensor as 32-bit floats.
  ///
  /// - Throws: `FileError` if the file cannot be written.
  public static func write(_ tensor: Tensor, path: String) throws {
    try AtomicFile.write(path: path) { file in
      try file.append(start(of: tensor))
      try tensor.withValues { try file.append(UnsafeRawBufferPointer($0)) }
    }
  }

  /// The bytes of a file that holds a tensor.
  public static func bytes(of tensor: Tensor) -> [UInt8] {
    start(of: tensor) + tensor.withValues { Array(UnsafeRawBufferPointer($0)) }
  }

  private static func start(of tensor: Tensor) -> [UInt8] {
    let sizes = tensor.shape.map(String.init).joined(separator: ", ")
    let shape = tensor.rank == 1 ? "(\(sizes),)" : "(\(sizes))"
    var text = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }"
    while (magic.count + 4 + text.utf8.count + 1) % 64 != 0 { text += " " }
    let header = Array((text + "\n").utf8)
    return magic + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8 & 255)] + header
  }

  static func fault(_ path: String, _ problem: String) -> CheckpointError {
    CheckpointError(path: path, message: problem, hint: "is it an .npy file, and whole?")
  }
}
