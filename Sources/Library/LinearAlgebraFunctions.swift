// SPDX-License-Identifier: Apache-2.0
//
// `linalg.`: decompositions, linear systems, and what derives from them, internally in double
// precision.

import Runtime
import Tensors

/// The functions of `linalg`.
enum LinearAlgebraFunctions {
  static let functions: [Builtin] = systems + decompositions + derived

  private static let systems: [Builtin] = [
    Builtin(
      "linalg.solve(a: tensor, b: tensor)", purity: .fallible(.matrices),
      "Gives the x of `a @ x = b` for a square matrix, or for each of a stack.",
      example: "linalg.solve([2, 0; 0, 4], [1, 1])   #=> tensor([0.5, 0.25])"
    ) { call in .tensor(try call.tensor("a").solve(call.tensor("b"))) },
    Builtin(
      "linalg.inv(x: tensor)", purity: .fallible(.matrices),
      "Gives the inverse of a square matrix.",
      details: "To solve a system, `linalg.solve` is faster and more exact.",
      example: "linalg.inv([2, 0; 0, 4])[1]   #=> tensor([0, 0.25])"
    ) { call in .tensor(try call.tensor("x").inverse()) },
    Builtin(
      "linalg.lstsq(a: tensor, b: tensor) -> record", purity: .fallible(.matrices),
      "Gives the least-squares solution x of `a @ x = b`: {solution, rank}.",
      details: "Of several, the one of minimal norm. There is no gradient.",
      example: "linalg.lstsq([1; 1; 1], [1, 2, 6]).solution   #=> tensor([3])"
    ) { call in
      let found = try call.tensor("a").leastSquares(call.tensor("b"))
      return .record(["solution": .tensor(found.solution), "rank": .integer(found.rank)])
    },
    Builtin(
      "linalg.det(x: tensor)", purity: .fallible(.matrices),
      "Gives the determinant of a square matrix.",
      example: "linalg.det([1, 2; 3, 4])   #=> tensor(-2)"
    ) { call in .tensor(try call.tensor("x").determinant()) },
    Builtin(
      "linalg.slogdet(x: tensor) -> record", purity: .fallible(.matrices),
      "Gives the sign of the determinant and the log of its magnitude: {sign, logabsdet}.",
      example: "linalg.slogdet(-eye(3)).sign   #=> tensor(-1)"
    ) { call in
      let found = try call.tensor("x").logDeterminant()
      return .record(["sign": .tensor(found.sign), "logabsdet": .tensor(found.logarithm)])
    },
  ]

  private static let decompositions: [Builtin] = [
    Builtin(
      "linalg.cholesky(x: tensor)", purity: .fallible(.matrices),
      "Gives the lower triangle L with `L @ L.T == x` for a positive definite matrix.",
      example: "linalg.cholesky([4, 2; 2, 5])[1]   #=> tensor([1, 2])"
    ) { call in .tensor(try call.tensor("x").cholesky()) },
    Builtin(
      "linalg.eigh(x: tensor) -> record", purity: .fallible(.matrices),
      "Gives the ascending eigenvalues of a symmetric matrix, and eigenvectors in columns.",
      details: "The fields are `values` and `vectors`. Only the lower triangle of `x` is read. The "
        + "signs of eigenvectors are arbitrary.",
      example: "linalg.eigh([2, 1; 1, 2]).values   #=> tensor([1, 3])"
    ) { call in
      let found = try call.tensor("x").symmetricEigen()
      return .record(["values": .tensor(found.values), "vectors": .tensor(found.vectors)])
    },
    Builtin(
      "linalg.svd(x: tensor) -> record", purity: .fallible(.matrices),
      "Gives {u, s, vt} with `(u * s) @ vt == x`: the singular value decomposition.",
      details: "`s` is descending. There is no gradient.",
      example: "linalg.svd([3, 0; 0, 4]).s   #=> tensor([4, 3])"
    ) { call in
      let found = try call.tensor("x").singularValues()
      return .record(["u": .tensor(found.u), "s": .tensor(found.s), "vt": .tensor(found.vt)])
    },
    Builtin(
      "linalg.qr(x: tensor) -> record", purity: .fallible(.matrices),
      "Gives {q, r} with `q @ r == x`: orthonormal columns and an upper triangle.",
      details: "There is no gradient.",
      example: "abs(linalg.qr([3; 4]).r)   #=> tensor([[5]])"
    ) { call in
      let found = try call.tensor("x").orthogonalFactors()
      return .record(["q": .tensor(found.q), "r": .tensor(found.r)])
    },
  ]

