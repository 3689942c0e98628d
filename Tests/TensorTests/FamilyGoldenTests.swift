// SPDX-License-Identifier: Apache-2.0
//
// Sorting, layout and linear algebra against NumPy.

import Tensors
import Testing

@Suite struct FamilyGoldenTests {
  typealias Expression = @Sendable ([Tensor]) throws -> [Tensor]

  private func check(
    _ golden: Golden, _ table: [String: Expression], relative: Float = 2e-5,
    absolute: Float = 2e-6
  ) throws {
    let expression = try #require(table[golden.name], "no expression is called \(golden.name)")
    let found = try expression(try golden.inputs.map { try $0.tensor() })
    #expect(found.count == golden.outputs.count)
    for (a, b) in zip(found, golden.outputs) {
      expectClose(a, try b.tensor(), relative: relative, absolute: absolute, golden.name)
    }
  }

  @Test func filesAreThere() {
    #expect(Golden.cases("sorting").count == Self.sorting.count)
    #expect(Golden.cases("layout").count == Self.layout.count)
    #expect(Golden.cases("decompositions").count == Self.decompositions.count)
  }

  @Test(arguments: Golden.cases("sorting"))
  func sorting(_ golden: Golden) throws { try check(golden, Self.sorting) }

  @Test(arguments: Golden.cases("layout"))
  func layout(_ golden: Golden) throws { try check(golden, Self.layout) }

  @Test(arguments: Golden.cases("decompositions"))
  func decompositions(_ golden: Golden) throws {
    try check(golden, Self.decompositions, relative: 2e-4, absolute: 2e-5)
  }

  static let sorting: [String: Expression] = [
    "sort": {
      let found = try $0[0].sorted()
      return [found.values, found.indices]
    },
    "sort_0": { [try $0[0].sorted(dim: 0).values] },
    "argsort_falling": { [try $0[0].argsort(descending: true)] },
    "sort_nan": { [try $0[0].sorted().values] },
    "quantile_0": { [try $0[0].quantile(0)] },
    "quantile_0_1": { [try $0[0].quantile(0, dim: 1)] },
    "quantile_0.25": { [try $0[0].quantile(0.25)] },
    "quantile_0.25_1": { [try $0[0].quantile(0.25, dim: 1)] },
    "quantile_0.6": { [try $0[0].quantile(0.6)] },
    "quantile_0.6_1": { [try $0[0].quantile(0.6, dim: 1)] },
    "quantile_1": { [try $0[0].quantile(1)] },
    "quantile_1_1": { [try $0[0].quantile(1, dim: 1)] },
    "median": { [try $0[0].median()] },
    "median_0_keep": { [try $0[0].median(dim: 0, keepDim: true)] },
    "searchsorted": { [try $0[0].searchSorted($0[1])] },
    "searchsorted_right": { [try $0[0].searchSorted($0[1], right: true)] },
    "unique": {
      let found = try $0[0].unique()
      return [found.values, found.inverse, found.counts]
    },
    "bincount": { [try $0[0].binCount(minimumLength: 6)] },
    "bincount_weights": { [try $0[0].binCount(weights: $0[1])] },
    "histogram": {
      let found = try $0[0].histogram(bins: 7)
      return [found.counts, found.edges]
    },
    "histogram_range": {
      let found = try $0[0].histogram(bins: 4, range: (-1, 1))
      return [found.counts, found.edges]
    },
    "nonzero": { [try $0[0].nonzero()] },
    "cumprod": { [try $0[0].cumprod(dim: 1)] },
    "diff": { [try $0[0].diff(times: 2)] },
    "diff_0": { [try $0[0].diff(dim: 0)] },
  ]

  static let layout: [String: Expression] = [
    "movedim": { [try $0[0].moveDimension(0, to: -1)] },
    "repeat_interleave": { [try $0[0].repeatedElements(3, dim: 1)] },
    "rot90_-1": { [try $0[0].rotated(quarters: -1)] },
    "rot90_0": { [try $0[0].rotated(quarters: 0)] },
    "rot90_1": { [try $0[0].rotated()] },
    "rot90_2": { [try $0[0].rotated(quarters: 2)] },
    "rot90_3": { [try $0[0].rotated(quarters: 3)] },
    "meshgrid": { try Tensor.meshgrid($0) },
    "kron": { [try $0[0].kronecker($0[1])] },
    "kron_ranks": { [try $0[0].kronecker($0[1])] },
    "scatter": { [try $0[0].scatter(dim: 1, index: $0[1], source: $0[2])] },
    "scatter_add": { [try $0[0].scatter(dim: 0, index: $0[1], source: $0[2], adding: true)] },
  ]

