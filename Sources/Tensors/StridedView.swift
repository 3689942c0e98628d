// SPDX-License-Identifier: Apache-2.0
//
// Another order over the same memory. Permutations, slices, flips and broadcasts are described as
// sizes, strides and an offset, reduced to few dimensions, and then copied by one kernel; the
// gradient is scattered back through the same view.

import CKernels

/// Which elements of a tensor to read, and in which order.
package struct StridedView {
  /// The shape of the result.
  package var shape: [Int]
  /// The stride of each dimension, in elements; may be 0 or negative.
  package var strides: [Int]
  /// The offset of the first element.
  package var offset = 0

  /// All of a contiguous tensor, in its own order.
  package init(_ shape: [Int]) {
    self.shape = shape
    strides = StridedView.contiguousStrides(shape)
  }

  /// A tensor broadcast to a larger shape.
  package init(expanding shape: [Int], to target: [Int]) {
    self.shape = target
    let missing = target.count - shape.count
    strides = [Int](repeating: 0, count: missing) + StridedView.contiguousStrides(shape)
    for dim in shape.indices where shape[dim] == 1 { strides[missing + dim] = 0 }
  }

  /// The strides of row-major order.
  package static func contiguousStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    var span = 1
    for dim in shape.indices.reversed() {
      strides[dim] = span
      span *= max(shape[dim], 1)
    }
    return strides
  }

  /// The dimensions in another order.
  package mutating func permute(_ order: [Int]) {
    (shape, strides) = (order.map { shape[$0] }, order.map { strides[$0] })
  }

  /// Keeps `count` elements of a dimension, with stride `step`.
  package mutating func slice(_ dim: Int, start: Int, count: Int, step: Int) {
    offset += count > 0 ? start * strides[dim] : 0
    strides[dim] *= step
    shape[dim] = count
  }

  /// The offsets of the elements, in order.
  package var offsets: [Int] {
    var result = [offset]
    for dim in shape.indices {
      var next: [Int] = []
      next.reserveCapacity(result.count * shape[dim])
      for base in result {
        for i in 0..<shape[dim] { next.append(base + i * strides[dim]) }
      }
      result = next
    }
    return result
  }

  /// A new tensor with the elements of the view.
  package func copied(from source: Tensor) throws -> Tensor {
    let result = try Tensor(uninitialized: shape)
    guard result.count > 0 else { return result }
    let from = source.pointer + offset
    let to = result.pointer
    let isLong = result.count > 1 << 24
    Profile.measure(.movement, bytes: 8 &* result.count) {
      withKernelView { view, matrices, matrixSize in
        let perBlock = max(1, Tensor.blockSize / matrixSize)
        ThreadPool.forEachBlock(rows: matrices, rowsPerBlock: perBlock) { block in
          if isLong, Stop.isRequested { return }
          smap_copy_view(from, view, block.lowerBound, block.upperBound, to)
        }
      }
    }
    if isLong { try Stop.check() }
    return result
  }

  /// A tensor of zeros of the given shape, with `values` added at the view's offsets.
  package func scattered(_ values: Tensor, into target: [Int]) throws -> Tensor {
    let result = try Tensor.zeros(target)
    guard values.count > 0 else { return result }
    Profile.measure(.movement, bytes: 12 &* values.count) {
      withKernelView { view, matrices, _ in
        smap_add_through_view(values.pointer, view, 0, matrices, result.pointer + offset)
      }
    }
    return result
  }

  /// Writes `values` over the elements of `target` in the view.
  package func write(_ values: Tensor, into target: Tensor) {
    guard values.count > 0 else { return }
    Profile.measure(.movement, bytes: 8 &* values.count) {
      withKernelView { view, matrices, _ in
        smap_write_through_view(values.pointer, view, 0, matrices, target.pointer + offset)
      }
    }
  }

  /// Dimensions that are contiguous in memory are merged; unit dimensions are dropped.
  private var simplified: (sizes: [Int], strides: [Int]) {
    var sizes: [Int] = []
    var steps: [Int] = []
    for dim in shape.indices where shape[dim] != 1 {
      if let last = steps.last, last == strides[dim] * shape[dim] {
        sizes[sizes.count - 1] *= shape[dim]
        steps[steps.count - 1] = strides[dim]
      } else {
        sizes.append(shape[dim])
        steps.append(strides[dim])
      }
    }
    while sizes.count < 2 {
      sizes.insert(1, at: 0)
      steps.insert(0, at: 0)
    }
    return (sizes, steps)
  }

  private func withKernelView(_ body: (SmapView, Int, Int) -> Void) {
    var (sizes, steps) = simplified
    let rows = sizes[sizes.count - 2]
    let columns = sizes[sizes.count - 1]
    // A single large matrix with contiguous rows is divided into rows, so that threads can share
    // it.
    if sizes.count == 2, rows > 1, steps[1] == 1 || steps[1] == 0, columns > 64 {
      sizes.insert(1, at: 1)
      steps.insert(0, at: 1)
    }
    let matrixSize = sizes[sizes.count - 2] * columns
    let matrices = sizes.dropLast(2).reduce(1, *)
    sizes.withUnsafeBufferPointer { sizes in
      steps.withUnsafeBufferPointer { steps in
        guard let sizeBase = sizes.baseAddress, let stepBase = steps.baseAddress else { return }
        body(
          SmapView(rank: sizes.count, sizes: sizeBase, strides: stepBase), matrices, matrixSize)
      }
    }
  }
}
