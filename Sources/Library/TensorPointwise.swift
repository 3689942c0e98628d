// SPDX-License-Identifier: Apache-2.0
//
// Elementwise functions. A number gives a number, in double precision; anything else is converted
// to a tensor. Formulas are those of the kernels' table `operations.h`.

import Glibc
import Runtime
import Tensors

/// Elementwise functions.
enum TensorPointwise {
  static let functions: [Builtin] =
    powers + waves + activations + steps + tests + combinations + [fused]

  private static let fused = Builtin(
    "fused(f: function, ...tensors)",
    "Gives `f(...tensors)` for an elementwise `f`, without large intermediate results.",
    details: """
      On large tensors, each operation is bound by memory bandwidth. Here `f` runs on pieces that \
      stay in the cache: it receives tensors of shape [n], and may use arithmetic, comparisons, \
      where, functions of one number and single numbers from outside. The tensors have one shape. \
      Values are those of `f` itself; where gradients are recorded, `f` gets the whole tensors.
      """,
    example: "fused(fn(x, y) = (x * y + x) / 3, [3, 6], [1, 2])   #=> tensor([2, 6])"
  ) { call in
    let function = try call.function("f")
    let tensors = try call.values("tensors").map { try Conversion.tensor($0) }
    return .tensor(
      try Tensor.fused(tensors) { pieces in
        try Conversion.tensor(call.invoke(function, pieces.map { .tensor($0) }))
      })
  }

  private static let powers: [Builtin] = [
    pointwise(.abs, "Gives the absolute value.", "abs(-3)   #=> 3"),
    pointwise(.exp, "Raises e to a power.", "exp(0)   #=> 1"),
    pointwise(.log, "Gives the natural logarithm.", "log([1, 0])   #=> tensor([0, -inf])"),
    pointwise(.exp2, "Raises 2 to a power.", "exp2(9)   #=> 512"),
    pointwise(
      .expm1, "Gives exp(x) - 1, also exact near 0.", "expm1(0)   #=> 0"
    ),
    pointwise(
      .log1p, "Gives log(1 + x), also exact near 0.", "log1p(0)   #=> 0"
    ),
    pointwise(.log10, "Gives the logarithm to base 10.", "log10(1000)   #=> 3"),
    pointwise(.log2, "Gives the logarithm to base 2.", "log2(512)   #=> 9"),
    pointwise(
      .sqrt, "Gives the square root; nan below 0.", "sqrt([4, 9])   #=> tensor([2, 3])"
    ),
    pointwise(.rsqrt, "Gives 1 divided by the square root.", "rsqrt(4)   #=> 0.5"),
  ]

  private static let waves: [Builtin] = [
    pointwise(.tan, "Gives the tangent of an angle in radians.", "tan(0)   #=> 0"),
    pointwise(
      .asin, "Gives the angle whose sine is x; nan beyond -1 to 1.", "asin(0)   #=> 0"
    ),
    pointwise(
      .acos, "Gives the angle whose cosine is x; nan beyond -1 to 1.", "acos(1)   #=> 0"
    ),
    pointwise(.atan, "Gives the angle whose tangent is x.", "atan(0)   #=> 0"),
    pointwise(.sinh, "Gives the hyperbolic sine.", "sinh(0)   #=> 0"),
    pointwise(.cosh, "Gives the hyperbolic cosine.", "cosh(0)   #=> 1"),
    pointwise(
      .asinh, "Gives the number whose hyperbolic sine is x.", "asinh(0)   #=> 0"
    ),
    pointwise(
      .acosh, "Gives the number whose hyperbolic cosine is x; nan below 1.",
      "acosh(1)   #=> 0"
    ),
    pointwise(
      .atanh, "Gives the number whose hyperbolic tangent is x.", "atanh(0)   #=> 0"
    ),
    pointwise(.sin, "Gives the sine of an angle in radians.", "sin(0)   #=> 0"),
    pointwise(.cos, "Gives the cosine of an angle in radians.", "cos(0)   #=> 1"),
    pointwise(.tanh, "Gives the hyperbolic tangent.", "tanh(0)   #=> 0"),
  ]

  private static let activations: [Builtin] = [
    pointwise(
      .softplus, "Gives log(1 + exp(x)), a smooth `relu`.",
      "softplus([-1000, 0, 100])   #=> tensor([0, 0.6931, 100])"
    ),
    pointwise(
      .erf, "Gives the error function: P(|z| < x sqrt(2)) of a standard normal z.",
      "erf([0, 1])   #=> tensor([0, 0.8427])"
    ),
    pointwise(.sigmoid, "Gives 1 / (1 + exp(-x)).", "sigmoid(0)   #=> 0.5"),
    pointwise(
      .relu, "Replaces negative elements by 0.",
      "relu([-1, 2])   #=> tensor([0, 2])"
    ),
    pointwise(
      .gelu, "Gives x times the standard normal CDF at x.",
      "gelu([0, 1])   #=> tensor([0, 0.8413])"
    ),
    pointwise(
      .silu, "Gives x times its sigmoid.", "silu([0, 1])   #=> tensor([0, 0.7311])"
    ),
  ]

