// SPDX-License-Identifier: Apache-2.0
//
// The coarse operations of transformers, each one step on the tape with forward and backward side
// by side: a product with bias and activation, normalisation, attention. Coarse steps keep few
// intermediate tensors and leave the inner loops to kernels.

import CKernels
import Tensors

/// What follows a linear layer.
public enum Activation: Sendable {
  case none
  case gelu
  case silu
}

extension Tensor {
  /// The number of rows when the last dimension is taken as the width.
  package func rows(ofWidth width: Int, for operation: String) throws -> Int {
    guard let last = shape.last, last == width else {
      throw TensorError.shape(
        "\(operation) takes rows of \(width) numbers, but the input has shape \(shape)")
    }
    return width == 0 ? 0 : count / width
  }

  /// `activation(x Wᵀ + b)` over the last dimension.
  ///
  /// x: [..., in], weight: [out, in], bias: [out] or nil; the result is [..., out].
  public func linear(
    _ weight: Tensor, _ bias: Tensor?, activation: Activation = .none
  ) throws -> Tensor {
    guard weight.rank == 2 else {
      throw TensorError.shape("a linear weight is a matrix, not \(weight.shape)")
    }
    let outWidth = weight.shape[0]
    let inWidth = weight.shape[1]
    let rows = try rows(ofWidth: inWidth, for: "linear")
    let product = try Tensor(uninitialized: shape.dropLast() + [outWidth])
    BLAS.multiply(
      transposeA: false, transposeB: true, m: rows, n: outWidth, k: inWidth, a: pointer,
      lda: inWidth, b: weight.pointer, ldb: inWidth, c: product.pointer, ldc: outWidth)
    let result = try activated(product, bias, activation, rows, outWidth)
    let inputs = bias.map { [self, weight, $0] } ?? [self, weight]
    let (x, w) = (detached, weight.detached)
    // A node must not hold its own result: that would be a cycle, and nothing would be freed.
    let u = activation == .none ? nil : product
    let needsInput = requiresGradient
    return result.recorded(from: inputs) { gradient in
      let slope = try Tensor.activationGradient(u, gradient, activation)
      let dx = needsInput ? try Tensor(uninitialized: x.shape) : nil
      if let dx {
        BLAS.multiply(
          transposeA: false, transposeB: false, m: rows, n: inWidth, k: outWidth, a: slope.pointer,
          lda: outWidth, b: w.pointer, ldb: inWidth, c: dx.pointer, ldc: inWidth)
      }
      let dw = try Tensor(uninitialized: w.shape)
      BLAS.multiply(
        transposeA: true, transposeB: false, m: outWidth, n: inWidth, k: rows, a: slope.pointer,
        lda: outWidth, b: x.pointer, ldb: inWidth, c: dw.pointer, ldc: inWidth)
      let db = try Tensor.zeros([outWidth])
      smap_add_column_sums(slope.pointer, rows, outWidth, db.pointer)
      return [dx, dw, db]
    }
  }

  private func activated(
    _ product: Tensor, _ bias: Tensor?, _ activation: Activation, _ rows: Int, _ width: Int
  ) throws -> Tensor {
    let result = activation == .none ? product : try Tensor(uninitialized: product.shape)
    let (u, y, b) = (product.pointer, result.pointer, bias?.pointer)
    ThreadPool.forEachBlock(rows: rows, rowsPerBlock: 256) { block in
      let offset = block.lowerBound * width
      switch activation {
      case .none:
        if let b { smap_add_bias(u + offset, b, block.count, width) }
      case .gelu:
        smap_bias_gelu(u + offset, b, block.count, width, y + offset)
      case .silu:
        smap_bias_silu(u + offset, b, block.count, width, y + offset)
      }
    }
    return result
  }

  private static func activationGradient(
    _ u: Tensor?, _ gradient: Tensor, _ activation: Activation
  ) throws -> Tensor {
    guard let u else { return gradient }
    let slope = try Tensor(uninitialized: u.shape)
    if activation == .gelu {
      smap_gelu_backward(u.pointer, gradient.pointer, slope.pointer, u.count)
    } else {
      smap_silu_backward(u.pointer, gradient.pointer, slope.pointer, u.count)
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
    smap_swiglu(pointer, rows, width, result.pointer)
    let x = detached
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor(uninitialized: x.shape)
      smap_swiglu_backward(x.pointer, gradient.pointer, rows, width, dx.pointer)
      return [dx]
    }
  }
}
