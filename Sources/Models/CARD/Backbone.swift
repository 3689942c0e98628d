// SPDX-License-Identifier: Apache-2.0
//
// The backbone of CARD as layers on the tape, over all tokens at once: what training
// differentiates. `KeyValueCache` and `BackboneWorker` compute the same one token at a time, for
// sampling; `PhaseTests.backbonePhasesAreItsLayers` holds them equal.

import Networks
import Tensors

/// A causal transformer over [class | tokens]: what the tokens so far say of the next one.
final class CausalBackbone: Module {
  let input: Linear
  let positions: Tensor
  let blocks: [CausalBlock]
  let norm: RMSNorm
  let targets: Tensor
  let heads: Int

  init(_ configuration: GeneratorConfiguration, _ initial: inout Initializer) throws {
    let (width, depth) = (configuration.width, configuration.depth)
    let heads = configuration.heads
    self.heads = heads
    input = try Linear(configuration.tokenDim, width, &initial)
    positions = try initial.normal([configuration.numTokens, width], deviation: 0.1)
    let gain = 1 / Float(2 * depth).squareRoot()
    blocks = try (0..<depth).map { _ in
      try CausalBlock(width: width, heads: heads, residualGain: gain, &initial)
    }
    norm = try RMSNorm(width, initial)
    targets = try initial.normal([configuration.numTokens, width], deviation: 0.1)
  }

  /// Numbers that the backbone of a configuration holds.
  static func sizes(_ configuration: GeneratorConfiguration) -> [SizePart] {
    let width = configuration.width
    return [
      SizePart(configuration.depth * CausalBlock.size(width: width), "depth", "width"),
      SizePart(2 * configuration.numTokens * width, "num_tokens", "width"),
      SizePart(configuration.tokenDim * width, "token_dim", "width"),
    ]
  }

  /// The width of contexts (D).
  var width: Int { positions.shape[1] }

  /// The context of each token: [B, k, width], from the condition's row [B, width] and what is read
  /// of the tokens before the last, [B, k - 1, width], nil for one token.
  func contexts(_ row: Tensor, after before: Tensor?) throws -> Tensor {
    let first = try row.reshape([row.shape[0], 1, width])
    let stream = try before.map { try Tensor.cat([first, $0], dim: 1) } ?? first
    let count = stream.shape[1]
    let placed = try stream.add(positions.narrow(dim: 0, start: 0, count: count))
    let seen = try norm(blocks.reduce(placed) { try $1($0) })
    return try seen.add(targets.narrow(dim: 0, start: 0, count: count))
  }

  /// All parameters, always in the same order.
  var namedParameters: [NamedParameter] {
    input.named(under: "input") + [NamedParameter("positions", positions)]
      + blocks.enumerated().flatMap { $1.named(under: "blocks.\($0)") }
      + norm.named(under: "norm") + [NamedParameter("targets", targets)]
  }
}
