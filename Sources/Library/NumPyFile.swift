// SPDX-License-Identifier: Apache-2.0
//
// NumPy's .npy files: a magic number, a version, a header that is a Python dictionary of three
// entries, the numbers. Nothing is evaluated: the header is searched for its entries, only plain
// little-endian numbers are read, and the size must be exactly what the shape says. Public
// description: the documentation of numpy.lib.format.

import Files
import Runtime
import Tensors

/// Reads and writes .npy files.
enum NumPyFile {
  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// What a file holds.
  struct Content {
    let tensor: Tensor
    /// Whether whole numbers above 2**24 were rounded to 32-bit floats.
    let isRounded: Bool
  }

  /// Reads a tensor; numbers of other kinds become 32-bit floats.
  static func read(path: String) throws -> Content {
    try content(FileReader.read(path: path), path: path)
  }

  /// The tensor in the bytes of a file, which errors call `path`.
  static func content(_ bytes: [UInt8], path: String) throws -> Content {
    let header = try Header(bytes, path: path)
    let count: Int
    do {
      count = try Tensor.elementCount(header.shape)
    } catch {
      throw fault(path, "its shape \(header.shape) is not sound")
    }
    guard bytes.count - header.bodyStart == count * header.kind.size else {
      throw fault(path, "its shape \(header.shape) does not fit its length")
    }
    // In column-major order the numbers are those of the transposed tensor, row by row.
    let shape = header.isColumnMajor ? header.shape.reversed() : header.shape
    var isRounded = false
    let values = bytes.withUnsafeBytes { raw in
      (0..<count).map { index in
        let offset = header.bodyStart + index * header.kind.size
        let value = header.kind.value(raw, at: offset)
        if abs(value) >= 0x1p24, !header.kind.isExact(value, raw, at: offset) { isRounded = true }
        return value
      }
    }
    let tensor = try Tensor(shape: shape, values: values)
    guard header.isColumnMajor else { return Content(tensor: tensor, isRounded: isRounded) }
    return Content(
      tensor: try tensor.permute(shape.indices.reversed()), isRounded: isRounded)
  }

  /// Writes a tensor as 32-bit floats.
  static func write(_ tensor: Tensor, path: String) throws {
    try AtomicFile.write(path: path) { file in
      try file.append(start(of: tensor))
      try tensor.withValues { try file.append(UnsafeRawBufferPointer($0)) }
    }
  }

  /// The bytes of a file that holds a tensor.
  static func bytes(of tensor: Tensor) -> [UInt8] {
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

  static func fault(_ path: String, _ problem: String) -> ScriptError {
    .data("'\(path)' cannot be used: \(problem)", hint: "is it an .npy file, and whole?")
  }

  /// Kinds of numbers, by their descriptions.
  enum Kind: String {
    case float32 = "<f4", float64 = "<f8", float16 = "<f2"
    case int64 = "<i8", int32 = "<i4", int16 = "<i2", int8 = "|i1"
    case uint16 = "<u2", uint32 = "<u4", uint64 = "<u8", uint8 = "|u1", bool = "|b1"

    var size: Int {
      switch self {
      case .float64, .int64, .uint64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }

    /// Whether a whole number in the file is the one that was read; floats round by nature.
    func isExact(_ value: Float, _ raw: UnsafeRawBufferPointer, at offset: Int) -> Bool {
      switch self {
      case .int64:
        Int64(exactly: value) == raw.loadUnaligned(fromByteOffset: offset, as: Int64.self)
      case .int32:
        Int32(exactly: value) == raw.loadUnaligned(fromByteOffset: offset, as: Int32.self)
      case .uint32:
        UInt32(exactly: value) == raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      case .uint64:
        UInt64(exactly: value) == raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      case .float64:
        // A double may hold whole numbers that a float rounds.
        Double(value) == raw.loadUnaligned(fromByteOffset: offset, as: Double.self)
          || raw.loadUnaligned(fromByteOffset: offset, as: Double.self).isFinite == false
      default: true
      }
    }

    /// The number at an offset, which the caller has checked.
    func value(_ raw: UnsafeRawBufferPointer, at offset: Int) -> Float {
      func load<T>(_ type: T.Type) -> T { raw.loadUnaligned(fromByteOffset: offset, as: type) }
      switch self {
      case .float32: return load(Float.self)
      case .float64: return Float(load(Double.self))
      case .float16: return Float(load(Float16.self))
      case .int64: return Float(load(Int64.self))
      case .int32: return Float(load(Int32.self))
      case .int16: return Float(load(Int16.self))
      case .int8: return Float(load(Int8.self))
      case .uint16: return Float(load(UInt16.self))
      case .uint32: return Float(load(UInt32.self))
      case .uint64: return Float(load(UInt64.self))
      case .uint8: return Float(load(UInt8.self))
      case .bool: return load(UInt8.self) == 0 ? 0 : 1
      }
    }
  }

  /// What stands in front of the numbers.
  private struct Header {
    let kind: Kind
    let shape: [Int]
    let isColumnMajor: Bool
    let bodyStart: Int

    init(_ bytes: [UInt8], path: String) throws {
      guard bytes.count >= 12, bytes.starts(with: magic) else {
        throw fault(path, "it does not begin as such a file does")
      }
      let lengthSize = bytes[6] == 1 ? 2 : 4
      let length = bytes[8..<8 + lengthSize].reversed().reduce(0) { $0 << 8 | Int($1) }
      bodyStart = 8 + lengthSize + length
      guard (1...3).contains(bytes[6]), length <= 1 << 20, bodyStart <= bytes.count else {
        throw fault(path, "its header does not fit")
      }
      let text = String(decoding: bytes[8 + lengthSize..<bodyStart], as: UTF8.self)
      guard let description = Header.entry("descr", in: text)?.split(separator: "'").first,
        let kind = Kind(rawValue: String(description))
      else {
        throw fault(path, "its numbers are not of a kind that smap reads")
      }
      guard let order = Header.entry("fortran_order", in: text),
        order.hasPrefix("False") || order.hasPrefix("True")
      else { throw fault(path, "its header does not say the order of its numbers") }
      isColumnMajor = order.hasPrefix("True")
      guard let list = Header.entry("shape", in: text), list.hasPrefix("("),
        let end = list.firstIndex(of: ")")
      else {
        throw fault(path, "it has no shape")
      }
      let sizes = list[list.index(after: list.startIndex)..<end].split(separator: ",")
        .map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
      shape = sizes.compactMap { Int($0) }
      guard shape.count == sizes.count, shape.allSatisfy({ $0 >= 0 }) else {
        throw fault(path, "its shape is not sound")
      }
      self.kind = kind
    }

    /// What follows the key of an entry.
    private static func entry(_ key: String, in text: String) -> Substring? {
      let pattern = Array("'\(key)':".utf8)
      let utf8 = Array(text.utf8)
      guard utf8.count >= pattern.count else { return nil }
      for start in 0...utf8.count - pattern.count
      where utf8[start..<start + pattern.count].elementsEqual(pattern) {
        let rest = text.utf8.dropFirst(start + pattern.count).drop { $0 == UInt8(ascii: " ") }
        return Substring(rest)
      }
      return nil
    }
  }
}
