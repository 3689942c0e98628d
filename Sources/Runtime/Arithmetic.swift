// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic. The machine handles two numbers itself in the common cases; all others are here.

import Glibc
import Syntax
import Tensors

/// The arithmetic operators.
package enum Arithmetic {
  /// `left operation right`.
  static func binary(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws -> Value {
    switch (left, right) {
    case (.number(let a), .number(let b)):
      return .number(try numbers(operation, a, b))
    case (.tensor(let a), .tensor(let b)):
      return .tensor(try tensors(operation, a, b))
    case (.tensor(let a), .number(let b)):
      if let kernel = operation.kernel, a.whole == nil {
        return .tensor(try Conversion.scripted { try Tensor.combine(kernel, a, Float(b)) })
      }
      return .tensor(try tensors(operation, a, try Tensor.scalar(Float(b))))
    case (.number(let a), .tensor(let b)):
      if let kernel = operation.kernel, b.whole == nil {
        return .tensor(try Conversion.scripted { try Tensor.combine(kernel, Float(a), b) })
      }
      return .tensor(try tensors(operation, try Tensor.scalar(Float(a)), b))
    case (.tensor(let a), .bool(let b)):
      return .tensor(try tensors(operation, a, try Conversion.mask(b)))
    case (.bool(let a), .tensor(let b)):
      return .tensor(try tensors(operation, try Conversion.mask(a), b))
    default:
      guard Conversion.isNumeric(left), Conversion.isNumeric(right) else {
        throw misfit(operation, left, right)
      }
      return .tensor(
        try tensors(operation, try tensor(left, operation), try tensor(right, operation)))
    }
  }

  /// `-value`
  static func negate(_ value: Value) throws -> Value {
    switch value {
    case .number(let number): return .number(-number)
    case .tensor, .list, .range:
      let tensor = try Conversion.tensor(value)
      return .tensor(try Conversion.scripted { try Tensor.combine(.multiply, tensor, -1) })
    default:
      throw ScriptError.type("`-` needs a number or a tensor, but this is \(value.typePhrase)")
    }
  }

  private static func numbers(_ operation: BinaryOperator, _ a: Double, _ b: Double) throws
    -> Double
  {
    switch operation {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return a / b
    case .floorDivide: return floorDivide(a, b)
    case .remainder: return remainder(a, b)
    case .power: return simplePower(a, b) ?? pow(a, b)
    case .matrixMultiply:
      throw ScriptError.type("`@` multiplies matrices, not numbers", hint: "write `*`")
    }
  }

  // MARK: - Fast paths of the machine; nil means that the general path is needed

  /// 1.5 * 2**52: added to a number, it moves the integer part into the low bits.
  private static let shift = 0x1.8p52

  /// The remainder of two integers below 2**51, the first not negative, the second positive.
  @inline(__always) static func wholeRemainder(_ a: Double, _ b: Double) -> Double? {
    let (shiftedA, shiftedB) = (a + shift, b + shift)
    let whole = shiftedA.bitPattern &- shift.bitPattern
    let divisor = shiftedB.bitPattern &- shift.bitPattern
    guard shiftedA - shift == a, shiftedB - shift == b, whole < 1 << 51,
      divisor &- 1 < (1 << 51) - 1
    else { return nil }
    // The divisor is at least 1 here.
    return Double(Int64(truncatingIfNeeded: whole % (divisor | (divisor == 0 ? 1 : 0))))
  }

  /// Squares and square roots of positive numbers.
  @inline(__always) static func simplePower(_ a: Double, _ b: Double) -> Double? {
    if b == 2 { return a * a }
    guard b == 0.5, a > 0 else { return nil }
    return a.squareRoot()
  }

  // MARK: - In general

  /// The remainder with the sign of the divisor, as Python's `%`; `nan` where the divisor is 0.
  package static func remainder(_ a: Double, _ b: Double) -> Double {
    wholeRemainder(a, b) ?? generalRemainder(a, b)
  }

  @inline(never) private static func generalRemainder(_ a: Double, _ b: Double) -> Double {
    let rest = fmod(a, b)
    if rest == 0 { return copysign(0, b) }
    return (rest < 0) != (b < 0) ? rest + b : rest
  }

  /// The quotient rounded down, as Python's `//`, so that `a == (a // b) * b + a % b` up to
  /// rounding.
  ///
  /// It is computed from the exact remainder: `a / b` may round up to an integer, as 1 / 0.1 does
  /// to 10. A divisor of 0 gives `a / b`: an infinity, or `nan`. The tensor kernel
  /// (`floored_quotient`) does the same in 32 bits, the machine's `positive_quotient` for the cases
  /// that need no remainder.
  package static func floorDivide(_ a: Double, _ b: Double) -> Double {
    if b == 0 { return a / b }
    let rest = fmod(a, b)
    var quotient = (a - rest) / b
    if rest != 0, (rest < 0) != (b < 0) { quotient -= 1 }
    if quotient == 0 { return copysign(0, a / b) }
    let whole = quotient.rounded(.down)
    return quotient - whole > 0.5 ? whole + 1 : whole
  }

  private static func tensors(
    _ operation: BinaryOperator, _ a: Tensor, _ b: Tensor
  ) throws -> Tensor {
    try Conversion.scripted {
      try a.requireFloats()
      try b.requireFloats()
      if let kernel = operation.kernel { return try Tensor.combine(kernel, a, b) }
      return try Tensor.matmul(a, b)
    }
  }

  private static func tensor(_ value: Value, _ operation: BinaryOperator) throws -> Tensor {
    do {
      return try Conversion.tensor(value)
    } catch var error as ScriptError where error.kind == .type {
      error.message = "`\(operation.rawValue)` needs numbers or tensors, but \(error.message)"
      if operation == .add { error.hint = joinHint }
      throw error
    }
  }

  private static let joinHint = "lists are joined by spreading: [...a, ...b]"

  private static func misfit(
    _ operation: BinaryOperator, _ left: Value, _ right: Value
  ) -> ScriptError {
    let isLeft = !Conversion.isNumeric(left)
    let culprit = isLeft ? left : right
    var hint = ""
    if case .text = culprit, operation == .add {
      hint = "strings are joined by holes: \"{a}{b}\""
    } else if case .text = culprit, operation == .remainder, isLeft {
      hint = "a value stands in the string itself: \"{x}\", or \"{x:.2f}\" with a format"
    } else if case .text = culprit, operation == .multiply {
      hint = "write `text.repeat(n)`"
    } else if case .list = isLeft ? right : left, operation == .add {
      hint = joinHint
    } else if case .record = culprit, operation == .add {
      hint = "records are joined by spreading: {...a, ...b}"
    }
    return .type(
      "`\(operation.rawValue)` needs numbers or tensors, but the \(isLeft ? "left" : "right") "
        + "side is \(culprit.typePhrase)", hint: hint)
  }
}

extension BinaryOperator {
  /// The elementwise kernel, or nil for the matrix product.
  var kernel: BinaryOperation? {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .floorDivide: .floorDivide
    case .remainder: .remainder
    case .power: .power
    case .matrixMultiply: nil
    }
  }
}
