// SPDX-License-Identifier: Apache-2.0
//
// Comparisons and conditions. Comparing tensors gives a mask of ones and zeros, comparing scalars
// (numbers and tensors without dimensions) a boolean.

import Syntax
import Tensors

/// Comparisons and conditions.
package enum Comparison {
  /// How deep lists may nest to be compared; in practice only cyclic ones nest deeper.
  static let maximumDepth = 500

  /// `left operation right`: a boolean or a mask.
  static func compare(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value, _ session: Session
  ) throws -> Value {
    if case .number(let a) = left, case .number(let b) = right, operation != .contains {
      return .bool(numbers(operation, a, b))
    }
    switch operation {
    case .contains: return .bool(try contains(left, in: right, session))
    case .equal, .notEqual:
      if let mask = try mask(operation, left, right) { return mask }
      return .bool(try equal(left, right, session) == (operation == .equal))
    default:
      if case .text(let a) = left, case .text(let b) = right {
        return .bool(try strings(operation, a.string, b.string, session))
      }
      if let mask = try mask(operation, left, right) { return mask }
      throw misfit(operation, left, right)
    }
  }

  /// The comparison as a condition; a mask is an error.
  static func holds(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value, _ session: Session
  ) throws -> Bool {
    try condition(try compare(operation, left, right, session), "a condition")
  }

  /// The boolean in a value; anything else is a TypeError with a hint.
  static func condition(_ value: Value, _ what: String) throws -> Bool {
    switch value {
    case .bool(let bool): return bool
    case .tensor(let tensor):
      if tensor.rank == 0, let element = tensor.first { return element != 0 }
      throw ScriptError.type(
        "\(what) must be true or false, but this is a mask of shape \(tensor.shape)",
        hint: "ask for all(..) or any(..) of it")
    default:
      let hint: String
      switch value {
      case .number: hint = "compare it: x != 0"
      case .nil: hint = "compare it: x != nil"
      case .list, .text, .record: hint = "ask for len(x) > 0"
      default: hint = ""
      }
      throw ScriptError.type(
        "\(what) must be true or false, but this is \(value.typePhrase)", hint: hint)
    }
  }

  @inline(__always)
  private static func numbers(_ operation: ComparisonOperator, _ a: Double, _ b: Double) -> Bool {
    switch operation {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual, .contains: a >= b
    }
  }

  static func strings(
    _ operation: ComparisonOperator, _ a: String, _ b: String, _ session: Session
  ) throws -> Bool {
    if a.utf8.count >= TextWalk.long, b.utf8.count >= TextWalk.long,
      let order = try TextWalk.order(a, b, session)
    {
      return switch operation {
      case .less: order < 0
      case .lessOrEqual: order <= 0
      case .greater: order > 0
      default: order >= 0
      }
    }
    return switch operation {
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    default: a >= b
    }
  }

  /// The mask of an elementwise comparison, a boolean for scalars, or nil if no tensor is involved.
  private static func mask(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value
  ) throws -> Value? {
    let ordering = operation != .equal && operation != .notEqual
    guard Conversion.isNumeric(left), Conversion.isNumeric(right) else { return nil }
    guard left.isTensor || right.isTensor || ordering else { return nil }
    let a: Tensor
    let b: Tensor
    do {
      (a, b) = try operands(left, right)
    } catch let error as ScriptError where error.kind == .type && !ordering {
      return nil
    }
    let mask = try Conversion.scripted {
      if a.whole != nil || b.whole != nil {
        return try Tensor.compareExactly(a, b) { numbers(operation, $0, $1) }
      }
      return try Tensor.combine(operation.kernel, a, b)
    }
    if mask.rank == 0, let element = mask.first { return .bool(element != 0) }
    return .tensor(mask)
  }

  /// Both operands as tensors. Next to positions that no float represents, numbers stay exact.
  private static func operands(_ left: Value, _ right: Value) throws -> (Tensor, Tensor) {
    guard left.holdsPositions || right.holdsPositions else {
      return (try Conversion.tensor(left), try Conversion.tensor(right))
    }
    func exact(_ value: Value) throws -> Tensor {
      if case .tensor(let tensor) = value { return tensor }
      return try Conversion.positions(value)
    }
    return (try exact(left), try exact(right))
  }

  private static func misfit(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value
  ) -> ScriptError {
    .type(
      "`\(operation.rawValue)` cannot order \(left.typePhrase) and \(right.typePhrase)")
  }
}

extension Value {
  /// Whether this is a tensor of positions that no float represents.
  fileprivate var holdsPositions: Bool {
    if case .tensor(let tensor) = self { return tensor.whole != nil }
    return false
  }

  fileprivate var isTensor: Bool {
    if case .tensor = self { return true }
    return false
  }
}

extension ComparisonOperator {
  fileprivate var kernel: BinaryOperation {
    switch self {
    case .equal: .equal
    case .notEqual: .unequal
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual, .contains: .greaterOrEqual
    }
  }
}
