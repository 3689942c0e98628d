// SPDX-License-Identifier: Apache-2.0
//
// Functions of one operand, element by element: a table of kernels and their gradients.

import CKernels

/// A function that works element by element.
public enum UnaryOperation: Sendable, CaseIterable {
  case negate, abs, square, sqrt, rsqrt, exp, log, log2, sin, cos, tanh, sigmoid, relu
  /// x times the probability that a standard normal number is below x.
  case gelu
  /// x times its sigmoid.
  case silu
  /// These are constant almost everywhere: their gradient is zero.
  case sign, floor, ceil, round, trunc
  case tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh
  case exp2, expm1, log1p, log10, erf
  /// log(1 + e^x).
  case softplus
  /// 1 where the element is not a number; where it is infinite; where it is neither.
  case isnan, isinf, isfinite

  package typealias Kernel =
    @convention(c) (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  package typealias GradientKernel =
    @convention(c) (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>, Int
    ) -> Void

  @inline(__always)
  package var kernel: Kernel {
    switch self {
    case .negate: smap_neg
    case .abs: smap_abs
    case .square: smap_square
    case .sqrt: smap_sqrt
    case .rsqrt: smap_rsqrt
    case .exp: smap_exp
    case .log: smap_log
    case .log2: smap_log2
    case .sin: smap_sin
    case .cos: smap_cos
    case .tanh: smap_tanh
    case .sigmoid: smap_sigmoid
    case .relu: smap_relu
    case .gelu: smap_gelu
    case .silu: smap_silu
    case .sign: smap_sign
    case .floor: smap_floor
    case .ceil: smap_ceil
    case .round: smap_round
    case .isnan: smap_isnan
    case .trunc: smap_trunc
    case .tan: smap_tan
    case .asin: smap_asin
    case .acos: smap_acos
    case .atan: smap_atan
    case .sinh: smap_sinh
    case .cosh: smap_cosh
    case .asinh: smap_asinh
    case .acosh: smap_acosh
    case .atanh: smap_atanh
    case .exp2: smap_exp2
    case .expm1: smap_expm1
    case .log1p: smap_log1p
    case .log10: smap_log10
    case .erf: smap_erf
    case .softplus: smap_softplus
    case .isinf: smap_isinf
    case .isfinite: smap_isfinite
    }
  }

  /// The kernel of the gradient; nil where the gradient is zero.
  package var gradientKernel: GradientKernel? {
    switch self {
    case .negate: smap_neg_gradient
    case .abs: smap_abs_gradient
    case .square: smap_square_gradient
    case .sqrt: smap_sqrt_gradient
    case .rsqrt: smap_rsqrt_gradient
    case .exp: smap_exp_gradient
    case .log: smap_log_gradient
    case .log2: smap_log2_gradient
    case .sin: smap_sin_gradient
    case .cos: smap_cos_gradient
    case .tanh: smap_tanh_gradient
    case .sigmoid: smap_sigmoid_gradient
    case .relu: smap_relu_gradient
    case .gelu: smap_gelu_gradient
    case .silu: smap_silu_gradient
    case .tan: smap_tan_gradient
    case .asin: smap_asin_gradient
    case .acos: smap_acos_gradient
    case .atan: smap_atan_gradient
    case .sinh: smap_sinh_gradient
    case .cosh: smap_cosh_gradient
    case .asinh: smap_asinh_gradient
    case .acosh: smap_acosh_gradient
    case .atanh: smap_atanh_gradient
    case .exp2: smap_exp2_gradient
    case .expm1: smap_expm1_gradient
    case .log1p: smap_log1p_gradient
    case .log10: smap_log10_gradient
    case .erf: smap_erf_gradient
    case .softplus: smap_softplus_gradient
    case .sign, .floor, .ceil, .round, .trunc, .isnan, .isinf, .isfinite: nil
    }
  }

  /// Whether the gradient is computed from the result instead of the argument.
  var readsResult: Bool {
    switch self {
    case .sqrt, .rsqrt, .exp, .tanh, .sigmoid, .tan, .exp2, .expm1: true
    default: false
    }
  }

  /// Whether the result is a mask.
  var isTest: Bool { self == .isnan || self == .isinf || self == .isfinite }
}

extension Tensor {
  /// Applies a function to each element.
  public func applying(_ operation: UnaryOperation) throws -> Tensor {
    let result = try uninitializedLike()
    let (kernel, x, out) = (operation.kernel, pointer, result.pointer)
    try Profile.measure(.elementwise, operations: count, bytes: 8 &* count) {
      if count <= Tensor.unaryBlockSize {
        kernel(x, out, count)
      } else {
        try ThreadPool.forEachBlock(unlessStopped: count, rowsPerBlock: Tensor.unaryBlockSize) {
          block in
          kernel(x + block.lowerBound, out + block.lowerBound, block.count)
        }
      }
    }
    result.isMask = operation.isTest
    guard isRecording else { return result }
    if let place = node?.place { return try place.trace.add(operation, self, result) }
    return operation.isTest ? result : record(result, operation)
  }

