// SPDX-License-Identifier: Apache-2.0
//
// Column-major matrices in double precision, and their decompositions by LAPACK. In 32 bits,
// decompositions of badly conditioned matrices lose half of their digits, so tensors are widened
// for them and narrowed afterwards. LAPACK runs on one thread: results do not depend on the
// machine's number of processors.

import CBLAS

/// A column-major matrix of doubles.
package struct DoubleMatrix {
  package let rows: Int
  package let columns: Int
  package var values: [Double]
  private let charge: MemoryCharge

  /// A matrix of zeros.
  ///
  /// Throws a LimitError if it exceeds the memory limit of tensors.
  package init(rows: Int, columns: Int) throws {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, max(rows, columns) < Int(Int32.max), !overflow else {
      throw TensorError.limit("a matrix of \(rows) x \(columns) is too large")
    }
    let room = MemoryBudget.limit - MemoryBudget.held
    guard count <= room / 8 else {
      throw TensorError.limit(
        "a matrix of \(rows) x \(columns) doubles does not fit in \(describeBytes(max(room, 0)))")
    }
    charge = try MemoryCharge(bytes: 8 * count)
    (self.rows, self.columns) = (rows, columns)
    values = [Double](repeating: 0, count: count)
  }

  /// The matrix at an index of a tensor whose last two dimensions are [rows, columns].
  package init(_ tensor: Tensor, index: Int = 0) throws {
    let (rows, columns) = (tensor.shape[tensor.rank - 2], tensor.shape[tensor.rank - 1])
    try self.init(rows: rows, columns: columns)
    let from = tensor.pointer + index * rows * columns
    for column in 0..<columns {
      for row in 0..<rows { values[column * rows + row] = Double(from[row * columns + column]) }
    }
  }

  /// The identity.
  package static func identity(_ size: Int) throws -> DoubleMatrix {
    var result = try DoubleMatrix(rows: size, columns: size)
    for i in 0..<size { result[i, i] = 1 }
    return result
  }

  package subscript(row: Int, column: Int) -> Double {
    get { values[column * rows + row] }
    set { values[column * rows + row] = newValue }
  }

  /// Writes the matrix to an index of a tensor of such matrices.
  package func write(to tensor: Tensor, index: Int = 0) {
    let to = tensor.pointer + index * rows * columns
    for row in 0..<rows {
      for column in 0..<columns { to[row * columns + column] = Float(self[row, column]) }
    }
  }

  /// The transpose.
  package func transposed() throws -> DoubleMatrix {
    var result = try DoubleMatrix(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = self[row, column] }
    }
    return result
  }

  /// The product, with optional transposes.
  package func times(
    _ other: DoubleMatrix, transposingSelf: Bool = false, transposingOther: Bool = false
  ) throws -> DoubleMatrix {
    let (m, k) = transposingSelf ? (columns, rows) : (rows, columns)
    let (inner, n) =
      transposingOther ? (other.columns, other.rows) : (other.rows, other.columns)
    guard k == inner else {
      throw TensorError.shape("matrices of \(k) columns and \(inner) rows cannot be multiplied")
    }
    var result = try DoubleMatrix(rows: m, columns: n)
    guard m > 0, n > 0, k > 0 else { return result }
    let columnMajor: Int32 = 102
    try BLAS.withLibrary {
      Profile.measure(.decomposition) {
        smap_dgemm(
          columnMajor, Int32(transposingSelf ? SMAP_BLAS_TRANS : SMAP_BLAS_NO_TRANS),
          Int32(transposingOther ? SMAP_BLAS_TRANS : SMAP_BLAS_NO_TRANS), Int32(m), Int32(n),
          Int32(k), 1, values, Int32(rows), other.values, Int32(other.rows), 0, &result.values,
          Int32(m))

      }
    }
    return result
  }

  /// Whether every element is finite; LAPACK may not terminate on others.
  package var isFinite: Bool { values.allSatisfy(\.isFinite) }
}
