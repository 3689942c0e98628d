// SPDX-License-Identifier: Apache-2.0
//
// Reductions over all elements or some dimensions. A run of neighbouring dimensions splits a
// tensor into [outer, middle, inner]; each reduction has a kernel for rows (inner = 1) and one for
// columns, and dimensions that are not neighbours are first moved together.

import CKernels

/// A shape seen as [outer, middle, inner], where the middle is reduced.
package struct AxisSplit {
  package let outer: Int
  package let middle: Int
  package let inner: Int

  package init(_ shape: [Int], dims: ClosedRange<Int>) {
    outer = shape[..<dims.lowerBound].reduce(1, *)
    middle = shape[dims].reduce(1, *)
    inner = shape[(dims.upperBound + 1)...].reduce(1, *)
  }

  package init(outer: Int, middle: Int, inner: Int) {
    (self.outer, self.middle, self.inner) = (outer, middle, inner)
  }
}

extension Tensor {
  /// [outer, inner]: the sums over the middle, times `scale`. No gradient.
  package func summedMiddle(_ split: AxisSplit, scale: Float) throws -> Tensor {
    let result = try Tensor(uninitialized: [split.outer, split.inner])
    guard result.count > 0 else { return result }
    if result.count == 1 {
      result.pointer[0] = Float(sumOfAll() * Double(scale))
      return result
    }
    let (x, out) = (pointer, result.pointer)
    split.forEachPiece { piece in
      if split.inner == 1 {
        smap_sum_rows(
          x + piece.outer * split.middle, piece.rows, split.middle, scale, out + piece.outer)
      } else {
        smap_sum_columns(
          x + piece.outer * split.middle * split.inner + piece.column, split.middle, split.inner,
          piece.columns, scale, out + piece.outer * split.inner + piece.column)
      }
    }
    return result
  }

  /// The sum of all elements, from fixed blocks.
  package func sumOfAll() -> Double {
    guard count > Tensor.blockSize else { return smap_sum(pointer, count) }
    let blocks = (count + Tensor.blockSize - 1) / Tensor.blockSize
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: blocks) { partial in
      let sums = SendableDoubles(base: partial.baseAddress)
      let x = pointer
      ThreadPool.forEachBlock(rows: count, rowsPerBlock: Tensor.blockSize) { block in
        sums.base?[block.lowerBound / Tensor.blockSize] = smap_sum(
          x + block.lowerBound, block.count)
      }
      return partial.reduce(0, +)
    }
  }

  private struct SendableDoubles: @unchecked Sendable {
    let base: UnsafeMutablePointer<Double>?
  }
}

extension AxisSplit {
  /// A share of the work: some rows where the middle is innermost, else some columns of one outer.
  package struct Piece {
    package var outer: Int
    package var rows: Int
    package var column: Int
    package var columns: Int
  }

  /// Cuts the work into pieces of about a block each, by shape alone, and shares them out.
  package func forEachPiece(_ body: (Piece) -> Void) {
    if inner == 1 {
      let rowsPerBlock = max(1, Tensor.blockSize / max(middle, 1))
      ThreadPool.forEachBlock(rows: outer, rowsPerBlock: rowsPerBlock) { block in
        body(Piece(outer: block.lowerBound, rows: block.count, column: 0, columns: 1))
      }
      return
    }
    let width = min(inner, max(64, Tensor.blockSize / max(middle, 1) / 64 * 64))
    let across = (inner + width - 1) / width
    let perChunk = max(1, Tensor.blockSize / max(width * middle, 1))
    ThreadPool.forEachBlock(rows: outer * across, rowsPerBlock: perChunk) { block in
      for index in block {
        let column = index % across * width
        body(
          Piece(
            outer: index / across, rows: 1, column: column, columns: min(width, inner - column)))
      }
    }
  }
}
