// SPDX-License-Identifier: Apache-2.0
//
// How gradients pass through the operations on two operands. Only what a rule reads is kept alive
// by the tape: nothing for a sum, the other factor for a product.

/// What an operation keeps for its backward pass; nil where its rule does not look.
private struct Kept {
  var a: Tensor?
  var b: Tensor?
  var result: Tensor?
}

extension BinaryOperation {
  /// Puts `result`, this operation on `a` and `b`, on the tape.
  func record(_ result: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let (needsA, needsB) = (a.node != nil, b.node != nil)
    let (shapeA, shapeB) = (a.shape, b.shape)
    let kept = keep(result, a, b, needsA, needsB)
    return result.recorded(from: [a, b]) { gradient in
      let toA = needsA ? try gradientOfLeft(gradient, kept) : nil
      let toB = needsB ? try gradientOfRight(gradient, kept) : nil
      return [try toA?.summed(to: shapeA), try toB?.summed(to: shapeB)]
    }
  }

  private func keep(
    _ result: Tensor, _ a: Tensor, _ b: Tensor, _ needsA: Bool, _ needsB: Bool
  ) -> Kept {
    switch self {
    case .multiply:
      Kept(a: needsB ? a.detached : nil, b: needsA ? b.detached : nil)
    case .divide:
      Kept(b: b.detached, result: needsB ? result.unrecorded : nil)
    case .power:
      Kept(a: a.detached, b: b.detached, result: needsB ? result.unrecorded : nil)
    case .maximum, .minimum, .remainder, .fmod, .atan2:
      Kept(a: a.detached, b: b.detached)
    case .hypot:
      Kept(a: a.detached, b: b.detached, result: result.unrecorded)
    default: Kept()
    }
  }

  private func gradientOfLeft(_ gradient: Tensor, _ kept: Kept) throws -> Tensor? {
    switch self {
    case .add, .subtract, .remainder, .fmod: return gradient
    case .atan2:
      guard let a = kept.a, let b = kept.b else { return nil }
      return try overDistance(gradient * b, a.square() + b.square())
    case .hypot:
      guard let a = kept.a, let result = kept.result else { return nil }
      return try overDistance(gradient * a, result)
    case .multiply: return try kept.b.map { try gradient * $0 }
    case .divide: return try kept.b.map { try gradient / $0 }
    case .maximum, .minimum: return try gradient * shareOfLeft(kept)
    case .power:
      guard let a = kept.a, let b = kept.b else { return nil }
      let slope = try b * Tensor.combine(.power, a, b - 1)
      return try gradient * Tensor.select(Tensor.combine(.equal, b, 0), 0, slope)
    default: return nil
    }
  }

  private func gradientOfRight(_ gradient: Tensor, _ kept: Kept) throws -> Tensor? {
    switch self {
    case .add: return gradient
    case .subtract: return try -gradient
    case .multiply: return try kept.a.map { try gradient * $0 }
    case .divide:
      guard let b = kept.b, let result = kept.result else { return nil }
      return try -(gradient / b * result)
    case .maximum, .minimum: return try gradient * (1 - shareOfLeft(kept))
    case .power:
      guard let a = kept.a, let b = kept.b, let result = kept.result else { return nil }
      let slope = try result * a.applying(.log)
      // 0 ** y is 0 for all y around a positive one, and 1 at 0 by definition.
      let isFlat = try Tensor.combine(
        .multiply, Tensor.combine(.equal, a, 0), Tensor.combine(.greaterOrEqual, b, 0))
      return try gradient * Tensor.select(isFlat, 0, slope)
    case .atan2:
      guard let a = kept.a, let b = kept.b else { return nil }
      return try -overDistance(gradient * a, a.square() + b.square())
    case .hypot:
      guard let b = kept.b, let result = kept.result else { return nil }
      return try overDistance(gradient * b, result)
    case .fmod:
      guard let a = kept.a, let b = kept.b else { return nil }
      return try -(gradient * (a / b).applying(.trunc))
    case .remainder:
      guard let a = kept.a, let b = kept.b else { return nil }
      return try -(gradient * Tensor.combine(.floorDivide, a, b))
    default: return nil
    }
  }

  /// `value` divided by a distance from the origin; 0 at the origin, where there is no direction.
  private func overDistance(_ value: Tensor, _ distance: Tensor) throws -> Tensor {
    try Tensor.select(Tensor.combine(.equal, distance, 0), 0, value / distance)
  }

  /// 1 where the left operand was chosen, 0 where the right was, one half for ties.
  private func shareOfLeft(_ kept: Kept) throws -> Tensor {
    guard let a = kept.a, let b = kept.b else { return try Tensor.scalar(0) }
    let ahead = try Tensor.combine(self == .maximum ? .greater : .less, a, b)
    return try ahead + 0.5 * Tensor.combine(.equal, a, b)
  }
}
