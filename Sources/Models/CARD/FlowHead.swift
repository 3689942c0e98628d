// SPDX-License-Identifier: Apache-2.0
//
// The flow-matching head of CARD as layers on the tape: given the backbone's context for the next
// token, it turns noise into that token by integrating a velocity field from t = 0 (noise) to t = 1
// (data), with x_t = (1 - t) noise + t token and the target velocity token - noise. A small network
// whose norms are modulated by time and context (AdaLN), after MAR (Li et al., 2024); convention of
// NextStep-1.
//
// `FlowField` and `FlowWorker` compute the same velocity without a tape, for sampling;
// `PhaseTests.flowPhasesAreItsLayers` holds them equal.

import Networks
import Tensors

/// One residual block: x + gate * MLP(modulated norm of x).
final class FlowBlock: Module {
  let modulation: Linear
  let first: Linear
  let second: Linear

  init(width: Int, _ initial: inout Initializer) throws {
    modulation = try Linear(width, 3 * width, gain: 0, &initial)
    first = try Linear(width, width, &initial)
    second = try Linear(width, width, &initial)
  }

  /// The number of parameters of a block.
  static func size(width: Int) -> Int { 5 * SizePart.linear(width, width) }

  /// x: [rows, width]; condition: [rows, width], after SiLU.
  func callAsFunction(_ x: Tensor, _ condition: Tensor) throws -> Tensor {
    let parts = try modulation(condition)
    let branch = try second(
      first(x.layerNorm(nil, nil).modulated(by: parts), activation: .silu))
    return try x.gatedResidual(branch, by: parts)
  }

  var namedParameters: [NamedParameter] {
    modulation.named(under: "modulation") + first.named(under: "first")
      + second.named(under: "second")
  }
}

/// v(x_t, t, h): the velocity of a token on its path from noise.
final class FlowHead: Module {
  let input: Linear
  private let time: TimeEmbedding
  let context: Linear
  let blocks: [FlowBlock]
  let lastModulation: Linear
  let output: Linear
  /// The weights of all modulations, packed for one product.
  let modulations = PackedWeight()

  /// A head over tokens of `tokenDim` channels with a context of `contextWidth`.
  init(
    tokenDim: Int, contextWidth: Int, width: Int, depth: Int, _ initial: inout Initializer
  ) throws {
    input = try Linear(tokenDim, width, &initial)
    time = try TimeEmbedding(width: width, &initial)
    context = try Linear(contextWidth, width, &initial)
    blocks = try (0..<depth).map { _ in try FlowBlock(width: width, &initial) }
    lastModulation = try Linear(width, 2 * width, gain: 0, &initial)
    output = try Linear(width, tokenDim, gain: 0, &initial)
  }

  /// The projection of a context [rows, contextWidth], reused at many times: [rows, width].
  func prepare(_ rows: Tensor) throws -> Tensor { try context(rows) }

  /// The embedding of times in 0...1: [times, width].
  func embed(times: [Float]) throws -> Tensor { try time(times) }

  /// The velocity at x [rows, tokenDim]; `condition` is the sum of time embedding and context.
  func velocity(_ x: Tensor, condition: Tensor) throws -> Tensor {
    let active = try condition.silu()
    let hidden = try blocks.reduce(input(x)) {
      try Stop.check()
      return try $1($0, active)
    }
    return try output(hidden.layerNorm(nil, nil).modulated(by: lastModulation(active)))
  }

  var namedParameters: [NamedParameter] {
    input.named(under: "input") + time.namedParameters
      + context.named(under: "context")
      + blocks.enumerated().flatMap { $1.named(under: "blocks.\($0)") }
      + lastModulation.named(under: "modulation") + output.named(under: "output")
  }
}
