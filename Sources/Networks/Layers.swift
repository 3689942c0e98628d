// SPDX-License-Identifier: Apache-2.0
//
// The elementary layers: linear, embedding, and the two norms. Each owns its parameters and can be
// called on a tensor.

import CKernels
import Tensors

/// `x Wᵀ + b` over the last dimension.
public final class Linear: Module {
  /// [out, in].
  public let weight: Tensor
  /// [out], or nil.
  public let bias: Tensor?
  let packed = PackedWeight()

  /// Xavier initialisation by fan-in and fan-out, bias zero; `gain` scales the weights.
  public init(
    _ inFeatures: Int, _ outFeatures: Int, bias: Bool = true, gain: Float = 1,
    _ initial: inout Initializer
  ) throws {
    weight = try initial.xavier(out: outFeatures, in: inFeatures, gain: gain)
    self.bias = bias ? try initial.constant(0, [outFeatures]) : nil
  }

  /// x: [..., in] gives [..., out]; `residual` is added to the result.
  public func callAsFunction(
    _ x: Tensor, activation: Activation = .none, addedTo residual: Tensor? = nil
  ) throws -> Tensor {
    try x.linear(weight, bias, activation: activation, residual: residual, packed: packed)
  }

  /// The layer on plain rows, for loops that must not allocate: y [rows, out] = activation(x Wᵀ +
  /// b), added to the contents of y if `accumulates`.
  package func apply(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    activation: Activation = .none, accumulates: Bool = false
  ) throws {
    var epilogue = ProductEpilogue()
    epilogue.bias = bias.map { UnsafePointer($0.pointer) }
    epilogue.activation = activation.kernel
    epilogue.accumulates = accumulates
    try packed.forward(weight).multiply(
      LeftOperand(rows: x, width: weight.shape[1]), rows: rows, into: y, epilogue)
  }

  /// A part of the layer, or all of it, for a loop during which its weights do not change.
  package func fixed(part: Int = 0, of parts: Int = 1) throws -> FixedLinear {
    try FixedLinear(packed.forward(weight), bias, part: part, of: parts)
  }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    [NamedParameter("weight", weight)] + (bias.map { [NamedParameter("bias", $0)] } ?? [])
  }
}

/// A table of vectors, one for each index.
public final class Embedding: Module {
  /// [rows, dim].
  public let weight: Tensor

  /// Rows from N(0, deviation²).
  public init(
    _ rows: Int, _ dim: Int, deviation: Float = 0.02, _ initial: inout Initializer
  ) throws {
    weight = try initial.normal([rows, dim], deviation: deviation)
  }

  /// The rows of the given indices: [indices, dim].
  public func callAsFunction(_ indices: [Int]) throws -> Tensor { try weight.rows(at: indices) }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] { [NamedParameter("weight", weight)] }
}

/// Layer normalisation over the last dimension, epsilon 1e-5.
public final class LayerNorm: Module {
  /// [dim].
  public let gain: Tensor
  /// [dim].
  public let bias: Tensor

  /// Gain one, bias zero.
  public init(_ dim: Int, _ initial: Initializer) throws {
    gain = try initial.constant(1, [dim])
    bias = try initial.constant(0, [dim])
  }

  /// x: [..., dim].
  public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.layerNorm(gain, bias) }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    [NamedParameter("gain", gain), NamedParameter("bias", bias)]
  }
}

/// Root-mean-square normalisation over the last dimension, epsilon 1e-5.
public final class RMSNorm: Module {
  /// [dim].
  public let gain: Tensor

  /// Gain one.
  public init(_ dim: Int, _ initial: Initializer) throws {
    gain = try initial.constant(1, [dim])
  }

  /// x: [..., dim].
  public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.rmsNorm(gain) }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] { [NamedParameter("gain", gain)] }
}

extension Tensor {
  /// Rows of a matrix by index; the backward pass adds each row's gradient to its row.
  public func rows(at indices: [Int]) throws -> Tensor {
    guard rank == 2 else { throw TensorError.shape("rows are taken from a matrix, not \(shape)") }
    let (rowCount, width) = (shape[0], shape[1])
    for index in indices where index < 0 || index >= rowCount {
      throw TensorError.index("there is no row \(index) among \(rowCount)")
    }
    let result = try Tensor(uninitialized: [indices.count, width])
    Profile.measure(.movement, bytes: 8 &* result.count) {
      for (i, index) in indices.enumerated() {
        (result.pointer + i * width).update(from: pointer + index * width, count: width)
      }
    }
    let tableShape = shape
    return result.recorded(from: [self]) { gradient in
      let table = try Tensor.zeros(tableShape)
      Profile.measure(.gradientSums, operations: gradient.count, bytes: 12 &* gradient.count) {
        for (i, index) in indices.enumerated() {
          smap_accumulate(table.pointer + index * width, gradient.pointer + i * width, width)
        }
      }
      return [table]
    }
  }
}
