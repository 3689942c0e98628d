// SPDX-License-Identifier: Apache-2.0
//
// The loops over two operands of an elementwise operation, as runs for its kernels. Equal shapes,
// single numbers and rows are handled first, because they are common and need no plan.

/// Which kernel of an operation a run uses.
enum RunForm {
  /// Both operands advance.
  case runs
  /// The second one is a single number.
  case runNumber
  /// The first one is a single number.
  case numberRun
}

/// How two operands are paired.
struct Pairing {
  private enum Loops {
    /// One run.
    case single(RunForm)
    /// The second operand is the same for every row of the first: a bias, for example.
    case rows(width: Int)
    case general(Broadcast)
  }

  /// The shape of the result.
  let shape: [Int]
  /// The number of its elements.
  let count: Int
  private let loops: Loops

  /// Throws a ShapeError that names both shapes if they are incompatible.
  init(_ a: Tensor, _ b: Tensor) throws {
    if a.shape == b.shape {
      (shape, count, loops) = (a.shape, a.count, .single(.runs))
    } else if b.count == 1, b.rank <= a.rank {
      (shape, count, loops) = (a.shape, a.count, .single(.runNumber))
    } else if a.count == 1, a.rank <= b.rank {
      (shape, count, loops) = (b.shape, b.count, .single(.numberRun))
    } else if b.rank < a.rank, b.count > 0, a.shape.suffix(b.rank).elementsEqual(b.shape) {
      (shape, count, loops) = (a.shape, a.count, .rows(width: b.count))
    } else {
      let plan = try Broadcast(a.shape, b.shape)
      (shape, count) = (plan.shape, try Tensor.elementCount(plan.shape))
      loops = .general(plan)
    }
  }

  /// Calls `body` for runs that make up `result`: with the offsets in both operands and in the
  /// result, the destination, and the length. Long work is divided among threads.
  @inline(__always)
  func forEachRun(
    of result: Tensor,
    _ body: (
      _ form: RunForm, _ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>,
      _ length: Int
    ) -> Void
  ) throws {
    let out = result.pointer
    switch loops {
    case .single(.runs): try Tensor.throughRuns(out, count) { body(.runs, $0, $0, $0, $1, $2) }
    case .single(.runNumber):
      try Tensor.throughRuns(out, count) { body(.runNumber, $0, 0, $0, $1, $2) }
    case .single(.numberRun):
      try Tensor.throughRuns(out, count) { body(.numberRun, 0, $0, $0, $1, $2) }
    case .rows(let width):
      try ThreadPool.forEachBlock(
        unlessStopped: count / width, rowsPerBlock: max(1, Tensor.blockSize / width)
      ) { block in
        for row in block { body(.runs, row * width, 0, row * width, out + row * width, width) }
      }
    case .general(let plan):
      guard count > 0 else { return }
      let (length, steps) = (plan.runLength, plan.runSteps)
      let form = steps.b == 0 ? RunForm.runNumber : steps.a == 0 ? .numberRun : .runs
      try ThreadPool.forEachBlock(
        unlessStopped: plan.runs, rowsPerBlock: max(1, Tensor.blockSize / length)
      ) { block in
        plan.forEachRun(in: block) { run, i, j in
          body(form, i, j, run * length, out + run * length, length)
        }
      }
    }
  }
}
