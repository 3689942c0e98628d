// SPDX-License-Identifier: Apache-2.0
//
// Reductions over all elements or some dimensions, and functions that work along one dimension and
// keep it. Reducing a list of plain numbers to one gives a 64-bit number (see
// `NumberSummaries.swift`).

import Runtime
import Tensors

/// Functions that reduce tensors.
enum TensorReductions {
  static let functions: [Builtin] = sums + extremes + spread + alongOne

  /// The help text of reductions that return a number for plain numbers.
  static let numbersInFull = "Of a list of numbers or a range, without `dim`, it gives a number."

  /// A reduction over all elements, one dimension or a list of them; with `numbers`, plain numbers
  /// are reduced by that function.
  private static func reduction(
    _ name: String, _ summary: String, _ example: String,
    numbers: (@Sendable (NumberSequence) throws -> Double)? = nil, ofTruth: Bool = false,
    _ reduce: @escaping @Sendable (Tensor, [Int]?, Bool) throws -> Tensor
  ) -> Builtin {
    Builtin(
      "\(name)(x: tensor, dim = nil, keepdim = false)\(numbers == nil ? " -> tensor" : "")",
      purity: .pure,
      summary,
      details: numbers == nil ? "" : numbersInFull, example: example,
      takesNumbers: numbers != nil || ofTruth
    ) { call in
      if ofTruth, let plain = try plainNumbers(call) {
        return .tensor(try reduce(plain.mask(), nil, false))
      }
      // max(3, 5) as in other languages: a number has no dimensions to reduce.
      if case .number = try call["x"], case .number = try call["dim"],
        name == "min" || name == "max"
      {
        throw call.failure(
          .type, "the second argument is a dimension",
          hint: "of two numbers write \(name)imum(x, y), of a list \(name)(xs)", argument: "dim")
      }
      if let numbers, let plain = try plainNumbers(call) { return .number(try numbers(plain)) }
      if numbers != nil, try call["dim"].isNil, try !call.bool("keepdim"), try isEmpty(call["x"]) {
        return .number(Double(try reduce(call.tensor("x"), nil, false).item()))
      }
      return .tensor(try reduce(call.tensor("x"), call.axes("dim"), call.bool("keepdim")))
    }
  }

  private static func isEmpty(_ value: Value) -> Bool {
    switch value {
    case .list(let list): list.count == 0
    case .range(let range): range.count == 0
    default: false
    }
  }

  /// The numbers in the first argument if they are plain and to be reduced to one.
  static func plainNumbers(_ call: Call) throws -> NumberSequence? {
    guard try call["dim"].isNil, try !call.takes("keepdim") || !call.bool("keepdim") else {
      return nil
    }
    return try NumberSequence(call, "x")
  }

  private static let sums: [Builtin] = [
    reduction(
      "sum", "Adds up all elements, or those along `dim`.",
      "sum([1, 2; 3, 4], dim = 0)   #=> tensor([4, 6])",
      numbers: { try $0.total() }
    ) { try $0.sum(dims: $1, keepDim: $2) },
    reduction(
      "mean", "Averages all elements, or those along `dim`.",
      "mean([1, 2; 3, 4], dim = 1)   #=> tensor([1.5, 3.5])",
      numbers: { try $0.mean() }
    ) { try $0.mean(dims: $1, keepDim: $2) },
    reduction(
      "prod", "Multiplies all elements, or those along `dim`.",
      "prod([1, 2; 3, 4], dim = 1)   #=> tensor([2, 12])",
      numbers: { try $0.product() }
    ) { try $0.prod(dims: $1, keepDim: $2) },
    reduction(
      "logsumexp", "Gives the logarithm of the sum of exponentials.",
      "logsumexp([0, 0; 1, 1], dim = 1)   #=> tensor([0.6931, 1.6931])",
      numbers: { try $0.logSumExp() }
    ) { try $0.logSumExp(dims: $1, keepDim: $2) },
    reduction(
      "all", "Tells whether all elements are other than 0, or all along `dim`.",
      "all([1, 0; 1, 1], dim = 1)   #=> tensor([0, 1])", ofTruth: true
    ) { try $0.all(dims: $1, keepDim: $2) },
    reduction(
      "any", "Tells whether any element is other than 0, or any along `dim`.",
      "any([0, 0; 1, 0], dim = 1)   #=> tensor([0, 1])", ofTruth: true
    ) { try $0.any(dims: $1, keepDim: $2) },
  ]

