// SPDX-License-Identifier: Apache-2.0
//
// No autoregression: one bidirectional transformer samples all tokens together by flow matching
// (method 6.6). The baseline that CARD is compared with.

import Networks
import Tensors

/// All tokens at once, without a backbone.
final class DiffusionHead: TokenHead {
  static let name = "diffusion"
  static let summary =
    "all tokens at once by flow matching, with a transformer that is not causal and nothing else"
  static let samplingOptions = FlowSampling.options
  static let conventions = FlowSampling.conventions
  static let hasBackbone = false
  static let continuesTokens = true
  /// However many tokens there are, they share their steps.
  static func cost(_ range: Range<Int>, of count: Int, _ options: SamplingOptions) -> Int {
    options.steps(position: 0, of: count)
  }

  /// The streams of the noise, those of the flow head.
  private static let noise = JointFlow.Noise(initial: 0xCA2D, steps: 0x5DE)

  private let denoiser: JointDenoiser

  init(_ configuration: GeneratorConfiguration, _ initial: inout Initializer) throws {
    denoiser = try JointDenoiser(configuration, depth: configuration.depth, &initial)
  }

  static func sizes(_ configuration: GeneratorConfiguration) -> [SizePart] {
    JointDenoiser.sizes(configuration, depth: configuration.depth, "depth")
  }

  func loss(
    _ batch: TokenBatch, of model: CARDGenerator, _ recipe: GeneratorRecipe,
    _ draws: inout RandomStream
  ) throws -> TokenLoss {
    let loss = try denoiser.loss(batch.tokens, row: batch.row, &draws)
    return TokenLoss(
      total: loss.value, terms: [try loss.value.item()],
      positions: { loss.positions(batch.length) })
  }

  func sample(_ request: SamplingRequest, from model: CARDGenerator) throws -> SampledTokens {
    let made = model.configuration
    try request.requireOneNumberOfSteps()
    let flow = try JointFlow(
      request, model, count: made.jointCount(request), noise: DiffusionHead.noise)
    return try model.integrated(flow, request) { x, time in
      try denoiser(x, times: [time], row: request.rows)
    }
  }

  var namedParameters: [NamedParameter] { denoiser.namedParameters }
}

extension SamplingRequest {
  /// Throws a ValueError for steps token by token, which tokens that are sampled together have not.
  fileprivate func requireOneNumberOfSteps() throws {
    guard !options.stepsOfTokens.isEmpty else { return }
    throw TensorError.value(
      "head = \"\(DiffusionHead.name)\" samples all tokens in the same steps",
      hint: "steps = \(options.stepsOfTokens[0]), for instance")
  }
}
