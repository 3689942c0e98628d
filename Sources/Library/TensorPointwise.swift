// SPDX-License-Identifier: Apache-2.0
//
// Functions that work element by element. A number stays a number, in double precision; anything
// else is read as a tensor.

import Glibc
import Runtime
import Tensors

/// Functions that work element by element.
enum TensorPointwise {
  static let functions: [Builtin] = powers + waves + activations + steps + combinations

  private static let powers: [Builtin] = [
    pointwise("abs", .abs, "Gives the size without the sign.", "abs(-3)   #=> 3") {
      Swift.abs($0)
    },
    pointwise("exp", .exp, "Raises e to a power.", "exp(0)   #=> 1") { Glibc.exp($0) },
    pointwise("log", .log, "Gives the natural logarithm.", "log([1, 0])   #=> tensor([0, -inf])") {
      Glibc.log($0)
    },
    pointwise("log2", .log2, "Gives the logarithm to base 2.", "log2(512)   #=> 9") {
      Glibc.log2($0)
    },
    pointwise(
      "sqrt", .sqrt, "Gives the square root; nan below 0.", "sqrt([4, 9])   #=> tensor([2, 3])"
    ) { $0.squareRoot() },
    pointwise("rsqrt", .rsqrt, "Gives 1 divided by the square root.", "rsqrt(4)   #=> 0.5") {
      1 / $0.squareRoot()
    },
  ]

  private static let waves: [Builtin] = [
    pointwise("sin", .sin, "Gives the sine of an angle in radians.", "sin(0)   #=> 0") {
      Glibc.sin($0)
    },
    pointwise("cos", .cos, "Gives the cosine of an angle in radians.", "cos(0)   #=> 1") {
      Glibc.cos($0)
    },
    pointwise("tanh", .tanh, "Gives the hyperbolic tangent.", "tanh(0)   #=> 0") {
      Glibc.tanh($0)
    },
  ]

  private static let activations: [Builtin] = [
    pointwise("sigmoid", .sigmoid, "Gives 1 / (1 + exp(-x)).", "sigmoid(0)   #=> 0.5") {
      sigmoid($0)
    },
    pointwise(
      "relu", .relu, "Puts 0 in place of what is negative.",
      "relu([-1, 2])   #=> tensor([0, 2])"
    ) { $0 < 0 ? 0 : $0 },
    pointwise(
      "gelu", .gelu, "Gives x times the probability that a normal draw is below x.",
      "gelu([0, 1])   #=> tensor([0, 0.8413])"
    ) { 0.5 * $0 * (1 + erf($0 * 0.5.squareRoot())) },
    pointwise(
      "silu", .silu, "Gives x times its sigmoid.", "silu([0, 1])   #=> tensor([0, 0.7311])"
    ) { $0 * sigmoid($0) },
  ]

  private static let steps: [Builtin] = [
    pointwise(
      "sign", .sign, "Gives 1, 0 or -1 by the sign.", "sign([-5, 0, 2])   #=> tensor([-1, 0, 1])"
    ) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0.isNaN ? $0 : 0 },
    pointwise("floor", .floor, "Rounds down.", "floor(-1.5)   #=> -2") { $0.rounded(.down) },
    pointwise("ceil", .ceil, "Rounds up.", "ceil(1.2)   #=> 2") { $0.rounded(.up) },
    pointwise(
      "round", .round, "Rounds to the nearest whole number, halves to the even one.",
      "round([0.5, 1.5, 2.6])   #=> tensor([0, 2, 3])"
    ) { $0.rounded(.toNearestOrEven) },
    Builtin(
      "isnan(x: tensor) -> tensor", "Tells where elements are not numbers.",
      example: "isnan([1, nan])   #=> tensor([0, 1])"
    ) { call in
      if case .number(let number) = call[0] { return .bool(number.isNaN) }
      return .tensor(try call.tensor(0).isnan())
    },
  ]

  private static let combinations: [Builtin] = [
    Builtin(
      "clamp(x: tensor, min = nil, max = nil)", "Limits elements to a range.",
      example: "clamp([-2, 0.5, 3], min = 0, max = 1)   #=> tensor([0, 0.5, 1])"
    ) { call in
      let (low, high) = (try call.optionalNumber(1), try call.optionalNumber(2))
      guard case .number(let number) = call[0] else {
        return .tensor(
          try call.tensor(0).clamp(min: low.map { Float($0) }, max: high.map { Float($0) }))
      }
      let (least, most) = (low ?? -.infinity, high ?? .infinity)
      guard least <= most else {
        throw call.failure(.value, "min must not be above max", argument: 1)
      }
      return .number(number.isNaN ? number : Swift.min(Swift.max(number, least), most))
    },
    Builtin(
      "maximum(x: tensor, y: tensor)", "Gives the larger of two, element by element.",
      example: "maximum([1, 5], 3)   #=> tensor([3, 5])"
    ) { call in
      if case .number(let x) = call[0], case .number(let y) = call[1] {
        return .number(x.isNaN ? x : y.isNaN ? y : Swift.max(x, y))
      }
      return .tensor(try Tensor.maximum(call.tensor(0), call.tensor(1)))
    },
    Builtin(
      "minimum(x: tensor, y: tensor)", "Gives the smaller of two, element by element.",
      example: "minimum([1, 5], 3)   #=> tensor([1, 3])"
    ) { call in
      if case .number(let x) = call[0], case .number(let y) = call[1] {
        return .number(x.isNaN ? x : y.isNaN ? y : Swift.min(x, y))
      }
      return .tensor(try Tensor.minimum(call.tensor(0), call.tensor(1)))
    },
    Builtin(
      "allclose(x: tensor, y: tensor, *, rtol = 1e-5, atol = 1e-8) -> bool",
      "Tells whether all elements are close: abs(x - y) <= atol + rtol * abs(y).",
      example: "allclose([1, 2], [1, 2.000001])   #=> true"
    ) { call in
      let (relative, absolute) = (try call.number(2), try call.number(3))
      return .bool(
        try Tensor.allClose(
          call.tensor(0), call.tensor(1), relative: relative, absolute: absolute))
    },
  ]

  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + Glibc.exp(-x)) }

  /// A function of one argument, for tensors by a kernel and for numbers by `number`.
  private static func pointwise(
    _ name: String, _ operation: UnaryOperation, _ summary: String, _ example: String,
    number: @escaping @Sendable (Double) -> Double
  ) -> Builtin {
    Builtin("\(name)(x: tensor) -> tensor", summary, example: example) { call in
      if case .number(let x) = call[0] { return .number(number(x)) }
      return .tensor(try call.tensor(0).applying(operation))
    }
  }
}
