// SPDX-License-Identifier: Apache-2.0
//
// The decompositions. Each queries LAPACK for the size of its workspace first.

import CBLAS
import Glibc

/// A square matrix as the product of a lower and an upper triangle, with row exchanges.
package struct LUFactors {
  package let factors: DoubleMatrix
  package let pivots: [Int32]
  /// Whether a pivot was 0, so that there is no inverse.
  package let isSingular: Bool

  /// The solution x of `a x = b`, or of the transposed system.
  package func solve(_ b: DoubleMatrix, transposed: Bool = false) throws -> DoubleMatrix {
    var result = b
    guard factors.rows > 0, b.columns > 0 else { return result }
    let n = factors.rows
    // This many columns take a small fraction of a second; solving in blocks gives the same bits.
    let width = max(1, min(b.columns, DoubleMatrix.shortWork / (n * n)))
    try BLAS.withLibrary {
      try result.values.withUnsafeMutableBufferPointer { values in
        guard let start = values.baseAddress else { return }
        for column in stride(from: 0, to: b.columns, by: width) {
          if column > 0 { try Stop.check() }
          _ = smap_eliminated_solve(
            transposed ? "T" : "N", Int32(n), Int32(min(width, b.columns - column)),
            factors.values, pivots, start + column * n)
        }
      }
    }
    return result
  }

  /// The determinant.
  package var determinant: Double {
    (0..<factors.rows).reduce(1.0) { product, i in
      product * factors[i, i] * (pivots[i] == Int32(i + 1) ? 1 : -1)
    }
  }

  /// The determinant as a sign and the logarithm of its absolute value.
  package var logDeterminant: (sign: Double, logarithm: Double) {
    var (sign, logarithm) = (1.0, 0.0)
    for i in 0..<factors.rows {
      if pivots[i] != Int32(i + 1) { sign = -sign }
      let pivot = factors[i, i]
      sign *= pivot < 0 ? -1 : pivot == 0 ? 0 : 1
      logarithm += log(abs(pivot))
    }
    return (sign, logarithm)
  }
}

extension DoubleMatrix {
  /// The LU factors of a square matrix.
  package func eliminated() throws -> LUFactors {
    guard rows > 0 else { return LUFactors(factors: self, pivots: [], isSingular: false) }
    var factors = self
    let (pivots, isSingular) = try factors.eliminate()
    return LUFactors(factors: factors, pivots: pivots, isSingular: isSingular)
  }

  /// The lower triangle L with `L Lᵀ` = self, or nil if the matrix is not positive definite.
  package func cholesky() throws -> DoubleMatrix? {
    var factor = self
    guard rows > 0 else { return self }
    guard try factor.factorByCholesky() else { return nil }
    for column in 1..<max(columns, 1) {
      for row in 0..<column { factor[row, column] = 0 }
    }
    return factor
  }

  /// The eigenvalues of a symmetric matrix in ascending order, its eigenvectors in columns.
  package func symmetricEigen() throws -> (values: [Double], vectors: DoubleMatrix) {
    var vectors = self
    var eigenvalues = [Double](repeating: 0, count: rows)
    guard rows > 0 else { return ([], self) }
    var (size, integers) = ([0.0], [Int32(0)])
    let info = try BLAS.withLibrary {
      let n = Int32(rows)
      _ = smap_eigen(n, &vectors.values, &eigenvalues, &size, -1, &integers, -1)
      return try MemoryCharge.during(doubles: values.count + Int(size[0])) {
        var work = [Double](repeating: 0, count: max(Int(size[0]), 1))
        var places = [Int32](repeating: 0, count: max(Int(integers[0]), 1))
        return smap_eigen(
          n, &vectors.values, &eigenvalues, &work, Int32(work.count), &places, Int32(places.count))
      }
    }
    try requireConvergence(info)
    return (eigenvalues, vectors)
  }

  /// The thin SVD: U, the singular values in descending order, and Vᵀ.
  package func singular() throws -> (u: DoubleMatrix, values: [Double], vt: DoubleMatrix) {
    let least = min(rows, columns)
    var u = try DoubleMatrix(rows: rows, columns: least)
    var vt = try DoubleMatrix(rows: least, columns: columns)
    var values = [Double](repeating: 0, count: least)
    guard least > 0 else { return (u, values, vt) }
    try singularDriver("S", &values, &u.values, rows, &vt.values, least)
    return (u, values, vt)
  }

  /// The singular values in descending order.
  package func singularValues() throws -> [Double] {
    var values = [Double](repeating: 0, count: min(rows, columns))
    guard !values.isEmpty else { return [] }
    var (none, nothing) = ([0.0], [0.0])
    try singularDriver("N", &values, &none, 1, &nothing, 1)
    return values
  }

