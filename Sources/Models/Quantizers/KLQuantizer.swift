// SPDX-License-Identifier: Apache-2.0
//
// The continuous bottleneck: every token is a sample from a Gaussian that a penalty keeps near the
// standard one, and its mean at evaluation (TiTok-VAE; docs/Method.md, section 3). For half of the
// pictures further noise is added, so that the decoder is robust to errors of tokens that a
// generator has sampled.

import Tensors

/// Gaussian tokens with a Kullback-Leibler penalty.
final class KLQuantizer: Quantizer {
  static let name = "kl"
  static let summary = "tokens are vectors near a Gaussian, what CARD samples"
  static let heads = [LatentHead(name: "log_variance", gain: 0, bias: -6)]
  static let defaultPenaltyWeight: Float = 1e-6
  private static let logVarianceRange: ClosedRange<Float> = -12...4

  init(_ configuration: TokenizerConfiguration, seed: UInt64) {}

  func limit(
    _ encoded: EncodedTokens, noise most: Float, counting rows: [Int]?, _ draws: inout RandomStream
  ) throws -> LimitedTokens {
    let mean = encoded.vectors
    let range = KLQuantizer.logVarianceRange
    let logVariance = try encoded.heads[0].clamp(min: range.lowerBound, max: range.upperBound)
    let noise = try Tensor(uninitialized: mean.shape)
    let extra = try Tensor(uninitialized: mean.shape)
    let size = noise.count / max(mean.shape[0], 1)
    for picture in 0..<mean.shape[0] {
      let amount = draws.uniform() < 0.5 ? draws.uniform(0, most) : 0
      for i in picture * size..<(picture + 1) * size {
        noise.pointer[i] = draws.normal()
        extra.pointer[i] = amount * draws.normal()
      }
    }
    let deviation = try logVariance.mul(0.5).exp()
    let tokens = try mean.add(deviation.mul(noise)).add(extra)
    let spread = try logVariance.exp().add(mean.mul(mean)).sub(logVariance).sub(1)
    let penalty = try spread.tokens(at: rows).sum().mul(0.5 / Float(mean.shape[0]))
    return LimitedTokens(tokens: tokens, penalty: penalty, choices: nil)
  }

  func limit(_ vectors: Tensor) -> (tokens: Tensor, ids: [Int]?) { (vectors, nil) }
}
