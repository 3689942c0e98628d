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
      "atan2(y: tensor, x: tensor)", .atan2,
      "Gives the angle of the point (x, y) in radians, from -pi to pi.", "atan2(0, 1)   #=> 0"
    ) { Glibc.atan2($0, $1) },
    pair(
      "hypot(x: tensor, y: tensor)", .hypot, "Gives sqrt(x ** 2 + y ** 2) without overflow.",
      "hypot(3, 4)   #=> 5"
    ) { Glibc.hypot($0, $1) },
    pair(
      "fmod(x: tensor, y: tensor)", .fmod,
      "Gives the remainder of a division with the sign of `x`; that of `%` has the sign of `y`.",
      "fmod([-7, 7], 3)   #=> tensor([-1, 1])"
    ) { Glibc.fmod($0, $1) },
    Builtin(
      "divmod(x: tensor, y: tensor) -> list", purity: .pure(.broadcast),
      "Gives the quotient rounded down and the remainder.",
      example: "divmod(7, 2)   #=> [3, 1]"
    ) { call in
      if case .number(let x) = call[0], case .number(let y) = call[1] {
        return .numbers([Arithmetic.floorDivide(x, y), Arithmetic.remainder(x, y)])
      }
      let (x, y) = (try call.tensor(0), try call.tensor(1))
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
      if case .number(let x) = call[0] { return .bool(x == 0) }
      return .tensor(try Tensor.combine(.equal, call.tensor(0).detached, 0))
    },
    Builtin(
      "isclose(x: tensor, y: tensor, *, rtol = 1e-5, atol = 1e-8)", purity: .pure(.broadcast),
      "Tells where elements are close: abs(x - y) <= atol + rtol * abs(y).",
      details: "Two numbers give a boolean.",
      example: "isclose([1, 2], [1, 2.1])   #=> tensor([1, 0])", takesNumbers: true
    ) { call in
      if let near = try nearness(call) {
        if case .number = call[0], case .number = call[1] { return .bool(near[0]) }
        let mask = try Tensor(shape: [near.count], values: near.map { $0 ? 1 : 0 })
        mask.isMask = true
        return .tensor(mask)
      }
      let (x, y) = (try call.tensor(0).detached, try call.tensor(1).detached)
      let reach = try y.abs() * Float(call.number(2)) + Float(call.number(3))
      let near = try Tensor.combine(.lessOrEqual, (x - y).abs(), reach)
      let finite = try Tensor.combine(.multiply, near, y.applying(.isfinite))
      return .tensor(try Tensor.combine(.maximum, finite, Tensor.combine(.equal, x, y)))
    },
  ]

  /// Whether plain numbers in the arguments of `isclose` and `allclose` are close, in 64 bits; nil
  /// if one is a tensor.
  static func nearness(_ call: Call) throws -> [Bool]? {
    guard let pairs = NumberPairs(call) else { return nil }
    let (relative, absolute) = (try call.number(2), try call.number(3))
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
      if case .number(let x) = call[0], (1...3).allSatisfy({ !call.isRecording($0) }) {
        let most = Double(Float.greatestFiniteMagnitude)
        if x.isNaN { return .number(try call.number(1)) }
        if x == .infinity { return .number(try call.optionalNumber(2) ?? most) }
        return .number(x == -.infinity ? try call.optionalNumber(3) ?? -most : x)
      }
      let x = try call.tensor(0)
      let largest = Float.greatestFiniteMagnitude
      let most = call[2].isNil ? try Tensor.scalar(largest) : try call.scalar(2)
      let least = call[3].isNil ? try Tensor.scalar(-largest) : try call.scalar(3)
      let known = try Tensor.select(x.isnan(), call.scalar(1), x)
      let bounded = try Tensor.select(Tensor.combine(.equal, x.detached, .infinity), most, known)
      return .tensor(
        try Tensor.select(Tensor.combine(.equal, x.detached, -.infinity), least, bounded))
    },
    Builtin(
      "leaky_relu(x: tensor, negative_slope = 0.01)", purity: .pure,
      "Multiplies negative elements by `negative_slope`.",
      example: "leaky_relu([-2, 3], 0.1)   #=> tensor([-0.2, 3])"
    ) { call in
      if case .number(let x) = call[0], !call.isRecording(1) {
        return .number(x <= 0 ? try x * call.number(1) : x)
      }
      let x = try call.tensor(0)
      let below = try x * call.scalar(1)
      return .tensor(try Tensor.select(Tensor.combine(.lessOrEqual, x.detached, 0), below, x))
    },
    Builtin(
      "elu(x: tensor, alpha = 1)", purity: .pure,
      "Gives alpha * (exp(x) - 1) where x is negative, else x.",
      example: "elu([-100, 3])   #=> tensor([-1, 3])"
    ) { call in
      if case .number(let x) = call[0], !call.isRecording(1) {
        return .number(x <= 0 ? try Glibc.expm1(x) * call.number(1) : x)
      }
      let x = try call.tensor(0)
      let below = try x.clamp(max: 0).applying(.expm1) * call.scalar(1)
      return .tensor(try Tensor.select(Tensor.combine(.lessOrEqual, x.detached, 0), below, x))
    },
  ]

  private static func pair(
    _ header: String, _ operation: BinaryOperation, _ summary: String, _ example: String,
    number: @escaping @Sendable (Double, Double) -> Double
  ) -> Builtin {
    Builtin(header, purity: .pure(.broadcast), summary, example: example) { call in
      if case .number(let x) = call[0], case .number(let y) = call[1] {
        return .number(number(x, y))
      }
      return .tensor(try Tensor.combine(operation, call.tensor(0), call.tensor(1)))
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
      if case .number(let x) = call[0], case .number(let y) = call[1] {
        return .bool(answer(x != 0, y != 0))
      }
      return .tensor(try combine(call.tensor(0).asMask(), call.tensor(1).asMask()))
    }
  }
}
