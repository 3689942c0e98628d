// SPDX-License-Identifier: Apache-2.0
//
// The MLP half of a transformer block as one operation on the tape. As separate operations,
// training would keep the normalised rows and the activations as well, and write them to memory and
// read them back, which costs more than recomputing them. Only the input and the pre-activation are
// kept.

import CKernels
import Tensors

extension Tensor {
  /// x + contract(gelu(expand(norm(x)))) over the last dimension.
  func feedForward(_ norm: LayerNorm, _ expand: Linear, _ contract: Linear) throws -> Tensor {
    guard smap_gradients_enabled() != 0, expand.weight.requiresGradient else {
      return try contract(expand(norm(self), activation: .gelu), addedTo: self)
    }
    let work = FeedForwardWork(x: detached, norm: norm, expand: expand, contract: contract)
    let (result, before) = try Tensor.withoutGradients { try work.forward() }
    let inputs = [self, norm.gain, norm.bias] + expand.parameters + contract.parameters
    return result.recorded(from: inputs) { try work.backward($0, before) }
  }
}

/// The forward and backward pass for one input.
private struct FeedForwardWork {
  let x: Tensor
  let norm: LayerNorm
  let expand: Linear
  let contract: Linear

  private var rows: Int { x.count / max(expand.weight.shape[1], 1) }

  /// The result, and the pre-activation.
  func forward() throws -> (result: Tensor, before: Tensor) {
    let hidden = Array(x.shape.dropLast()) + [expand.weight.shape[0]]
    let (before, activated) = (
      try Tensor(uninitialized: hidden), try Tensor(uninitialized: hidden)
    )
    var epilogue = ProductEpilogue()
    epilogue.bias = expand.bias.map { UnsafePointer($0.pointer) }
    epilogue.activation = .gelu
    epilogue.before = before.pointer
    let normal = try norm(x)
    try expand.packed.forward(expand.weight).multiply(
      LeftOperand(rows: normal.pointer, width: expand.weight.shape[1]), rows: rows,
      into: activated.pointer, epilogue)
    return (try contract(activated, addedTo: x), before)
  }

  /// The gradients of x, of the norm's parameters, and of those of the two layers.
  func backward(_ gradient: Tensor, _ before: Tensor) throws -> [Tensor?] {
    let hidden = try gradient.inputGradient(contract.weight, contract.packed, like: before)
    let contracted = try {
      let activated = try Tensor(uninitialized: before.shape)
      Profile.measure(.activation, operations: 2 &* before.count, bytes: 16 &* before.count) {
        smap_gelu_again(before.pointer, hidden.pointer, activated.pointer, before.count)
      }
      return try slopes(of: contract, gradient, activated)
    }()
    let (normal, moments) = try normalAgain()
    let expanded = try slopes(of: expand, hidden, normal)
    let inner = try hidden.inputGradient(expand.weight, expand.packed, like: x)
    let (dx, dgain, dbias) = try moments.slopes(of: x, gain: norm.gain, inner)
    Profile.measure(.gradientSums, operations: dx.count, bytes: 12 &* dx.count) {
      smap_accumulate(dx.pointer, gradient.pointer, dx.count)
    }
    return [dx, dgain, dbias] + expanded + contracted
  }

  /// The gradients of a layer's parameters, in their order.
  private func slopes(of layer: Linear, _ gradient: Tensor, _ input: Tensor) throws -> [Tensor] {
    let dw = try gradient.weightGradient(input, like: layer.weight, rows: rows)
    guard layer.bias != nil else { return [dw] }
    return [dw, try gradient.columnSums(rows: rows, width: layer.weight.shape[0])]
  }

  private func normalAgain() throws -> (Tensor, LayerNormMoments) {
    let normal = try Tensor(uninitialized: x.shape)
    let moments = try LayerNormMoments(rows: rows)
    Profile.measure(.norm, operations: x.count, bytes: 8 &* x.count) {
      smap_layer_norm(
        x.pointer, norm.gain.pointer, norm.bias.pointer, Tensor.normEpsilon, rows,
        expand.weight.shape[1], normal.pointer, moments.mean.pointer, moments.rstd.pointer)
    }
    return (normal, moments)
  }
}
