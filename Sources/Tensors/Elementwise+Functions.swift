// SPDX-License-Identifier: Apache-2.0
//
// Functions of one operand, element by element. Kernels and gradients are those of the table
// `operations.h`.

import CKernels

/// A function of one operand that works element by element; the table of them is `operations.h`.
public typealias UnaryOperation = SmapUnaryOperation

extension UnaryOperation {
  /// All of them, in the order of the table.
  public static var allCases: [UnaryOperation] {
    (0..<smap_unary_count).compactMap { UnaryOperation(rawValue: UInt8($0)) }
  }

  /// The name, as the table has it.
  public var name: String { String(cString: row.pointee.name) }

  /// The function of one number, in double precision.
  public var number: @convention(c) (Double) -> Double { row.pointee.number }

  /// Whether the result is a mask.
  public var isTest: Bool { row.pointee.derivative == .mask }

  /// What the table says.
  @inline(__always)
  package var row: UnsafePointer<SmapUnaryRow> { smap_unary_row(self) }
}

extension Tensor {
  /// Applies a function to each element.
  public func applying(_ operation: UnaryOperation) throws -> Tensor {
    let result = try uninitializedLike()
    let (kernel, x, out) = (operation.row.pointee.kernel, pointer, result.pointer)
    try Profile.measure(.elementwise, operations: count, bytes: 8 &* count) {
      if count <= Tensor.unaryBlockSize {
        kernel(x, out, count)
      } else {
        try ThreadPool.forEachBlock(unlessStopped: count, rowsPerBlock: Tensor.unaryBlockSize) {
          block in
          kernel(x + block.lowerBound, out + block.lowerBound, block.count)
        }
      }
    }
    if operation.isTest { result.isMask = true }
    guard isRecording else { return result }
    if let place = node?.place { return try place.trace.add(operation, self, result) }
    return operation.isTest ? result : record(result, operation)
  }

  /// Functions take longer than arithmetic, so threads pay off earlier.
  private static var unaryBlockSize: Int { 32768 }

  private func record(_ result: Tensor, _ operation: UnaryOperation) -> Tensor {
    guard let kernel = operation.row.pointee.gradient else {
      return result.recorded(from: [self]) { _ in [nil] }
    }
    let kept = operation.row.pointee.derivative == .result ? result.unrecorded : detached
    return result.recorded(from: [self]) { gradient in
      let dx = try gradient.uninitializedLike()
      let (k, g, out) = (kept.pointer, gradient.pointer, dx.pointer)
      try Profile.measure(.elementwise, operations: dx.count, bytes: 12 &* dx.count) {
        try ThreadPool.forEachBlock(unlessStopped: dx.count, rowsPerBlock: Tensor.unaryBlockSize) {
          block in
          let i = block.lowerBound
          kernel(k + i, g + i, out + i, block.count)
        }
      }
      return [dx]
    }
  }

  /// The absolute values.
  public func abs() throws -> Tensor { try applying(.abs) }
  /// The square roots; NaN for negative elements.
  public func sqrt() throws -> Tensor { try applying(.sqrt) }
  /// One divided by the square roots.
  public func rsqrt() throws -> Tensor { try applying(.rsqrt) }
  /// e to the power of each element.
  public func exp() throws -> Tensor { try applying(.exp) }
  /// The natural logarithms.
  public func log() throws -> Tensor { try applying(.log) }
  /// The logarithms to base 2.
  public func log2() throws -> Tensor { try applying(.log2) }
  /// The sines of angles in radians.
  public func sin() throws -> Tensor { try applying(.sin) }
  /// The cosines of angles in radians.
  public func cos() throws -> Tensor { try applying(.cos) }
  /// The hyperbolic tangents.
  public func tanh() throws -> Tensor { try applying(.tanh) }
  /// 1 / (1 + e^-x).
  public func sigmoid() throws -> Tensor { try applying(.sigmoid) }
  /// The elements, with 0 in place of negative ones.
  public func relu() throws -> Tensor { try applying(.relu) }
  /// The exact (erf) GELU.
  public func gelu() throws -> Tensor { try applying(.gelu) }
  /// x * sigmoid(x).
  public func silu() throws -> Tensor { try applying(.silu) }
  /// The elements squared.
  public func square() throws -> Tensor { try applying(.square) }
  /// 1, 0 or -1 by sign.
  public func sign() throws -> Tensor { try applying(.sign) }
  /// Rounded down.
  public func floor() throws -> Tensor { try applying(.floor) }
  /// Rounded up.
  public func ceil() throws -> Tensor { try applying(.ceil) }
  /// Rounded to the nearest whole number; halves to the even one.
  public func round() throws -> Tensor { try applying(.round) }
  /// 1 where an element is not a number, else 0.
  public func isnan() throws -> Tensor { try applying(.isnan) }

  /// The elements limited by bounds through which gradients flow; nil leaves a side open.
  ///
  /// An element at a bound keeps its own gradient, one beyond it passes it to the bound.
  public func clamp(from low: Tensor?, to high: Tensor?) throws -> Tensor {
    var result = self
    if let low { result = try Tensor.select(Tensor.combine(.less, result, low), low, result) }
    if let high { result = try Tensor.select(Tensor.combine(.greater, result, high), high, result) }
    return result
  }

  /// The elements limited to the given range; nil leaves a side open.
  ///
  /// Throws a ValueError if the smallest allowed value is above the largest.
  public func clamp(min low: Float? = nil, max high: Float? = nil) throws -> Tensor {
    let (low, high) = (low ?? -.infinity, high ?? .infinity)
    guard low <= high else {
      throw TensorError.value(
        "clamp from \(TensorError.words(low)) to \(TensorError.words(high)) is an empty range")
    }
    let result = try uninitializedLike()
    let (x, out) = (pointer, result.pointer)
    try Profile.measure(.elementwise, operations: count, bytes: 8 &* count) {
      try ThreadPool.forEachBlock(unlessStopped: count, rowsPerBlock: Tensor.blockSize) { block in
        smap_clamp(x + block.lowerBound, low, high, out + block.lowerBound, block.count)
      }
    }
    guard isRecording else { return result }
    let kept = detached
    return result.recorded(from: [self]) { gradient in
      let dx = try gradient.uninitializedLike()
      Profile.measure(.elementwise, operations: dx.count, bytes: 12 &* dx.count) {
        smap_clamp_gradient(kept.pointer, low, high, gradient.pointer, dx.pointer, dx.count)
      }
      return [dx]
    }
  }
}
