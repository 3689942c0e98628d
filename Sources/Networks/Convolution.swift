// SPDX-License-Identifier: Apache-2.0
//
// Convolutions and pooling over [B, C, H, W] as compositions: the windows of a picture are a
// strided view, whose gradient flows back through the same view; a convolution is a matrix product
// over windows, pooling a maximum or a mean.

import Tensors

/// How a window moves over a picture.
public struct WindowGeometry: Sendable, Equatable {
  /// Rows and columns of the window.
  public var size: (Int, Int)
  /// The stride in rows and columns.
  public var stride: (Int, Int)
  /// The pixels added on each side.
  public var padding: (Int, Int)
  /// The distance between adjacent pixels of the window.
  public var dilation: (Int, Int)

  /// Describes a window.
  public init(
    size: (Int, Int), stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
    dilation: (Int, Int) = (1, 1)
  ) {
    (self.size, self.stride, self.padding, self.dilation) = (size, stride, padding, dilation)
  }

  /// Whether two windows are the same.
  public static func == (a: WindowGeometry, b: WindowGeometry) -> Bool {
    a.size == b.size && a.stride == b.stride && a.padding == b.padding && a.dilation == b.dilation
  }

  /// The positions of the window along a side of `length` pixels.
  fileprivate func places(
    _ length: Int, _ size: Int, _ stride: Int, _ padding: Int, _ dilation: Int
  ) -> Int {
    let reach = (size - 1) * dilation + 1
    let room = length + 2 * padding - reach
    return room < 0 ? 0 : room / stride + 1
  }

  /// Refuses numbers with which the arithmetic of places could overflow, or that have no meaning.
  func requireSensibleNumbers() throws {
    let most = 1 << 20
    let rules = [
      ("size", size, 1), ("stride", stride, 1), ("dilation", dilation, 1), ("padding", padding, 0),
    ]
    for (name, numbers, least) in rules {
      for number in [numbers.0, numbers.1] where !(least...most).contains(number) {
        throw TensorError.value(
          "the \(name) of a window must be between \(least) and \(most), not \(number)")
      }
    }
  }
}

extension Tensor {
  /// The windows of pictures: [B, C, H, W] gives [B, C, rows, columns, vertical positions,
  /// horizontal positions].
  package func windows(_ window: WindowGeometry, padding value: Float = 0) throws -> Tensor {
    guard rank == 4 else {
      throw TensorError.shape("pictures have the shape [B, C, H, W], not \(shape)")
    }
    try window.requireSensibleNumbers()
    let (h, w) = (shape[2], shape[3])
    let down = window.places(
      h, window.size.0, window.stride.0, window.padding.0, window.dilation.0)
    let across = window.places(
      w, window.size.1, window.stride.1, window.padding.1, window.dilation.1)
    guard down > 0, across > 0 else {
      throw TensorError.shape(
        "a window of \(window.size.0) x \(window.size.1) does not fit in pictures of \(h) x \(w)",
        hint: "padding makes them larger")
    }
    let (top, left) = window.padding
    let padded = top + left == 0 ? self : try pad([left, left, top, top], value: value)
    var view = StridedView(padded.shape)
    let (rowStep, columnStep) = (view.strides[2], view.strides[3])
    view.shape = [shape[0], shape[1], window.size.0, window.size.1, down, across]
    view.strides = [
      view.strides[0], view.strides[1], rowStep * window.dilation.0,
      columnStep * window.dilation.1, rowStep * window.stride.0, columnStep * window.stride.1,
    ]
    _ = try Tensor.elementCount(view.shape)
    return try padded.moved(by: view)
  }

  /// The convolution (in the sense of networks) of [B, C, H, W] with [O, C / groups, rows,
  /// columns].
  public func convolved(
    _ weight: Tensor, bias: Tensor? = nil, window: WindowGeometry, groups: Int = 1
  ) throws -> Tensor {
    guard rank == 4, weight.rank == 4, groups > 0, shape[1] == weight.shape[1] * groups,
      weight.shape[0] % groups == 0, weight.shape[0] > 0
    else {
      throw TensorError.shape(
        "conv2d: pictures \(shape) do not fit weights \(weight.shape) in \(groups) groups",
        hint: "pictures are [B, C, H, W], weights [out, C / groups, rows, columns]")
    }
    let outputs = weight.shape[0]
    if let bias, bias.shape != [outputs] {
      throw TensorError.shape("conv2d: a bias has the shape [\(outputs)], not \(bias.shape)")
    }
    var window = window
    window.size = (weight.shape[2], weight.shape[3])
    let seen = try windows(window)
    let (down, across) = (seen.shape[4], seen.shape[5])
    let depth = weight.count / outputs
    let columns = try seen.reshape([shape[0], groups, depth, down * across])
    let rows = try weight.reshape([groups, outputs / groups, depth])
    let result = try rows.matmul(columns).reshape([shape[0], outputs, down, across])
    guard let bias else { return result }
    return try result + bias.reshape([outputs, 1, 1])
  }

  /// The largest element of each window; padding is never the largest.
  public func maxPooled(_ window: WindowGeometry) throws -> Tensor {
    try windows(window, padding: -.infinity).maximum(dims: [2, 3])
  }

  /// The mean of each window; padding counts as 0.
  public func averagePooled(_ window: WindowGeometry) throws -> Tensor {
    try windows(window).mean(dims: [2, 3])
  }
}

/// A convolution over [B, C, H, W] with any window.
public final class Convolution2d: Module {
  /// [out, in / groups, rows, columns].
  public let weight: Tensor
  /// [out], or nil.
  public let bias: Tensor?
  private let window: WindowGeometry
  private let groups: Int

  /// Xavier initialisation by fan-in and fan-out, bias zero.
  public init(
    _ inChannels: Int, _ outChannels: Int, window: WindowGeometry, groups: Int = 1,
    bias: Bool = true, _ initial: inout Initializer
  ) throws {
    guard groups > 0, inChannels % groups == 0, outChannels % groups == 0 else {
      throw TensorError.value(
        "\(inChannels) and \(outChannels) channels cannot be cut into \(groups) groups")
    }
    let (rows, columns) = window.size
    let fanIn = inChannels / groups * rows * columns
    let flat = try initial.xavier(out: outChannels, in: fanIn)
    weight = try .parameter(
      try flat.detached.reshape([outChannels, inChannels / groups, rows, columns]))
    self.bias = bias ? try initial.constant(0, [outChannels]) : nil
    (self.window, self.groups) = (window, groups)
  }

  /// x: [B, C, H, W].
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.convolved(weight, bias: bias, window: window, groups: groups)
  }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    [NamedParameter("weight", weight)] + (bias.map { [NamedParameter("bias", $0)] } ?? [])
  }
}
