// SPDX-License-Identifier: Apache-2.0
//
// Large matrices are factored by panels, so that interrupts are polled in between: LAPACK factors a
// panel of columns, and the trailing matrix is updated by one product. LAPACK's own blocked
// algorithms do the same; small matrices are left to it entirely.

import CBLAS

extension DoubleMatrix {
  /// Multiplications that take a small fraction of a second.
  static let shortWork = 1 << 28
  /// The columns of a panel.
  private static let panel = 96
  /// Matrices with fewer rows are factored in one call.
  private static let longSide = 768

  private static var noTranspose: Int32 { Int32(SMAP_BLAS_NO_TRANS) }
  private static var transpose: Int32 { Int32(SMAP_BLAS_TRANS) }

  /// Replaces a square matrix by its LU factors, and returns the pivots as LAPACK counts them, and
  /// whether a pivot was 0.
  mutating func eliminate() throws -> (pivots: [Int32], isSingular: Bool) {
    let n = rows
    let width = n < DoubleMatrix.longSide ? n : DoubleMatrix.panel
    var (pivots, isSingular) = ([Int32](repeating: 0, count: n), false)
    try BLAS.withLibrary {
      try values.withUnsafeMutableBufferPointer { values in
        guard let a = values.baseAddress else { return }
        for first in stride(from: 0, to: n, by: width) {
          if first > 0 { try Stop.check() }
          let next = min(first + width, n)
          let info = pivots.withUnsafeMutableBufferPointer {
            smap_eliminate(
              Int32(n - first), Int32(next - first), a + first * n + first, Int32(n),
              $0.baseAddress.map { $0 + first })
          }
          if info > 0 { isSingular = true }
          // The panel counts rows from its own first one.
          for row in first..<next { pivots[row] += Int32(first) }
          if width == n { return }
          DoubleMatrix.exchange(a, n, pivots[first..<next], columns: 0..<first)
          DoubleMatrix.exchange(a, n, pivots[first..<next], columns: next..<n)
          try DoubleMatrix.eliminate(a, n, below: first..<next)
        }
      }
    }
    return (pivots, isSingular)
  }

  /// Applies the row exchanges of a panel.
  private static func exchange(
    _ a: UnsafeMutablePointer<Double>, _ n: Int, _ pivots: ArraySlice<Int32>, columns: Range<Int>
  ) {
    for column in columns {
      let entries = a + column * n
      for row in pivots.indices {
        let other = Int(pivots[row]) - 1
        if other != row { swap(&entries[row], &entries[other]) }
      }
    }
  }

  /// Updates the trailing matrix after a panel has been factored.
  private static func eliminate(
    _ a: UnsafeMutablePointer<Double>, _ n: Int, below panel: Range<Int>
  ) throws {
    let (first, next) = (panel.lowerBound, panel.upperBound)
    guard next < n else { return }
    let (side, rest, width) = (Int32(n), Int32(n - next), Int32(panel.count))
    let right = a + next * n + first
    smap_dtrsm(
      Int32(SMAP_BLAS_LEFT), noTranspose, Int32(SMAP_BLAS_UNIT), width, rest,
      a + first * n + first, side, right, side)
    let columns = max(128, shortWork / ((n - next) * panel.count))
    for column in stride(from: next, to: n, by: columns) {
      try Stop.check()
      let count = Int32(min(columns, n - column))
      smap_dgemm(
        Int32(SMAP_BLAS_COLUMN_MAJOR), noTranspose, noTranspose, rest, count, width, -1,
        a + first * n + next, side, a + column * n + first, side, 1, a + column * n + next, side)
    }
  }

  /// Replaces the lower triangle of a square matrix by its Cholesky factor; false if there is none.
  mutating func factorByCholesky() throws -> Bool {
    let n = rows
    let width = n < DoubleMatrix.longSide ? n : DoubleMatrix.panel
    return try BLAS.withLibrary {
      try values.withUnsafeMutableBufferPointer { values in
        guard let a = values.baseAddress else { return true }
        for first in stride(from: 0, to: n, by: width) {
          if first > 0 { try Stop.check() }
          let next = min(first + width, n)
          let corner = a + first * n + first
          guard smap_cholesky(Int32(next - first), corner, Int32(n)) == 0 else { return false }
          DoubleMatrix.takeShare(a, n, of: first..<next)
        }
        return true
      }
    }
  }

  /// Solves for the block below the factor of a panel, and updates the lower triangle of the
  /// trailing matrix, one panel of columns at a time.
  private static func takeShare(_ a: UnsafeMutablePointer<Double>, _ n: Int, of panel: Range<Int>) {
    let (first, next) = (panel.lowerBound, panel.upperBound)
    guard next < n else { return }
    let (side, width) = (Int32(n), Int32(panel.count))
    smap_dtrsm(
      Int32(SMAP_BLAS_RIGHT), transpose, Int32(SMAP_BLAS_NON_UNIT), Int32(n - next), width,
      a + first * n + first, side, a + first * n + next, side)
    for column in stride(from: next, to: n, by: panel.count) {
      let left = a + first * n + column
      smap_dgemm(
        Int32(SMAP_BLAS_COLUMN_MAJOR), noTranspose, transpose, Int32(n - column),
        Int32(min(panel.count, n - column)), width, -1, left, side, left, side, 1,
        a + column * n + column, side)
    }
  }
}
