// SPDX-License-Identifier: Apache-2.0
//
// The transformer that turns pictures into tokens.

import Networks
import Tensors

/// [class slot | patches | condition | queries] to tokens; the condition may enter in another form.
final class TokenizerEncoder: Module {
  private let configuration: TokenizerConfiguration
  private let patch: Linear
  private let classSlot: Tensor
  private let positions: Tensor
  private let queries: Tensor
  private let pooling: QueryPooling?
  private let condition: ConditionInjection
  private let normPre: LayerNorm
  private let blocks: Transformer
  private let normPost: LayerNorm
  private let project: Linear
  private let heads: [(head: LatentHead, layer: Linear)]

  init(_ configuration: TokenizerConfiguration, _ initial: inout Initializer) throws {
    self.configuration = configuration
    let width = configuration.width
    let deviation = 1 / Float(width).squareRoot()
    patch = try Linear(configuration.patchSize * configuration.patchSize * 3, width, &initial)
    classSlot = try initial.normal([1, width], deviation: deviation)
    positions = try initial.normal([configuration.patchCount, width], deviation: deviation)
    queries = try initial.normal([configuration.numTokens, width], deviation: deviation)
    condition = try ConditionInjection(
      configuration, depth: configuration.depth, width: width, &initial)
    normPre = try LayerNorm(width, initial)
    blocks = try Transformer(
      width: width, depth: configuration.depth, heads: configuration.heads, &initial)
    normPost = try LayerNorm(width, initial)
    // With a linear path, the transformer starts as a zero correction.
    project = try Linear(
      width, configuration.tokenDim, gain: configuration.linearPath ? 0 : 1, &initial)
    heads = try configuration.quantizer.type.heads.map { head in
      let layer = try Linear(width, configuration.tokenDim, gain: head.gain, &initial)
      for i in 0..<configuration.tokenDim { layer.bias?.pointer[i] = head.bias }
      return (head, layer)
    }
    pooling = configuration.queries == .pooled ? try QueryPooling(configuration, &initial) : nil
  }

  /// What tells the augmentation of pictures, in training.
  var augmentation: Tensor { condition.augmentation }

  /// pixels: [B, H, W, 3]; the results are [B, K, T].
  func callAsFunction(
    _ pixels: Tensor, condition told: Condition
  ) throws -> EncodedTokens {
    let entered = try entering(pixels, condition: told)
    let outputs = try normPost(
      blocks(
        entered.stream, mask: mask(entered.stream), for: queryPlaces(entered.stream),
        modulation: entered.modulation, noise: told.hints?.noise))
    let read = try configuration.layout == .legacy ? relabelled(outputs) : outputs
    return EncodedTokens(
      vectors: try project(read), heads: try heads.map { try $0.layer(read) })
  }

  /// How the queries of a block attend to the patches: [B, K, patches], means over the heads. A row
  /// adds up to less than 1, because class, condition and other queries are attended to as well.
  func attention(
    ofBlock index: Int, _ pixels: Tensor, condition told: Condition
  ) throws -> Tensor {
    let entered = try entering(pixels, condition: told)
    return try blocks.attention(
      ofBlock: index, entered.stream, mask: mask(entered.stream),
      for: queryPlaces(entered.stream), modulation: entered.modulation
    ).narrow(dim: 2, start: 1, count: configuration.patchCount)
  }

  /// Where the queries are: at the end.
  private func queryPlaces(_ stream: Tensor) -> Range<Int> {
    stream.shape[1] - configuration.numTokens..<stream.shape[1]
  }

  private func mask(_ stream: Tensor) -> AttentionMask {
    configuration.mask.attention(
      behind: queryPlaces(stream).lowerBound, size: configuration.groupSize)
  }

  /// What the first block gets.
  private func entering(
    _ pixels: Tensor, condition told: Condition
  ) throws -> (stream: Tensor, modulation: Tensor?) {
    let (batch, width) = (pixels.shape[0], configuration.width)
    let patches = try patch(PixelLayout.patches(pixels, side: configuration.patchSize))
      .add(positions)
    let label = try condition(told)
    var asking = queries
    if let pooling { asking = try pooling(patches).add(queries) }
    let slot = try label.added(to: classSlot, batch: batch)
    let stream = try Tensor.assembled(
      batch: batch, width: width, [slot, patches] + label.tokens + [asking])
    return (try normPre(stream), label.modulation)
  }

  /// The numbers of [B, K, D] taken for [B, D, K], as [B, K, D] again.
  private func relabelled(_ outputs: Tensor) throws -> Tensor {
    try outputs.reshape([outputs.shape[0], outputs.shape[2], outputs.shape[1]]).permute([0, 2, 1])
  }

  /// Makes a class that is added change nothing until it is trained.
  func silenceCondition() throws { try condition.silence() }

  var namedParameters: [NamedParameter] {
    patch.named(under: "patch")
      + [
        NamedParameter("class_slot", classSlot), NamedParameter("positions", positions),
        NamedParameter("queries", queries),
      ] + (pooling?.named(under: "pooling") ?? []) + condition.named(under: "condition")
      + normPre.named(under: "norm_pre") + blocks.named(under: "blocks")
      + normPost.named(under: "norm_post")
      + project.named(under: "project") + heads.flatMap { $0.layer.named(under: $0.head.name) }
  }
}
