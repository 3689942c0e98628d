// SPDX-License-Identifier: Apache-2.0
//
// Linear algebra.

import Runtime
import Tensors

/// Products of matrices and vectors.
enum TensorLinear {
  static let functions: [Builtin] = [
    Builtin(
      "matmul(x: tensor, y: tensor)", "Gives the matrix product, like `x @ y`.",
      example: "matmul([1, 2; 3, 4], [1, 1])   #=> tensor([3, 7])"
    ) { call in .tensor(try Tensor.matmul(call.tensor(0), call.tensor(1))) },
    Builtin(
      "einsum(pattern: string, ...tensors)",
      "Multiplies tensors and sums over the letters that the result does not name.",
      example: "einsum(\"ij,j->i\", [1, 2; 3, 4], [1, 1])   #=> tensor([3, 7])"
    ) { call in .tensor(try Tensor.einsum(call.string(0), call.tensors(1))) },
    Builtin(
      "outer(x: tensor, y: tensor)", "Gives the products of all pairs from two vectors.",
      example: "outer([1, 2], [3, 4])[1]   #=> tensor([6, 8])"
    ) { call in .tensor(try Tensor.outer(call.tensor(0), call.tensor(1))) },
    Builtin(
      "diag(x: tensor)",
      "Makes a matrix with a vector on its diagonal, or gives the diagonal of a matrix.",
      example: "diag([1, 2; 3, 4])   #=> tensor([1, 4])"
    ) { call in .tensor(try call.tensor(0).diag()) },
  ]
}
