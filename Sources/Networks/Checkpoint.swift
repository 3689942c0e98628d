// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints in the safetensors format: eight bytes that give the length of a JSON header, the
// header, then the numbers of all tensors without gap. Everything a file claims is checked before
// memory is taken. Public description: github.com/huggingface/safetensors.

import Files
import Tensors

/// How numbers are stored in a file.
public enum NumberFormat: String, Sendable, CaseIterable {
  /// 32-bit floats: exact.
  case float32 = "F32"
  /// 16-bit floats: half the size, 11 significant bits.
  case float16 = "F16"
  /// The upper half of 32-bit floats; read only.
  case bfloat16 = "BF16"
  /// 64-bit floats; read only.
  case float64 = "F64"

  var byteCount: Int {
    switch self {
    case .float32: 4
    case .float16, .bfloat16: 2
    case .float64: 8
    }
  }
}

/// A file that cannot be what it should be.
public struct CheckpointError: Error, Sendable {
  /// The file.
  public let path: String
  /// What is wrong with it, and what to try.
  public let message: String
  /// What to try, or empty.
  public let hint: String

  /// Makes an error about a file.
  public init(path: String, message: String, hint: String = "") {
    self.path = path
    self.message = message
    self.hint = hint
  }
}

/// Named tensors with metadata, in memory.
public struct Checkpoint {
  /// Text values by name, in order.
  public var metadata: [(key: String, value: String)]
  /// The tensors by name, in order.
  public var tensors: [NamedParameter]

