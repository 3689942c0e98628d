// SPDX-License-Identifier: Apache-2.0
//
// Rearrangements with names in PyTorch and NumPy, composed of reshapes, permutations and gathers,
// so their gradients need no rules.

extension Tensor {
  /// One dimension moved to another position; the others keep their order.
  public func moveDimension(_ source: Int, to target: Int) throws -> Tensor {
    let (from, to) = (try dimension(source), try dimension(target))
    var order = Array(0..<rank)
    order.insert(order.remove(at: from), at: to)
    return try permute(order)
  }

  /// Each element repeated `times` times along a dimension.
  public func repeatedElements(_ times: Int, dim: Int) throws -> Tensor {
    let place = try dimension(dim)
    let (count, overflow) = shape[place].multipliedReportingOverflow(by: times)
    guard times >= 0, !overflow else {
      throw TensorError.value("elements cannot be repeated \(times) times")
    }
    var (stretched, target) = (shape, shape)
    stretched.insert(times, at: place + 1)
    target[place] = count
    return try unsqueeze(dim: place + 1).expand(stretched).reshape(target)
  }

  /// The matrices rotated by `quarters` times 90 degrees, from the first given dimension towards
  /// the second.
  public func rotated(quarters: Int = 1, dims: (Int, Int) = (0, 1)) throws -> Tensor {
    let (first, second) = (try dimension(dims.0), try dimension(dims.1))
    guard first != second else { throw TensorError.value("a rotation needs two dimensions") }
    switch ((quarters % 4) + 4) % 4 {
    case 1: return try flip(dims: [second]).transpose(first, second)
    case 2: return try flip(dims: [first, second])
    case 3: return try transpose(first, second).flip(dims: [second])
    default: return self
    }
  }

  /// Coordinate tensors of a grid: each vector broadcast over the grid of all.
  public static func meshgrid(_ vectors: [Tensor]) throws -> [Tensor] {
    for vector in vectors where vector.rank != 1 {
      throw TensorError.shape("meshgrid takes vectors, not shape \(vector.shape)")
    }
    let sizes = vectors.map(\.count)
    _ = try elementCount(sizes)
    return try vectors.enumerated().map { place, vector in
      var shape = [Int](repeating: 1, count: sizes.count)
      shape[place] = vector.count
      return try vector.reshape(shape).expand(sizes)
    }
  }

  /// This tensor with `source` written, or added, at the positions of `index` along a dimension.
  ///
  /// As `torch.scatter`: `index` has the shape of `source`. Of two elements written to one
  /// position, the last is kept; added elements are summed.
  public func scatter(dim: Int, index: Tensor, source: Tensor, adding: Bool = false) throws
    -> Tensor
  {
    let place = try dimension(dim)
    guard index.rank == rank, source.shape == index.shape else {
      throw TensorError.shape(
        "scatter needs an index and a source of one shape with \(rank) dimensions, not "
          + "\(index.shape) and \(source.shape)")
    }
    let places = try gatherPositions(place, index)
    let result = Tensor(storage: try Storage(copying: storage), shape: shape)
    for (i, target) in places.enumerated() {
      if adding {
        result.pointer[target] += source.pointer[i]
      } else {
        result.pointer[target] = source.pointer[i]
      }
    }
    guard isRecording || source.isRecording else { return result }
    return result.recorded(from: [self, source]) { gradient in
      try Tensor.scatterGradients(gradient, places, index.shape, adding)
    }
  }

  private static func scatterGradients(
    _ gradient: Tensor, _ places: [Int], _ shape: [Int], _ adding: Bool
  ) throws -> [Tensor?] {
    let toSource = try Tensor.zeros(shape)
    if adding {
      for (i, place) in places.enumerated() { toSource.pointer[i] = gradient.pointer[place] }
      return [gradient, toSource]
    }
    let rest = Tensor(storage: try Storage(copying: gradient.storage), shape: gradient.shape)
    var writers: [Int: Int] = [:]
    for (i, place) in places.enumerated() { writers[place] = i }
    for (place, i) in writers {
      toSource.pointer[i] = gradient.pointer[place]
      rest.pointer[place] = 0
    }
    return [rest, toSource]
  }

  /// The Kronecker product: each element of this tensor times the whole other one.
  public func kronecker(_ other: Tensor) throws -> Tensor {
    let size = max(rank, other.rank)
    let left = [Int](repeating: 1, count: size - rank) + shape
    let right = [Int](repeating: 1, count: size - other.rank) + other.shape
    guard size <= 8 else { throw TensorError.shape("kron takes at most 8 dimensions") }
    let a = try reshape(left.flatMap { [$0, 1] })
    let b = try other.reshape(right.flatMap { [1, $0] })
    _ = try Tensor.elementCount(zip(left, right).flatMap { [$0, $1] })
    return try (a * b).reshape(zip(left, right).map { $0 * $1 })
  }
}
