// SPDX-License-Identifier: Apache-2.0
//
// Reductions over all elements or some dimensions. A group of adjacent dimensions splits a tensor
// into [outer, middle, inner]; each reduction has a kernel for rows (inner = 1) and one for
// columns, and dimensions that are not adjacent are first moved together.

import CKernels

/// A shape viewed as [outer, middle, inner], where the middle is reduced.
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

/// The reduced dimensions of a shape, and its arrangement with these adjacent.
struct Reduction {
  /// The shape after the reduced dimensions have been moved together.
  let arrangedShape: [Int]
  let split: AxisSplit
  private let shape: [Int]
  private let reduced: [Int]  // in ascending order
  private let order: [Int]?  // the permutation that moves them together, if one is needed

  init(_ shape: [Int], _ dims: [Int]?) throws {
    self.shape = shape
    reduced = try dims.map { try Reduction.sorted($0, shape) } ?? Array(shape.indices)
    guard let first = reduced.first, let last = reduced.last else {
      (arrangedShape, order) = (shape, nil)
      split = AxisSplit(outer: 1, middle: 1, inner: shape.reduce(1, *))
      return
    }
    if last - first + 1 == reduced.count {
      (arrangedShape, order) = (shape, nil)
      split = AxisSplit(shape, dims: first...last)
    } else {
      let reduced = self.reduced
      let others = shape.indices.filter { !reduced.contains($0) }
      let arranged = (others + reduced).map { shape[$0] }
      (arrangedShape, order) = (arranged, others + reduced)
      split = AxisSplit(arranged, dims: others.count...shape.count - 1)
    }
  }

  private static func sorted(_ dims: [Int], _ shape: [Int]) throws -> [Int] {
    let resolved = try dims.map { try Tensor.dimension($0, of: shape) }.sorted()
    guard Set(resolved).count == resolved.count else {
      throw TensorError.value("dimensions \(dims) name one dimension twice")
    }
    return resolved
  }

  /// The tensor with its reduced dimensions moved together.
  func arranged(_ tensor: Tensor) throws -> Tensor {
    guard let order else { return tensor }
    return try tensor.permute(order)
  }

  /// The shape of the result: reduced dimensions are dropped, or have size 1.
  func resultShape(_ keepDim: Bool) -> [Int] {
    if reduced.count == shape.count, !keepDim { return [] }
    var result: [Int] = []
    for dim in shape.indices {
      if !reduced.contains(dim) {
        result.append(shape[dim])
      } else if keepDim {
        result.append(1)
      }
    }
    return result
  }

  /// A gradient of the result, broadcast over the arranged shape.
  func spread(_ gradient: Tensor) throws -> Tensor {
    let outline = Tensor(storage: gradient.storage, shape: [split.outer, 1, split.inner])
    let spread = try outline.expand([split.outer, split.middle, split.inner])
    return Tensor(storage: spread.storage, shape: arrangedShape)
  }

  /// Throws if there are no elements.
  func requireElements(for name: String) throws {
    guard split.middle > 0 else {
      throw TensorError.value("\(name) of no elements (the shape is \(shape))")
    }
  }
}

/// Reduces rows of a given width.
typealias RowKernel =
  @convention(c) (UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void
/// Reduces rows, `stride` apart, to one row of a given width.
typealias ColumnKernel =
  @convention(c) (UnsafePointer<Float>, Int, Int, Int, UnsafeMutablePointer<Float>) -> Void

extension Tensor {
  /// Converts a dimension counted from either end into one counted from the front.
  static func dimension(_ dim: Int, of shape: [Int]) throws -> Int {
    let resolved = dim < 0 ? dim + shape.count : dim
    guard resolved >= 0, resolved < shape.count else {
      throw TensorError.index(
        "there is no dimension \(dim) in a tensor of shape \(shape)",
        hint: shape.isEmpty
          ? "a scalar has no dimensions"
          : "dimensions go from \(-shape.count) to \(shape.count - 1)")
    }
    return resolved
  }

  /// [outer, inner]: the middle reduced by a pair of kernels. No gradient.
  func reducedMiddle(
    _ split: AxisSplit, _ rows: RowKernel, _ columns: ColumnKernel
  ) throws -> Tensor {
    let result = try Tensor(uninitialized: [split.outer, split.inner])
    let (x, out) = (pointer, result.pointer)
    guard result.count > 0 else { return result }
    try Profile.measure(.reduction, operations: count, bytes: 4 &* (count &+ result.count)) {
      try split.forEachPiece { piece in
        if split.inner == 1 {
          rows(x + piece.outer * split.middle, piece.rows, split.middle, out + piece.outer)
        } else {
          columns(
            x + piece.outer * split.middle * split.inner + piece.column, split.middle, split.inner,
            piece.columns, out + piece.outer * split.inner + piece.column)
        }
      }
    }
    return result
  }

  /// [outer, inner]: the sums over the middle, times `scale`. No gradient.
  package func summedMiddle(_ split: AxisSplit, scale: Double) throws -> Tensor {
    let result = try Tensor(uninitialized: [split.outer, split.inner])
    guard result.count > 0 else { return result }
    if result.count == 1 {
      result.pointer[0] = Float(sumOfAll() * scale)
      return result
    }
    let (x, out) = (pointer, result.pointer)
    try Profile.measure(.reduction, operations: count, bytes: 4 &* (count &+ result.count)) {
      try split.forEachPiece { piece in
        if split.inner == 1 {
          smap_sum_rows(
            x + piece.outer * split.middle, piece.rows, split.middle, scale, out + piece.outer)
        } else {
          smap_sum_columns(
            x + piece.outer * split.middle * split.inner + piece.column, split.middle, split.inner,
            piece.columns, scale, out + piece.outer * split.inner + piece.column)
        }
      }
    }
    return result
  }

  /// The sum of all elements, from fixed blocks.
  package func sumOfAll() -> Double {
    Profile.measure(.reduction, operations: count, bytes: 4 &* count) { blockSums() }
  }

  private func blockSums() -> Double {
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
  /// A piece of the work: some rows where the middle is innermost, else some columns of one outer
  /// index.
  package struct Piece {
    package var outer: Int
    package var rows: Int
    package var column: Int
    package var columns: Int
  }

  /// Divides the work into pieces of about a block each, by shape alone, and distributes them.
  package func forEachPiece(_ body: (Piece) -> Void) throws {
    if inner == 1 {
      let rowsPerBlock = max(1, Tensor.blockSize / max(middle, 1))
      try ThreadPool.forEachBlock(unlessStopped: outer, rowsPerBlock: rowsPerBlock) { block in
        body(Piece(outer: block.lowerBound, rows: block.count, column: 0, columns: 1))
      }
      return
    }
    let width = min(inner, max(64, Tensor.blockSize / max(middle, 1) / 64 * 64))
    let across = (inner + width - 1) / width
    let perChunk = max(1, Tensor.blockSize / max(width * middle, 1))
    try ThreadPool.forEachBlock(unlessStopped: outer * across, rowsPerBlock: perChunk) { block in
      for index in block {
        let column = index % across * width
        body(
          Piece(
            outer: index / across, rows: 1, column: column, columns: min(width, inner - column)))
      }
    }
  }
}

extension Tensor {
  /// Whether all elements are finite numbers.
  package var isFinite: Bool { smap_square_sum(pointer, count).isFinite }
}