  private func singularDriver(
    _ job: String, _ values: inout [Double], _ u: inout [Double], _ uRows: Int,
    _ vt: inout [Double], _ vtRows: Int
  ) throws {
    let copy = self.values.count
    var matrix = self
    let (m, n, ldu, ldvt) = (Int32(rows), Int32(columns), Int32(uRows), Int32(vtRows))
    var places = [Int32](repeating: 0, count: 8 * min(rows, columns))
    var size = [0.0]
    let info = try BLAS.withLibrary {
      _ = smap_singular(
        job, m, n, &matrix.values, &values, &u, ldu, &vt, ldvt, &size, -1, &places)
      return try MemoryCharge.during(doubles: copy + Int(size[0])) {
        var work = [Double](repeating: 0, count: max(Int(size[0]), 1))
        return smap_singular(
          job, m, n, &matrix.values, &values, &u, ldu, &vt, ldvt, &work, Int32(work.count), &places)
      }
    }
    try requireConvergence(info)
  }

  /// The gradient of the determinant of a square matrix; it exists for singular ones too.
  package func cofactors() throws -> DoubleMatrix {
    let (left, values, vt) = try singular()
    var u = left
    let sign = try u.eliminated().determinant * vt.eliminated().determinant
    for column in 0..<columns {
      let others = values.indices.reduce(1.0) { $1 == column ? $0 : $0 * values[$1] }
      for row in 0..<rows { u[row, column] *= others * sign }
    }
    return try u.times(vt)
  }

  /// The thin QR factors: orthonormal columns, and an upper triangle.
  package func orthogonal() throws -> (q: DoubleMatrix, r: DoubleMatrix) {
    let least = min(rows, columns)
    var r = try DoubleMatrix(rows: least, columns: columns)
    var q = try DoubleMatrix(rows: rows, columns: least)
    guard least > 0 else { return (q, r) }
    var factors = self
    var scales = [Double](repeating: 0, count: least)
    let (m, n, k) = (Int32(rows), Int32(columns), Int32(least))
    var size = [0.0]
    _ = try BLAS.withLibrary {
      _ = smap_orthogonal(m, n, &factors.values, &scales, &size, -1)
      return try MemoryCharge.during(doubles: values.count + Int(size[0])) {
        var work = [Double](repeating: 0, count: max(Int(size[0]), 1))
        return smap_orthogonal(m, n, &factors.values, &scales, &work, Int32(work.count))
      }
    }
    for column in 0..<columns {
      for row in 0...min(column, least - 1) { r[row, column] = factors[row, column] }
    }
    q.values = Array(factors.values[..<(rows * least)])
    _ = try BLAS.withLibrary {
      _ = smap_orthogonal_columns(m, k, &q.values, scales, &size, -1)
      return try MemoryCharge.during(doubles: values.count + Int(size[0])) {
        var work = [Double](repeating: 0, count: max(Int(size[0]), 1))
        return smap_orthogonal_columns(m, k, &q.values, scales, &work, Int32(work.count))
      }
    }
    return (q, r)
  }

  /// The least-squares solution of minimal norm, and the rank of self.
  package func leastSquares(_ b: DoubleMatrix) throws -> (x: DoubleMatrix, rank: Int) {
    var x = try DoubleMatrix(rows: columns, columns: b.columns)
    guard rows > 0, columns > 0, b.columns > 0 else { return (x, 0) }
    let height = max(rows, columns)
    var padded = try DoubleMatrix(rows: height, columns: b.columns)
    for column in 0..<b.columns {
      for row in 0..<rows { padded[row, column] = b[row, column] }
    }
    var (matrix, values) = (self, [Double](repeating: 0, count: min(rows, columns)))
    let (m, n, right, ldb) = (Int32(rows), Int32(columns), Int32(b.columns), Int32(height))
    var (rank, size, integers) = (Int32(0), [0.0], [Int32(0)])
    // Singular values below the rounding error of 32-bit input count as 0.
    let threshold = Double(Float.ulpOfOne) * Double(height)
    let info = try BLAS.withLibrary {
      _ = smap_least_squares(
        m, n, right, &matrix.values, &padded.values, ldb, &values, threshold, &rank, &size, -1,
        &integers)
      return try MemoryCharge.during(doubles: self.values.count + Int(size[0])) {
        var work = [Double](repeating: 0, count: max(Int(size[0]), 1))
        var places = [Int32](repeating: 0, count: max(Int(integers[0]), 1))
        return smap_least_squares(
          m, n, right, &matrix.values, &padded.values, ldb, &values, threshold, &rank, &work,
          Int32(work.count), &places)
      }
    }
    try requireConvergence(info)
    for column in 0..<b.columns {
      for row in 0..<columns { x[row, column] = padded[row, column] }
    }
    return (x, Int(rank))
  }

  private func requireConvergence(_ info: Int32) throws {
    guard info == 0 else { throw TensorError.value("the decomposition did not converge") }
  }
}
