// SPDX-License-Identifier: Apache-2.0
//
// More ways to move elements: grids, tiles, splits, indices.

import Runtime
import Tensors

/// Functions that rearrange elements.
enum TensorLayout {
  static let functions: [Builtin] = likenesses + joins + repetitions + turns + scatters

  private static let likenesses: [Builtin] = [
    Builtin(
      "zeros_like(x: tensor)", purity: .pure, "Makes a tensor of zeros in the shape of another.",
      example: "zeros_like([1, 2])   #=> tensor([0, 0])"
    ) { call in .tensor(try Tensor.zeros(call.elements("x").shape)) },
    Builtin(
      "ones_like(x: tensor)", purity: .pure, "Makes a tensor of ones in the shape of another.",
      example: "ones_like([1, 2])   #=> tensor([1, 1])"
    ) { call in .tensor(try Tensor(repeating: 1, shape: call.elements("x").shape)) },
    Builtin(
      "full_like(x: tensor, value)", purity: .pure,
      "Makes a tensor filled with one value in the shape of another.",
      example: "full_like([1, 2], 7)   #=> tensor([7, 7])"
    ) { call in
      .tensor(try call.scalar("value").expand(call.tensor("x").shape))
    },
    Builtin(
      "logspace(start, stop, num = 50)", purity: .pure(.product),
      "Makes a vector of `num` numbers from 10 ** start to 10 ** stop in equal ratios.",
      example: "logspace(0, 3, 4)   #=> tensor([1, 10, 100, 1000])"
    ) { call in
      let exponents = try TensorCreation.evenlySpaced(call)
      return .tensor(try Tensor.combine(.power, 10, exponents))
    },
    Builtin(
      "meshgrid(...vectors) -> list", purity: .pure(.product).taking("vectors"),
      "Broadcasts each vector over the grid of all: the first runs down, the second across.",
      example: "meshgrid([1, 2], [3, 4])[0][1]   #=> tensor([2, 2])"
    ) { call in .list(try Tensor.meshgrid(call.tensors("vectors")).map { .tensor($0) }) },
    Builtin(
      "tolist(x: tensor) -> list", purity: .pure,
      "Gives the numbers of a tensor as nested lists.",
      example: "tolist([1, 2; 3, 4])   #=> [[1, 2], [3, 4]]"
    ) { call in
      let x = try call.elements("x")
      // All lists on all levels, also of tensors without elements such as zeros(1e9, 0).
      var (total, level) = (0, 1)
      for size in x.shape {
        let product = level.multipliedReportingOverflow(by: size)
        level = product.overflow ? Int.max : product.partialValue
        let sum = total.addingReportingOverflow(level)
        total = sum.overflow ? Int.max : sum.partialValue
      }
      try call.session.claim(elements: total, bytesEach: Session.objectBytes)
      return try lists(of: x, from: 0, x.shape[...], call.session)
    },
  ]

  private static let joins: [Builtin] = [
    Builtin(
      "hstack(tensors: list)", purity: .pure.taking("tensors"),
      "Joins tensors side by side: along dimension 1, vectors along 0.",
      example: "hstack([[1; 2], [3; 4]])[1]   #=> tensor([2, 4])"
    ) { call in
      let tensors = try call.tensors("tensors")
      return .tensor(try Tensor.cat(tensors, dim: tensors.allSatisfy { $0.rank == 1 } ? 0 : 1))
    },
    Builtin(
      "vstack(tensors: list)", purity: .pure.taking("tensors"),
      "Joins tensors vertically; vectors are rows.",
      example: "vstack([[1, 2], [3, 4]]).shape   #=> [2, 2]"
    ) { call in
      .tensor(
        try Tensor.cat(call.tensors("tensors").map { $0.rank < 2 ? try $0.reshape([1, -1]) : $0 }))
    },
    Builtin(
      "split(x: tensor, sizes, dim = 0) -> list", purity: .pure,
      "Splits a tensor into parts of one size, or of the sizes in a list.",
      example: "[part.shape for part in tensor([1, 2, 3, 4, 5]).split(2)]   #=> [[2], [2], [1]]"
    ) { call in
      let x = try call.elements("x")
      let dim = try call.integer("dim")
      try claimParts(call, x.shape[x.dimension(dim)])
      let parts =
        try call["sizes"].isNumber
        ? try x.split(size: call.integer("sizes"), dim: dim)
        : try x.split(sizes: call.integers("sizes"), dim: dim)
      return .list(parts.map { .tensor($0) })
    },
    Builtin(
      "unbind(x: tensor, dim = 0) -> list", purity: .pure,
      "Lists the slices of a tensor along a dimension.",
      example: "unbind([1, 2; 3, 4], 1)[0]   #=> tensor([1, 3])"
    ) { call in
      let x = try call.elements("x")
      let dim = try x.dimension(call.integer("dim"))
      try claimParts(call, x.shape[dim])
      return .list(
        try (0..<x.shape[dim]).map(checking: call.session) {
          .tensor(try x.narrow(dim: dim, start: $0, count: 1).squeeze(dim: dim))
        })
    },
  ]

