// SPDX-License-Identifier: Apache-2.0
//
// The leading principal components of a data set, by subspace iteration: a random subspace is
// repeatedly multiplied by the covariance and orthonormalised until it converges, then rotated to
// the eigenvectors within it. Only products of tall matrices are needed, never the covariance
// itself. Halko, Martinsson and Tropp, "Finding structure with randomness" (2011).

import Glibc
import Tensors

/// Orthonormal directions in order of explained variance.
struct PrincipalComponents {
  /// [count, dimensions], each row of length one.
  let directions: Tensor
  /// The variance along each direction.
  let variances: [Float]

  /// The first `count` components of centred rows [samples, dimensions].
  init(of rows: Tensor, count: Int, seed: UInt64, rounds: Int = 12) throws {
    try self.init(of: RowGroups(rows), count: count, seed: seed, rounds: rounds)
  }

  /// The first `count` components of centred rows, which are read `rounds` + 1 times.
  init(of rows: RowGroups, count: Int, seed: UInt64, rounds: Int = 12) throws {
    let (samples, dimensions) = (rows.count, rows.width)
    let limit = min(samples, dimensions)
    let kept = min(count, limit)
    let searched = min(kept + 16, limit)
    var basis = try Tensor(uninitialized: [searched, dimensions])
    var draws = RandomStream(seed: seed, 0x9CA)
    for i in 0..<basis.count { basis.pointer[i] = draws.normal() }
    for _ in 0..<rounds {
      try orthonormalizeRows(basis)
      basis = try rows.sum { _, rows in try basis.matmul(rows.transpose(0, 1)).matmul(rows) }
    }
    try orthonormalizeRows(basis)
    let covariance = try rows.sum { _, rows in
      let projected = try rows.matmul(basis.transpose(0, 1))
      return try projected.transpose(0, 1).matmul(projected)
    }
    let (values, vectors) = symmetricEigen(covariance.toArray().map(Double.init), size: searched)
    let order = values.indices.sorted { values[$0] > values[$1] }.prefix(kept)
    var mixing: [Float] = []
    for i in order { mixing += (0..<searched).map { Float(vectors[$0 * searched + i]) } }
    let found = try Tensor(shape: [kept, searched], values: mixing).matmul(basis)
    directions = kept == count ? found : try PrincipalComponents.padded(found, to: count)
    variances =
      order.map { Float(max(values[$0], 0) / Double(samples)) }
      + [Float](repeating: 0, count: count - kept)
  }

  /// The first `count` components of centred rows that are known by a product alone.
  ///
  /// - Parameters:
  ///   - samples: the number of rows.
  ///   - product: multiplies a basis [m, dimensions] by the sum of the outer products of all rows.
  init(
    dimensions: Int, samples: Int, count: Int, seed: UInt64, rounds: Int,
    product: (Tensor) throws -> Tensor
  ) throws {
    let limit = min(samples, dimensions)
    let searched = min(min(count, limit) + 16, limit)
    var basis = try Tensor(uninitialized: [searched, dimensions])
    var draws = RandomStream(seed: seed, 0x9CA)
    for i in 0..<basis.count { basis.pointer[i] = draws.normal() }
    for _ in 0..<rounds {
      try Stop.check()
      basis = try product(PrincipalComponents.orthonormal(basis))
    }
    basis = try PrincipalComponents.orthonormal(basis)
    let covariance = try product(basis).matmul(basis.transpose(0, 1))
    let (values, vectors) = try covariance.symmetricEigen()
    let kept = min(count, limit)
    let rotation = try vectors.transpose(0, 1).flip(dims: [0]).narrow(dim: 0, start: 0, count: kept)
    let found = try rotation.matmul(basis)
    directions = kept == count ? found : try PrincipalComponents.padded(found, to: count)
    variances =
      values.toArray().reversed().prefix(kept).map { max($0, 0) / Float(samples) }
      + [Float](repeating: 0, count: count - kept)
  }

  /// The rows made orthonormal.
  private static func orthonormal(_ rows: Tensor) throws -> Tensor {
    try rows.transpose(0, 1).orthogonalFactors().q.transpose(0, 1)
  }

  private static func padded(_ rows: Tensor, to count: Int) throws -> Tensor {
    try Tensor.cat([rows, try Tensor.zeros([count - rows.shape[0], rows.shape[1]])], dim: 0)
  }
}

/// Makes the rows orthonormal in place (Gram-Schmidt, each row twice).
private func orthonormalizeRows(_ matrix: Tensor) throws {
  let (rows, width) = (matrix.shape[0], matrix.shape[1])
  for i in 0..<rows {
    let row = matrix.pointer + i * width
    for _ in 0..<2 {
      for j in 0..<i {
        let other = matrix.pointer + j * width
        let overlap = dot(row, other, width)
        for d in 0..<width { row[d] -= overlap * other[d] }
      }
    }
    let length = dot(row, row, width).squareRoot()
    let scale = length > 1e-20 ? 1 / length : 0
    for d in 0..<width { row[d] *= scale }
  }
}

private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
  var sums = SIMD8<Float>()
  var i = 0
  while i + 8 <= count {
    for lane in 0..<8 { sums[lane] += a[i + lane] * b[i + lane] }
    i += 8
  }
  var sum = sums.sum()
  while i < count {
    sum += a[i] * b[i]
    i += 1
  }
  return sum
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix, by cyclic Jacobi rotations.
private func symmetricEigen(_ matrix: [Double], size: Int) -> ([Double], [Double]) {
  var a = matrix
  var vectors = [Double](repeating: 0, count: size * size)
  for i in 0..<size { vectors[i * size + i] = 1 }
  let total = a.reduce(0) { $0 + $1 * $1 }
  for _ in 0..<30 {
    var off = 0.0
    for p in 0..<size { for q in 0..<p { off += a[p * size + q] * a[p * size + q] } }
    if off <= total * 1e-22 { break }
    for p in 0..<size {
      for q in p + 1..<max(size, p + 1) { rotate(&a, &vectors, p, q, size) }
    }
  }
  return ((0..<size).map { a[$0 * size + $0] }, vectors)
}

private func rotate(_ a: inout [Double], _ vectors: inout [Double], _ p: Int, _ q: Int, _ n: Int) {
  let off = a[p * n + q]
  guard abs(off) > 1e-300 else { return }
  let theta = (a[q * n + q] - a[p * n + p]) / (2 * off)
  let t = (theta < 0 ? -1.0 : 1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
  let c = 1 / (t * t + 1).squareRoot()
  let s = t * c
  for k in 0..<n {
    let (x, y) = (a[k * n + p], a[k * n + q])
    a[k * n + p] = c * x - s * y
    a[k * n + q] = s * x + c * y
  }
  for k in 0..<n {
    let (x, y) = (a[p * n + k], a[q * n + k])
    a[p * n + k] = c * x - s * y
    a[q * n + k] = s * x + c * y
    let (u, v) = (vectors[k * n + p], vectors[k * n + q])
    vectors[k * n + p] = c * u - s * v
    vectors[k * n + q] = s * u + c * v
  }
}
