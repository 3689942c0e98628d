// SPDX-License-Identifier: Apache-2.0
//
// The reductions by name, with their gradients. `dims` nil means all dimensions; an empty list
// means none.

import CKernels

extension Tensor {
  /// The sum over `dims`, or of all elements.
  public func sum(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try scaledSum(try Reduction(shape, dims), scale: 1, keepDim)
  }

  /// The sum over one dimension.
  public func sum(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try sum(dims: [dim], keepDim: keepDim)
  }

  /// The mean over `dims`, or of all elements; NaN if there are none.
  public func mean(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let reduction = try Reduction(shape, dims)
    return try scaledSum(reduction, scale: 1 / Double(reduction.split.middle), keepDim)
  }

  /// The mean over one dimension.
  public func mean(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try mean(dims: [dim], keepDim: keepDim)
  }

  private func scaledSum(
    _ reduction: Reduction, scale: Double, _ keepDim: Bool
  ) throws -> Tensor {
    let source = try reduction.arranged(self)
    let total = try source.summedMiddle(reduction.split, scale: scale)
    let result = Tensor(storage: total.storage, shape: reduction.resultShape(keepDim))
    guard source.isRecording else { return result }
    return result.recorded(from: [source]) { gradient in
      let spread = try reduction.spread(gradient)
      return [scale == 1 ? spread : try spread * Float(scale)]
    }
  }

  /// The product over `dims`, or of all elements.
  public func prod(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let reduction = try Reduction(shape, dims)
    let source = try reduction.arranged(self)
    let total = try source.reducedMiddle(
      reduction.split, smap_prod_rows, smap_prod_columns)
    let result = Tensor(storage: total.storage, shape: reduction.resultShape(keepDim))
    guard source.isRecording else { return result }
    let x = source.detached
    return result.recorded(from: [source]) { gradient in
      [try reduction.spread(gradient) * x.productOfOthers(reduction.split)]
    }
  }

  /// For each element, the product of the others in its reduction; exact with zeros.
  private func productOfOthers(_ split: AxisSplit) throws -> Tensor {
    let result = try uninitializedLike()
    let (x, out) = (pointer, result.pointer)
    for outer in 0..<split.outer {
      for column in 0..<split.inner {
        let base = outer * split.middle * split.inner + column
        var before = 1.0
        for i in 0..<split.middle {
          out[base + i * split.inner] = Float(before)
          before *= Double(x[base + i * split.inner])
        }
        var after = 1.0
        for i in (0..<split.middle).reversed() {
          out[base + i * split.inner] *= Float(after)
          after *= Double(x[base + i * split.inner])
        }
      }
    }
    return result
  }

  /// The largest element over `dims`, or of all; NaN if any is. Ties share the gradient.
  public func maximum(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try extreme("max", dims, keepDim, smap_max_rows, smap_max_columns)
  }

  /// The smallest element over `dims`, or of all; NaN if any is. Ties share the gradient.
  public func minimum(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try extreme("min", dims, keepDim, smap_min_rows, smap_min_columns)
  }

  private func extreme(
    _ name: String, _ dims: [Int]?, _ keepDim: Bool, _ rows: RowKernel, _ columns: ColumnKernel
  ) throws -> Tensor {
    let reduction = try Reduction(shape, dims)
    let source = try reduction.arranged(self)
    try reduction.requireElements(for: name)
    let chosen = try source.reducedMiddle(reduction.split, rows, columns)
    let result = Tensor(storage: chosen.storage, shape: reduction.resultShape(keepDim))
    guard source.isRecording else { return result }
    let (x, y) = (source.detached, result.unrecorded)
    return result.recorded(from: [source]) { gradient in
      let hit = try Tensor.combine(.equal, x, reduction.spread(y))
      let hits = try hit.summedMiddle(reduction.split, scale: 1)
      let share = try gradient / Tensor(storage: hits.storage, shape: gradient.shape)
      return [try reduction.spread(share) * hit]
    }
  }

  /// 1 where all elements over `dims` are not 0, else 0.
  public func all(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let truth = try Tensor.combine(.unequal, detached, 0)
    let reduction = try Reduction(shape, dims)
    guard reduction.split.middle > 0 else {
      return try Tensor(repeating: 1, shape: reduction.resultShape(keepDim))
    }
    return try truth.minimum(dims: dims, keepDim: keepDim).keepingMask(of: truth)
  }

  /// 1 where any element over `dims` is not 0, else 0.
  public func any(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let truth = try Tensor.combine(.unequal, detached, 0)
    let reduction = try Reduction(shape, dims)
    guard reduction.split.middle > 0 else {
      return try Tensor.zeros(reduction.resultShape(keepDim))
    }
    return try truth.maximum(dims: dims, keepDim: keepDim).keepingMask(of: truth)
  }
}
