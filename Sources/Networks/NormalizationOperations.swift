// SPDX-License-Identifier: Apache-2.0
//
// LayerNorm and RMSNorm over the last dimension, and the modulation by a condition that replaces
// their gain and bias in the flow-matching head (AdaLN).

import CKernels
import Tensors

/// Mean and reciprocal standard deviation of every row, which the gradient of a layer norm needs.
struct LayerNormMoments {
  let mean: Tensor
  let rstd: Tensor

  init(rows: Int) throws {
    mean = try Tensor(uninitialized: [rows])
    rstd = try Tensor(uninitialized: [rows])
  }

  /// The gradients of x, and of gain and bias if there is a gain.
  func slopes(
    of x: Tensor, gain: Tensor?, _ gradient: Tensor
  ) throws -> (dx: Tensor, dgain: Tensor?, dbias: Tensor?) {
    let dx = try Tensor(uninitialized: x.shape)
    let dgain = try gain.map { try Tensor.zeros($0.shape) }
    let dbias = try gain.map { try Tensor.zeros($0.shape) }
    Profile.measure(.normGradient, operations: x.count, bytes: 12 &* x.count) {
      smap_layer_norm_backward(
        x.pointer, gain?.pointer, mean.pointer, rstd.pointer, gradient.pointer, mean.count,
        x.count / max(mean.count, 1), dx.pointer, dgain?.pointer, dbias?.pointer)
    }
    return (dx, dgain, dbias)
  }
}

extension Tensor {
  /// The constant added to the variance before the square root.
  public static var normEpsilon: Float { 1e-5 }

  /// `(x - mean) / deviation * gain + bias` over the last dimension; epsilon 1e-5.
  ///
  /// Without gain and bias, only the normalisation.
  public func layerNorm(_ gain: Tensor?, _ bias: Tensor?, epsilon: Float = normEpsilon) throws
    -> Tensor
  {
    guard let width = shape.last, width > 0 else {
      throw TensorError.shape("layer_norm needs a last dimension: \(shape)")
    }
    if let gain { _ = try gain.rows(ofWidth: width, for: "layer_norm") }
    let rows = count / width
    let result = try Tensor(uninitialized: shape)
    let moments = try LayerNormMoments(rows: rows)
    Profile.measure(.norm, operations: count, bytes: 8 &* count) {
      smap_layer_norm(
        pointer, gain?.pointer, bias?.pointer, epsilon, rows, width, result.pointer,
        moments.mean.pointer, moments.rstd.pointer)
    }
    let (x, g) = (detached, gain?.detached)
    let inputs = [self] + (gain.map { [$0] } ?? []) + (bias.map { [$0] } ?? [])
    return result.recorded(from: inputs) { gradient in
      let slopes = try moments.slopes(of: x, gain: g, gradient)
      return [slopes.dx, slopes.dgain, slopes.dbias]
    }
  }

  /// `x / sqrt(mean(x²) + epsilon) * gain` over the last dimension; epsilon 1e-5.
  public func rmsNorm(_ gain: Tensor, epsilon: Float = normEpsilon) throws -> Tensor {
    let width = gain.count
    let rows = try rows(ofWidth: width, for: "rms_norm")
    let result = try Tensor(uninitialized: shape)
    let rrms = try Tensor(uninitialized: [rows])
    Profile.measure(.norm, operations: count, bytes: 8 &* count) {
      smap_rms_norm(pointer, gain.pointer, epsilon, rows, width, result.pointer, rrms.pointer)
    }
    let (x, g) = (detached, gain.detached)
    return result.recorded(from: [self, gain]) { gradient in
      let dx = try Tensor(uninitialized: x.shape)
      let dgain = try Tensor.zeros(g.shape)
      Profile.measure(.normGradient, operations: x.count, bytes: 12 &* x.count) {
        smap_rms_norm_backward(
          x.pointer, g.pointer, rrms.pointer, gradient.pointer, rows, width, dx.pointer,
          dgain.pointer)
      }
      return [dx, dgain]
    }
  }

  /// `x * (1 + scale) + shift` with [shift | scale | ...] read from the rows of `modulation`.
  ///
  /// x: [rows, width], modulation: [rows, at least 2 * width], or [rows / n, at least 2 * width]
  /// for n successive rows each, such as the tokens of a picture. Origin: AdaLN of DiT, as in MAR.
  package func modulated(by modulation: Tensor) throws -> Tensor {
    let width = shape[rank - 1]
    let rows = count / max(width, 1)
    let stride = modulation.shape[modulation.rank - 1]
    let groups = modulation.count / max(stride, 1)
    guard stride >= 2 * width, groups > 0, rows % groups == 0 else {
      throw TensorError.shape("a modulation of shape \(modulation.shape) does not fit \(shape)")
    }
    let each = max(rows / groups, 1)
    let result = try Tensor(uninitialized: shape)
    Profile.measure(.norm, operations: count, bytes: 8 &* count) {
      smap_modulate(
        pointer, modulation.pointer, modulation.pointer + width, stride, each, rows, width,
        result.pointer)
    }
    let (x, m) = (detached, modulation.detached)
    return result.recorded(from: [self, modulation]) { gradient in
      let dx = try Tensor(uninitialized: x.shape)
      let dm = try Tensor.zeros(m.shape)
      Profile.measure(.normGradient, operations: x.count, bytes: 12 &* x.count) {
        smap_modulate_backward(
          x.pointer, m.pointer + width, gradient.pointer, stride, each, rows, width, dx.pointer,
          dm.pointer, dm.pointer + width)
      }
      return [dx, dm]
    }
  }

  /// `x + gate * branch`, the gate read from the third part of the rows of `modulation`.
  package func gatedResidual(_ branch: Tensor, by modulation: Tensor) throws -> Tensor {
    let width = shape[rank - 1]
    let rows = count / max(width, 1)
    let stride = modulation.shape[modulation.rank - 1]
    let result = try Tensor(uninitialized: shape)
    Profile.measure(.norm, operations: count, bytes: 12 &* count) {
      smap_gate(
        pointer, modulation.pointer + 2 * width, branch.pointer, stride, rows, width, result.pointer
      )
    }
    let (h, m) = (branch.detached, modulation.detached)
    return result.recorded(from: [self, branch, modulation]) { gradient in
      let dh = try Tensor(uninitialized: h.shape)
      let dm = try Tensor.zeros(m.shape)
      Profile.measure(.normGradient, operations: h.count, bytes: 16 &* h.count) {
        smap_gate_backward(
          m.pointer + 2 * width, h.pointer, gradient.pointer, stride, rows, width,
          dm.pointer + 2 * width, dh.pointer)
      }
      return [gradient, dh, dm]
    }
  }
}
