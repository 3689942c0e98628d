// SPDX-License-Identifier: Apache-2.0
//
// The discrete bottleneck: every token becomes the nearest of V unit vectors (docs/Method.md,
// section 3). The gradient passes straight through, a commitment pulls vectors towards their codes,
// and the codes follow the vectors by a moving average.

import Networks
import Tensors

/// Tokens from a codebook of unit vectors.
final class VQQuantizer: Quantizer {
  static let name = "vq"
  static let summary = "tokens are indices into a table of `codebook_size` codes"
  static let defaultPenaltyWeight: Float = 0.003

  let codebook: Codebook

  init(_ configuration: TokenizerConfiguration, seed: UInt64) throws {
    codebook = try Codebook(
      size: configuration.codebookSize, dim: configuration.tokenDim, seed: seed)
  }

  static func validate(_ configuration: TokenizerConfiguration) throws {
    guard !configuration.linearPath || configuration.tokenDim >= 2 else {
      throw TensorError.value("vq beside a linear path needs token_dim from 2")
    }
  }

  static func leastCounts(
    _ configuration: TokenizerConfiguration
  ) -> [(key: String, count: Int)] {
    [("codebook_size", configuration.codebookSize * configuration.tokenDim)]
  }

  var state: [NamedParameter] {
    [
      NamedParameter("codebook.codes", codebook.codes),
      NamedParameter("codebook.sizes", codebook.sizes),
    ]
  }

  var trainingState: [NamedParameter] { [NamedParameter("codebook.sums", codebook.sums)] }

  var codeCount: Int? { codebook.count }

  var description: String { "vq with \(codebook.count) codes" }

  func limit(
    _ encoded: EncodedTokens, noise: Float, _ draws: inout RandomStream
  ) throws -> LimitedTokens {
    let rows = try encoded.vectors.unitRows()
    let ids = try codebook.nearest(rows)
    let codes = try codebook.vectors(ids).reshape(encoded.vectors.shape)
    let commitment = try rows.meanRowDistance(to: codes)
    return LimitedTokens(
      tokens: codes.straightThrough(to: rows), penalty: commitment,
      choices: CodeChoices(vectors: rows.detached, ids: ids))
  }

  func limit(_ vectors: Tensor) throws -> (tokens: Tensor, ids: [Int]?) {
    let ids = try codebook.nearest(vectors.unitRows())
    return (try codebook.vectors(ids).reshape(vectors.shape), ids)
  }

  func update(_ choices: CodeChoices, at step: QuantizerStep) throws {
    try codebook.follow(choices.vectors, ids: choices.ids)
    guard step.restartEvery > 0, (step.index + 1) % step.restartEvery == 0,
      step.index + 1 < step.total * 9 / 10
    else { return }
    var draws = RandomStream(seed: step.seed, 0xDEAD, step.index)
    _ = codebook.restartDead(from: choices.vectors, &draws)
  }

  func fitLinearPath(
    _ path: LinearPath, _ pixels: Tensor, labels: [Int?], _ configuration: TokenizerConfiguration,
    seed: UInt64
  ) throws {
    try path.fit(pixels, labels: labels, codebook: codebook, configuration, seed: seed)
  }

  func refresh() { codebook.resetSums() }
}
