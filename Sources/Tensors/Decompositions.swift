// SPDX-License-Identifier: Apache-2.0
//
// Linear algebra on stacks of matrices [..., rows, columns], computed in double precision by
// LAPACK. Where the gradient has a closed form it is recorded; where it has none that is stable
// (svd, qr, lstsq), a tracked input is an error rather than a gradient that silently stops.

import Glibc

extension Tensor {
  /// The inverse of square matrices.
  ///
  /// Throws a ValueError if a matrix has none.
  public func inverse() throws -> Tensor {
    let side = try squareSide("linalg.inv")
    return try solve(try Tensor.eye(side).expand(shape), name: "linalg.inv")
  }

  /// The x of `self @ x = right`; `right` is a stack of matrices, or one vector for one matrix.
  public func solve(_ right: Tensor, name: String = "linalg.solve") throws -> Tensor {
    let side = try squareSide(name)
    let isVector = right.rank == 1
    let columns = isVector ? try right.unsqueeze(dim: 1) : right
    guard columns.rank >= 2, columns.shape[columns.rank - 2] == side else {
      throw TensorError.shape(
        "\(name): \(right.shape) does not have \(side) rows as \(shape) needs")
    }
    let stack = try Tensor.broadcastShape(
      Array(shape.dropLast(2)), Array(columns.shape.dropLast(2)))
    let a = try expand(stack + [side, side])
    let b = try columns.expand(stack + [side, columns.shape[columns.rank - 1]])
    let x = try a.solvedStack(b, name)
    return isVector ? try x.squeeze(dim: -1) : x
  }

  private func solvedStack(_ b: Tensor, _ name: String) throws -> Tensor {
    let result = try Tensor(uninitialized: b.shape)
    var factors: [LUFactors] = []
    for index in 0..<stackCount {
      let lu = try DoubleMatrix(self, index: index).eliminated()
      guard !lu.isSingular else {
        throw TensorError.value(
          "\(name): the matrix is singular", hint: "linalg.pinv or linalg.lstsq take any matrix")
      }
      try lu.solve(DoubleMatrix(b, index: index)).write(to: result, index: index)
      factors.append(lu)
    }
    guard isRecording || b.isRecording else { return result }
    let x = result.unrecorded
    return result.recorded(from: [self, b]) { gradient in
      let toRight = try Tensor(uninitialized: gradient.shape)
      for (index, lu) in factors.enumerated() {
        try lu.solve(DoubleMatrix(gradient, index: index), transposed: true)
          .write(to: toRight, index: index)
      }
      return [try -Tensor.product(toRight, x, transposeB: true), toRight]
    }
  }

  /// The determinants of square matrices.
  public func determinant() throws -> Tensor {
    _ = try squareSide("linalg.det")
    let result = try Tensor(uninitialized: Array(shape.dropLast(2)))
    for index in 0..<stackCount {
      let lu = try DoubleMatrix(self, index: index).eliminated()
      result.pointer[index] = Float(lu.determinant)
    }
    guard isRecording else { return result }
    let x = detached
    return result.recorded(from: [self]) { gradient in
      let slope = try Tensor(uninitialized: x.shape)
      for index in 0..<x.stackCount {
        try x.finiteMatrix(index, "linalg.det").cofactors().write(to: slope, index: index)
      }
      return [try gradient.reshape(gradient.shape + [1, 1]) * slope]
    }
  }

  /// The sign of the determinants and the logarithms of their absolute values.
  public func logDeterminant() throws -> (sign: Tensor, logarithm: Tensor) {
    let side = try squareSide("linalg.slogdet")
    let stack = Array(shape.dropLast(2))
    let (sign, logarithm) = (try Tensor(uninitialized: stack), try Tensor(uninitialized: stack))
    let inverses = isRecording ? try Tensor.zeros(shape) : nil
    for index in 0..<stackCount {
      let lu = try DoubleMatrix(self, index: index).eliminated()
      let found = lu.logDeterminant
      (sign.pointer[index], logarithm.pointer[index]) = (
        Float(found.sign), Float(found.logarithm)
      )
      guard let inverses, !lu.isSingular else { continue }
      try lu.solve(.identity(side), transposed: true).write(to: inverses, index: index)
    }
    guard let inverses else { return (sign, logarithm) }
    let tracked = logarithm.recorded(from: [self]) { gradient in
      [try gradient.reshape(stack + [1, 1]) * inverses]
    }
    return (sign, tracked)
  }

  /// The lower triangles L with `L @ L.T` = self, for positive definite matrices.
  public func cholesky() throws -> Tensor {
    _ = try squareSide("linalg.cholesky")
    let result = try Tensor(uninitialized: shape)
    for index in 0..<stackCount {
      guard let factor = try DoubleMatrix(self, index: index).cholesky() else {
        throw TensorError.value(
          "linalg.cholesky: the matrix is not positive definite",
          hint: "only the lower triangle is read; add a small multiple of eye(n)")
      }
      factor.write(to: result, index: index)
    }
    guard isRecording else { return result }
    let l = result.unrecorded
    return result.recorded(from: [self]) { gradient in
      // Murray, "Differentiation of the Cholesky decomposition" (2016), equation 10, symmetrised.
      let inner = try Tensor.product(l, gradient.tril(), transposeA: true).tril()
      let halved = try inner - inner * Tensor.eye(l.shape[l.rank - 1]) * 0.5
      let back = try l.transposed().solve(halved)
      let full = try l.transposed().solve(back.transposed()).transposed()
      return [try (full + full.transposed()) * 0.5]
    }
  }