  /// Collects tensors and metadata.
  public init(metadata: [(key: String, value: String)], tensors: [NamedParameter]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The metadata value of a name.
  public func text(_ key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// Writes the file: to a temporary one first, which replaces the old one when it is whole.
  public func write(path: String, format: NumberFormat = .float32) throws {
    var offset = 0
    var entries: [(key: String, value: JSON)] = []
    if !metadata.isEmpty {
      entries.append(
        ("__metadata__", .object(metadata.map { (key: $0.key, value: .string($0.value)) })))
    }
    for parameter in tensors {
      let end = offset + parameter.tensor.count * format.byteCount
      entries.append(
        (
          parameter.name,
          .object([
            ("dtype", .string(format.rawValue)),
            ("shape", .array(parameter.tensor.shape.map { .number(Double($0)) })),
            ("data_offsets", .array([.number(Double(offset)), .number(Double(end))])),
          ])
        ))
      offset = end
    }
    var header = Array(JSON.object(entries).rendered.utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    let content = header
    try AtomicFile.write(path: path) { file in
      try file.append((0..<8).map { UInt8(truncatingIfNeeded: content.count >> (8 * $0)) })
      try file.append(content)
      for parameter in tensors { try file.append(parameter.tensor.encoded(format)) }
    }
  }

  /// Reads and checks a whole file.
  ///
  /// Throws a FileError if it cannot be read, a CheckpointError if it is not sound.
  public static func read(path: String) throws -> Checkpoint {
    let bytes = try FileReader.read(path: path)
    func fail(_ message: String) -> CheckpointError {
      CheckpointError(path: path, message: message, hint: "is it a .safetensors file, and whole?")
    }
    guard bytes.count >= 8 else { throw fail("the file is too short for a header") }
    var headerLength = 0
    for i in (0..<8).reversed() {
      guard headerLength < 1 << 40 else { throw fail("the header length is absurd") }
      headerLength = headerLength << 8 | Int(bytes[i])
    }
    guard headerLength <= 100_000_000, headerLength <= bytes.count - 8 else {
      throw fail("the header does not fit in the file")
    }
    let header: JSON
    do {
      header = try JSON.parse(bytes[8..<8 + headerLength])
    } catch let error as JSON.ParseError {
      throw fail("the header is not sound: \(error.message) at byte \(error.offset)")
    }
    guard let entries = header.entries else { throw fail("the header is not an object") }
    var reader = BodyReader(path: path, bytes: bytes, start: 8 + headerLength)
    var result = Checkpoint(metadata: [], tensors: [])
    for (key, value) in entries {
      if key == "__metadata__" {
        for (name, text) in value.entries ?? [] { result.metadata.append((name, text.text ?? "")) }
      } else {
        result.tensors.append(NamedParameter(key, try reader.tensor(named: key, value)))
      }
    }
    try reader.finish()
    return result
  }

  /// Copies the tensors of this checkpoint into the parameters of a model.
  ///
  /// Every parameter must be there with its shape, and nothing else; the first difference is named.
  public func load(into parameters: [NamedParameter], path: String) throws {
    var byName: [String: Tensor] = [:]
    for entry in tensors { byName[entry.name] = entry.tensor }
    for parameter in parameters {
      guard let stored = byName.removeValue(forKey: parameter.name) else {
        throw CheckpointError(
          path: path, message: "the checkpoint has no `\(parameter.name)`",
          hint: "it was written by a model of another architecture")
      }
      guard stored.shape == parameter.tensor.shape else {
        throw CheckpointError(
          path: path,
          message: "`\(parameter.name)` has shape \(stored.shape) in the file, "
            + "but the model needs \(parameter.tensor.shape)",
          hint: "it was written by a model of another architecture")
      }
    }
    if let extra = tensors.first(where: { byName[$0.name] != nil }) {
      throw CheckpointError(
        path: path, message: "the model has no place for `\(extra.name)`",
        hint: "it was written by a model of another architecture")
    }
    for parameter in parameters {
      guard let stored = tensors.first(where: { $0.name == parameter.name }) else { continue }
      parameter.tensor.assign(stored.tensor)
    }
  }
}

private struct BodyReader {
  let path: String
  let bytes: [UInt8]
  let start: Int
  var ranges: [(Range<Int>, String)] = []

  init(path: String, bytes: [UInt8], start: Int) {
    self.path = path
    self.bytes = bytes
    self.start = start
  }

  func fail(_ name: String, _ message: String) -> CheckpointError {
    CheckpointError(path: path, message: "tensor `\(name)`: \(message)")
  }

  mutating func tensor(named name: String, _ value: JSON) throws -> Tensor {
    guard let dtype = value["dtype"]?.text, let format = NumberFormat(rawValue: dtype) else {
      throw fail(name, "its number format is not one of F32, F16, BF16, F64")
    }
    guard let sizes = value["shape"]?.elements else { throw fail(name, "it has no shape") }
    let shape = sizes.compactMap(\.integer)
    guard shape.count == sizes.count, shape.allSatisfy({ $0 >= 0 }),
      let count = try? Tensor.elementCount(shape)
    else { throw fail(name, "its shape is not sound") }
    let offsets = (value["data_offsets"]?.elements ?? []).compactMap(\.integer)
    guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0],
      offsets[1] <= bytes.count - start
    else { throw fail(name, "its place is outside of the file") }
    guard offsets[1] - offsets[0] == count * format.byteCount else {
      throw fail(name, "its shape \(shape) does not match its \(offsets[1] - offsets[0]) bytes")
    }
    ranges.append((offsets[0]..<offsets[1], name))
    return try bytes.withUnsafeBytes { raw in
      try Tensor(
        decoding: UnsafeRawBufferPointer(rebasing: raw[start + offsets[0]..<start + offsets[1]]),
        shape: shape, format: format)
    }
  }

  /// The tensors must tile the rest of the file: no hole, no overlap, no trailing bytes.
  func finish() throws {
    var end = 0
    for (range, name) in ranges.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) {
      guard range.lowerBound == end || range.isEmpty else {
        throw fail(name, "it overlaps another one or leaves a hole")
      }
      end = max(end, range.upperBound)
    }
    guard end == bytes.count - start else {
      throw CheckpointError(path: path, message: "bytes follow the last tensor")
    }
  }
}

extension Tensor {
  fileprivate func encoded(_ format: NumberFormat) -> [UInt8] {
    withValues { values in
      guard format == .float16 else {
        return Array(UnsafeRawBufferPointer(values))
      }
      return values.map { Float16($0) }.withUnsafeBytes { Array($0) }
    }
  }

  fileprivate convenience init(
    decoding bytes: UnsafeRawBufferPointer, shape: [Int], format: NumberFormat
  ) throws {
    try self.init(uninitialized: shape)
    for i in 0..<count {
      switch format {
      case .float32:
        pointer[i] = Float(
          bitPattern: UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)))
      case .float16:
        pointer[i] = Float(
          Float16(
            bitPattern: UInt16(
              littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))))
      case .bfloat16:
        pointer[i] = Float(
          bitPattern: UInt32(
            UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
            << 16)
      case .float64:
        pointer[i] = Float(
          Double(
            bitPattern: UInt64(
              littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))))
      }
    }
  }
}