  /// Functions take longer than arithmetic, so threads pay off earlier.
  private static var unaryBlockSize: Int { 32768 }

  private func record(_ result: Tensor, _ operation: UnaryOperation) -> Tensor {
    guard let kernel = operation.gradientKernel else {
      return result.recorded(from: [self]) { _ in [nil] }
    }
    let kept = operation.readsResult ? result.unrecorded : detached
    return result.recorded(from: [self]) { gradient in
      let dx = try gradient.uninitializedLike()
      let (k, g, out) = (kept.pointer, gradient.pointer, dx.pointer)
      try Profile.measure(.elementwise, operations: dx.count, bytes: 12 &* dx.count) {
        try ThreadPool.forEachBlock(unlessStopped: dx.count, rowsPerBlock: Tensor.unaryBlockSize) {
          block in
          let i = block.lowerBound
          kernel(k + i, k + i, g + i, out + i, block.count)
        }
      }
      return [dx]
    }
  }

  /// The absolute values.
  public func abs() throws -> Tensor { try applying(.abs) }
  /// The square roots; NaN for negative elements.
  public func sqrt() throws -> Tensor { try applying(.sqrt) }
  /// One divided by the square roots.
  public func rsqrt() throws -> Tensor { try applying(.rsqrt) }
  /// e to the power of each element.
  public func exp() throws -> Tensor { try applying(.exp) }
  /// The natural logarithms.
  public func log() throws -> Tensor { try applying(.log) }
  /// The logarithms to base 2.
  public func log2() throws -> Tensor { try applying(.log2) }
  /// The sines of angles in radians.
  public func sin() throws -> Tensor { try applying(.sin) }
  /// The cosines of angles in radians.
  public func cos() throws -> Tensor { try applying(.cos) }
  /// The hyperbolic tangents.
  public func tanh() throws -> Tensor { try applying(.tanh) }
  /// 1 / (1 + e^-x).
  public func sigmoid() throws -> Tensor { try applying(.sigmoid) }
  /// The elements, with 0 in place of negative ones.
  public func relu() throws -> Tensor { try applying(.relu) }
  /// The exact (erf) GELU.
  public func gelu() throws -> Tensor { try applying(.gelu) }
  /// x * sigmoid(x).
  public func silu() throws -> Tensor { try applying(.silu) }
  /// The elements squared.
  public func square() throws -> Tensor { try applying(.square) }
  /// 1, 0 or -1 by sign.
  public func sign() throws -> Tensor { try applying(.sign) }
  /// Rounded down.
  public func floor() throws -> Tensor { try applying(.floor) }
  /// Rounded up.
  public func ceil() throws -> Tensor { try applying(.ceil) }
  /// Rounded to the nearest whole number; halves to the even one.
  public func round() throws -> Tensor { try applying(.round) }
  /// 1 where an element is not a number, else 0.
  public func isnan() throws -> Tensor { try applying(.isnan) }

  /// The elements limited by bounds through which gradients flow; nil leaves a side open.
  ///
  /// An element at a bound keeps its own gradient, one beyond it passes it to the bound.
  public func clamp(from low: Tensor?, to high: Tensor?) throws -> Tensor {
    var result = self
    if let low { result = try Tensor.select(Tensor.combine(.less, result, low), low, result) }
    if let high { result = try Tensor.select(Tensor.combine(.greater, result, high), high, result) }
    return result
  }

  /// The elements limited to the given range; nil leaves a side open.
  ///
  /// Throws a ValueError if the smallest allowed value is above the largest.
  public func clamp(min low: Float? = nil, max high: Float? = nil) throws -> Tensor {
    let (low, high) = (low ?? -.infinity, high ?? .infinity)
    guard low <= high else {
      throw TensorError.value(
        "clamp from \(TensorError.words(low)) to \(TensorError.words(high)) is an empty range")
    }
    let result = try uninitializedLike()
    let (x, out) = (pointer, result.pointer)
    try Profile.measure(.elementwise, operations: count, bytes: 8 &* count) {
      try ThreadPool.forEachBlock(unlessStopped: count, rowsPerBlock: Tensor.blockSize) { block in
        smap_clamp(x + block.lowerBound, low, high, out + block.lowerBound, block.count)
      }
    }
    guard isRecording else { return result }
    let kept = detached
    return result.recorded(from: [self]) { gradient in
      let dx = try gradient.uninitializedLike()
      Profile.measure(.elementwise, operations: dx.count, bytes: 12 &* dx.count) {
        smap_clamp_gradient(kept.pointer, low, high, gradient.pointer, dx.pointer, dx.count)
      }
      return [dx]
    }
  }
}