  static let decompositions: [String: Expression] = [
    "solve": { [try $0[0].solve($0[1])] },
    "solve_vector": { [try $0[0].solve($0[1])] },
    "solve_stack": { [try $0[0].solve($0[1])] },
    "inv": { [try $0[0].inverse()] },
    "det": { [try $0[0].determinant()] },
    "slogdet": {
      let found = try $0[0].logDeterminant()
      return [found.sign, found.logarithm]
    },
    "cholesky": { [try positiveDefinite($0[0]).cholesky()] },
    "eigh": { [try positiveDefinite($0[0]).symmetricEigen().values] },
    "svd": { [try $0[0].singularValues().s] },
    "qr": { [try $0[0].orthogonalFactors().r.abs()] },
    "lstsq": { [try $0[0].leastSquares($0[1]).solution] },
    "lstsq_wide": { [try $0[0].leastSquares($0[1]).solution] },
    "trace": { [try $0[0].trace()] },
    "cross": { [try Tensor.cross($0[0], $0[1])] },
    "tensordot": { [try Tensor.tensordot($0[0], $0[1], ours: [1, 2], theirs: [1, 0])] },
    "cdist": { [try Tensor.pairDistances($0[0], $0[1])] },
  ]

  // MARK: - Laws

  @Test func factorsMultiplyToTheMatrix() throws {
    for shape in [[4, 4], [5, 3], [3, 5], [2, 3, 4]] {
      let x = try normal(shape, seed: 9)
      let svd = try x.singularValues()
      expectClose(
        try (svd.u * svd.s.unsqueeze(dim: -2)).matmul(svd.vt), x, relative: 1e-4, absolute: 1e-5)
      let qr = try x.orthogonalFactors()
      expectClose(try qr.q.matmul(qr.r), x, relative: 1e-4, absolute: 1e-5)
      let side = qr.q.shape[qr.q.rank - 1]
      let identity = try Tensor.eye(side).expand(Array(shape.dropLast(2)) + [side, side])
      expectClose(
        try qr.q.transposed().matmul(qr.q), identity, relative: 1e-4, absolute: 1e-5)
    }
    let symmetric = try positiveDefinite(normal([5, 5], seed: 3))
    let found = try symmetric.symmetricEigen()
    expectClose(
      try (found.vectors * found.values).matmul(found.vectors.transposed()), symmetric,
      relative: 1e-4, absolute: 1e-5)
  }

  @Test func faultsAreErrors() throws {
    let singular = try t([2, 2], [1, 2, 2, 4])
    #expect(tensorError { _ = try singular.inverse() }?.kind == "ValueError")
    #expect(tensorError { _ = try t([2, 2], [1, 2, 2, 1]).cholesky() }?.kind == "ValueError")
    #expect(
      tensorError { _ = try t([2, 3], [1, 2, 3, 4, 5, 6]).determinant() }?.kind == "ShapeError")
    #expect(tensorError { _ = try t([1, 2], [.nan, 1]).singularValues() }?.kind == "ValueError")
    let tracked = try Tensor.parameter(singular)
    #expect(tensorError { _ = try tracked.singularValues() }?.hint.contains("detach") ?? false)
    #expect(tensorError { _ = try v(1, 2).quantile(1.5) }?.kind == "ValueError")
    #expect(tensorError { _ = try v(1.5).binCount() }?.kind == "ValueError")
    #expect(try singular.determinant().item() == 0)
    #expect(try Tensor.zeros([0, 0]).determinant().item() == 1)
  }

  @Test func masksKeepAndLoseTheirMark() throws {
    let x = try v(1, -2, 3)
    let mask = try Tensor.combine(.greater, x, 0)
    #expect(mask.isMask)
    #expect(try mask.reshape([3, 1]).isMask && mask.flip(dims: [0]).isMask)
    #expect(try Tensor.cat([mask, mask]).isMask && !Tensor.cat([mask, x]).isMask)
    #expect(try (mask * mask).isMask && !(mask * x).isMask && !(mask + mask).isMask)
    #expect(try !(1 - mask).isMask && x.isnan().isMask && mask.any().isMask)
    var changed = mask
    try Tensor.replace(in: &changed, at: [.index(0)], with: Tensor.scalar(5))
    #expect(!changed.isMask && mask.isMask)
  }
}

/// A symmetric matrix with eigenvalues of at least 1.
func positiveDefinite(_ x: Tensor) throws -> Tensor {
  try x.matmul(x.transposed()) + Tensor.eye(x.shape[x.rank - 1])
}
