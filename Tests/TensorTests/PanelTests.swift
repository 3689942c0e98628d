// SPDX-License-Identifier: Apache-2.0
//
// Large matrices are factored by panels: the factors must be as accurate as those of small ones.

import Testing

@testable import Tensors

@Suite struct PanelTests {
  /// Reproducible random entries of mean 0.
  private func matrix(_ side: Int, seed: UInt64) throws -> DoubleMatrix {
    try DoubleMatrix(Tensor.randn([side, side], key: RandomKey(seed: seed)))
  }

  private func largest(_ matrix: DoubleMatrix, minus other: DoubleMatrix) -> Double {
    zip(matrix.values, other.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// Sizes below, at and above the one from which panels are used, and one that is no multiple of a
  /// panel.
  @Test(arguments: [1, 2, 767, 768, 769, 960, 1001]) func elimination(_ side: Int) throws {
    let a = try matrix(side, seed: 1)
    let b = try matrix(side, seed: 2)
    let factors = try a.eliminated()
    #expect(!factors.isSingular)
    #expect(try largest(a.times(factors.solve(b)), minus: b) < 1e-8)
    let transposed = try a.times(factors.solve(b, transposed: true), transposingSelf: true)
    #expect(largest(transposed, minus: b) < 1e-8)
  }

  @Test(arguments: [767, 768, 1001]) func cholesky(_ side: Int) throws {
    let a = try matrix(side, seed: 3)
    var square = try a.times(a, transposingOther: true)
    for i in 0..<side { square[i, i] += 1 }
    let factor = try #require(try square.cholesky())
    #expect(try largest(factor.times(factor, transposingOther: true), minus: square) < 1e-9)
    #expect((1..<side).allSatisfy { factor[$0 - 1, $0] == 0 })
    square[side - 1, side - 1] = -1
    #expect(try square.cholesky() == nil)
  }

  @Test func singularAndPermutedMatrices() throws {
    let side = 900
    var singular = try matrix(side, seed: 4)
    for row in 0..<side { singular[row, 500] = 0 }
    #expect(try singular.eliminated().isSingular)
    // Rows in reverse: every pivot is far away, and the determinant is a sign.
    var reversed = try DoubleMatrix(rows: side, columns: side)
    for row in 0..<side { reversed[row, side - 1 - row] = 1 }
    #expect(try reversed.eliminated().determinant == (side / 2 % 2 == 0 ? 1 : -1))
  }
}
