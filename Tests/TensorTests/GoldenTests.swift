// SPDX-License-Identifier: Apache-2.0
//
// The same expressions in NumPy and here. `Goldens/make_numpy_goldens.py` made the numbers.

import Tensors
import Testing

@Suite struct GoldenTests {
  typealias Expression = ([Tensor]) throws -> [Tensor]

  private func check(_ golden: Golden, _ expression: Expression?) throws {
    let expression = try #require(expression, "no expression is called \(golden.name)")
    let found = try expression(try golden.inputs.map { try $0.tensor() })
    #expect(found.count == golden.outputs.count)
    for (a, b) in zip(found, golden.outputs) { expectClose(a, try b.tensor(), golden.name) }
  }

  private func check(_ golden: Golden, one expression: (([Tensor]) throws -> Tensor)?) throws {
    try check(golden, expression.map { make in { [try make($0)] } })
  }

  @Test func filesAreThere() {
    for file in ["elementwise", "binary", "reductions", "movement", "linear", "indexing"] {
      #expect(Golden.cases(file).count > 10, "\(file)")
    }
  }

  @Test(arguments: Golden.cases("elementwise"))
  func elementwise(_ golden: Golden) throws {
    let name = golden.name.split(separator: "_")[0]
    if name == "clamp" {
      return try check(golden, one: { try $0[0].clamp(min: -0.5, max: 1) })
    }
    let operation = try #require(UnaryOperation.allCases.first { $0.name == name })
    try check(golden, one: { try $0[0].applying(operation) })
  }

  @Test(arguments: Golden.cases("binary"))
  func binary(_ golden: Golden) throws {
    let name = golden.name.split(separator: "_")[0]
    if name == "where" { return try check(golden, one: { try Tensor.select($0[0], $0[1], $0[2]) }) }
    let operation = try #require(BinaryOperation.allCases.first { $0.name == name })
    try check(golden, one: { try Tensor.combine(operation, $0[0], $0[1]) })
  }

  @Test(arguments: Golden.cases("reductions"))
  func reductions(_ golden: Golden) throws {
    if golden.name == "topk" {
      return try check(
        golden,
        {
          let top = try $0[0].topK(2); return [top.values, top.indices]
        })
    }
    try check(golden, one: Self.reductions[golden.name])
  }

  @Test(arguments: Golden.cases("movement"))
  func movement(_ golden: Golden) throws {
    try check(golden, one: Self.movements[golden.name])
  }

  @Test(arguments: Golden.cases("linear"))
  func linear(_ golden: Golden) throws {
    if golden.name.hasPrefix("einsum:") {
      let pattern = String(golden.name.dropFirst(7))
      return try check(golden, one: { try Tensor.einsum(pattern, $0) })
    }
    if golden.name == "outer" {
      return try check(golden, one: { try Tensor.outer($0[0], $0[1]) })
    }
    try check(golden, one: { try $0[0].matmul($0[1]) })
  }

  @Test(arguments: Golden.cases("indexing"))
  func indexing(_ golden: Golden) throws {
    guard golden.name.hasPrefix("replace ") else {
      return try check(golden, one: { try $0[0].subscripted(try indices(golden.name, of: $0[0])) })
    }
    try check(
      golden,
      one: {
        let index = try indices(String(golden.name.dropFirst(8)), of: $0[0])
        let selected = try $0[0].subscripted(index)
        let values = try Tensor.arange(-1, -Double(selected.count) - 1, step: -1)
        return try $0[0].replacing(index, with: values.reshape(selected.shape))
      })
  }

  /// `1:,[0,2]` as the list of index parts.
  private func indices(_ text: String, of tensor: Tensor) throws -> [TensorIndex] {
    if text == "full" { return [.mask(try Tensor.combine(.greater, tensor, 20))] }
    var (parts, part, depth) = ([String](), "", 0)
    for character in text + "," {
      depth += character == "[" ? 1 : character == "]" ? -1 : 0
      if character == ",", depth == 0 {
        parts.append(part)
        part = ""
      } else {
        part.append(character)
      }
    }
    return try parts.map { part in
      switch part {
      case "...": return .ellipsis
      case "nil": return .newAxis
      case "mask": return .mask(try v(1, 0, 1))
      case _ where part.hasPrefix("["):
        let numbers = part.split(whereSeparator: { "[],".contains($0) }).compactMap { Float($0) }
        let isColumn = part.hasPrefix("[[")
        return .gather(try t(isColumn ? [numbers.count, 1] : [numbers.count], numbers))
      case _ where part.contains(":"):
        let ends = part.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        return .slice(start: ends[0], stop: ends[1], step: ends.count > 2 ? ends[2] ?? 1 : 1)
      default: return .index(try #require(Int(part)))
      }
    }
  }
}

// MARK: - Expressions

extension GoldenTests {
  typealias One = @Sendable ([Tensor]) throws -> Tensor

