// SPDX-License-Identifier: Apache-2.0
//
// Products and distances that are compositions of the matrix product and sums.

extension Tensor {
  /// The sum of the diagonal of a matrix, or of the last two dimensions of a stack.
  public func trace() throws -> Tensor {
    guard rank >= 2 else { throw TensorError.shape("trace takes a matrix, not shape \(shape)") }
    let side = min(shape[rank - 2], shape[rank - 1])
    let square = try narrow(dim: -2, start: 0, count: side).narrow(dim: -1, start: 0, count: side)
    return try (square * Tensor.eye(side)).sum(dims: [-2, -1])
  }

  /// The sum of the products of two vectors.
  public static func dot(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard a.rank == 1, a.shape == b.shape else {
      throw TensorError.shape(
        "dot takes two vectors of one length, not \(a.shape) and \(b.shape)",
        hint: "matrices are multiplied by @")
    }
    return try matmul(a, b)
  }

  /// The vector orthogonal to two vectors of three numbers along the last dimension.
  public static func cross(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard a.shape.last == 3, b.shape.last == 3 else {
      throw TensorError.shape("cross takes vectors of 3 numbers, not \(a.shape) and \(b.shape)")
    }
    let (first, second) = (try a.roll(shift: -1, dim: -1), try a.roll(shift: -2, dim: -1))
    let (next, last) = (try b.roll(shift: -2, dim: -1), try b.roll(shift: -1, dim: -1))
    return try first * next - second * last
  }

  /// The product summed over pairs of dimensions, `ours[i]` with `theirs[i]`.
  public static func tensordot(
    _ a: Tensor, _ b: Tensor, ours: [Int], theirs: [Int]
  ) throws -> Tensor {
    let left = try ours.map { try a.dimension($0) }
    let right = try theirs.map { try b.dimension($0) }
    guard left.count == right.count, Set(left).count == left.count,
      Set(right).count == right.count,
      zip(left, right).allSatisfy({ a.shape[$0] == b.shape[$1] })
    else {
      throw TensorError.shape(
        "dimensions \(ours) of \(a.shape) do not fit dimensions \(theirs) of \(b.shape)")
    }
    let keptA = a.shape.indices.filter { !left.contains($0) }
    let keptB = b.shape.indices.filter { !right.contains($0) }
    let inner = left.reduce(1) { $0 * a.shape[$1] }
    let (outerA, outerB) = (keptA.map { a.shape[$0] }, keptB.map { b.shape[$0] })
    let x = try a.permute(keptA + left).reshape([outerA.reduce(1, *), inner])
    let y = try b.permute(right + keptB).reshape([inner, outerB.reduce(1, *)])
    return try x.matmul(y).reshape(outerA + outerB)
  }
}
