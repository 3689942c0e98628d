// SPDX-License-Identifier: Apache-2.0
//
// Selecting elements by position: reversed, shifted, below a diagonal, or by index.

import CKernels

extension Tensor {
  /// The elements in reverse order along the given dimensions.
  public func flip(dims: [Int]) throws -> Tensor {
    var view = StridedView(shape)
    for dim in Set(try dims.map { try dimension($0) }) {
      view.slice(dim, start: shape[dim] - 1, count: shape[dim], step: -1)
    }
    return try moved(by: view)
  }

  /// The elements shifted cyclically along a dimension.
  public func roll(shift: Int, dim: Int = 0) throws -> Tensor {
    let place = try dimension(dim)
    let size = shape[place]
    guard size > 0 else { return self }
    let offset = ((shift % size) + size) % size
    if offset == 0 { return self }
    return try Tensor.cat(
      [
        try narrow(dim: place, start: size - offset, count: offset),
        try narrow(dim: place, start: 0, count: size - offset),
      ], dim: place)
  }

  /// The elements on and below a diagonal of each matrix; 0 elsewhere.
  public func tril(diagonal: Int = 0) throws -> Tensor {
    try triangle("tril") { row, column in column - row <= diagonal }
  }

  /// The elements on and above a diagonal of each matrix; 0 elsewhere.
  public func triu(diagonal: Int = 0) throws -> Tensor {
    try triangle("triu") { row, column in column - row >= diagonal }
  }

  private func triangle(_ name: String, _ keeps: (Int, Int) -> Bool) throws -> Tensor {
    guard rank >= 2 else {
      throw TensorError.shape("\(name) takes matrices, not shape \(shape)")
    }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let mask = try Tensor(uninitialized: [rows, columns])
    for row in 0..<rows {
      for column in 0..<columns {
        mask.pointer[row * columns + column] = keeps(row, column) ? 1 : 0
      }
    }
    return try Tensor.select(mask, self, 0)
  }

  /// The matrix with a vector on its diagonal, or the diagonal of a matrix.
  public func diag() throws -> Tensor {
    if rank == 2 {
      var view = StridedView(shape)
      let step = view.strides[0] + view.strides[1]
      view.shape = [min(shape[0], shape[1])]
      view.strides = [step]
      return try moved(by: view)
    }
    guard rank == 1 else {
      throw TensorError.shape("diag takes a vector or a matrix, not shape \(shape)")
    }
    return try Tensor.eye(count) * reshape([count, 1])
  }

