// SPDX-License-Identifier: Apache-2.0
//
// The reductions by name, with their gradients. `dims` nil means all dimensions; several dimensions
// are moved next to each other first, unless they are already.

import CKernels

/// A tensor arranged for a reduction: its reduced dimensions are neighbours.
struct Reduction {
  /// The tensor, permuted if need be (with its place on the tape).
  let source: Tensor
  let split: AxisSplit
  /// The shape of the result with reduced dimensions left out, and with size 1 in their place.
  let shape: [Int]
  let keptShape: [Int]

  init(_ tensor: Tensor, _ dims: [Int]?) throws {
    let reduced = try Reduction.sorted(dims, tensor)
    keptShape = tensor.shape.indices.map { reduced.contains($0) ? 1 : tensor.shape[$0] }
    shape = tensor.shape.indices.filter { !reduced.contains($0) }.map { tensor.shape[$0] }
    guard let first = reduced.first, let last = reduced.last else {
      source = tensor
      split = AxisSplit(outer: 1, middle: 1, inner: tensor.count)
      return
    }
    if last - first + 1 == reduced.count {
      source = tensor
      split = AxisSplit(tensor.shape, dims: first...last)
    } else {
      let others = tensor.shape.indices.filter { !reduced.contains($0) }
      source = try tensor.permute(others + reduced)
      split = AxisSplit(source.shape, dims: others.count...source.rank - 1)
    }
  }

  private static func sorted(_ dims: [Int]?, _ tensor: Tensor) throws -> [Int] {
    guard let dims else { return Array(0..<tensor.rank) }
    let resolved = try dims.map { try tensor.dimension($0) }.sorted()
    guard Set(resolved).count == resolved.count else {
      throw TensorError.value("dimensions \(dims) name one dimension twice")
    }
    return resolved
  }

  /// The shape of the result.
  func resultShape(_ keepDim: Bool) -> [Int] { keepDim ? keptShape : shape }

  /// A gradient of the result, spread over the shape of the source.
  func spread(_ gradient: Tensor) throws -> Tensor {
    let outline = Tensor(
      storage: gradient.storage, shape: [split.outer, 1, split.inner])
    let spread = try outline.expand([split.outer, split.middle, split.inner])
    return Tensor(storage: spread.storage, shape: source.shape)
  }
}

extension Tensor {
  /// The sum over `dims`, or of all elements.
  public func sum(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try scaledSum(try Reduction(self, dims), scale: 1, keepDim)
  }

  /// The sum over one dimension.
  public func sum(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try sum(dims: [dim], keepDim: keepDim)
  }

  /// The mean over `dims`, or of all elements; NaN if there are none.
  public func mean(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let reduction = try Reduction(self, dims)
    return try scaledSum(reduction, scale: 1 / Float(reduction.split.middle), keepDim)
  }

  /// The mean over one dimension.
  public func mean(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try mean(dims: [dim], keepDim: keepDim)
  }

  private func scaledSum(
    _ reduction: Reduction, scale: Float, _ keepDim: Bool
  ) throws -> Tensor {
    let source = reduction.source
    let total = try source.summedMiddle(reduction.split, scale: scale)
    let result = Tensor(storage: total.storage, shape: reduction.resultShape(keepDim))
    guard source.isRecording else { return result }
    let layout = reduction.detached
    return result.recorded(from: [source]) { gradient in
      let spread = try layout.spread(gradient)
      return [scale == 1 ? spread : try spread * scale]
    }
  }

  /// The product over `dims`, or of all elements.
  public func prod(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let reduction = try Reduction(self, dims)
    let source = reduction.source
    let total = try source.reducedMiddle(
      reduction.split, smap_prod_rows, smap_prod_columns)
    let result = Tensor(storage: total.storage, shape: reduction.resultShape(keepDim))
    guard source.isRecording else { return result }
    let (layout, x) = (reduction.detached, source.detached)
    return result.recorded(from: [source]) { gradient in
      [try layout.spread(gradient) * x.productOfOthers(layout.split)]
    }
  }

  /// For each element, the product of the others with which it is multiplied; exact with zeros.
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
  public func max(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try extreme("max", dims, keepDim, smap_max_rows, smap_max_columns)
  }

  /// The smallest element over `dims`, or of all; NaN if any is. Ties share the gradient.
  public func min(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try extreme("min", dims, keepDim, smap_min_rows, smap_min_columns)
  }

  private func extreme(
    _ name: String, _ dims: [Int]?, _ keepDim: Bool, _ rows: RowKernel, _ columns: ColumnKernel
  ) throws -> Tensor {
    let reduction = try Reduction(self, dims)
    let source = reduction.source
    try requireElements(reduction.split, name)
    let chosen = try source.reducedMiddle(reduction.split, rows, columns)
    let result = Tensor(storage: chosen.storage, shape: reduction.resultShape(keepDim))
    guard source.isRecording else { return result }
    let (layout, x, y) = (reduction.detached, source.detached, result.unrecorded)
    return result.recorded(from: [source]) { gradient in
      let hit = try Tensor.combine(.equal, x, layout.spread(y))
      let hits = try hit.summedMiddle(layout.split, scale: 1)
      let share = try gradient / Tensor(storage: hits.storage, shape: gradient.shape)
      return [try layout.spread(share) * hit]
    }
  }

  /// 1 where all elements over `dims` are not 0, else 0.
  public func all(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let truth = try Tensor.combine(.unequal, detached, 0)
    let reduction = try Reduction(truth, dims)
    guard reduction.split.middle > 0 else {
      return try Tensor(repeating: 1, shape: reduction.resultShape(keepDim))
    }
    return try truth.min(dims: dims, keepDim: keepDim)
  }

  /// 1 where any element over `dims` is not 0, else 0.
  public func any(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let truth = try Tensor.combine(.unequal, detached, 0)
    let reduction = try Reduction(truth, dims)
    guard reduction.split.middle > 0 else {
      return try Tensor.zeros(reduction.resultShape(keepDim))
    }
    return try truth.max(dims: dims, keepDim: keepDim)
  }
}

extension Reduction {
  /// The same layout without a tape, for a pullback to keep.
  var detached: Reduction { Reduction(layoutOf: self) }

  private init(layoutOf other: Reduction) {
    (split, shape, keptShape) = (other.split, other.shape, other.keptShape)
    source = other.source.detached
  }
}
