// SPDX-License-Identifier: Apache-2.0
//
// The functional form of layers, for scripts that manage their own weights: convolutions, pooling,
// normalisation, attention, dropout. They are stateless, so nothing depends on a training mode.

import Networks
import Runtime
import Tensors

/// Functions of neural networks without parameters of their own.
enum NeuralFunctions {
  static let functions: [Builtin] = pictures + rows

  private static let pictures: [Builtin] = [
    Builtin(
      "conv2d(x: [B, C, H, W], weight: tensor, bias = nil, *, stride = 1, padding = 0, "
        + "dilation = 1, groups = 1)", purity: .pure(.product),
      "Convolves pictures with weights [out, C / groups, rows, columns].",
      details: "`stride`, `padding` and `dilation` are a number, or a list for rows and columns.",
      example: "conv2d(ones(1, 1, 3, 3), ones(1, 1, 2, 2))[0, 0, 0]   #=> tensor([4, 4])"
    ) { call in
      let window = WindowGeometry(
        size: (1, 1), stride: try call.rowsAndColumns("stride"),
        padding: try call.rowsAndColumns("padding"),
        dilation: try call.rowsAndColumns("dilation"))
      return .tensor(
        try call.tensor("x").convolved(
          call.tensor("weight"), bias: call.optionalTensor("bias"), window: window,
          groups: call.integer("groups")))
    },
    Builtin(
      "max_pool2d(x: [B, C, H, W], kernel_size, stride = nil, padding = 0)", purity: .pure,
      "Gives the largest element of each window; the windows touch unless `stride` is given.",
      example: "max_pool2d(arange(16).reshape(1, 1, 4, 4), 2)[0, 0, 1]   #=> tensor([13, 15])"
    ) { call in .tensor(try call.tensor("x").maxPooled(pooling(call))) },
    Builtin(
      "avg_pool2d(x: [B, C, H, W], kernel_size, stride = nil, padding = 0)", purity: .pure,
      "Gives the mean of each window; the windows touch unless `stride` is given.",
      example: "avg_pool2d(arange(16).reshape(1, 1, 4, 4), 2)[0, 0, 1]   #=> tensor([10.5, 12.5])"
    ) { call in .tensor(try call.tensor("x").averagePooled(pooling(call))) },
  ]

  private static let rows: [Builtin] = [
    Builtin(
      "normalize(x: tensor, dim = -1, eps = 1e-12)", purity: .pure,
      "Divides by the length along `dim`.",
      example: "normalize([3, 4])   #=> tensor([0.6, 0.8])"
    ) { call in
      let x = try call.tensor("x")
      let length = try x.norm(dims: [call.integer("dim")], keepDim: true)
      return .tensor(try x / length.clamp(min: Float(call.number("eps"))))
    },
    Builtin(
      "cosine_similarity(x: tensor, y: tensor, dim = -1, eps = 1e-8)", purity: .pure(.broadcast),
      "Gives the cosine of the angle between vectors along `dim`.",
      example: "cosine_similarity([1, 0], [1, 1])   #=> tensor(0.7071)"
    ) { call in
      let (x, y, dim) = (try call.tensor("x"), try call.tensor("y"), try call.integer("dim"))
      let least = Float(try call.number("eps"))
      let lengths =
        try x.norm(dims: [dim]).clamp(min: least) * y.norm(dims: [dim]).clamp(min: least)
      return .tensor(try (x * y).sum(dim: dim) / lengths)
    },
    Builtin(
      "dropout(x: tensor, p = 0.5, seed = nil)",
      purity: .shaped(like: "(fn(x, p = 0) = detach(x))"),
      "Replaces a random fraction `p` of the elements by 0 and scales up the others.",
      details: "There is no training mode: call it in the loss that is trained, and not elsewhere.",
      example: "dropout(ones(4), 0).sum()   #=> tensor(4)"
    ) { call in
      let x = try call.tensor("x")
      let share = try call.number("p")
      guard share >= 0, share < 1 else {
        throw call.failure(.value, "p must be from 0 to below 1", argument: "p")
      }
      let draws = try Tensor.rand(x.shape, key: RandomKey(seed: call.seed("seed")))
      let kept = try Tensor.combine(.greaterOrEqual, draws, Float(share))
      return .tensor(try x * (kept * Float(1 / (1 - share))))
    },
    Builtin(
      "nn.attention(q: [B, ..., T, D], k: tensor, v: tensor, *, causal = false)",
      purity: .pure(.matrices),
      "Averages rows of `v` by the softmax of `q @ k.T / sqrt(D)`.",
      details: "With `causal`, query i sees keys up to i.",
      example: "nn.attention(zeros(1, 2, 4), zeros(1, 2, 4), [[1; 3]], causal = true)[0, :, 0]   "
        + "#=> tensor([1, 2])"
    ) { call in .tensor(try attention(call)) },
  ]

  private static func pooling(_ call: Call) throws -> WindowGeometry {
    let size = try call.rowsAndColumns("kernel_size")
    return WindowGeometry(
      size: size, stride: try call["stride"].isNil ? size : call.rowsAndColumns("stride"),
      padding: try call.rowsAndColumns("padding"))
  }

  private static func attention(_ call: Call) throws -> Tensor {
    let (q, k, v) = (try call.tensor("q"), try call.tensor("k"), try call.tensor("v"))
    guard k.rank >= 2, v.rank >= 2, q.shape.last == k.shape.last,
      k.shape[k.rank - 2] == v.shape[v.rank - 2], let width = q.shape.last, width > 0
    else {
      throw call.failure(
        .shape, "queries \(q.shape), keys \(k.shape) and values \(v.shape) do not fit",
        hint: "they are [.., T, D], [.., S, D] and [.., S, E]", argument: "k")
    }
    var scores = try q.matmul(k.transposed()) / Float(width).squareRoot()
    if try call.bool("causal") {
      let (rows, columns) = (scores.shape[scores.rank - 2], scores.shape[scores.rank - 1])
      let visible = try Tensor(repeating: 1, shape: [rows, columns]).tril()
      scores = try Tensor.select(visible, scores, -.infinity)
    }
    return try scores.softmax().matmul(v)
  }
}

extension Call {
  /// One number for rows and columns, or a list of two.
  func rowsAndColumns(_ name: String) throws -> (Int, Int) {
    let numbers = try integers(name)
    guard numbers.count == 1 || numbers.count == 2, let first = numbers.first,
      let last = numbers.last
    else {
      throw failure(
        .value, "\(name) must be a number, or a list of two",
        argument: name)
    }
    return (first, last)
  }
}
