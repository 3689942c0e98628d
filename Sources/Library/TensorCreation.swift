// SPDX-License-Identifier: Apache-2.0
//
// Tensors from data, from rules and from random numbers. Sampling takes a seed, or the next one of
// the session's stream.

import Runtime
import Tensors

/// Functions that make tensors.
enum TensorCreation {
  static let functions: [Builtin] = fromData + fromRules + fromChance

  private static let fromData: [Builtin] = [
    Builtin(
      "tensor(data)", purity: .pure,
      "Makes a tensor of a number, a range or a rectangular list of numbers.",
      example: "tensor([[1, 2], [3, 4]]).shape   #=> [2, 2]"
    ) { call in .tensor(try call.tensor("data")) },
    Builtin(
      "zeros(...shape)", purity: .pure(.product), "Makes a tensor of zeros.",
      example: "zeros(3)   #=> tensor([0, 0, 0])"
    ) { call in .tensor(try Tensor.zeros(call.shape("shape"))) },
    Builtin(
      "ones(...shape)", purity: .shaped(like: "zeros"), "Makes a tensor of ones.",
      example: "ones(3)   #=> tensor([1, 1, 1])"
    ) { call in .tensor(try Tensor(repeating: 1, shape: call.shape("shape"))) },
    Builtin(
      "full(shape: list, value)", purity: .pure(.product),
      "Makes a tensor filled with one value.",
      example: "full([3], 0.5)   #=> tensor([0.5, 0.5, 0.5])"
    ) { call in
      .tensor(try call.scalar("value").expand(call.integers("shape")))
    },
  ]

  private static let fromRules: [Builtin] = [
    Builtin(
      "eye(n: number)", purity: .pure(.square), "Makes the identity matrix with `n` rows.",
      example: "eye(3).sum(dim = 0)   #=> tensor([1, 1, 1])"
    ) { call in .tensor(try Tensor.eye(call.integer("n", in: 0...maximumSide))) },
    Builtin(
      "arange(start, stop = nil, step = 1)", purity: .pure(.product),
      "Makes a vector of the numbers from `start` to before `stop`, or from 0 to before `start`.",
      example: "arange(1, 7, 2)   #=> tensor([1, 3, 5])"
    ) { call in
      let first = try call.number("start")
      let step = try call.number("step")
      guard let stop = try call.optionalNumber("stop") else {
        return .tensor(try Tensor.arange(0, first, step: step))
      }
      return .tensor(try Tensor.arange(first, stop, step: step))
    },
    Builtin(
      "linspace(start, stop, num = 50)", purity: .pure(.product),
      "Makes a vector of `num` evenly spaced numbers from `start` to `stop`, both included.",
      example: "linspace(0, 1, 5)   #=> tensor([0, 0.25, 0.5, 0.75, 1])"
    ) { call in .tensor(try evenlySpaced(call)) },
    Builtin(
      "one_hot(indices: tensor, num_classes: number)", purity: .pure(.product),
      "Makes rows that are 1 at the given index and 0 elsewhere.",
      example: "one_hot([2, 0], 3)[0]   #=> tensor([0, 0, 1])", takesNumbers: true
    ) { call in
      .tensor(try Tensor.oneHot(call.positions("indices"), classes: call.integer("num_classes")))
    },
  ]

  /// The numbers of `linspace` with the arguments of `call`.
  static func evenlySpaced(_ call: Call) throws -> Tensor {
    let count = try call.integer("num")
    guard try call.isRecording("start") || call.isRecording("stop") else {
      return try Tensor.linspace(call.number("start"), call.number("stop"), count: count)
    }
    return try Tensor.linspace(from: call.scalar("start"), to: call.scalar("stop"), count: count)
  }

  private static let fromChance: [Builtin] = [
    Builtin(
      "rand(...shape, seed = nil)", purity: .shaped(like: "zeros"),
      "Samples uniform numbers from 0 to below 1.",
      example: "rand(2, 3, seed = 1).shape   #=> [2, 3]"
    ) { call in
      let shape = try call.shape("shape")
      return .tensor(try Tensor.rand(shape, key: RandomKey(seed: call.seed("seed"))))
    },
    Builtin(
      "randn(...shape, seed = nil)", purity: .shaped(like: "zeros"),
      "Samples numbers from the standard normal distribution.",
      example: "randn(2, 3, seed = 1).shape   #=> [2, 3]"
    ) { call in
      let shape = try call.shape("shape")
      return .tensor(try Tensor.randn(shape, key: RandomKey(seed: call.seed("seed"))))
    },
    Builtin(
      "randint(low, high, shape: list, *, seed = nil)",
      purity: .shaped(like: "(fn(low, high, shape) = zeros(...shape))"),
      "Samples uniform integers from `low` to below `high`.",
      example: "randint(3, 4, [2], seed = 1)   #=> tensor([3, 3])"
    ) { call in
      let (low, high, shape) = (
        try call.integer("low"), try call.integer("high"), try call.integers("shape")
      )
      let key = RandomKey(seed: try call.seed("seed"))
      return .tensor(try Tensor.randint(low, high, shape: shape, key: key))
    },
  ]

  /// The largest side of a square matrix; a larger one would not fit in memory.
  private static let maximumSide = 1 << 20
}
