// SPDX-License-Identifier: Apache-2.0
//
// The coarse operations of transformers, each one operation on the tape with forward and backward
// side by side: a product with bias and activation, normalisation, attention. Coarse operations
// keep few intermediate tensors and leave the inner loops to kernels.

import CKernels
import Tensors

/// The activation after a linear layer.
public enum Activation: Sendable {
  case none
  case gelu
  case silu

  var kernel: ProductEpilogue.Activation {
    switch self {
    case .none: .none
    case .gelu: .gelu
    case .silu: .silu
    }
  }
}

extension Tensor {
  /// The number of rows when the last dimension is the width.
  package func rows(ofWidth width: Int, for operation: String) throws -> Int {
    guard let last = shape.last, last == width else {
      throw TensorError.shape(
        "\(operation) takes rows of \(width) numbers, but the input has shape \(shape)")
    }
    return width == 0 ? 0 : count / width
  }

  /// `activation(x Wᵀ + b) + residual` over the last dimension.
  ///
  /// x: [..., in], weight: [out, in], bias: [out] or nil; the result is [..., out], and so is
  /// `residual`. `packed` caches the weight in the kernels' layout between calls.
  public func linear(
    _ weight: Tensor, _ bias: Tensor?, activation: Activation = .none, residual: Tensor? = nil
  ) throws -> Tensor {
    try linear(
      weight, bias, activation: activation, residual: residual, packed: PackedWeight())
  }

  func linear(
    _ weight: Tensor, _ bias: Tensor?, activation: Activation, residual: Tensor?,
    packed: PackedWeight
  ) throws -> Tensor {
    guard weight.rank == 2 else {
      throw TensorError.shape("a linear weight is a matrix, not \(weight.shape)")
    }
    let outWidth = weight.shape[0]
    let rows = try rows(ofWidth: weight.shape[1], for: "linear")
    let result = try Tensor(uninitialized: shape.dropLast() + [outWidth])
    if let residual, residual.shape != result.shape {
      throw TensorError.shape("cannot add \(residual.shape) to rows of shape \(result.shape)")
    }
    let inputs = [self, weight] + (bias.map { [$0] } ?? []) + (residual.map { [$0] } ?? [])
    let isRecorded = smap_gradients_enabled() != 0 && inputs.contains(where: \.requiresGradient)
    // The pre-activation is kept for the backward pass only.
    let before = activation != .none && isRecorded ? try Tensor(uninitialized: result.shape) : nil
    var epilogue = ProductEpilogue()
    epilogue.bias = bias.map { UnsafePointer($0.pointer) }
    epilogue.activation = activation.kernel
    epilogue.before = before?.pointer
    epilogue.residual = residual.map { UnsafePointer($0.pointer) }
    try packed.forward(weight).multiply(
      LeftOperand(rows: pointer, width: weight.shape[1]), rows: rows, into: result.pointer, epilogue
    )
    guard isRecorded else { return result }
    let (x, w) = (detached, weight.detached)
    let needs = (input: requiresGradient, bias: bias != nil, residual: residual != nil)
    return result.recorded(from: inputs) { gradient in
      let slope = try Tensor.activationGradient(before, gradient, activation)
      let dx = needs.input ? try slope.inputGradient(w, packed, like: x) : nil
      let dw = try slope.weightGradient(x, like: w, rows: rows)
      let db = needs.bias ? try slope.columnSums(rows: rows, width: outWidth) : nil
      return [dx, dw] + (needs.bias ? [db] : []) + (needs.residual ? [gradient] : [])
    }
  }

  /// dx = dy W, for dy [rows, out] and W [out, in].
  func inputGradient(
    _ weight: Tensor, _ packed: PackedWeight, like x: Tensor
  ) throws -> Tensor {
    let dx = try Tensor(uninitialized: x.shape)
    let (out, width) = (weight.shape[0], weight.shape[1])
    try packed.backward(weight).multiply(
      LeftOperand(rows: pointer, width: out), rows: width == 0 ? 0 : x.count / width,
      into: dx.pointer)
    return dx
  }

  /// The number of rows that a weight's gradient processes at a time, so that they stay in the
  /// cache while all strips of the result pass over them.
  private static var gradientBlock: Int { 512 }

  /// dW = dyᵀ x, for dy [rows, out] and x [rows, in].
  func weightGradient(_ x: Tensor, like weight: Tensor, rows: Int) throws -> Tensor {
    let (out, width) = (weight.shape[0], weight.shape[1])
    let dw = try Tensor(uninitialized: weight.shape)
    for start in stride(from: 0, to: max(rows, 1), by: Tensor.gradientBlock) {
      let depth = min(Tensor.gradientBlock, rows - start)
      let right = try PackedMatrix(rows: start..<start + depth, of: x, columns: width)
      var epilogue = ProductEpilogue()
      epilogue.accumulates = start > 0
      try right.multiply(
        LeftOperand(transposed: pointer + start * out, width: out), rows: out, into: dw.pointer,
        epilogue)
    }
    return dw
  }

  func columnSums(rows: Int, width: Int) throws -> Tensor {
    let sums = try Tensor.zeros([width])
    Profile.measure(.gradientSums, operations: rows &* width, bytes: 4 &* rows &* width) {
      smap_add_column_sums(pointer, rows, width, sums.pointer)
    }
    return sums
  }

  static func activationGradient(
    _ u: Tensor?, _ gradient: Tensor, _ activation: Activation
  ) throws -> Tensor {
    guard let u else { return gradient }
    let slope = try Tensor(uninitialized: u.shape)
    Profile.measure(.activation, operations: u.count, bytes: 12 &* u.count) {
      if activation == .gelu {
        smap_gelu_backward(u.pointer, gradient.pointer, slope.pointer, u.count)
      } else {
        smap_silu_backward(u.pointer, gradient.pointer, slope.pointer, u.count)
      }
    }
    return slope
  }

  /// SwiGLU over rows of [gate | up]: `silu(gate) * up`, half as wide.
  public func swiglu() throws -> Tensor {
    guard let last = shape.last, last % 2 == 0, last > 0 else {
      throw TensorError.shape("swiglu splits the last dimension in two: \(shape)")
    }
    let width = last / 2
    let rows = count / last
    let result = try Tensor(uninitialized: shape.dropLast() + [width])
    Profile.measure(.activation, operations: result.count, bytes: 12 &* result.count) {
      smap_swiglu(pointer, rows, width, result.pointer)
    }
    let x = detached
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor(uninitialized: x.shape)
      Profile.measure(.activation, operations: dx.count, bytes: 16 &* dx.count) {
        smap_swiglu_backward(x.pointer, gradient.pointer, rows, width, dx.pointer)
      }
      return [dx]
    }
  }
}
