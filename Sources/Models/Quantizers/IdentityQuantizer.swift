// SPDX-License-Identifier: Apache-2.0
//
// No bottleneck but the number of channels: tokens are what the encoder says, without a penalty. It
// is the reference that the others lose quality against, and what a study of the encoder wants.

import Tensors

/// Tokens that pass unchanged.
final class IdentityQuantizer: Quantizer {
  static let name = "none"
  static let summary = "tokens are the vectors of the encoder, unlimited"
  static let defaultPenaltyWeight: Float = 0
  static let hasPenalty = false

  init(_ configuration: TokenizerConfiguration, seed: UInt64) {}

  func limit(
    _ encoded: EncodedTokens, noise most: Float, counting rows: [Int]?, _ draws: inout RandomStream
  ) throws -> LimitedTokens {
    LimitedTokens(
      tokens: try encoded.vectors.withLatentNoise(most, &draws), penalty: try Tensor.scalar(0),
      choices: nil)
  }

  func limit(_ vectors: Tensor) -> (tokens: Tensor, ids: [Int]?) { (vectors, nil) }
}
