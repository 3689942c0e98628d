// SPDX-License-Identifier: Apache-2.0
//
// Spread and size: compositions of the plain reductions, so their gradients need no rules.

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
    try variance(dims: dims, correction: correction, keepDim: keepDim).sqrt()
  }

  /// The norm of order `order` over `dims`, or of all elements.
  ///
  /// Order 2 is the length, 1 the sum of sizes, infinity the largest size, 0 the number of
  /// elements other than 0.
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
    return try sizes.pow(order).sum(dims: dims, keepDim: keepDim).pow(1 / order)
  }

  /// The length, with gradient 0 instead of NaN at the origin.
  private func euclideanNorm(_ dims: [Int]?, _ keepDim: Bool) throws -> Tensor {
    let plain = try detached.square().sum(dims: dims, keepDim: true).sqrt()
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