  private static let derived: [Builtin] = [
    Builtin(
      "linalg.pinv(x: tensor)", purity: .fallible(.matrices),
      "Gives the pseudo-inverse, which is the inverse where there is one.",
      details: "Singular values below the rounding error of `x` count as 0.",
      example: "linalg.pinv([2, 0; 0, 0])[0]   #=> tensor([0.5, 0])"
    ) { call in
      let (u, s, vt) = try call.tensor("x").singularValues()
      let kept = try Tensor.combine(.greater, s, threshold(of: s, call.tensor("x")))
      let inverse = try Tensor.select(kept, 1 / s, 0)
      return .tensor(
        try Tensor.matmul(
          vt.transposed() * inverse.unsqueeze(dim: -2), u.transposed()))
    },
    Builtin(
      "linalg.matrix_rank(x: tensor)", purity: .fallible(.matrices),
      "Counts the singular values of a matrix that are above the rounding error.",
      example: "linalg.matrix_rank([1, 2; 2, 4])   #=> tensor(1)"
    ) { call in
      let x = try call.tensor("x")
      let s = try x.singularValues().s
      return .tensor(try Tensor.combine(.greater, s, threshold(of: s, x)).sum(dim: -1))
    },
    Builtin(
      "linalg.matrix_power(x: tensor, n: number)", purity: .fallible(.matrices),
      "Multiplies a square matrix with itself `n` times; a negative `n` takes the inverse.",
      example: "linalg.matrix_power([1, 1; 0, 1], 5)[0]   #=> tensor([1, 5])"
    ) { call in .tensor(try power(call)) },
    Builtin(
      "linalg.norm(x: tensor, ord = 2, dim = nil)", purity: .pure,
      "Gives the norm: length for 2, sum of magnitudes for 1, largest magnitude for `inf`.",
      details: "The same as `norm`; norms of matrices as operators are max(linalg.svd(x).s).",
      example: "linalg.norm([3, 4])   #=> tensor(5)"
    ) { call in
      .tensor(try call.tensor("x").norm(order: Float(call.number("ord")), dims: call.axes("dim")))
    },
  ]

  /// The largest singular value times the larger dimension times the epsilon of 32-bit floats.
  private static func threshold(of s: Tensor, _ x: Tensor) throws -> Tensor {
    let side = Float(max(x.shape[x.rank - 2], x.shape[x.rank - 1]))
    guard s.count > 0 else { return try Tensor.scalar(0) }
    return try s.maximum(dims: [-1], keepDim: true) * (side * Float.ulpOfOne)
  }

  private static func power(_ call: Call) throws -> Tensor {
    var base = try call.tensor("x")
    var exponent = try call.integer("n", in: -1_000_000_000...1_000_000_000)
    guard base.rank >= 2, base.shape[base.rank - 1] == base.shape[base.rank - 2] else {
      throw call.failure(
        .shape, "takes a square matrix, not shape \(base.shape)", argument: "x")
    }
    if exponent < 0 { (base, exponent) = (try base.inverse(), -exponent) }
    var result = try Tensor.eye(base.shape[base.rank - 1]).expand(base.shape)
    while exponent > 0 {
      if exponent % 2 == 1 { result = try result.matmul(base) }
      exponent /= 2
      if exponent > 0 { base = try base.matmul(base) }
    }
    return result
  }
}