  private static let extremes: [Builtin] = [
    reduction(
      "min", "Gives the smallest element, or the smallest along `dim`.",
      "min([5, 2; 3, 4], dim = 0)   #=> tensor([3, 2])",
      numbers: { try $0.extreme(<).value }
    ) { try $0.minimum(dims: $1, keepDim: $2) },
    reduction(
      "max", "Gives the largest element, or the largest along `dim`.",
      "max([5, 2; 3, 4], dim = 0)   #=> tensor([5, 4])",
      numbers: { try $0.extreme(>).value }
    ) { try $0.maximum(dims: $1, keepDim: $2) },
    Builtin(
      "argmin(x: tensor, dim = nil, keepdim = false)", purity: .pure,
      "Gives the index of the smallest element, or of the smallest along `dim`.",
      details: numbersInFull,
      example: "argmin([5, 2; 3, 4], dim = 1)   #=> tensor([1, 0])", takesNumbers: true
    ) { call in
      if let plain = try plainNumbers(call) { return .integer(try plain.extreme(<).place) }
      return .tensor(
        try call.tensor("x").argmin(dim: call.axis("dim"), keepDim: call.bool("keepdim")))
    },
    Builtin(
      "argmax(x: tensor, dim = nil, keepdim = false)", purity: .pure,
      "Gives the index of the largest element, or of the largest along `dim`.",
      details: numbersInFull,
      example: "argmax([5, 2; 3, 4], dim = 1)   #=> tensor([0, 1])", takesNumbers: true
    ) { call in
      if let plain = try plainNumbers(call) { return .integer(try plain.extreme(>).place) }
      return .tensor(
        try call.tensor("x").argmax(dim: call.axis("dim"), keepDim: call.bool("keepdim")))
    },
    Builtin(
      "topk(x: tensor, k, dim = -1) -> record", purity: .pure,
      "Gives the `k` largest elements along `dim` in descending order, as `values` and `indices`.",
      example: "topk([3, 9, 5], 2).indices   #=> tensor([1, 2])", takesNumbers: true
    ) { call in
      let (count, dim) = (try call.integer("k"), try call.integer("dim"))
      if let plain = try NumberSequence(call, "x"), -1...0 ~= dim, 0...plain.count ~= count {
        let places = Array(
          try plain.order(descending: true, startsWithNaN: true).prefix(count))
        return .record([
          "values": .tensor(try plain.tensor(at: places)),
          "indices": .tensor(try Tensor(wholeNumbers: places, shape: [count])),
        ])
      }
      let found = try call.tensor("x").topK(call.integer("k"), dim: call.integer("dim"))
      return .record(["values": .tensor(found.values), "indices": .tensor(found.indices)])
    },
  ]

  private static let spread: [Builtin] = [
    Builtin(
      "std(x: tensor, dim = nil, *, correction = 1, keepdim = false)", purity: .pure,
      "Gives the standard deviation; the divisor is the count minus `correction`.",
      details: numbersInFull,
      example: "tensor([1, 2, 3, 4, 5]).std(correction = 0)   #=> tensor(1.4142)",
      takesNumbers: true
    ) { call in
      if let plain = try plainNumbers(call) {
        return .number(try plain.variance(correction: call.number("correction")).squareRoot())
      }
      return .tensor(
        try call.tensor("x").standardDeviation(
          dims: call.axes("dim"), correction: Float(call.number("correction")),
          keepDim: call.bool("keepdim")))
    },
    Builtin(
      "var(x: tensor, dim = nil, *, correction = 1, keepdim = false)", purity: .pure,
      "Gives the variance; the divisor is the count minus `correction`.",
      details: numbersInFull,
      example: "var([1, 2; 3, 6], dim = 0)   #=> tensor([2, 8])", takesNumbers: true
    ) { call in
      if let plain = try plainNumbers(call) {
        return .number(try plain.variance(correction: call.number("correction")))
      }
      return .tensor(
        try call.tensor("x").variance(
          dims: call.axes("dim"), correction: Float(call.number("correction")),
          keepDim: call.bool("keepdim")))
    },
    Builtin(
      "norm(x: tensor, ord = 2, dim = nil)", purity: .pure,
      "Gives the norm: length for 2, sum of magnitudes for 1, largest magnitude for `inf`.",
      details: numbersInFull,
      example: "norm([3, 4; 6, 8], dim = 1)   #=> tensor([5, 10])", takesNumbers: true
    ) { call in
      let order = try call.number("ord")
      if !order.isNaN, let plain = try plainNumbers(call) {
        return .number(try plain.norm(order: order))
      }
      return .tensor(
        try call.tensor("x").norm(order: Float(call.number("ord")), dims: call.axes("dim")))
    },
  ]

  private static let alongOne: [Builtin] = [
    Builtin(
      "softmax(x: tensor, dim = -1)", purity: .pure,
      "Gives exponentials divided by their sum: probabilities that sum to 1.",
      example: "softmax([0, 0])   #=> tensor([0.5, 0.5])"
    ) { call in .tensor(try call.tensor("x").softmax(dim: call.integer("dim"))) },
    Builtin(
      "log_softmax(x: tensor, dim = -1)", purity: .pure,
      "Gives the logarithm of `softmax`, without rounding to 0.",
      example: "log_softmax([0, 0])   #=> tensor([-0.6931, -0.6931])"
    ) { call in .tensor(try call.tensor("x").logSoftmax(dim: call.integer("dim"))) },
    Builtin(
      "cumsum(x: tensor, dim)", purity: .pure, "Gives the cumulative sums along `dim`.",
      example: "cumsum([1, 2, 3], 0)   #=> tensor([1, 3, 6])"
    ) { call in .tensor(try call.tensor("x").cumsum(dim: call.integer("dim"))) },
  ]
}
