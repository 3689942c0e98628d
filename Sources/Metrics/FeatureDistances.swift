// SPDX-License-Identifier: Apache-2.0
//
// Distances between two sets of features [N, F] and [M, F], in double precision.
//
// Fréchet: the sets are summarised by mean and covariance, and the distance of the two normal
// distributions is |m1 - m2|² + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2). With factors S1 = AᵀA and S2 =
// BᵀB the last trace is the sum of the singular values of A Bᵀ. This needs no matrix square root,
// and small singular values lose no digits to squaring.
//
// KID: the unbiased estimate of the squared maximum mean discrepancy under the kernel
// (x·y / F + 1)³ (Bińkowski et al., 2018), over all pairs instead of random subsets.
//
// Precision and recall (Kynkäänniemi et al., 2019): the fraction of one set that lies within the
// distance of a k-th nearest neighbour around some element of the other.

import Images
import Tensors

/// How far apart two sets of features are.
public enum FeatureDistances {
  /// The Fréchet distance of the normal distributions fitted to the rows of `x` and of `y`.
  ///
  /// With `components`, both are first projected onto so many principal components of `x`.
  public static func frechet(_ x: Tensor, _ y: Tensor, components: Int? = nil) throws -> Double {
    var (a, b) = try pair(x, y, "frechet")
    if let components { try project(&a, &b, components) }
    let (meanA, meanB) = (centre(&a), centre(&b))
    let shift = zip(meanA, meanB).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    scale(&a)
    scale(&b)
    let spread = squares(a) + squares(b)
    let (left, right) = (try shortened(a), try shortened(b))
    let overlap = try left.stoppable {
      try $0.times(right, transposingOther: true).singularValues()
    }.reduce(0, +)
    return max(shift + spread - 2 * overlap, 0)
  }

  /// The kernel distance; it may be slightly negative for sets from the same distribution.
  public static func kernel(_ x: Tensor, _ y: Tensor) throws -> Double {
    let (a, b) = try pair(x, y, "kid")
    let (n, m) = (Double(a.rows), Double(b.rows))
    let within = { (set: DoubleMatrix, count: Double) -> Double in
      let products = try set.times(set, transposingOther: true)
      let all = try cubes(products, set.columns)
      let own = (0..<set.rows).reduce(0.0) { $0 + cube(products[$1, $1], set.columns) }
      return (all - own) / (count * (count - 1))
    }
    let between = try cubes(a.times(b, transposingOther: true), a.columns)
    return try within(a, n) + within(b, m) - 2 * between / (n * m)
  }

  /// The sum of the kernel over all products of pairs.
  private static func cubes(_ products: DoubleMatrix, _ width: Int) throws -> Double {
    var sum = 0.0
    for (index, product) in products.values.enumerated() {
      try Stop.check(at: index)
      sum += cube(product, width)
    }
    return sum
  }

  private static func cube(_ product: Double, _ width: Int) -> Double {
    let base = product / Double(width) + 1
    return base * base * base
  }

  /// The fraction of `y` within the reach of `x` (precision) and of `x` within that of `y`
  /// (recall).
  public static func precisionRecall(
    _ x: Tensor, _ y: Tensor, neighbours: Int
  ) throws -> (precision: Double, recall: Double) {
    let (a, b) = try pair(x, y, "precision_recall")
    guard neighbours > 0, neighbours < min(a.rows, b.rows) else {
      throw ImageError.value(
        "each set needs more than k = \(neighbours) rows, not \(a.rows) and "
          + "\(b.rows)")
    }
    let between = try distances(a, b)
    let (reachA, reachB) = (try reach(a, neighbours), try reach(b, neighbours))
    let precise = try (0..<b.rows).filter { j in
      try Stop.check()
      return (0..<a.rows).contains { between[$0, j] <= reachA[$0] }
    }.count
    let recalled = try (0..<a.rows).filter { i in
      try Stop.check()
      return (0..<b.rows).contains { between[i, $0] <= reachB[$0] }
    }.count
    return (Double(precise) / Double(b.rows), Double(recalled) / Double(a.rows))
  }

  /// The mean distance of two different rows of `x`; nil for less than two rows.
  public static func spread(_ x: Tensor) throws -> Double? {
    guard x.rank == 2, x.shape[1] > 0 else {
      throw ImageError.shape("diversity compares features [N, F], not \(x.shape)")
    }
    guard x.shape[0] >= 2 else { return nil }
    let set = try DoubleMatrix(x)
    guard set.isFinite else { throw ImageError.value("diversity takes finite numbers only") }
    let squared = try distances(set, set)
    var sum = 0.0
    for row in 1..<set.rows {
      try Stop.check()
      for other in 0..<row { sum += squared[row, other].squareRoot() }
    }
    return sum / Double(set.rows * (set.rows - 1) / 2)
  }

