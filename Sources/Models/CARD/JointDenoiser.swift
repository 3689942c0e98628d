// SPDX-License-Identifier: Apache-2.0
//
// The velocity of all tokens of a picture at once: a bidirectional transformer whose norms are
// modulated by time and condition, after DiT (Peebles and Xie, 2023). Modulations, gates and the
// last layer start at zero, so it starts as the identity with zero velocity.

import Networks
import Tensors

/// One block: x + gate * attention(modulated norm of x), then the same with an MLP.
final class DenoiserBlock: Module {
  private let modulation: Linear
  private let queryKeyValue: Linear
  private let project: Linear
  private let expand: Linear
  private let contract: Linear
  private let heads: Int

  /// A block with an MLP of four times the width.
  init(width: Int, heads: Int, _ initial: inout Initializer) throws {
    self.heads = heads
    modulation = try Linear(width, 6 * width, gain: 0, &initial)
    queryKeyValue = try Linear(width, 3 * width, &initial)
    project = try Linear(width, width, &initial)
    expand = try Linear(width, 4 * width, &initial)
    contract = try Linear(4 * width, width, &initial)
  }

  /// The number of parameters of a block.
  static func size(width: Int) -> Int {
    SizePart.linear(width, 6 * width) + SizePart.linear(width, 3 * width)
      + SizePart.linear(width, width) + SizePart.linear(width, 4 * width)
      + SizePart.linear(4 * width, width)
  }

  /// x: [B, tokens, width]; condition: [B, width], after SiLU.
  func callAsFunction(_ x: Tensor, _ condition: Tensor) throws -> Tensor {
    try Stop.check()
    let (batch, width) = (x.shape[0], x.shape[2])
    let parts = try modulation(condition)
    func part(_ index: Int, _ count: Int) throws -> Tensor {
      try parts.narrow(dim: 1, start: index * width, count: count * width)
    }
    func gate(_ index: Int) throws -> Tensor { try part(index, 1).reshape([batch, 1, width]) }
    let normal = try x.layerNorm(nil, nil).modulated(by: part(0, 2))
    let attended = try project(queryKeyValue(normal).selfAttention(heads: heads, mask: .full))
    let h = try x.add(attended.mul(gate(2)))
    let second = try h.layerNorm(nil, nil).modulated(by: part(3, 2))
    return try h.add(contract(expand(second, activation: .gelu)).mul(gate(5)))
  }

  var namedParameters: [NamedParameter] {
    modulation.named(under: "modulation") + queryKeyValue.named(under: "attention.qkv")
      + project.named(under: "attention.out") + expand.named(under: "mlp.expand")
      + contract.named(under: "mlp.contract")
  }
}

/// v(x_t, t, condition) of all tokens.
final class JointDenoiser: Module {
  private let input: Linear
  private let positions: Tensor
  private let time: TimeEmbedding
  private let blocks: [DenoiserBlock]
  private let lastModulation: Linear
  private let output: Linear

  /// A denoiser of `depth` blocks, as wide as the rows of conditions.
  init(_ configuration: GeneratorConfiguration, depth: Int, _ initial: inout Initializer) throws {
    let width = configuration.width
    input = try Linear(configuration.tokenDim, width, &initial)
    positions = try initial.normal([configuration.numTokens, width], deviation: 0.1)
    time = try TimeEmbedding(width: width, &initial)
    blocks = try (0..<depth).map { _ in
      try DenoiserBlock(width: width, heads: configuration.heads, &initial)
    }
    lastModulation = try Linear(width, 2 * width, gain: 0, &initial)
    output = try Linear(width, configuration.tokenDim, gain: 0, &initial)
  }

  /// Numbers that a denoiser of `depth` blocks holds.
  static func sizes(
    _ configuration: GeneratorConfiguration, depth: Int, _ option: String
  ) -> [SizePart] {
    let width = configuration.width
    return [
      SizePart(depth * DenoiserBlock.size(width: width), option, "width"),
      SizePart(3 * width * width, "width"),
      SizePart(configuration.numTokens * width, "num_tokens", "width"),
      SizePart(2 * configuration.tokenDim * width, "token_dim", "width"),
    ]
  }

  /// The velocity [B, k, T] at x [B, k, T] and the times of the pictures, one or B.
  ///
  /// - Parameters:
  ///   - row: the condition of each picture: [B, width].
  ///   - added: what is known of each token, added to the stream: [B, k, width], or nil.
  func callAsFunction(
    _ x: Tensor, times: [Float], row: Tensor, adding added: Tensor? = nil
  ) throws -> Tensor {
    let placed = try input(x).add(positions.narrow(dim: 0, start: 0, count: x.shape[1]))
    let stream = try added.map { try placed.add($0) } ?? placed
    let condition = try row.add(time(times)).silu()
    let hidden = try blocks.reduce(stream) { try $1($0, condition) }
    return try output(hidden.layerNorm(nil, nil).modulated(by: lastModulation(condition)))
  }

  /// The mean squared error of the velocity of tokens [B, k, T]: each picture at one time with
  /// noise of its own.
  func loss(
    _ tokens: Tensor, row: Tensor, adding added: Tensor? = nil, _ draws: inout RandomStream
  ) throws -> FlowLoss {
    let sample = try FlowSample(tokens, repeats: 1, timesEach: tokens.shape[1], &draws)
    let velocity = try self(
      sample.point.reshape(tokens.shape), times: sample.times, row: row, adding: added)
    return try FlowLoss(velocity.reshape(sample.target.shape), sample)
  }

  var namedParameters: [NamedParameter] {
    input.named(under: "input") + [NamedParameter("positions", positions)] + time.namedParameters
      + blocks.enumerated().flatMap { $1.named(under: "blocks.\($0)") }
      + lastModulation.named(under: "modulation") + output.named(under: "output")
  }
}