  private static let repetitions: [Builtin] = [
    Builtin(
      "tile(x: tensor, ...times)", purity: .pure(.product),
      "Tiles a tensor so many times along each dimension.",
      example: "tile([1, 2], 2)   #=> tensor([1, 2, 1, 2])"
    ) { call in
      let x = try call.tensor("x")
      let times = try call.shape("times")
      let missing = [Int](repeating: 1, count: max(0, x.rank - times.count))
      return .tensor(try x.repeated(missing + times))
    },
    Builtin(
      "repeat_interleave(x: tensor, repeats, dim = nil)", purity: .pure(.product),
      "Repeats each element; without `dim`, of the flattened tensor.",
      example: "repeat_interleave([1, 2], 2)   #=> tensor([1, 1, 2, 2])"
    ) { call in
      let x = try call.tensor("x")
      guard let dim = try call.axis("dim") else {
        return .tensor(try x.reshape([-1]).repeatedElements(call.integer("repeats"), dim: 0))
      }
      return .tensor(try x.repeatedElements(call.integer("repeats"), dim: dim))
    },
    Builtin(
      "kron(x: tensor, y: tensor)", purity: .pure(.product),
      "Gives the Kronecker product: each element of `x` times the whole of `y`.",
      example: "kron([1, 10], [1, 2])   #=> tensor([1, 2, 10, 20])"
    ) { call in .tensor(try call.tensor("x").kronecker(call.tensor("y"))) },
  ]

  private static let turns: [Builtin] = [
    Builtin(
      "movedim(x: tensor, source, destination)", purity: .pure,
      "Moves a dimension to another position; the others keep their order.",
      example: "movedim(zeros(2, 3, 4), 0, -1).shape   #=> [3, 4, 2]"
    ) { call in
      .tensor(
        try call.elements("x").moveDimension(
          call.integer("source"), to: call.integer("destination")))
    },
    Builtin(
      "rot90(x: tensor, k = 1, dims = [0, 1])", purity: .pure,
      "Rotates by `k` times 90 degrees, from the first dimension towards the second.",
      example: "rot90([1, 2; 3, 4])[0]   #=> tensor([2, 4])"
    ) { call in
      let dims = try call.integers("dims")
      guard dims.count == 2 else {
        throw call.failure(.value, "dims must be two dimensions", argument: "dims")
      }
      return .tensor(
        try call.tensor("x").rotated(quarters: call.integer("k"), dims: (dims[0], dims[1])))
    },
  ]

  private static let scatters: [Builtin] = [
    Builtin(
      "scatter(x: tensor, dim, index, source: tensor)", purity: .pure,
      "Gives `x` with the elements of `source` written at `index` along `dim`.",
      example: "scatter(zeros(3), 0, [2, 0], [5, 6])   #=> tensor([6, 0, 5])"
    ) { call in .tensor(try scattered(call, adding: false)) },
    Builtin(
      "scatter_add(x: tensor, dim, index, source: tensor)", purity: .pure,
      "Gives `x` with the elements of `source` added at `index`.",
      example: "scatter_add(zeros(3), 0, [2, 2], [5, 6])   #=> tensor([0, 0, 11])"
    ) { call in .tensor(try scattered(call, adding: true)) },
    Builtin(
      "masked_fill(x: tensor, mask: tensor, value)", purity: .pure(.broadcast),
      "Replaces elements by a number where the mask is not 0.",
      example: "let x = tensor([1, -2]); masked_fill(x, x < 0, 9)   #=> tensor([1, 9])"
    ) { call in
      .tensor(try Tensor.select(call.tensor("mask"), call.scalar("value"), call.tensor("x")))
    },
  ]

  /// Claims memory for a list of so many tensors.
  private static func claimParts(_ call: Call, _ count: Int) throws {
    try call.session.claim(elements: count, bytesEach: 6 * Session.objectBytes)
  }

  private static func scattered(_ call: Call, adding: Bool) throws -> Tensor {
    let index = try call.positions("index")
    return try call.tensor("x").scatter(
      dim: call.integer("dim"), index: index, source: call.tensor("source").expand(index.shape),
      adding: adding)
  }

  /// The numbers of a tensor from an offset on, as nested lists of a shape.
  private static func lists(
    of x: Tensor, from start: Int, _ shape: ArraySlice<Int>, _ session: Session
  ) throws -> Value {
    guard let size = shape.first else { return .number(x.number(at: start)) }
    let length = shape.dropFirst().reduce(1, *)
    return .list(
      try (0..<size).map(checking: session) { row in
        try lists(of: x, from: start + row * length, shape.dropFirst(), session)
      })
  }
}

extension Value {
  fileprivate var isNumber: Bool {
    if case .number = self { return true }
    return false
  }
}