  /// For each row the squared distance to its k-th nearest neighbour in the set.
  private static func reach(_ set: DoubleMatrix, _ neighbours: Int) throws -> [Double] {
    let all = try distances(set, set)
    return try (0..<set.rows).map { row in
      try Stop.check()
      let others = (0..<set.rows).filter { $0 != row }.map { all[row, $0] }.sorted()
      return others[neighbours - 1]
    }
  }

  /// Squared distances below this part of the squared lengths are computed from differences: the
  /// difference of large sums says nothing about them.
  private static let cancelled = 1e-9

  /// The squared distances of all pairs.
  private static func distances(_ a: DoubleMatrix, _ b: DoubleMatrix) throws -> DoubleMatrix {
    var result = try a.times(b, transposingOther: true)
    let (lengthsA, lengthsB) = (lengths(a), lengths(b))
    for j in 0..<b.rows {
      try Stop.check()
      for i in 0..<a.rows {
        let lengths = lengthsA[i] + lengthsB[j]
        let squared = lengths - 2 * result[i, j]
        result[i, j] =
          squared >= cancelled * lengths
          ? squared
          : (0..<a.columns).reduce(0.0) { $0 + (a[i, $1] - b[j, $1]) * (a[i, $1] - b[j, $1]) }
      }
    }
    return result
  }

  private static func lengths(_ set: DoubleMatrix) -> [Double] {
    (0..<set.rows).map { row in
      (0..<set.columns).reduce(0.0) { $0 + set[row, $1] * set[row, $1] }
    }
  }

  // MARK: - Covariances

  private static func pair(
    _ x: Tensor, _ y: Tensor, _ name: String
  ) throws -> (DoubleMatrix, DoubleMatrix) {
    guard x.rank == 2, y.rank == 2, x.shape[1] == y.shape[1], x.shape[1] > 0 else {
      throw ImageError.shape(
        "features [N, F] of one width are compared, not \(x.shape) and \(y.shape)")
    }
    guard min(x.shape[0], y.shape[0]) >= 2 else {
      throw ImageError.value("each set needs at least two rows of features")
    }
    let (a, b) = (try DoubleMatrix(x), try DoubleMatrix(y))
    guard a.isFinite, b.isFinite else {
      throw ImageError.value("features are finite numbers")
    }
    return (a, b)
  }

  /// Subtracts the means of the columns, and returns them.
  static func centre(_ set: inout DoubleMatrix) -> [Double] {
    (0..<set.columns).map { column in
      let mean = (0..<set.rows).reduce(0.0) { $0 + set[$1, column] } / Double(set.rows)
      for row in 0..<set.rows { set[row, column] -= mean }
      return mean
    }
  }

  /// Scales a centred set so that its product with itself is the covariance.
  private static func scale(_ set: inout DoubleMatrix) {
    let factor = 1 / Double(set.rows - 1).squareRoot()
    for index in set.values.indices { set.values[index] *= factor }
  }

  private static func squares(_ set: DoubleMatrix) -> Double {
    set.values.reduce(0.0) { $0 + $1 * $1 }
  }

  /// A factor of the same covariance with no more rows than columns.
  private static func shortened(_ set: DoubleMatrix) throws -> DoubleMatrix {
    set.rows <= set.columns ? set : try set.stoppable { try $0.orthogonal().r }
  }

  /// Replaces both sets by their coordinates along the principal components of the first.
  private static func project(
    _ a: inout DoubleMatrix, _ b: inout DoubleMatrix, _ components: Int
  ) throws {
    guard components > 0, components <= min(a.columns, a.rows) else {
      throw ImageError.value(
        "components must be from 1 to \(min(a.columns, a.rows)), not \(components)")
    }
    let mean = centre(&a)
    for column in 0..<b.columns {
      for row in 0..<b.rows { b[row, column] -= mean[column] }
    }
    let directions = try shortened(a).stoppable { try $0.singular().vt }
    var chosen = try DoubleMatrix(rows: components, columns: a.columns)
    for row in 0..<components {
      for column in 0..<a.columns { chosen[row, column] = directions[row, column] }
    }
    (a, b) = (
      try a.times(chosen, transposingOther: true), try b.times(chosen, transposingOther: true)
    )
  }
}
