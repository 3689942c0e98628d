// SPDX-License-Identifier: Apache-2.0
//
// How gradients pass through the operations on two operands. The table says what the rule of an
// operand reads; only that is kept alive by the tape: nothing for a sum, the other factor for a
// product.

import CKernels

extension BinaryOperation {
  /// Puts `result`, this operation on `a` and `b`, on the tape.
  func record(_ result: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let (needsA, needsB) = (a.node != nil, b.node != nil)
    let (shapeA, shapeB) = (a.shape, b.shape)
    let (left, right) = (row.left, row.right)
    let keptA = (needsA && left.reads_a) || (needsB && right.reads_a) ? a.detached : nil
    let keptB = (needsA && left.reads_b) || (needsB && right.reads_b) ? b.detached : nil
    let kept = (needsA && left.reads_y) || (needsB && right.reads_y) ? result.unrecorded : nil
    return result.recorded(from: [a, b]) { gradient in
      let toA = needsA ? try row.left.applied(to: gradient, keptA, keptB, kept) : nil
      let toB = needsB ? try row.right.applied(to: gradient, keptA, keptB, kept) : nil
      return [try toA?.summed(to: shapeA), try toB?.summed(to: shapeB)]
    }
  }

  /// Puts `result`, this operation on `a` and a number, on the tape.
  func record(_ result: Tensor, _ a: Tensor, _ b: Float) -> Tensor {
    let keptA = row.left.reads_a ? a.detached : nil
    let kept = row.left.reads_y ? result.unrecorded : nil
    return result.recorded(from: [a]) { gradient in
      guard let kernel = row.left.run_number else { return [row.left.is_same ? gradient : nil] }
      return [
        try SmapPartial.computed(gradient, kept) { start, y, g, out, count in
          withUnsafePointer(to: b) { number in
            kernel((keptA ?? gradient).pointer + start, number, y, g, out, count)
          }
        }
      ]
    }
  }

  /// Puts `result`, this operation on a number and `b`, on the tape.
  func record(_ result: Tensor, _ a: Float, _ b: Tensor) -> Tensor {
    let keptB = row.right.reads_b ? b.detached : nil
    let kept = row.right.reads_y ? result.unrecorded : nil
    return result.recorded(from: [b]) { gradient in
      guard let kernel = row.right.number_run else { return [row.right.is_same ? gradient : nil] }
      return [
        try SmapPartial.computed(gradient, kept) { start, y, g, out, count in
          withUnsafePointer(to: a) { number in
            kernel(number, (keptB ?? gradient).pointer + start, y, g, out, count)
          }
        }
      ]
    }
  }
}

extension SmapPartial {
  /// The gradient of an operand, in the shape of the result, from the gradient of the result and what
  /// was kept of both operands and the result; nil if there is none.
  fileprivate func applied(
    to gradient: Tensor, _ a: Tensor?, _ b: Tensor?, _ result: Tensor?
  ) throws -> Tensor? {
    guard let runs, let run_number, let number_run else { return is_same ? gradient : nil }
    // An operand that is not read takes no part in the loops.
    let x = reads_a ? a ?? gradient : gradient
    let z = reads_b ? b ?? gradient : gradient
    let pairing = try Pairing(x, z)
    let dx = try gradient.uninitializedLike()
    let (px, pz, g) = (x.pointer, z.pointer, gradient.pointer)
    let y = (result ?? gradient).pointer
    try Profile.measure(.elementwise, operations: dx.count, bytes: 12 &* dx.count) {
      try pairing.forEachRun(of: dx) { form, i, j, start, out, count in
        switch form {
        case .runs: runs(px + i, pz + j, y + start, g + start, out, count)
        case .runNumber: run_number(px + i, pz + j, y + start, g + start, out, count)
        case .numberRun: number_run(px + i, pz + j, y + start, g + start, out, count)
        }
      }
    }
    return dx
  }

  /// The gradient of the one operand that is no number: `body` makes each piece of it.
  fileprivate static func computed(
    _ gradient: Tensor, _ result: Tensor?,
    _ body: (
      _ start: Int, _ y: UnsafePointer<Float>, _ g: UnsafePointer<Float>,
      _ out: UnsafeMutablePointer<Float>, _ count: Int
    ) -> Void
  ) throws -> Tensor {
    let dx = try gradient.uninitializedLike()
    let (g, y) = (gradient.pointer, (result ?? gradient).pointer)
    try Profile.measure(.elementwise, operations: dx.count, bytes: 12 &* dx.count) {
      try Tensor.throughRuns(dx.pointer, dx.count) { body($0, y + $0, g + $0, $1, $2) }
    }
    return dx
  }
}
