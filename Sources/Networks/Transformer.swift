// SPDX-License-Identifier: Apache-2.0
//
// The pre-LN transformer of TiTok (attention and MLP on normalised inputs, added to the residual
// stream), used as encoder and decoder of the tokenizer, and the decoder-only variant with RMSNorm
// and SwiGLU (LlamaGen), which is the backbone of CARD.

import Tensors

/// h = u + attention(LN(u)); u = h + W2 GELU(W1 LN(h)). Shapes [B, tokens, width] throughout.
public final class TransformerBlock: Module {
  let norm1: LayerNorm
  let queryKeyValue: Linear
  let project: Linear
  let norm2: LayerNorm
  let expand: Linear
  let contract: Linear
  let heads: Int

  /// A block of the given width; the MLP is `mlpRatio` times as wide.
  public init(
    width: Int, heads: Int, mlpRatio: Int = 4, residualGain: Float = 1,
    _ initial: inout Initializer
  ) throws {
    self.heads = heads
    norm1 = try LayerNorm(width, initial)
    queryKeyValue = try Linear(width, 3 * width, &initial)
    project = try Linear(width, width, gain: residualGain, &initial)
    norm2 = try LayerNorm(width, initial)
    expand = try Linear(width, mlpRatio * width, &initial)
    contract = try Linear(mlpRatio * width, width, gain: residualGain, &initial)
  }

  /// The number of parameters of a block.
  package static func size(width: Int, mlpRatio: Int = 4) -> Int {
    (4 + 2 * mlpRatio) * width * width + (9 + mlpRatio) * width
  }

  /// x: [B, tokens, width]. If `wanted` is given, the result has only those tokens: they attend to
  /// all tokens, but the outputs of the others are not computed. `modulation` [B, 4 * width] holds
  /// shift and scale of the first and of the second norm, for each picture. With `lengths`, only so
  /// many of a picture's first tokens are attended to.
  public func callAsFunction(
    _ x: Tensor, mask: AttentionMask, for wanted: Range<Int>? = nil, modulation: Tensor? = nil,
    lengths: [Int]? = nil
  ) throws -> Tensor {
    try Stop.check()
    let width = x.shape[2]
    var normal = try norm1(x)
    if let modulation { normal = try normal.modulated(by: modulation) }
    let attended = try queryKeyValue(normal).selfAttention(
      heads: heads, mask: mask, for: wanted, lengths: lengths)
    let stream = try wanted.map { try x.narrow(dim: 1, start: $0.lowerBound, count: $0.count) } ?? x
    let h = try project(attended, addedTo: stream)
    guard let modulation else { return try h.feedForward(norm2, expand, contract) }
    let second = try modulation.narrow(dim: 1, start: 2 * width, count: 2 * width)
    return try contract(
      expand(norm2(h).modulated(by: second), activation: .gelu), addedTo: h)
  }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    norm1.named(under: "norm1") + queryKeyValue.named(under: "attention.qkv")
      + project.named(under: "attention.out") + norm2.named(under: "norm2")
      + expand.named(under: "mlp.expand") + contract.named(under: "mlp.contract")
  }
}

/// A stack of pre-LN blocks.
public final class Transformer: Module {
  /// The blocks in order.
  public let blocks: [TransformerBlock]

  /// `depth` blocks; the output projections of the branches are initialised smaller, by 1 / sqrt(2
  /// depth).
  public init(width: Int, depth: Int, heads: Int, _ initial: inout Initializer) throws {
    guard heads > 0, width > 0, width % heads == 0 else {
      throw TensorError.value("width \(width) must be a multiple of \(heads) heads")
    }
    let gain = 1 / Float(max(2 * depth, 1)).squareRoot()
    blocks = try (0..<depth).map { _ in
      try TransformerBlock(width: width, heads: heads, residualGain: gain, &initial)
    }
  }

  /// x: [B, tokens, width]. If `wanted` is given, the result has only those tokens, which saves
  /// most of the last block. `modulation` [B, blocks * 4 * width] changes the norms of all blocks.
  /// With `lengths`, only so many of a picture's first tokens are attended to. In training, `noise`
  /// leaves out blocks and elements.
  public func callAsFunction(
    _ x: Tensor, mask: AttentionMask = .full, for wanted: Range<Int>? = nil,
    modulation: Tensor? = nil, lengths: [Int]? = nil, noise: BranchNoise? = nil
  ) throws -> Tensor {
    var stream = x
    for (i, block) in blocks.enumerated() {
      let size = 4 * x.shape[2]
      let own = i + 1 == blocks.count ? wanted : nil
      let run = {
        try block(
          stream, mask: mask, for: own,
          modulation: modulation?.narrow(dim: 1, start: i * size, count: size), lengths: lengths)
      }
      stream = try noise?.applied(i, of: blocks.count, to: stream, for: own, run) ?? run()
    }
    guard blocks.isEmpty, let wanted else { return stream }
    return try x.narrow(dim: 1, start: wanted.lowerBound, count: wanted.count)
  }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    blocks.enumerated().flatMap { $1.named(under: "\($0)") }
  }
}

/// A causal block: RMSNorm, bias-free projections, SwiGLU.
public final class CausalBlock: Module {
  package let norm1: RMSNorm
  package let queryKeyValue: Linear
  package let project: Linear
  package let norm2: RMSNorm
  package let gateUp: Linear
  package let down: Linear
  package let heads: Int

  /// The hidden width of the SwiGLU is 8/3 of the width, rounded up to a multiple of 32.
  public init(
    width: Int, heads: Int, residualGain: Float, _ initial: inout Initializer
  ) throws {
    let hidden = CausalBlock.hidden(width)
    self.heads = heads
    norm1 = try RMSNorm(width, initial)
    queryKeyValue = try Linear(width, 3 * width, bias: false, &initial)
    project = try Linear(width, width, bias: false, gain: residualGain, &initial)
    norm2 = try RMSNorm(width, initial)
    gateUp = try Linear(width, 2 * hidden, bias: false, &initial)
    down = try Linear(hidden, width, bias: false, gain: residualGain, &initial)
  }

  /// The width between the two products of the second half.
  private static func hidden(_ width: Int) -> Int { (width * 8 / 3 + 31) / 32 * 32 }

  /// The number of parameters of a block.
  package static func size(width: Int) -> Int {
    4 * width * width + 3 * hidden(width) * width + 2 * width
  }

  /// x: [B, tokens, width].
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try Stop.check()
    let attended = try queryKeyValue(norm1(x)).selfAttention(heads: heads, mask: .causal)
    return try feedForward(project(attended, addedTo: x))
  }

  /// The second half: h + down(swiglu(norm(h))).
  package func feedForward(_ h: Tensor) throws -> Tensor {
    try down(gateUp(norm2(h)).swiglu(), addedTo: h)
  }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    norm1.named(under: "norm1") + queryKeyValue.named(under: "attention.qkv")
      + project.named(under: "attention.out") + norm2.named(under: "norm2")
      + gateUp.named(under: "mlp.gate_up") + down.named(under: "mlp.down")
  }
}