  /// The elements at the given indices along a dimension, in the order of `index`.
  ///
  /// `index` is a tensor of integers with as many dimensions as this one, and no larger except
  /// along `dim`; negative numbers count from the end. As `torch.gather`.
  public func gather(dim: Int, index: Tensor) throws -> Tensor {
    let place = try dimension(dim)
    guard index.rank == rank else {
      throw TensorError.shape(
        "gather needs an index with \(rank) dimensions, not shape \(index.shape)")
    }
    for other in shape.indices where other != place && index.shape[other] > shape[other] {
      throw TensorError.shape(
        "the index of shape \(index.shape) is larger than \(shape) along dimension \(other)")
    }
    let positions = try gatherPositions(place, index)
    let result = try Tensor(uninitialized: index.shape).keepingMask(of: self)
    if let whole {
      result.whole = try WholeNumbers(count: positions.count) { whole[positions[$0]] }
    }
    for (i, position) in positions.enumerated() {
      try Stop.check(at: i)
      result.pointer[i] = pointer[position]
    }
    guard isRecording else { return result }
    let source = shape
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor.zeros(source)
      for (i, position) in positions.enumerated() {
        try Stop.check(at: i)
        dx.pointer[position] += gradient.pointer[i]
      }
      return [dx]
    }
  }

  /// For each element of `index`, the offset in memory that it refers to.
  func gatherPositions(_ dim: Int, _ index: Tensor) throws -> [Int] {
    let indices = try index.wholeNumbers(below: shape[dim], along: dim, of: shape)
    if rank == 1 { return indices }
    let strides = StridedView.contiguousStrides(shape)
    var counters = [Int](repeating: 0, count: rank)
    try MemoryBudget.requireRoom(forArrays: 8 * indices.count)
    var positions = [Int](repeating: 0, count: indices.count)
    for i in indices.indices {
      try Stop.check(at: i)
      var position = indices[i] * strides[dim]
      for other in 0..<rank where other != dim { position += counters[other] * strides[other] }
      positions[i] = position
      var level = rank - 1
      while level >= 0 {
        counters[level] += 1
        if counters[level] < index.shape[level] { break }
        counters[level] = 0
        level -= 1
      }
    }
    return positions
  }

  /// The rows (slices along `dim`) at the given positions, which are in range.
  package func taking(_ positions: [Int], dim: Int) throws -> Tensor {
    let split = AxisSplit(shape, dims: dim...dim)
    var target = shape
    target[dim] = positions.count
    let result = try Tensor(uninitialized: target).keepingMask(of: self)
    positions.withUnsafeBufferPointer { list in
      guard let base = list.baseAddress else { return }
      Profile.measure(.movement, bytes: 8 &* result.count) {
        smap_gather_rows(
          pointer, split.outer, split.middle, split.inner, base, list.count, result.pointer)
      }
    }
    if let whole {
      result.whole = try WholeNumbers(count: result.count) { place in
        let (row, column) = (place / max(split.inner, 1), place % max(split.inner, 1))
        let outer = row / positions.count * split.middle
        return whole[(outer + positions[row % positions.count]) * split.inner + column]
      }
    }
    guard isRecording else { return result }
    let source = shape
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor.zeros(source)
      positions.withUnsafeBufferPointer { list in
        guard let base = list.baseAddress else { return }
        Profile.measure(.movement, bytes: 12 &* gradient.count) {
          smap_scatter_add_rows(
            gradient.pointer, split.outer, split.middle, split.inner, base, list.count, dx.pointer)
        }
      }
      return [dx]
    }
  }

  /// The elements as indices into a dimension of the given size.
  ///
  /// Throws an IndexError for an element that is not an integer or is out of range.
  package func wholeNumbers(below size: Int, along dim: Int, of shape: [Int]) throws -> [Int] {
    try MemoryBudget.requireRoom(forArrays: 8 * count)
    return try (0..<count).map { i in
      try Stop.check(at: i)
      guard let number = wholeNumber(at: i) else {
        throw TensorError.index("\(pointer[i]) is not a whole number, so it cannot be an index")
      }
      guard number >= -size, number < size else {
        throw TensorError.index(
          "index \(number) is out of range for dimension \(dim) of shape \(shape)",
          hint: size == 0 ? "the dimension is empty" : "indices go from \(-size) to \(size - 1)")
      }
      // Such a float may have been rounded from its neighbour: 2**24 + 1 is rounded to 2**24.
      guard whole != nil || number.magnitude < Tensor.largestWhole else {
        throw TensorError.index(
          "a tensor of 32-bit floats cannot tell index \(number) from its neighbour",
          hint: "positions beyond 2**24 are exact in a list or a range, and as found by argmax")
      }
      return number < 0 ? number + size : number
    }
  }

  /// Rows that are 1 at the given index and 0 elsewhere; the shape gains a last dimension.
  ///
  /// Throws an IndexError for an index that is not an integer from 0 to below `classes`.
  public static func oneHot(_ indices: Tensor, classes: Int) throws -> Tensor {
    guard classes >= 0 else {
      throw TensorError.value("one_hot cannot have \(classes) classes")
    }
    let result = try Tensor.zeros(indices.shape + [classes])
    for i in 0..<indices.count {
      guard let number = indices.wholeNumber(at: i), number >= 0, number < classes else {
        let value =
          indices.whole == nil
          ? TensorError.words(indices.pointer[i]) : TensorError.words(indices.number(at: i))
        throw TensorError.index(
          "\(value) is not one of \(classes) classes",
          hint: "classes count from 0")
      }
      result.pointer[i * classes + number] = 1
    }
    return result
  }
}