  /// The eigenvalues of symmetric matrices in ascending order, and eigenvectors in columns.
  ///
  /// Only the lower triangle is read.
  public func symmetricEigen() throws -> (values: Tensor, vectors: Tensor) {
    let side = try squareSide("linalg.eigh")
    let values = try Tensor(uninitialized: Array(shape.dropLast()))
    let vectors = try Tensor(uninitialized: shape)
    for index in 0..<stackCount {
      let found = try finiteMatrix(index, "linalg.eigh").stoppable { try $0.symmetricEigen() }
      for i in 0..<side { values.pointer[index * side + i] = Float(found.values[i]) }
      found.vectors.write(to: vectors, index: index)
    }
    guard isRecording else { return (values, vectors) }
    let (w, v) = (values.unrecorded, vectors.unrecorded)
    let trackedValues = values.recorded(from: [self]) { gradient in
      [try Tensor.product(v * gradient.unsqueeze(dim: -2), v, transposeB: true)]
    }
    let trackedVectors = vectors.recorded(from: [self]) { gradient in
      let gaps = try w.unsqueeze(dim: -2) - w.unsqueeze(dim: -1)
      let weights = try Tensor.select(Tensor.combine(.equal, gaps, 0), 0, 1 / gaps)
      let inner = try weights * Tensor.product(v, gradient, transposeA: true)
      let full = try Tensor.product(Tensor.product(v, inner), v, transposeB: true)
      return [try (full + full.transposed()) * 0.5]
    }
    return (trackedValues, trackedVectors)
  }

  // MARK: - Without gradient

  /// U, the singular values in descending order, and Vᵀ: `(u * s) @ vt` is the matrix.
  public func singularValues() throws -> (u: Tensor, s: Tensor, vt: Tensor) {
    try requireMatrix("linalg.svd")
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let (stack, least) = (Array(shape.dropLast(2)), min(rows, columns))
    let u = try Tensor(uninitialized: stack + [rows, least])
    let s = try Tensor(uninitialized: stack + [least])
    let vt = try Tensor(uninitialized: stack + [least, columns])
    for index in 0..<stackCount {
      let found = try finiteMatrix(index, "linalg.svd").stoppable { try $0.singular() }
      found.u.write(to: u, index: index)
      found.vt.write(to: vt, index: index)
      for i in 0..<least { s.pointer[index * least + i] = Float(found.values[i]) }
    }
    return (u, s, vt)
  }

  /// Q with orthonormal columns and an upper triangle R: `q @ r` is the matrix.
  public func orthogonalFactors() throws -> (q: Tensor, r: Tensor) {
    try requireMatrix("linalg.qr")
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let (stack, least) = (Array(shape.dropLast(2)), min(rows, columns))
    let q = try Tensor(uninitialized: stack + [rows, least])
    let r = try Tensor(uninitialized: stack + [least, columns])
    for index in 0..<stackCount {
      let found = try finiteMatrix(index, "linalg.qr").stoppable { try $0.orthogonal() }
      found.q.write(to: q, index: index)
      found.r.write(to: r, index: index)
    }
    return (q, r)
  }

  /// The least-squares solution of `self @ x = right` with minimal norm, and the rank.
  public func leastSquares(_ right: Tensor) throws -> (solution: Tensor, rank: Int) {
    try requireMatrix("linalg.lstsq")
    let isVector = right.rank == 1
    let columns = isVector ? try right.unsqueeze(dim: 1) : right
    guard rank == 2, columns.rank == 2, columns.shape[0] == shape[0], !right.isRecording else {
      throw TensorError.shape(
        "linalg.lstsq takes a matrix and as many rows beside it, not \(shape) and \(right.shape)")
    }
    let b = try columns.finiteMatrix(0, "linalg.lstsq")
    let found = try finiteMatrix(0, "linalg.lstsq").stoppable { try $0.leastSquares(b) }
    let result = try Tensor(uninitialized: [shape[1], columns.shape[1]])
    found.x.write(to: result)
    return (isVector ? try result.squeeze(dim: 1) : result, found.rank)
  }

  // MARK: - Checks

  private var stackCount: Int { shape.dropLast(2).reduce(1, *) }

  private func requireMatrix(_ name: String) throws {
    guard rank >= 2 else { throw TensorError.shape("\(name) takes a matrix, not shape \(shape)") }
    guard !isRecording else {
      throw TensorError.value(
        "\(name) has no gradient", hint: "give it detach(x), or call it within no_grad")
    }
  }

  private func squareSide(_ name: String) throws -> Int {
    guard rank >= 2, shape[rank - 2] == shape[rank - 1] else {
      throw TensorError.shape("\(name) takes a square matrix, not shape \(shape)")
    }
    return shape[rank - 1]
  }

  private func finiteMatrix(_ index: Int, _ name: String) throws -> DoubleMatrix {
    let matrix = try DoubleMatrix(self, index: index)
    guard matrix.isFinite else { throw TensorError.value("\(name) takes finite numbers only") }
    return matrix
  }
}
