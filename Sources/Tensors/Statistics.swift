// SPDX-License-Identifier: Apache-2.0
//
// Variances and norms: compositions of the plain reductions, with gradient rules of their own where
// the composition has none.

import Glibc

extension Tensor {
  /// The variance over `dims`, or of all elements.
  ///
  /// The sum of squared distances from the mean is divided by the number of elements less
  /// `correction`; NaN or infinity if nothing is left.
  public func variance(
    dims: [Int]? = nil, correction: Float = 1, keepDim: Bool = false
  ) throws -> Tensor {
    let count = Float(try Reduction(shape, dims).split.middle)
    let distance = try self - mean(dims: dims, keepDim: true)
    let squares = try distance.square().sum(dims: dims, keepDim: keepDim)
    return try squares / max(count - correction, 0)
  }

  /// The square root of `variance`.
  public func standardDeviation(
    dims: [Int]? = nil, correction: Float = 1, keepDim: Bool = false
  ) throws -> Tensor {
    let variance = try variance(dims: dims, correction: correction, keepDim: keepDim)
    let result = try variance.detached.sqrt()
    guard variance.isRecording else { return result }
    let deviation = result.unrecorded
    return result.recorded(from: [variance]) { gradient in
      // At equal elements the gradient is 0 instead of 0 times infinity.
      let slope = try gradient / (2 * deviation)
      return [try Tensor.select(Tensor.combine(.equal, deviation, 0), 0, slope)]
    }
  }

  /// The norm of order `order` over `dims`, or of all elements.
  ///
  /// Order 2 is the length, 1 the sum of absolute values, infinity the largest absolute value, 0
  /// the number of elements other than 0.
  public func norm(
    order: Float = 2, dims: [Int]? = nil, keepDim: Bool = false
  ) throws -> Tensor {
    guard !order.isNaN else { throw TensorError.value("the order of a norm cannot be nan") }
    if order == 2 { return try euclideanNorm(dims, keepDim) }
    let sizes = try abs()
    if order == .infinity { return try sizes.maximum(dims: dims, keepDim: keepDim) }
    if order == -.infinity { return try sizes.minimum(dims: dims, keepDim: keepDim) }
    if order == 0 {
      return try Tensor.combine(.unequal, detached, 0).sum(dims: dims, keepDim: keepDim)
    }
    if order == 1 { return try sizes.sum(dims: dims, keepDim: keepDim) }
    return try norm(ofOrder: order, dims, keepDim)
  }

  /// The norm of a finite order other than 0, with gradient 0 where an element or the norm is 0.
  private func norm(ofOrder order: Float, _ dims: [Int]?, _ keepDim: Bool) throws -> Tensor {
    let x = detached
    let plain = try x.lengths(order, dims)
    let shape = try Reduction(shape, dims).resultShape(keepDim)
    let result = Tensor(storage: plain.storage, shape: shape)
    guard isRecording else { return result }
    return result.recorded(from: [self]) { gradient in
      let outline = Tensor(storage: gradient.storage, shape: plain.shape)
      let slope = try x.sign() * (x.abs() / plain).pow(order - 1)
      let isFlat = try Tensor.combine(.equal, x, 0)
      return [try outline * Tensor.select(isFlat, 0, slope)]
    }
  }

  /// The length, with gradient 0 instead of NaN at the origin.
  private func euclideanNorm(_ dims: [Int]?, _ keepDim: Bool) throws -> Tensor {
    let plain = try detached.lengths(2, dims)
    let shape = try Reduction(shape, dims).resultShape(keepDim)
    let result = Tensor(storage: plain.storage, shape: shape)
    guard isRecording else { return result }
    let x = detached
    return result.recorded(from: [self]) { gradient in
      let outline = Tensor(storage: gradient.storage, shape: plain.shape)
      let direction = try x / plain
      return [try outline * Tensor.select(Tensor.combine(.equal, plain, 0), 0, direction)]
    }
  }

  /// The roots of the sums of powers over `dims`, which are kept with size 1.
  private func lengths(_ order: Float, _ dims: [Int]?) throws -> Tensor {
    func plainLengths(_ x: Tensor) throws -> Tensor {
      if order == 2 { return try x.square().sum(dims: dims, keepDim: true).sqrt() }
      return try x.abs().pow(order).sum(dims: dims, keepDim: true).pow(1 / order)
    }
    let plain = try plainLengths(self)
    // Squares of values beyond 1e19 overflow, those of values below 1e-19 lose their bits.
    let least = Float(Glibc.pow(1e-36, 1 / Double(order)))
    let isExact = plain.withValues { $0.allSatisfy { $0 < .infinity && $0 > least } }
    if isExact || order < 0 || count == 0 || plain.count == 0 { return plain }
    let largest = try abs().maximum(dims: dims, keepDim: true)
    let isUsable = try Tensor.combine(
      .multiply, Tensor.combine(.greater, largest, 0), largest.applying(.isfinite))
    let scale = try Tensor.select(isUsable, largest, 1)
    return try plainLengths(self / scale) * scale
  }

  /// Whether all elements of two tensors are close: |a - b| <= atol + rtol * |b|.
  ///
  /// The shapes broadcast; NaN is close to nothing, infinity to itself.
  public static func allClose(
    _ a: Tensor, _ b: Tensor, relative: Double = 1e-5, absolute: Double = 1e-8
  ) throws -> Bool {
    let shape = try broadcastShape(a.shape, b.shape)
    let (x, y) = (try a.detached.expand(shape), try b.detached.expand(shape))
    for i in 0..<x.count {
      let (left, right) = (Double(x.pointer[i]), Double(y.pointer[i]))
      if left == right { continue }
      let distance = Swift.abs(left - right)
      guard distance.isFinite, distance <= absolute + relative * Swift.abs(right) else {
        return false
      }
    }
    return true
  }
}