  static let reductions: [String: One] = [
    "sum": { try $0[0].sum() },
    "sum_1": { try $0[0].sum(dim: 1) },
    "sum_last_keep": { try $0[0].sum(dim: -1, keepDim: true) },
    "sum_0_2": { try $0[0].sum(dims: [0, 2]) },
    "mean": { try $0[0].mean() },
    "mean_1": { try $0[0].mean(dim: 1) },
    "mean_last_keep": { try $0[0].mean(dim: -1, keepDim: true) },
    "mean_0_2": { try $0[0].mean(dims: [2, 0]) },
    "prod": { try $0[0].prod() },
    "prod_1": { try $0[0].prod(dims: [1]) },
    "prod_last_keep": { try $0[0].prod(dims: [-1], keepDim: true) },
    "prod_0_2": { try $0[0].prod(dims: [0, 2]) },
    "max": { try $0[0].maximum() },
    "max_1": { try $0[0].maximum(dims: [1]) },
    "max_last_keep": { try $0[0].maximum(dims: [-1], keepDim: true) },
    "max_0_2": { try $0[0].maximum(dims: [0, 2]) },
    "min": { try $0[0].minimum() },
    "min_1": { try $0[0].minimum(dims: [1]) },
    "min_last_keep": { try $0[0].minimum(dims: [-1], keepDim: true) },
    "min_0_2": { try $0[0].minimum(dims: [0, 2]) },
    "all_1": { try $0[0].all(dims: [1]) },
    "any_1": { try $0[0].any(dims: [1]) },
    "argmax": { try $0[0].argmax() },
    "argmax_1": { try $0[0].argmax(dim: 1) },
    "argmin_last_keep": { try $0[0].argmin(dim: -1, keepDim: true) },
    "var": { try $0[0].variance() },
    "std_1": { try $0[0].standardDeviation(dims: [1]) },
    "std_0_population": { try $0[0].standardDeviation(dims: [0], correction: 0) },
    "logsumexp_1": { try $0[0].logSumExp(dims: [1]) },
    "logsumexp": { try $0[0].logSumExp() },
    "softmax": { try $0[0].softmax() },
    "softmax_1": { try $0[0].softmax(dim: 1) },
    "log_softmax_0": { try $0[0].logSoftmax(dim: 0) },
    "cumsum_1": { try $0[0].cumsum(dim: 1) },
    "norm": { try $0[0].norm() },
    "norm1_0": { try $0[0].norm(order: 1, dims: [0]) },
    "norm3_last": { try $0[0].norm(order: 3, dims: [-1]) },
  ]

  static let movements: [String: One] = [
    "transpose_0_2": { try $0[0].transpose(0, 2) },
    "permute": { try $0[0].permute([1, 2, 0]) },
    "transposed": { try $0[0].transposed() },
    "expand": { try $0[0].expand([2, -1, 4]) },
    "cat_1": { try Tensor.cat($0, dim: 1) },
    "stack_last": { try Tensor.stack($0, dim: -1) },
    "flip_0_2": { try $0[0].flip(dims: [0, 2]) },
    "roll_1": { try $0[0].roll(shift: 4, dim: 1) },
    "roll_back": { try $0[0].roll(shift: -1, dim: 2) },
    "pad": { try $0[0].pad([1, 3, 2, 0], value: 7) },
    "tril": { try $0[0].tril() },
    "triu_1": { try $0[0].triu(diagonal: 1) },
    "repeat": { try $0[0].repeated([2, 1, 3]) },
    "gather": { try $0[0].gather(dim: 1, index: $0[1]) },
    "diag_vector": { try $0[0].diag() },
    "diag_matrix": { try $0[0].diag() },
    "one_hot": { try Tensor.oneHot($0[0], classes: 4) },
    "arange": { _ in try Tensor.arange(1, 2, step: 0.3) },
    "linspace": { _ in try Tensor.linspace(-1, 2, count: 7) },
    "rearrange_split": { try $0[0].rearrange("a (b c) -> b (a c)", sizes: ["c": 2]) },
  ]
}
