// SPDX-License-Identifier: Apache-2.0
//
// Linear algebra.

import Runtime
import Tensors

/// Products of matrices and vectors.
enum TensorLinear {
  static let functions: [Builtin] = [
    Builtin(
      "matmul(x: tensor, y: tensor)", purity: .pure(.matrices),
      "Gives the matrix product, like `x @ y`.",
      example: "matmul([1, 2; 3, 4], [1, 1])   #=> tensor([3, 7])"
    ) { call in .tensor(try Tensor.matmul(call.tensor("x"), call.tensor("y"))) },
    Builtin(
      "einsum(pattern: string, ...tensors)", purity: .pure(.product).taking("tensors"),
      "Multiplies tensors and sums over the letters that are not in the result.",
      example: "einsum(\"ij,j->i\", [1, 2; 3, 4], [1, 1])   #=> tensor([3, 7])"
    ) { call in .tensor(try Tensor.einsum(call.string("pattern"), call.tensors("tensors"))) },
    Builtin(
      "outer(x: tensor, y: tensor)", purity: .pure(.product),
      "Gives the products of all pairs from two vectors.",
      example: "outer([1, 2], [3, 4])[1]   #=> tensor([6, 8])"
    ) { call in .tensor(try Tensor.outer(call.tensor("x"), call.tensor("y"))) },
    Builtin(
      "diag(x: tensor)", purity: .pure(.square),
      "Makes a matrix with a vector on its diagonal, or gives the diagonal of a matrix.",
      example: "diag([1, 2; 3, 4])   #=> tensor([1, 4])"
    ) { call in .tensor(try call.tensor("x").diag()) },
    Builtin(
      "dot(x: tensor, y: tensor)", purity: .pure, "Adds up the products of two vectors.",
      example: "dot([1, 2], [3, 4])   #=> tensor(11)"
    ) { call in .tensor(try Tensor.dot(call.tensor("x"), call.tensor("y"))) },
    Builtin(
      "cross(x: tensor, y: tensor)", purity: .pure(.broadcast),
      "Gives the vector orthogonal to two vectors of three numbers.",
      example: "cross([1, 0, 0], [0, 1, 0])   #=> tensor([0, 0, 1])"
    ) { call in .tensor(try Tensor.cross(call.tensor("x"), call.tensor("y"))) },
    Builtin(
      "trace(x: tensor)", purity: .pure, "Adds up the diagonal of a matrix.",
      example: "trace([1, 2; 3, 4])   #=> tensor(5)"
    ) { call in .tensor(try call.tensor("x").trace()) },
    Builtin(
      "tensordot(x: tensor, y: tensor, dims = 2)", purity: .pure(.product),
      "Multiplies and sums over dimensions: the last so many of `x` with the first of `y`.",
      details: "`dims` may also be two lists: the dimensions of `x`, and those of `y`.",
      example: "tensordot([1, 2; 3, 4], [1, 0; 0, 1])   #=> tensor(5)"
    ) { call in .tensor(try tensordot(call)) },
    Builtin(
      "cdist(x: tensor, y: tensor, p = 2)", purity: .pure(.product),
      "Gives the distances of all pairs of rows.",
      example: "cdist([0, 0; 3, 4], [0, 0]).flatten()   #=> tensor([0, 5])"
    ) { call in
      let y = try call.tensor("y")
      return .tensor(
        try Tensor.pairDistances(
          call.tensor("x"), y.rank == 1 ? y.unsqueeze(dim: 0) : y, order: Float(call.number("p"))))
    },
    Builtin(
      "cov(x: tensor, correction = 1)", purity: .pure(.square),
      "Gives the covariance of the rows of a matrix; each column is one observation.",
      example: "cov([0, 2; 0, 4])[1]   #=> tensor([4, 8])"
    ) { call in .tensor(try covariance(call.tensor("x"), Float(call.number("correction")))) },
    Builtin(
      "corrcoef(x: tensor)", purity: .pure(.square),
      "Gives the correlations of the rows of a matrix.",
      example: "corrcoef([0, 2; 4, 0])[1]   #=> tensor([-1, 1])"
    ) { call in
      let covariance = try covariance(call.tensor("x"), 1)
      let deviations = try covariance.diag().sqrt()
      return .tensor(try covariance / Tensor.outer(deviations, deviations))
    },
  ]

  private static func covariance(_ x: Tensor, _ correction: Float) throws -> Tensor {
    guard x.rank == 2 else {
      throw TensorError.shape("a covariance is that of the rows of a matrix, not of \(x.shape)")
    }
    let centred = try x - x.mean(dims: [1], keepDim: true)
    return try centred.matmul(centred.transposed()) / max(Float(x.shape[1]) - correction, 0)
  }

  private static func tensordot(_ call: Call) throws -> Tensor {
    let (x, y) = (try call.tensor("x"), try call.tensor("y"))
    guard case .list(let lists) = try call["dims"], lists.count == 2,
      let ours = dimensions(lists[0]), let theirs = dimensions(lists[1])
    else {
      let count = try call.integer("dims", in: 0...min(x.rank, y.rank))
      return try Tensor.tensordot(
        x, y, ours: Array(x.rank - count..<x.rank), theirs: Array(0..<count))
    }
    return try Tensor.tensordot(x, y, ours: ours, theirs: theirs)
  }

  private static func dimensions(_ value: Value) -> [Int]? {
    guard case .list(let list) = value else { return Conversion.integer(value).map { [$0] } }
    let found = list.items.compactMap { Conversion.integer($0) }
    return found.count == list.count ? found : nil
  }
}
