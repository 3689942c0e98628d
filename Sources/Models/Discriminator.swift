// SPDX-License-Identifier: Apache-2.0
//
// The discriminator of adversarial training: a small convolutional network that says of each region
// of a picture whether it is real (PatchGAN: Isola et al., 2017). Each level takes means of 2 x 2
// pixels, which leave no aliases behind as strides would, a 3 x 3 convolution, and a norm over
// channels, so that a picture's score does not depend on the others of its batch. Its losses are
// here as well: hinge (Lim and Ye, 2017) and LeCam (Tseng et al., 2021); docs/Method.md, section 5.

import Networks
import Tensors

/// Scores regions of pictures: above 0 for real ones.
final class Discriminator: Module {
  private let first: Convolution3x3
  private let levels: [(convolution: Convolution3x3, norm: LayerNorm)]
  private let last: Convolution3x3

  /// The side of the grid of scores is halved down to this, where the picture allows it.
  private static let scoreSide = 8
  private static let mostLevels = 4
  /// Channels double at most this often.
  private static let mostDoublings = 2

  /// A discriminator of pictures of `side` x `side` pixels, with `width` channels at full
  /// resolution.
  init(side: Int, width: Int, seed: UInt64) throws {
    var initial = Initializer(seed: seed &+ 0xD15C)
    first = try Convolution3x3(3, width, &initial)
    var (size, channels) = (side, width)
    var levels: [(Convolution3x3, LayerNorm)] = []
    while size % 2 == 0, size > Discriminator.scoreSide, levels.count < Discriminator.mostLevels {
      let next = levels.count < Discriminator.mostDoublings ? 2 * channels : channels
      levels.append((try Convolution3x3(channels, next, &initial), try LayerNorm(next, initial)))
      (size, channels) = (size / 2, next)
    }
    self.levels = levels
    last = try Convolution3x3(channels, 1, &initial)
  }

  /// Scores [B, h, w, 1] of pixels [B, H, W, 3] with values from 0 to 1. If the network is fixed,
  /// no gradient by its convolutions is made.
  func callAsFunction(_ pixels: Tensor, isFixed: Bool = false) throws -> Tensor {
    var maps = try first(try pixels.mul(2).sub(1), activation: .gelu, isFixed: isFixed)
    for (convolution, norm) in levels {
      maps = try norm(convolution(Discriminator.halved(maps), isFixed: isFixed)).gelu()
    }
    return try last(maps, isFixed: isFixed)
  }

  /// The means of 2 x 2 pixels: [B, H, W, C] gives [B, H/2, W/2, C].
  private static func halved(_ x: Tensor) throws -> Tensor {
    let (batch, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    return try x.reshape([batch, height / 2, 2, width / 2, 2 * channels]).mean(dim: 2)
      .reshape([batch, height / 2, width / 2, 2, channels]).mean(dim: 3)
  }

  /// All parameters, always in the same order.
  var namedParameters: [NamedParameter] {
    first.named(under: "first")
      + levels.enumerated().flatMap {
        $1.convolution.named(under: "levels.\($0).convolution")
          + $1.norm.named(under: "levels.\($0).norm")
      } + last.named(under: "last")
  }
}

/// The losses of adversarial training on scores of any shape; all are scalars.
enum AdversarialLoss {
  /// What the discriminator minimises: ½·(mean max(0, 1 − real) + mean max(0, 1 + fake)).
  static func hinge(real: Tensor, fake: Tensor) throws -> Tensor {
    try real.mul(-1).add(1).relu().mean().add(fake.add(1).relu().mean()).mul(0.5)
  }

  /// LeCam: max(0, r − f̄)² + max(0, r̄ − f)², with the means r and f of scores, and the running
  /// averages r̄ and f̄ of such means.
  static func leCam(real: Tensor, fake: Tensor, averages: ScoreAverages) throws -> Tensor {
    try real.mean().sub(averages.fake).relu().square()
      .add(fake.mean().mul(-1).add(averages.real).relu().square())
  }

  /// What the decoder minimises: −mean fake.
  static func generator(_ fake: Tensor) throws -> Tensor { try fake.mean().mul(-1) }

  /// How strong the adversarial loss has to be for its gradient to be as long as that of the others
  /// (VQGAN: Esser et al., 2021), from the lengths at the last layer of the decoder.
  static func balance(reconstruction: Float, adversarial: Float) -> Float {
    min(reconstruction / (adversarial + 1e-4), 1e4)
  }
}

/// Running averages of the mean scores of real and reconstructed pictures.
struct ScoreAverages {
  /// [2]: real, fake.
  let values: Tensor
  private static let decay: Float = 0.999

  init() throws { values = try Tensor.zeros([2]) }

  var real: Float { values.pointer[0] }
  var fake: Float { values.pointer[1] }

  /// Takes in the means of a step.
  func follow(real: Float, fake: Float) {
    for (i, mean) in [real, fake].enumerated() {
      values.pointer[i] = ScoreAverages.decay * values.pointer[i] + (1 - ScoreAverages.decay) * mean
    }
  }
}
