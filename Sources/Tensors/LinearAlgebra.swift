// SPDX-License-Identifier: Apache-2.0
//
// Matrix products with NumPy's rules: a vector counts as a row on the left and as a column on the
// right, and leading dimensions of larger tensors broadcast.

import CKernels

extension Tensor {
  /// The matrix product.
  ///
  /// Throws a ShapeError if the columns of `a` do not match the rows of `b`.
  public static func matmul(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard a.rank > 0, b.rank > 0 else {
      throw TensorError.shape(
        "cannot multiply \(a.shape) by \(b.shape) as matrices", hint: "use * for single numbers")
    }
    let left = a.rank == 1 ? try a.reshape([1, a.count]) : a
    let right = b.rank == 1 ? try b.reshape([b.count, 1]) : b
    let (columns, rows) = (left.shape[left.rank - 1], right.shape[right.rank - 2])
    guard columns == rows else {
      throw TensorError.shape(
        "cannot multiply \(a.shape) by \(b.shape)",
        hint: "the left side has \(columns) columns, the right side \(rows) rows")
    }
    let result = try recordedProduct(left, right)
    guard a.rank == 1 || b.rank == 1 else { return result }
    var shape = result.shape
    if b.rank == 1 { shape.removeLast() }
    if a.rank == 1 { shape.remove(at: shape.count - (b.rank == 1 ? 1 : 2)) }
    return try result.reshape(shape)
  }

  /// The matrix product with another tensor; see `matmul(_:_:)`.
  public func matmul(_ other: Tensor) throws -> Tensor { try Tensor.matmul(self, other) }

  /// The outer product of two vectors.
  public static func outer(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard a.rank == 1, b.rank == 1 else {
      throw TensorError.shape("outer takes two vectors, not \(a.shape) and \(b.shape)")
    }
    return try a.reshape([a.count, 1]) * b.reshape([1, b.count])
  }

  private static func recordedProduct(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let result = try product(a, b)
    guard a.isRecording || b.isRecording else { return result }
    let (keptA, keptB) = (b.node != nil ? a.detached : nil, a.node != nil ? b.detached : nil)
    let (shapeA, shapeB) = (a.shape, b.shape)
    return result.recorded(from: [a, b]) { gradient in
      let toA = try keptB.map { try product(gradient, $0, transposeB: true).summed(to: shapeA) }
      let toB = try keptA.map { try gradientOfRight($0, gradient, shapeB) }
      return [toA, toB]
    }
  }

  /// aᵀ g; the batch dimensions over which a single matrix `b` was broadcast are folded into the
  /// product.
  private static func gradientOfRight(
    _ a: Tensor, _ gradient: Tensor, _ shape: [Int]
  ) throws -> Tensor {
    guard shape.count == 2, a.rank > 2 else {
      return try product(a, gradient, transposeA: true).summed(to: shape)
    }
    let rows = shape[0] == 0 ? 0 : a.count / shape[0]
    let left = Tensor(storage: a.storage, shape: [rows, shape[0]])
    let right = Tensor(storage: gradient.storage, shape: [rows, shape[1]])
    return try product(left, right, transposeA: true)
  }

  /// The product of stacks of matrices, without a tape; ranks are at least 2 and sizes match.
  package static func product(
    _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false
  ) throws -> Tensor {
    let (rowsA, columnsA) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let (rowsB, columnsB) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
    let (m, k) = transposeA ? (columnsA, rowsA) : (rowsA, columnsA)
    let n = transposeB ? rowsB : columnsB
    let isLong = Double(a.count) * Double(n) + Double(b.count) * Double(m) > longWork
    if b.rank == 2, !transposeA {
      let result = try Tensor(uninitialized: a.shape.dropLast() + [n])
      let rows = a.shape.dropLast().reduce(1, *)
      BLAS.multiply(
        transposeA: false, transposeB: transposeB, m: rows, n: n, k: k, a: a.pointer,
        lda: columnsA, b: b.pointer, ldb: columnsB, c: result.pointer, ldc: n, mayStop: isLong)
      if isLong { try Stop.check() }
      return result
    }
    let plan = try Broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    let result = try Tensor(uninitialized: plan.shape + [m, n])
    let (x, y, out) = (a.pointer, b.pointer, result.pointer)
    plan.forEachPair(work: m * n * max(k, 1)) { index, i, j in
      if isLong, Stop.isRequested { return }
      BLAS.multiply(
        transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k,
        a: x + i * rowsA * columnsA, lda: columnsA, b: y + j * rowsB * columnsB, ldb: columnsB,
        c: out + index * m * n, ldc: n, mayStop: isLong)
    }
    if isLong { try Stop.check() }
    return result
  }

  /// Multiplications from which a product polls for interrupts. Steps of training stay below it, so
  /// that they are done completely or not at all.
  private static let longWork = 0x1p29
}

extension Broadcast {
  /// Calls `body` for every element of the common shape with its offset in both operands. Many
  /// pairs are divided among threads; `work` is the cost of one.
  fileprivate func forEachPair(work: Int, _ body: (Int, Int, Int) -> Void) {
    let total = runs * runLength
    guard total > 0 else { return }
    let (length, steps) = (runLength, runSteps)
    func visit(_ range: Range<Int>) {
      guard !range.isEmpty else { return }
      let covering = range.lowerBound / length..<(range.upperBound - 1) / length + 1
      forEachRun(in: covering) { run, offsetA, offsetB in
        let first = max(range.lowerBound - run * length, 0)
        let last = min(range.upperBound - run * length, length)
        for inside in first..<last {
          body(run * length + inside, offsetA + inside * steps.a, offsetB + inside * steps.b)
        }
      }
    }
    // A few large products divide their own tiles; many are distributed in blocks.
    let perBlock = max(1, 4_000_000 / max(work, 1))
    if total < 8 || perBlock >= total {
      visit(0..<total)
    } else {
      ThreadPool.forEachBlock(rows: total, rowsPerBlock: perBlock, visit)
    }
  }
}
