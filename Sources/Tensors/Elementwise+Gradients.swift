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
    let (left, right) = (row.pointee.left, row.pointee.right)
    let keptA = (needsA && left.reads_a) || (needsB && right.reads_a) ? a.detached : nil
    let keptB = (needsA && left.reads_b) || (needsB && right.reads_b) ? b.detached : nil
    let kept = (needsA && left.reads_y) || (needsB && right.reads_y) ? result.unrecorded : nil
    return result.recorded(from: [a, b]) { gradient in
      let toA = needsA ? try row.pointee.left.applied(to: gradient, keptA, keptB, kept) : nil
      let toB = needsB ? try row.pointee.right.applied(to: gradient, keptA, keptB, kept) : nil
      return [try toA?.summed(to: shapeA), try toB?.summed(to: shapeB)]
    }
  }

  /// Puts `result`, this operation on `a` and a number, on the tape.
  func record(_ result: Tensor, _ a: Tensor, _ b: Float) -> Tensor {
    let keptA = row.pointee.left.reads_a ? a.detached : nil
    let kept = row.pointee.left.reads_y ? result.unrecorded : nil
    return result.recorded(from: [a]) { gradient in
      guard let kernel = row.pointee.left.run_number else {
        return [row.pointee.left.is_same ? gradient : nil]
      }
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
    let keptB = row.pointee.right.reads_b ? b.detached : nil
    let kept = row.pointee.right.reads_y ? result.unrecorded : nil
    return result.recorded(from: [b]) { gradient in
      guard let kernel = row.pointee.right.number_run else {
        return [row.pointee.right.is_same ? gradient : nil]
      }
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
  /// The gradient of an operand, in the shape of the result, from the gradient of the result and
  /// what was kept of both operands and the result; nil if there is none.
  fileprivate func applied(
    to gradient: Tensor, _ a: Tensor?, _ b: Tensor?, _ result: Tensor?
  ) throws -> Tensor? {
    guard let runs, let run_number, let number_run else { return is_same ? gradient : nil }
    // An operand that is not read takes no part in the loops.
    let x = reads_a ? a ?? gradient : gradient
    let z = reads_b ? b ?? gradient : gradient
    let kernels = GradientKernels(
      both: runs, runsOfNumber: run_number, runsByNumber: number_run, a: x.pointer, b: z.pointer,
      y: (result ?? gradient).pointer, g: gradient.pointer)
    return try Profile.measure(
      .elementwise, operations: gradient.count, bytes: 12 &* gradient.count
    ) { try kernels.result(x, z) }
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

/// The kernels of the gradient of one operand, and what they read.
private struct GradientKernels: RunKernels {
  let both: SmapPartialKernel
  let runsOfNumber: SmapPartialKernel
  let runsByNumber: SmapPartialKernel
  let a: UnsafePointer<Float>
  let b: UnsafePointer<Float>
  let y: UnsafePointer<Float>
  let g: UnsafePointer<Float>

  @inline(__always)
  func runs(_ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int) {
    both(a + i, b + j, y + start, g + start, out, count)
  }

  @inline(__always)
  func runNumber(
    _ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    runsOfNumber(a + i, b + j, y + start, g + start, out, count)
  }

  @inline(__always)
  func numberRun(
    _ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    runsByNumber(a + i, b + j, y + start, g + start, out, count)
  }
}
