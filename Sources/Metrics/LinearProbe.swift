// SPDX-License-Identifier: Apache-2.0
//
// A linear probe: how well a linear map predicts classes from features. Ridge regression on one-hot
// targets has a closed form, so there is nothing to tune and nothing random: features are
// standardised by the training set, and W = (ZᵀZ + n p I)⁻¹ Zᵀ(T - mean T), or the same through the
// smaller matrix Z Zᵀ where there are fewer rows than features.

import Images
import Tensors

/// A linear classifier in closed form.
public struct LinearProbe {
  private let means: [Double]
  private let factors: [Double]
  private let weights: DoubleMatrix
  private let shares: [Double]
  private let classes: [Float]

  /// Fits features [N, F] to labels [N]; `penalty` times N is added to the diagonal.
  public init(features: Tensor, labels: Tensor, penalty: Double) throws {
    guard features.rank == 2, features.count > 0, labels.shape == [features.shape[0]] else {
      throw ImageError.shape(
        "linear_probe takes features [N, F] and labels [N], not \(features.shape) and "
          + "\(labels.shape)")
    }
    classes = Set(labels.toArray()).sorted()
    guard classes.count >= 2, classes.allSatisfy(\.isFinite) else {
      throw ImageError.value("linear_probe needs labels of at least two classes")
    }
    var z = try DoubleMatrix(features)
    guard z.isFinite else { throw ImageError.value("linear_probe takes finite numbers only") }
    means = FeatureDistances.centre(&z)
    factors = LinearProbe.standardise(&z)
    var targets = try DoubleMatrix(rows: z.rows, columns: classes.count)
    for (row, label) in labels.toArray().enumerated() {
      if let column = classes.firstIndex(of: label) { targets[row, column] = 1 }
    }
    shares = FeatureDistances.centre(&targets)
    let isWide = z.columns > z.rows
    var products = try z.times(z, transposingSelf: !isWide, transposingOther: isWide)
    for i in 0..<products.rows { products[i, i] += penalty * Double(z.rows) }
    let lu = try products.eliminated()
    guard !lu.isSingular else {
      throw ImageError.value("the features depend on each other: give a penalty above 0")
    }
    weights =
      isWide
      ? try z.times(lu.solve(targets), transposingSelf: true)
      : try lu.solve(z.times(targets, transposingSelf: true))
  }

  /// Scales the columns of a centred matrix to variance 1; constant ones become 0.
  private static func standardise(_ z: inout DoubleMatrix) -> [Double] {
    (0..<z.columns).map { column in
      let sum = (0..<z.rows).reduce(0.0) { $0 + z[$1, column] * z[$1, column] }
      let deviation = (sum / Double(z.rows)).squareRoot()
      let factor = deviation > 1e-12 ? 1 / deviation : 0
      for row in 0..<z.rows { z[row, column] *= factor }
      return factor
    }
  }

  /// The class of each row of features.
  public func predict(_ features: Tensor) throws -> [Float] {
    try scores(features).map { row in
      classes[row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }]
    }
  }

  /// The labels it was fitted to, in order.
  public var labels: [Float] { classes }

  /// What the linear map gives for each class: estimates of its probability, which may lie a little
  /// outside of 0...1.
  public func scores(_ features: Tensor) throws -> [[Double]] {
    guard features.rank == 2, features.shape[1] == means.count else {
      throw ImageError.shape(
        "the probe was fitted to rows of \(means.count) features, not to \(features.shape)")
    }
    var z = try DoubleMatrix(features)
    for column in 0..<z.columns {
      for row in 0..<z.rows {
        z[row, column] = (z[row, column] - means[column]) * factors[column]
      }
    }
    let products = try z.times(weights)
    return (0..<z.rows).map { row in
      classes.indices.map { products[row, $0] + shares[$0] }
    }
  }
}
