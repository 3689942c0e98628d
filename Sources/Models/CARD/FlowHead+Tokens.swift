// SPDX-License-Identifier: Apache-2.0
//
// The flow head as a head of CARD: flow matching of each token given the tokens before it (method
// 6.3), and sampling by integration.

import Networks
import Tensors

extension FlowHead: TokenHead {
  static let name = "flow"
  static let summary = "each token by flow matching, given those before it"
  static let options = ["head_width", "head_depth"]
  static let samplingOptions = FlowSampling.options + ["step_schedule"]
  static let continuesTokens = true
  static let trainingOptions = ["draws", "input_noise"]
  static let conventions = FlowSampling.conventions

  static func sizes(_ configuration: GeneratorConfiguration) -> [SizePart] {
    let (width, dim) = (configuration.headWidth, configuration.tokenDim)
    return [
      SizePart(configuration.headDepth * FlowBlock.size(width: width), "head_depth", "head_width"),
      SizePart(3 * width * width + configuration.width * width, "head_width"),
      SizePart(2 * dim * width, "token_dim", "head_width"),
    ]
  }

  convenience init(_ configuration: GeneratorConfiguration, _ initial: inout Initializer) throws {
    try self.init(
      tokenDim: configuration.tokenDim, contextWidth: configuration.width,
      width: configuration.headWidth, depth: configuration.headDepth, &initial)
  }

  func loss(
    _ batch: TokenBatch, of model: CARDGenerator, _ recipe: GeneratorRecipe,
    _ draws: inout RandomStream
  ) throws -> TokenLoss {
    let read = try batch.tokens.disturbed(recipe.inputNoise, &draws)
    let contexts = try model.contexts(batch, reading: (read, batch.ids))
    let loss = try loss(batch.tokens, contexts, repeats: recipe.drawsPerToken, &draws)
    return TokenLoss(
      total: loss.value, terms: [try loss.value.item()],
      positions: { loss.positions(batch.length) })
  }

  /// Mean squared error of the velocity of tokens [B, k, T] in contexts [B, k, width], over tokens,
  /// channels and `repeats` samples of time and noise.
  func loss(
    _ tokens: Tensor, _ contexts: Tensor, repeats: Int, _ draws: inout RandomStream
  ) throws -> FlowLoss {
    let dim = tokens.shape[2]
    let count = tokens.count / dim
    let path = try FlowSample(
      tokens, repeats: repeats, timesEach: 1, &draws)
    let width = output.weight.shape[1]
    let prepared = try prepare(contexts.reshape([count, contexts.shape[2]]))
    let time = try embed(times: path.times).reshape([repeats, count, width])
    let mixed = try time.add(prepared).reshape([repeats * count, width])
    let velocity = try velocity(path.point, condition: mixed)
    return try FlowLoss(velocity, path)
  }

  func sample(_ request: SamplingRequest, from model: CARDGenerator) throws -> SampledTokens {
    func first(_ count: Int, of sampled: TokensInOrder) throws -> SampledTokens {
      SampledTokens(
        latents: try model.destandardized(sampled.tokens.narrow(dim: 1, start: 0, count: count)),
        ids: nil)
    }
    let path = try TokenPath(
      self, pictures: request.pictures, numTokens: model.configuration.numTokens,
      options: request.options)
    let sampled = try model.sampleInOrder(
      request, path,
      onToken: request.onToken.map { onToken in { try onToken(first($1, of: $0)) } },
      onStep: request.onStep.map { onStep in { try onStep(first($1, of: $0), $2) } })
    return try first(request.count, of: sampled)
  }
}
