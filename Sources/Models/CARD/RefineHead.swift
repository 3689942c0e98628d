// SPDX-License-Identifier: Apache-2.0
//
// The second reading of the paper (method 6.6): causal states first, then a bidirectional
// transformer refines all tokens with one shared time. The backbone and a flow head sample coarse
// tokens one after another, which are tokens with noise; then all tokens are sampled together from
// fresh noise, given the coarse ones and the states of the backbone that read them.

import Networks
import Tensors

/// Coarse tokens in order, then all tokens at once.
final class RefineHead: TokenHead {
  static let name = "refine"
  static let summary =
    "coarse tokens in order as \"flow\", then a transformer that is not causal refines all of them at "
    + "once"
  static let options = ["head_width", "head_depth", "refine_depth", "coarse_noise"]
  static let samplingOptions = FlowHead.samplingOptions
  static let trainingOptions = ["draws", "input_noise"]
  static let termNames = ["loss", "coarse", "refined"]
  static let continuesTokens = true
  static let conventions = FlowSampling.conventions
  /// The streams of the noise of refined tokens; coarse ones have those of the flow head.
  private static let noise = JointFlow.Noise(initial: 0xCA2E, steps: 0x5DF)

  /// Coarse tokens one after another, then steps that refine all of them.
  static func cost(_ range: Range<Int>, of count: Int, _ options: SamplingOptions) -> Int {
    FlowHead.cost(range, of: count, options) + options.steps(position: 0, of: count)
  }

  private let coarse: FlowHead
  private let context: Linear
  private let told: Linear
  private let denoiser: JointDenoiser
  private let coarseNoise: Float

  init(_ configuration: GeneratorConfiguration, _ initial: inout Initializer) throws {
    coarse = try FlowHead(configuration, &initial)
    context = try Linear(configuration.width, configuration.width, &initial)
    told = try Linear(configuration.tokenDim, configuration.width, &initial)
    denoiser = try JointDenoiser(configuration, depth: configuration.refineDepth, &initial)
    coarseNoise = configuration.coarseNoise
  }

  static func sizes(_ configuration: GeneratorConfiguration) -> [SizePart] {
    FlowHead.sizes(configuration)
      + JointDenoiser.sizes(configuration, depth: configuration.refineDepth, "refine_depth")
      + [
        SizePart(configuration.width * configuration.width, "width"),
        SizePart(configuration.tokenDim * configuration.width, "token_dim", "width"),
      ]
  }

  /// What the transformer is told of each token: [B, k, width] from the states of the backbone
  /// [B, k, width] and coarse tokens [B, k, T].
  private func known(_ states: Tensor, _ tokens: Tensor) throws -> Tensor {
    try context(states).add(told(tokens))
  }

  func loss(
    _ batch: TokenBatch, of model: CARDGenerator, _ recipe: GeneratorRecipe,
    _ draws: inout RandomStream
  ) throws -> TokenLoss {
    let tokens = try coarsened(batch.tokens, &draws)
    let read = try tokens.disturbed(recipe.inputNoise, &draws)
    let states = try model.contexts(batch, reading: (read, batch.ids))
    let first = try coarse.loss(tokens, states, repeats: recipe.drawsPerToken, &draws)
    let second = try denoiser.loss(
      batch.tokens, row: batch.row, adding: known(states, tokens), &draws)
    let total = try first.value.add(second.value)
    return TokenLoss(
      total: total,
      terms: [try total.item(), try first.value.item(), try second.value.item()],
      positions: {
        zip(first.positions(batch.length), second.positions(batch.length)).map { $0 + $1 }
      })
  }

  /// Coarse tokens: sqrt(1 - n²) token + n noise, whose deviation is that of the tokens.
  private func coarsened(_ tokens: Tensor, _ draws: inout RandomStream) throws -> Tensor {
    let result = try Tensor(uninitialized: tokens.shape)
    let kept = max(1 - coarseNoise * coarseNoise, 0).squareRoot()
    for i in 0..<result.count {
      result.pointer[i] = kept * tokens.pointer[i] + coarseNoise * draws.normal()
    }
    return result
  }

  func sample(_ request: SamplingRequest, from model: CARDGenerator) throws -> SampledTokens {
    let made = model.configuration
    let count = made.jointCount(request)
    var options = request.options
    options.keep = count
    let path = try TokenPath(
      coarse, pictures: request.pictures, numTokens: made.numTokens, options: options)
    let first = try model.sampleInOrder(
      request.unwatched(count: count, prefix: coarsePrefix(request, model)), path,
      keepsContexts: true)
    guard let states = first.contexts else { throw TensorError.value("no states were kept") }
    let streams = states.shape[0] / request.pictures
    let tokens = try Tensor.cat([Tensor](repeating: first.tokens, count: streams), dim: 0)
    let known = try known(states, tokens)
    let flow = try JointFlow(request, model, count: count, noise: RefineHead.noise)
    return try model.integrated(flow, request) { x, time in
      try denoiser(x, times: [time], row: request.rows, adding: known)
    }
  }

  /// The prefix as the first stage knows tokens: coarse, with noise of their seeds and positions.
  private func coarsePrefix(
    _ request: SamplingRequest, _ model: CARDGenerator
  ) throws -> Tokens? {
    guard let prefix = request.prefix else { return nil }
    let tokens = try model.standardized(prefix.latents)
    let (length, dim) = (prefix.length, model.configuration.tokenDim)
    let kept = max(1 - coarseNoise * coarseNoise, 0).squareRoot()
    let coarse = try Tensor(uninitialized: tokens.shape)
    for (picture, seed) in request.seeds.enumerated() {
      for position in 0..<length {
        var draws = RandomStream(seed: seed, 0xCA2F, position)
        let start = (picture * length + position) * dim
        for i in start..<start + dim {
          coarse.pointer[i] = kept * tokens.pointer[i] + coarseNoise * draws.normal()
        }
      }
    }
    return Tokens(
      latents: try model.destandardized(coarse), ids: nil, condition: prefix.condition,
      maker: prefix.maker)
  }

  var namedParameters: [NamedParameter] {
    coarse.named(under: "coarse") + context.named(under: "context") + told.named(under: "told")
      + denoiser.named(under: "refine")
  }
}
