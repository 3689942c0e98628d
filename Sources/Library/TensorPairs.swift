// SPDX-License-Identifier: Apache-2.0
//
// Elementwise functions of two tensors, and mask logic. Two numbers give a number.

import Glibc
import Runtime
import Tensors

/// Elementwise functions of two tensors.
enum TensorPairs {
  static let functions: [Builtin] = angles + logic + repairs

  private static let angles: [Builtin] = [
    pair(
      "atan2", ("y", "x"), .atan2,
      "Gives the angle of the point (x, y) in radians, from -pi to pi.", "atan2(0, 1)   #=> 0"
    ) { Glibc.atan2($0, $1) },
    pair(
      "hypot", ("x", "y"), .hypot, "Gives sqrt(x ** 2 + y ** 2) without overflow.",
      "hypot(3, 4)   #=> 5"
    ) { Glibc.hypot($0, $1) },
    pair(
      "fmod", ("x", "y"), .fmod,
      "Gives the remainder of a division with the sign of `x`; that of `%` has the sign of `y`.",
      "fmod([-7, 7], 3)   #=> tensor([-1, 1])"
    ) { Glibc.fmod($0, $1) },
    Builtin(
      "divmod(x: tensor, y: tensor) -> list", purity: .pure(.broadcast),
      "Gives the quotient rounded down and the remainder.",
      example: "divmod(7, 2)   #=> [3, 1]"
    ) { call in
      if case .number(let x) = try call["x"], case .number(let y) = try call["y"] {
        return .numbers([Arithmetic.floorDivide(x, y), Arithmetic.remainder(x, y)])
      }
      let (x, y) = (try call.tensor("x"), try call.tensor("y"))
      return .list([
        .tensor(try Tensor.combine(.floorDivide, x, y)),
        .tensor(try Tensor.combine(.remainder, x, y)),
      ])
    },
  ]

  private static let logic: [Builtin] = [
    mask(
      "logical_and", "Tells where both are other than 0.",
      "logical_and([1, 1, 0], [1, 0, 0])   #=> tensor([1, 0, 0])"
    ) {
      $0 && $1
    } _: {
      try Tensor.combine(.minimum, $0, $1)
    },
    mask(
      "logical_or", "Tells where one or both are other than 0.",
      "logical_or([1, 1, 0], [1, 0, 0])   #=> tensor([1, 1, 0])"
    ) {
      $0 || $1
    } _: {
      try Tensor.combine(.maximum, $0, $1)
    },
    mask(
      "logical_xor", "Tells where exactly one is other than 0.",
      "logical_xor([1, 1, 0], [1, 0, 0])   #=> tensor([0, 1, 0])"
    ) {
      $0 != $1
    } _: {
      try Tensor.combine(.unequal, $0, $1)
    },
    Builtin(
      "logical_not(x: tensor)", purity: .pure, "Tells where elements are 0.",
      example: "logical_not([1, 0])   #=> tensor([0, 1])"
    ) { call in
      if case .number(let x) = try call["x"] { return .bool(x == 0) }
      return .tensor(try Tensor.combine(.equal, call.tensor("x").detached, 0))
    },
    Builtin(
      "isclose(x: tensor, y: tensor, *, rtol = 1e-5, atol = 1e-8)", purity: .pure(.broadcast),
      "Tells where elements are close: abs(x - y) <= atol + rtol * abs(y).",
      details: "Two numbers give a boolean.",
      example: "isclose([1, 2], [1, 2.1])   #=> tensor([1, 0])", takesNumbers: true
    ) { call in
      if let near = try nearness(call) {
        if case .number = try call["x"], case .number = try call["y"] { return .bool(near[0]) }
        let mask = try Tensor(shape: [near.count], values: near.map { $0 ? 1 : 0 })
        mask.isMask = true
        return .tensor(mask)
      }
      let (x, y) = (try call.tensor("x").detached, try call.tensor("y").detached)
      let reach = try y.abs() * Float(call.number("rtol")) + Float(call.number("atol"))
      let near = try Tensor.combine(.lessOrEqual, (x - y).abs(), reach)
      let finite = try Tensor.combine(.multiply, near, y.applying(.isfinite))
      return .tensor(try Tensor.combine(.maximum, finite, Tensor.combine(.equal, x, y)))
    },
  ]

