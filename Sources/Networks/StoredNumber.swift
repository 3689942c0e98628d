// SPDX-License-Identifier: Apache-2.0
//
// Number formats in array files, and their conversion to tensors of 32-bit floats. The readers of
// .npy and .safetensors share this table; each has its own names for the formats.

import Tensors

/// A number format in a file.
public enum StoredNumber: String, Sendable, CaseIterable {
  case float64, float32, float16, bfloat16
  /// Four bits of exponent, three of mantissa, no infinities: the E4M3 of the OCP's 8-bit formats.
  case float8e4m3
  /// Five bits of exponent, two of mantissa: the upper half of a 16-bit float.
  case float8e5m2
  case int64, int32, int16, int8
  case uint64, uint32, uint16, uint8
  case bool

  /// Bytes of one number.
  public var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float8e4m3, .float8e5m2, .int8, .uint8, .bool: 1
    }
  }

  /// Whether it holds whole numbers.
  public var isInteger: Bool {
    switch self {
    case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8: true
    case .float64, .float32, .float16, .bfloat16, .float8e4m3, .float8e5m2, .bool: false
    }
  }

  /// A tensor of the numbers in `bytes`, which must hold exactly as many as `shape` says.
  ///
  /// `isRounded` tells whether integers above 2^24 were changed by rounding; fractions of 64-bit
  /// floats are rounded in general and do not count.
  ///
  /// - Throws: `TensorError` when the tensor does not fit the memory budget.
  public func tensor(
    shape: [Int], bytes: UnsafeRawBufferPointer, isBigEndian: Bool = false
  ) throws -> (tensor: Tensor, isRounded: Bool) {
    let tensor = try Tensor(uninitialized: shape)
    precondition(bytes.count == tensor.count * byteCount, "the caller compares shape and size")
    var reader = NumberReader(bytes: bytes, values: tensor.pointer, isBigEndian: isBigEndian)
    switch self {
    case .float64: reader.convertDoubles()
    case .float32: reader.convert(UInt32.self) { Float(bitPattern: $0) }
    case .float16: reader.convert(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bfloat16: reader.convert(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .float8e4m3: reader.convert(UInt8.self, StoredNumber.e4m3)
    case .float8e5m2: reader.convert(UInt8.self) { Float(Float16(bitPattern: UInt16($0) << 8)) }
    case .int64: reader.convertWhole(Int64.self)
    case .int32: reader.convertWhole(Int32.self)
    case .int16: reader.convertWhole(Int16.self)
    case .int8: reader.convertWhole(Int8.self)
    case .uint64: reader.convertWhole(UInt64.self)
    case .uint32: reader.convertWhole(UInt32.self)
    case .uint16: reader.convertWhole(UInt16.self)
    case .uint8: reader.convertWhole(UInt8.self)
    case .bool: reader.convert(UInt8.self) { $0 == 0 ? 0 : 1 }
    }
    return (tensor, reader.isRounded)
  }

  /// The value of eight bits: sign, four of exponent with bias 7, three of mantissa.
  private static func e4m3(_ bits: UInt8) -> Float {
    let (exponent, mantissa) = (Int(bits >> 3 & 15), Float(bits & 7))
    if bits & 0x7F == 0x7F { return .nan }
    let size =
      exponent == 0
      ? mantissa / 8 * 0x1p-6
      : Float(sign: .plus, exponent: exponent - 7, significand: 1 + mantissa / 8)
    return bits & 0x80 == 0 ? size : -size
  }
}

/// Fills a tensor from bytes.
private struct NumberReader {
  let bytes: UnsafeRawBufferPointer
  let values: UnsafeMutablePointer<Float>
  let isBigEndian: Bool
  var isRounded = false

  private func count<Stored>(_ type: Stored.Type) -> Int { bytes.count / MemoryLayout<Stored>.size }

  private func load<Stored: FixedWidthInteger>(_ index: Int) -> Stored {
    let stored = bytes.loadUnaligned(
      fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
    return isBigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored)
  }

  func convert<Stored: FixedWidthInteger>(_ type: Stored.Type, _ value: (Stored) -> Float) {
    for index in 0..<count(type) { values[index] = value(load(index)) }
  }

  mutating func convertWhole<Stored: FixedWidthInteger>(_ type: Stored.Type) {
    for index in 0..<count(type) {
      let stored: Stored = load(index)
      let value = Float(stored)
      values[index] = value
      if Stored.bitWidth > 16, Stored(exactly: value) != stored { isRounded = true }
    }
  }

  mutating func convertDoubles() {
    for index in 0..<count(UInt64.self) {
      let stored = Double(bitPattern: load(index))
      let value = Float(stored)
      values[index] = value
      // Above 2^24, not every integer is a float.
      if abs(stored) >= 0x1p24, stored.isFinite, Double(value) != stored { isRounded = true }
    }
  }
}
