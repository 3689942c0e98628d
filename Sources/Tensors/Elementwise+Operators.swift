// SPDX-License-Identifier: Apache-2.0
//
// The operators and names under which Swift code combines tensors.

import CKernels

extension Tensor {
  /// The sum, element by element.
  public static func + (a: Tensor, b: Tensor) throws -> Tensor { try combine(.add, a, b) }
  /// The sum with a number.
  public static func + (a: Tensor, b: Float) throws -> Tensor { try combine(.add, a, b) }
  /// The sum with a number.
  public static func + (a: Float, b: Tensor) throws -> Tensor { try combine(.add, a, b) }

  /// The difference, element by element.
  public static func - (a: Tensor, b: Tensor) throws -> Tensor { try combine(.subtract, a, b) }
  /// The difference to a number.
  public static func - (a: Tensor, b: Float) throws -> Tensor { try combine(.subtract, a, b) }
  /// The difference from a number.
  public static func - (a: Float, b: Tensor) throws -> Tensor { try combine(.subtract, a, b) }

  /// The product, element by element.
  public static func * (a: Tensor, b: Tensor) throws -> Tensor { try combine(.multiply, a, b) }
  /// The product with a number.
  public static func * (a: Tensor, b: Float) throws -> Tensor { try combine(.multiply, a, b) }
  /// The product with a number.
  public static func * (a: Float, b: Tensor) throws -> Tensor { try combine(.multiply, a, b) }

  /// The quotient, element by element.
  public static func / (a: Tensor, b: Tensor) throws -> Tensor { try combine(.divide, a, b) }
  /// The quotient by a number.
  public static func / (a: Tensor, b: Float) throws -> Tensor { try combine(.divide, a, b) }
  /// The quotient of a number.
  public static func / (a: Float, b: Tensor) throws -> Tensor { try combine(.divide, a, b) }

  /// The tensor with all signs changed.
  public static prefix func - (a: Tensor) throws -> Tensor { try a.applying(.negate) }

  /// The sum, element by element.
  public func add(_ other: Tensor) throws -> Tensor { try self + other }
  /// The sum with a number.
  public func add(_ number: Float) throws -> Tensor { try self + number }

  /// The difference, element by element.
  public func sub(_ other: Tensor) throws -> Tensor { try self - other }
  /// The difference with a number.
  public func sub(_ number: Float) throws -> Tensor { try self - number }

  /// The product, element by element.
  public func mul(_ other: Tensor) throws -> Tensor { try self * other }
  /// The product with a number.
  public func mul(_ number: Float) throws -> Tensor { try self * number }

  /// The quotient, element by element.
  public func div(_ other: Tensor) throws -> Tensor { try self / other }
  /// The quotient with a number.
  public func div(_ number: Float) throws -> Tensor { try self / number }

  /// The larger of both, element by element; NaN if either is.
  public static func maximum(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try combine(.maximum, a, b)
  }

  /// The smaller of both, element by element; NaN if either is.
  public static func minimum(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try combine(.minimum, a, b)
  }

  /// The elements raised to the given powers.
  public func pow(_ exponent: Tensor) throws -> Tensor {
    try Tensor.combine(.power, self, exponent)
  }

  /// The elements raised to a power.
  public func pow(_ exponent: Float) throws -> Tensor {
    if exponent == 2 { return try applying(.square) }
    if exponent == 0.5 { return try applying(.sqrt) }
    return try Tensor.combine(.power, self, exponent)
  }

  /// The quotient rounded down.
  public func floorDivide(_ divisor: Tensor) throws -> Tensor {
    try Tensor.combine(.floorDivide, self, divisor)
  }

  /// The remainder with the sign of the divisor, as in Python.
  public func remainder(_ divisor: Tensor) throws -> Tensor {
    try Tensor.combine(.remainder, self, divisor)
  }

  /// The elements of `yes` where the condition is not 0, elsewhere those of `no`; all broadcast.
  public static func select(_ condition: Tensor, _ yes: Tensor, _ no: Tensor) throws -> Tensor {
    let shape = try broadcastShape(try broadcastShape(condition.shape, yes.shape), no.shape)
    let mask = try condition.detached.expand(shape)
    let (a, b) = (try yes.detached.expand(shape), try no.detached.expand(shape))
    let result = try Tensor(uninitialized: shape)
    let (m, x, y, out) = (mask.pointer, a.pointer, b.pointer, result.pointer)
    try Profile.measure(
      .elementwise, operations: result.count, bytes: 16 &* result.count
    ) {
      try ThreadPool.forEachBlock(unlessStopped: result.count, rowsPerBlock: blockSize) { block in
        let i = block.lowerBound
        smap_where(m + i, x + i, y + i, out + i, block.count)
      }
    }
    if let place = condition.node?.place ?? yes.node?.place ?? no.node?.place {
      return try place.trace.add(choice: condition, yes, no, result)
    }
    guard yes.isRecording || no.isRecording else { return result }
    let (yesShape, noShape) = (yes.shape, no.shape)
    let (needsYes, needsNo) = (yes.node != nil, no.node != nil)
    return result.recorded(from: [yes, no]) { gradient in
      [
        needsYes ? try select(mask, gradient, 0).summed(to: yesShape) : nil,
        needsNo ? try select(mask, 0, gradient).summed(to: noShape) : nil,
      ]
    }
  }

  /// `select` with a number for the one side.
  public static func select(_ condition: Tensor, _ yes: Float, _ no: Tensor) throws -> Tensor {
    try select(condition, try scalar(yes), no)
  }

  /// `select` with a number for the other side.
  public static func select(_ condition: Tensor, _ yes: Tensor, _ no: Float) throws -> Tensor {
    try select(condition, yes, try scalar(no))
  }
}