  /// Whether plain numbers in the arguments of `isclose` and `allclose` are close, in 64 bits; nil
  /// if one is a tensor.
  static func nearness(_ call: Call) throws -> [Bool]? {
    guard let pairs = try NumberPairs(call) else { return nil }
    let (relative, absolute) = (try call.number("rtol"), try call.number("atol"))
    return try pairs.map(call) { x, y in
      x == y || y.isFinite && abs(x - y) <= relative * abs(y) + absolute
    }
  }

  private static let repairs: [Builtin] = [
    Builtin(
      "nan_to_num(x: tensor, nan = 0, posinf = nil, neginf = nil)", purity: .pure,
      "Replaces nan and infinities by numbers; by default 0 and the largest 32-bit floats.",
      example: "nan_to_num([1, nan, inf], posinf = 9)   #=> tensor([1, 0, 9])"
    ) { call in
      if case .number(let x) = try call["x"],
        try !["nan", "posinf", "neginf"].contains(where: call.isRecording)
      {
        let most = Double(Float.greatestFiniteMagnitude)
        if x.isNaN { return .number(try call.number("nan")) }
        if x == .infinity { return .number(try call.optionalNumber("posinf") ?? most) }
        return .number(x == -.infinity ? try call.optionalNumber("neginf") ?? -most : x)
      }
      let x = try call.tensor("x")
      let largest = Float.greatestFiniteMagnitude
      let most = try call["posinf"].isNil ? try Tensor.scalar(largest) : try call.scalar("posinf")
      let least = try call["neginf"].isNil ? try Tensor.scalar(-largest) : try call.scalar("neginf")
      let known = try Tensor.select(x.isnan(), call.scalar("nan"), x)
      let bounded = try Tensor.select(Tensor.combine(.equal, x.detached, .infinity), most, known)
      return .tensor(
        try Tensor.select(Tensor.combine(.equal, x.detached, -.infinity), least, bounded))
    },
    Builtin(
      "leaky_relu(x: tensor, negative_slope = 0.01)", purity: .pure,
      "Multiplies negative elements by `negative_slope`.",
      example: "leaky_relu([-2, 3], 0.1)   #=> tensor([-0.2, 3])"
    ) { call in
      if case .number(let x) = try call["x"], try !call.isRecording("negative_slope") {
        return .number(x <= 0 ? try x * call.number("negative_slope") : x)
      }
      let x = try call.tensor("x")
      let below = try x * call.scalar("negative_slope")
      return .tensor(try Tensor.select(Tensor.combine(.lessOrEqual, x.detached, 0), below, x))
    },
    Builtin(
      "elu(x: tensor, alpha = 1)", purity: .pure,
      "Gives alpha * (exp(x) - 1) where x is negative, else x.",
      example: "elu([-100, 3])   #=> tensor([-1, 3])"
    ) { call in
      if case .number(let x) = try call["x"], try !call.isRecording("alpha") {
        return .number(x <= 0 ? try Glibc.expm1(x) * call.number("alpha") : x)
      }
      let x = try call.tensor("x")
      let below = try x.clamp(max: 0).applying(.expm1) * call.scalar("alpha")
      return .tensor(try Tensor.select(Tensor.combine(.lessOrEqual, x.detached, 0), below, x))
    },
  ]

  /// A function of two numbers; the names of its parameters are given in order, as atan2(y, x) has
  /// them the other way round.
  private static func pair(
    _ name: String, _ parameters: (first: String, second: String), _ operation: BinaryOperation,
    _ summary: String, _ example: String,
    number: @escaping @Sendable (Double, Double) -> Double
  ) -> Builtin {
    let (first, second) = parameters
    return Builtin(
      "\(name)(\(first): tensor, \(second): tensor)", purity: .pure(.broadcast), summary,
      example: example
    ) { call in
      if case .number(let a) = try call[first], case .number(let b) = try call[second] {
        return .number(number(a, b))
      }
      return .tensor(try Tensor.combine(operation, call.tensor(first), call.tensor(second)))
    }
  }

  private static func mask(
    _ name: String, _ summary: String, _ example: String,
    _ answer: @escaping @Sendable (Bool, Bool) -> Bool,
    _ combine: @escaping @Sendable (Tensor, Tensor) throws -> Tensor
  ) -> Builtin {
    Builtin(
      "\(name)(x: tensor, y: tensor)", purity: .pure(.broadcast), summary, example: example
    ) { call in
      if case .number(let x) = try call["x"], case .number(let y) = try call["y"] {
        return .bool(answer(x != 0, y != 0))
      }
      return .tensor(try combine(call.tensor("x").asMask(), call.tensor("y").asMask()))
    }
  }
}
