// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints in the safetensors format: eight bytes that give the length of a JSON header, the
// header, then the numbers of all tensors without gaps. The claims of a file are checked before
// memory is allocated. Public description: github.com/huggingface/safetensors.

import Files
import Tensors

/// The format of the numbers in a checkpoint.
public enum NumberFormat: Sendable, CaseIterable {
  /// 32-bit floats: exact.
  case float32
  /// 16-bit floats: half the size, 11 significant bits.
  case float16

  var stored: StoredNumber { self == .float32 ? .float32 : .float16 }
}

extension StoredNumber {
  /// The names of the kinds in safetensors files.
  static let safetensorsNames: KeyValuePairs<String, StoredNumber> = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16,
    "F8_E4M3": .float8e4m3, "F8_E5M2": .float8e5m2, "I64": .int64, "I32": .int32, "I16": .int16,
    "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool,
  ]

  init?(safetensors name: String) {
    guard let entry = StoredNumber.safetensorsNames.first(where: { $0.key == name }) else {
      return nil
    }
    self = entry.value
  }

  /// The name in safetensors files.
  var safetensorsName: String {
    StoredNumber.safetensorsNames.first { $0.value == self }?.key ?? rawValue
  }
}

/// A file that is no valid checkpoint.
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
  /// Names of tensors whose integers above 2^24 were rounded to 32-bit floats in reading.
  public private(set) var rounded: [String] = []

  /// Collects tensors and metadata.
  public init(metadata: [(key: String, value: String)], tensors: [NamedParameter]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The metadata value of a name.
  public func text(_ key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// The key of the metadata in a header; no tensor can have this name.
  public static let metadataKey = "__metadata__"
  /// Bytes of the longest header.
  private static let headerLimit = 100_000_000

  /// Writes the file atomically: to a temporary one, which replaces the old one when it is
  /// complete.
  ///
  /// - Throws: `FileError` if it cannot be written, `CheckpointError` if it could not be read
  ///   again.
  public func write(path: String, format: NumberFormat = .float32) throws {
    let format = format.stored
    var offset = 0
    var entries: [(key: String, value: JSON)] = []
    if !metadata.isEmpty {
      entries.append(
        (Checkpoint.metadataKey, .object(metadata.map { (key: $0.key, value: .string($0.value)) })))
    }
    var names: Set<String> = [Checkpoint.metadataKey]
    for parameter in tensors {
      guard names.insert(parameter.name).inserted else {
        throw CheckpointError(
          path: path, message: "no tensor in it can have the name `\(parameter.name)`",
          hint: parameter.name == Checkpoint.metadataKey
            ? "the format keeps this name for notes" : "the name occurs twice")
      }
      let end = offset + parameter.tensor.count * format.byteCount
      entries.append(
        (
          parameter.name,
          .object([
            ("dtype", .string(format.safetensorsName)),
            ("shape", .array(parameter.tensor.shape.map { .number(Double($0)) })),
            ("data_offsets", .array([.number(Double(offset)), .number(Double(end))])),
          ])
        ))
      offset = end
    }
    var header = Array(JSON.object(entries).rendered.utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    let content = header
    guard content.count <= Checkpoint.headerLimit else {
      throw CheckpointError(path: path, message: "its names and notes would be too long to read")
    }
    try AtomicFile.write(path: path) { file in
      try file.append((0..<8).map { UInt8(truncatingIfNeeded: content.count >> (8 * $0)) })
      try file.append(content)
      for parameter in tensors { try file.append(parameter.tensor.encoded(format)) }
    }
  }

  /// Throws a CheckpointError that names the first tensor which, in this format, would hold
  /// something else than finite numbers: no model could be made of the file.
  public func requireFinite(as format: NumberFormat, path: String) throws {
    let largest = format == .float16 ? Float(Float16.greatestFiniteMagnitude) : .infinity
    for entry in tensors {
      guard entry.tensor.isFinite else {
        throw CheckpointError(
          path: path, message: "`\(entry.name)` of the model holds numbers that are not finite",
          hint: "nothing was written; load an earlier file of the model")
      }
      let isRepresented =
        format == .float32 || entry.tensor.withValues { $0.allSatisfy { abs($0) <= largest } }
      guard isRepresented else {
        throw CheckpointError(
          path: path, message: "`\(entry.name)` of the model holds numbers too large for 16 bits",
          hint: "leave out precision = \"f16\"")
      }
    }
  }

  /// Reads and checks a whole file.
  ///
  /// Throws a FileError if it cannot be read, a CheckpointError if it is malformed.
  public static func read(path: String) throws -> Checkpoint {
    let bytes = try FileReader.read(path: path) { beginning in
      guard beginning.count > 8 else { return }
      _ = try headerLength(beginning, path: path)
    }
    return try decode(bytes, path: path)
  }

  /// Reads and checks the bytes of a file; errors name `path`.
  ///
  /// Throws a CheckpointError if they are malformed.
  public static func decode(_ bytes: [UInt8], path: String) throws -> Checkpoint {
    func fail(_ message: String) -> CheckpointError { unsound(message, path: path) }
    guard !bytes.isEmpty else { throw CheckpointError(path: path, message: "the file is empty") }
    guard bytes.count >= 8 else { throw fail("the file is too short for a header") }
    let headerLength = try bytes.withUnsafeBytes { try Checkpoint.headerLength($0, path: path) }
    guard headerLength <= bytes.count - 8 else { throw fail("the header is longer than the file") }
    let header: JSON
    do {
      header = try JSON.parse(bytes[8..<8 + headerLength], takesFractions: false)
    } catch let error as JSON.ParseError {
      throw fail("the header is invalid: \(error.message) at byte \(error.offset)")
    }
    guard let entries = header.entries else { throw fail("the header is not an object") }
    var reader = BodyReader(path: path, bytes: bytes, start: 8 + headerLength)
    var result = Checkpoint(metadata: [], tensors: [])
    for (key, value) in entries {
      try Stop.check()
      if key == metadataKey {
        guard let notes = value.entries, notes.allSatisfy({ $0.value.text != nil }) else {
          throw fail("its `\(metadataKey)` is not a map of strings")
        }
        result.metadata = notes.map { ($0.key, $0.value.text ?? "") }
      } else {
        result.tensors.append(NamedParameter(key, try reader.tensor(named: key, value)))
      }
    }
    try reader.finish()
    result.rounded = reader.rounded
    return result
  }

  private static func unsound(_ message: String, path: String) -> CheckpointError {
    CheckpointError(path: path, message: message, hint: "is it a .safetensors file, and whole?")
  }

  /// The length of the header, which the first eight bytes give, if a header can follow.
  ///
  /// - Precondition: there are eight bytes.
  private static func headerLength(_ bytes: UnsafeRawBufferPointer, path: String) throws -> Int {
    var length = 0
    for i in (0..<8).reversed() {
      // Other formats begin with bytes that make a number far above the limit.
      guard length < 1 << 40 else {
        throw CheckpointError(
          path: path, message: "it is not a .safetensors file",
          hint: "models and named tensors are kept in .safetensors files")
      }
      length = length << 8 | Int(bytes[i])
    }
    guard length <= headerLimit else {
      throw unsound("the header is longer than the file", path: path)
    }
    guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else {
      throw unsound("the header is not an object", path: path)
    }
    return length
  }

  /// Copies the tensors of this checkpoint into the parameters of a model.
  ///
  /// Every parameter must be there with its shape, and nothing else; the first difference is named.
  /// So is the first one with something else than finite numbers, if those are required.
  public func load(
    into parameters: [NamedParameter], path: String, requiresFinite: Bool = false
  ) throws {
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
      guard !requiresFinite || stored.isFinite else {
        throw CheckpointError(
          path: path, message: "`\(parameter.name)` holds numbers that are not finite",
          hint: "no model works with them; take an earlier file")
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
  var rounded: [String] = []

  init(path: String, bytes: [UInt8], start: Int) {
    self.path = path
    self.bytes = bytes
    self.start = start
  }

  func fail(_ name: String, _ message: String) -> CheckpointError {
    CheckpointError(path: path, message: "tensor `\(name)`: \(message)")
  }

  mutating func tensor(named name: String, _ value: JSON) throws -> Tensor {
    guard let dtype = value["dtype"]?.text else { throw fail(name, "it has no `dtype`") }
    guard let kind = StoredNumber(safetensors: dtype) else {
      let known = StoredNumber.safetensorsNames.map(\.key).joined(separator: ", ")
      throw fail(name, "its numbers are of the kind `\(dtype)`, which is not one of \(known)")
    }
    guard let sizes = value["shape"]?.elements else { throw fail(name, "it has no shape") }
    let shape = sizes.compactMap(\.integer)
    guard shape.count == sizes.count, shape.allSatisfy({ $0 >= 0 }),
      let count = try? Tensor.elementCount(shape)
    else { throw fail(name, "its shape is invalid") }
    let offsets = (value["data_offsets"]?.elements ?? []).map(\.integer)
    guard offsets.count == 2, let first = offsets[0], let end = offsets[1] else {
      throw fail(name, "its `data_offsets` are not two whole numbers")
    }
    guard first >= 0, end >= first, end <= bytes.count - start else {
      throw fail(name, "its place is outside of the file")
    }
    let (size, overflows) = count.multipliedReportingOverflow(by: kind.byteCount)
    guard !overflows, end - first == size else {
      throw fail(name, "its shape \(shape) does not match its \(end - first) bytes")
    }
    ranges.append((first..<end, name))
    let (tensor, isRounded) = try bytes.withUnsafeBytes { raw in
      try kind.tensor(
        shape: shape, bytes: UnsafeRawBufferPointer(rebasing: raw[start + first..<start + end]))
    }
    if isRounded { rounded.append(name) }
    return tensor
  }

  /// The tensors must tile the rest of the file: no gap, no overlap, no trailing bytes.
  func finish() throws {
    var end = 0
    for (range, name) in ranges.sorted(by: {
      ($0.0.lowerBound, $0.0.upperBound) < ($1.0.lowerBound, $1.0.upperBound)
    }) {
      guard range.lowerBound == end else {
        throw fail(name, "it overlaps another one or leaves a hole")
      }
      end = range.upperBound
    }
    guard end == bytes.count - start else {
      throw CheckpointError(path: path, message: "bytes follow the last tensor")
    }
  }
}

extension Tensor {
  fileprivate func encoded(_ format: StoredNumber) -> [UInt8] {
    withValues { values in
      guard format == .float16 else {
        return Array(UnsafeRawBufferPointer(values))
      }
      return values.map { Float16($0) }.withUnsafeBytes { Array($0) }
    }
  }
}
