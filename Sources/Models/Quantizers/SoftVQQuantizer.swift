// SPDX-License-Identifier: Apache-2.0
//
// Soft vector quantization (SoftVQ-VAE: Chen et al., 2024): a token is a mixture of all codes with
// the weights of a softmax, so it is continuous, everything is differentiable, and no code dies for
// want of a gradient (docs/Method.md, section 3).

import Networks
import Tensors

/// Tokens that are softmax-weighted mixtures of codes.
final class SoftVQQuantizer: Quantizer {
  static let name = "softvq"
  static let summary = "tokens are mixtures of `codebook_size` codes, which CARD can sample"
  static let defaultPenaltyWeight: Float = 0.003
  static let options = ["codebook_size", "code_temperature", "entropy_weight"]
  static let storesSynthesis = true

  /// [V, T], trained; in the weights they are compared as unit vectors.
  let codes: Tensor
  private let temperature: Float
  private let entropyWeight: Float

  init(_ configuration: TokenizerConfiguration, seed: UInt64) throws {
    codes = try Codebook(
      size: configuration.codebookSize, dim: configuration.tokenDim, seed: seed, areTrained: true
    ).codes
    temperature = Float(configuration.codeTemperature)
    entropyWeight = Float(configuration.entropyWeight)
  }

  static func validate(_ configuration: TokenizerConfiguration) throws {
    try requireSphere(configuration)
  }

  static func sizes(_ configuration: TokenizerConfiguration) -> [SizePart] {
    [SizePart(configuration.codebookSize * configuration.tokenDim, "codebook_size", "token_dim")]
  }

  var namedParameters: [NamedParameter] { [NamedParameter("codes", codes)] }

  var description: String { "softvq with \(codes.shape[0]) codes" }

  func limit(
    _ encoded: EncodedTokens, noise: Float, counting rows: [Int]?, _ draws: inout RandomStream
  ) throws -> LimitedTokens {
    let (tokens, logits) = try mixture(encoded.vectors)
    let penalty =
      entropyWeight > 0
      ? try logits.tokens(at: rows).entropyGap().mul(entropyWeight) : try Tensor.scalar(0)
    return LimitedTokens(
      tokens: try tokens.withLatentNoise(noise, &draws), penalty: penalty, choices: nil)
  }

  func limit(_ vectors: Tensor) throws -> (tokens: Tensor, ids: [Int]?) {
    (try mixture(vectors).tokens, nil)
  }

  /// q = r·E with r = softmax(ẑ·Ê / τ). Codes learn through the mixture alone: in the weights they
  /// are constants.
  private func mixture(_ vectors: Tensor) throws -> (tokens: Tensor, logits: Tensor) {
    let rows = try vectors.reshape([vectors.count / codes.shape[1], codes.shape[1]]).unitRows()
    let directions = try codes.detached.unitRows()
    let logits = try rows.mul(1 / temperature).matmul(directions.transposed())
    return (try logits.softmax().matmul(codes).reshape(vectors.shape), logits)
  }

  func fit(_ vectors: Tensor, seed: UInt64) throws {
    let book = try Codebook(size: codes.shape[0], dim: codes.shape[1], seed: seed)
    var draws = RandomStream(seed: seed, 0xC0DE)
    _ = try Tensor.withoutGradients { try book.fit(vectors.unitRows(), &draws) }
    codes.assign(book.codes)
  }

  func fitLinearPath(
    _ path: LinearPath, _ pictures: RowGroups, labels: [Int?],
    _ configuration: TokenizerConfiguration, seed: UInt64
  ) throws {
    try path.fit(pictures, labels: labels, configuration, scaling: .sphere, seed: seed) { rows in
      try self.fit(rows, seed: seed)
      return try self.limit(rows).tokens
    }
  }
}