  private static let steps: [Builtin] = [
    pointwise(
      .sign, "Gives 1, 0 or -1 by the sign.", "sign([-5, 0, 2])   #=> tensor([-1, 0, 1])"
    ),
    pointwise(.floor, "Rounds down.", "floor(-1.5)   #=> -2"),
    pointwise(.ceil, "Rounds up.", "ceil(1.2)   #=> 2"),
    Builtin(
      "round(x: tensor, digits = 0)", purity: .pure,
      "Rounds to so many decimals, halves to the even digit.",
      example: "round([0.5, 1.5, 2.675])   #=> tensor([0, 2, 3])"
    ) { call in
      let digits = try call.integer("digits", in: -300...300)
      guard case .number(let number) = try call["x"] else {
        if digits == 0 { return .tensor(try call.tensor("x").round()) }
        let scale = Float(pow(10, Double(digits)))
        return .tensor(try (call.tensor("x") * scale).round() / scale)
      }
      if digits == 0 { return .number(number.rounded(.toNearestOrEven)) }
      return .number(Formatting.rounded(number, decimals: digits))
    },
    pointwise(.trunc, "Rounds towards 0.", "trunc(-1.5)   #=> -1"),
  ]

  private static let tests: [Builtin] = [
    test(
      .isnan, "Tells where elements are not numbers.",
      "isnan([1, nan])   #=> tensor([0, 1])"
    ),
    test(
      .isinf, "Tells where elements are infinite.",
      "isinf([1, -inf])   #=> tensor([0, 1])"
    ),
    test(
      .isfinite, "Tells where elements are neither infinite nor nan.",
      "isfinite([1, nan, inf])   #=> tensor([1, 0, 0])"
    ),
  ]

  private static let combinations: [Builtin] = [
    Builtin(
      "clamp(x: tensor, min = nil, max = nil)", purity: .pure, "Limits elements to a range.",
      example: "clamp([-2, 0.5, 3], min = 0, max = 1)   #=> tensor([0, 0.5, 1])"
    ) { call in
      if try call.isRecording("min") || call.isRecording("max") {
        return .tensor(try bounded(call))
      }
      let (low, high) = (try call.optionalNumber("min"), try call.optionalNumber("max"))
      guard case .number(let number) = try call["x"] else {
        return .tensor(
          try call.tensor("x").clamp(min: low.map { Float($0) }, max: high.map { Float($0) }))
      }
      let (least, most) = (low ?? -.infinity, high ?? .infinity)
      guard least <= most else {
        throw call.failure(.value, "min must not be above max", argument: "min")
      }
      return .number(number.isNaN ? number : Swift.min(Swift.max(number, least), most))
    },
    Builtin(
      "maximum(x: tensor, y: tensor)", purity: .pure(.broadcast),
      "Gives the larger of two, element by element.",
      example: "maximum([1, 5], 3)   #=> tensor([3, 5])", shortcut: .larger
    ) { call in
      if case .number(let x) = try call["x"], case .number(let y) = try call["y"] {
        return .number(x.isNaN ? x : y.isNaN ? y : Swift.max(x, y))
      }
      return .tensor(try Tensor.maximum(call.tensor("x"), call.tensor("y")))
    },
    Builtin(
      "minimum(x: tensor, y: tensor)", purity: .pure(.broadcast),
      "Gives the smaller of two, element by element.",
      example: "minimum([1, 5], 3)   #=> tensor([1, 3])", shortcut: .smaller
    ) { call in
      if case .number(let x) = try call["x"], case .number(let y) = try call["y"] {
        return .number(x.isNaN ? x : y.isNaN ? y : Swift.min(x, y))
      }
      return .tensor(try Tensor.minimum(call.tensor("x"), call.tensor("y")))
    },
    Builtin(
      "allclose(x: tensor, y: tensor, *, rtol = 1e-5, atol = 1e-8) -> bool",
      purity: .pure(.broadcast),
      "Tells whether all elements are close: abs(x - y) <= atol + rtol * abs(y).",
      example: "allclose([1, 2], [1, 2.000001])   #=> true", takesNumbers: true
    ) { call in
      if let near = try TensorPairs.nearness(call) { return .bool(near.allSatisfy { $0 }) }
      let (relative, absolute) = (try call.number("rtol"), try call.number("atol"))
      return .bool(
        try Tensor.allClose(
          call.tensor("x"), call.tensor("y"), relative: relative, absolute: absolute))
    },
  ]

  /// `clamp` with a bound through which gradients flow.
  private static func bounded(_ call: Call) throws -> Tensor {
    let low = try call["min"].isNil ? nil : try call.scalar("min")
    let high = try call["max"].isNil ? nil : try call.scalar("max")
    if let low, let high, try low.item() > high.item() {
      throw call.failure(.value, "min must not be above max", argument: "min")
    }
    return try call.tensor("x").clamp(from: low, to: high)
  }

  /// A predicate of one argument: a mask for tensors, a boolean for numbers.
  private static func test(
    _ operation: UnaryOperation, _ summary: String, _ example: String
  ) -> Builtin {
    let number = operation.number
    return Builtin(
      "\(operation.name)(x: tensor) -> tensor", purity: .pure, summary, example: example
    ) { call in
      if case .number(let x) = try call["x"] { return .bool(number(x) != 0) }
      return .tensor(try call.tensor("x").applying(operation))
    }
  }

  /// A function of one argument: for tensors the kernel from the table of operations, for numbers
  /// its scalar function.
  private static func pointwise(
    _ operation: UnaryOperation, _ summary: String, _ example: String
  ) -> Builtin {
    let number = operation.number
    return Builtin(
      "\(operation.name)(x: tensor) -> tensor", purity: .pure, summary, example: example,
      shortcut: .function,
      function: number
    ) { call in
      if case .number(let x) = try call["x"] { return .number(number(x)) }
      return .tensor(try call.tensor("x").applying(operation))
    }
  }
}
