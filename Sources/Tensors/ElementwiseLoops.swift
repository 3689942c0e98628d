// SPDX-License-Identifier: Apache-2.0
//
// The loops through two operands of an elementwise operation, as runs for its kernels. Equal
// shapes, single numbers and rows are told apart first, because they are common and need no plan.

/// What is done with runs: one kernel for each way in which operands advance. A type of its own
/// instead of a closure, so that the loops are compiled for it.
protocol RunKernels {
  /// Both operands advance from their offsets `i` and `j`; `start` is the offset in the result.
  func runs(_ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int)
  /// The second operand is the number at `j`.
  func runNumber(_ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int)
  /// The first operand is the number at `i`.
  func numberRun(_ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int)
}

extension RunKernels {
  /// What the kernels make of two operands, run by run. Long work is shared between threads.
  ///
  /// Throws a ShapeError that names both shapes if they do not fit.
  @inline(__always)
  func result(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    if a.shape == b.shape {
      let result = try a.uninitializedLike()
      try Tensor.throughRuns(result.pointer, a.count) { runs($0, $0, $0, $1, $2) }
      return result
    }
    if b.count == 1, b.rank <= a.rank {
      let result = try a.uninitializedLike()
      try Tensor.throughRuns(result.pointer, a.count) { runNumber($0, 0, $0, $1, $2) }
      return result
    }
    if a.count == 1, a.rank <= b.rank {
      let result = try b.uninitializedLike()
      try Tensor.throughRuns(result.pointer, b.count) { numberRun(0, $0, $0, $1, $2) }
      return result
    }
    if b.rank < a.rank, b.count > 0, a.shape.suffix(b.rank).elementsEqual(b.shape) {
      return try resultByRows(a, width: b.count)
    }
    return try resultByBroadcast(a, b)
  }

  /// The second operand, of `width` elements, is the same for every row of the first: a bias, for
  /// example.
  private func resultByRows(_ a: Tensor, width: Int) throws -> Tensor {
    let result = try a.uninitializedLike()
    let out = result.pointer
    try ThreadPool.forEachBlock(
      unlessStopped: a.count / width, rowsPerBlock: max(1, Tensor.blockSize / width)
    ) { block in
      for row in block { runs(row * width, 0, row * width, out + row * width, width) }
    }
    return result
  }

  private func resultByBroadcast(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let plan = try Broadcast(a.shape, b.shape)
    let result = try Tensor(uninitialized: plan.shape)
    guard result.count > 0 else { return result }
    let (out, length, steps) = (result.pointer, plan.runLength, plan.runSteps)
    try ThreadPool.forEachBlock(
      unlessStopped: plan.runs, rowsPerBlock: max(1, Tensor.blockSize / length)
    ) { block in
      plan.forEachRun(in: block) { run, i, j in
        let start = run * length
        if steps.b == 0 {
          runNumber(i, j, start, out + start, length)
        } else if steps.a == 0 {
          numberRun(i, j, start, out + start, length)
        } else {
          runs(i, j, start, out + start, length)
        }
      }
    }
    return result
  }
}
