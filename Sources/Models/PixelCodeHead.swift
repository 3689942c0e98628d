// SPDX-License-Identifier: Apache-2.0
//
// The head of the two-stage TiTok: the outputs of the decoder's transformer choose among the codes
// of a MaskGIT-VQGAN, softly, and the decoder of that VQGAN turns the mixtures into pixels. It
// doubles the resolution at each level and has no attention (docs/Method.md, 8).

import Networks
import Tensors

/// Mixtures of codes, and the convolutions that draw them.
final class PixelCodeHead: Module {
  /// Groups of channels that a norm takes together.
  static let groups = 32
  private static let blocksPerLevel = 2

  private let choose: Linear
  /// [codes, numbers of a code].
  private let codes: Tensor
  private let first: Convolution3x3
  private let middle: [ResidualConvolutions]
  /// From the coarsest resolution to the full one.
  private let levels: [Level]
  private let norm: GroupNorm
  /// Turns the features into pixels.
  let last: Convolution3x3

  private struct Level {
    let index: Int
    let blocks: [ResidualConvolutions]
    /// Follows the doubling of the resolution; the full one is not doubled.
    let upsampled: Convolution3x3?
  }

  init(_ configuration: TokenizerConfiguration, _ initial: inout Initializer) throws {
    let width = configuration.decoderShape.width
    let channels = configuration.pixelLevels
    choose = try Linear(2 * width, configuration.pixelCodes, &initial)
    codes = try initial.normal(
      [configuration.pixelCodes, configuration.pixelCodeDim], deviation: 0.02)
    var held = channels[channels.count - 1]
    first = try Convolution3x3(configuration.pixelCodeDim, held, &initial)
    middle = try (0..<PixelCodeHead.blocksPerLevel).map { _ in
      try ResidualConvolutions(held, held, &initial)
    }
    levels = try channels.indices.reversed().map { index in
      let blocks = try (0..<PixelCodeHead.blocksPerLevel).map { _ in
        let from = held
        held = channels[index]
        return try ResidualConvolutions(from, held, &initial)
      }
      let upsampled = index == 0 ? nil : try Convolution3x3(held, held, &initial)
      return Level(index: index, blocks: blocks, upsampled: upsampled)
    }
    norm = try GroupNorm(held, groups: PixelCodeHead.groups, initial)
    last = try Convolution3x3(held, 3, &initial)
  }

  /// The number of weights of the convolutions between the codes and the last layer.
  static func size(levels: [Int]) -> Int {
    var held = levels.last ?? 0
    var size = blocksPerLevel * 18 * held * held
    for (index, channels) in levels.enumerated().reversed() {
      size += 9 * held * channels + (2 * blocksPerLevel - 1) * 9 * channels * channels
      if index > 0 { size += 9 * channels * channels }
      held = channels
    }
    return size
  }

  /// hidden: [B, N, 2 * width]; the result are the features [B, H, W, C] for the last layer.
  func callAsFunction(_ hidden: Tensor, grid: Int) throws -> Tensor {
    let mixtures = try choose(hidden).softmax().matmul(codes)
    var x = try first(bordering: mixtures.reshape([hidden.shape[0], grid, grid, codes.shape[1]]))
    for block in middle { x = try block(x) }
    for level in levels {
      for block in level.blocks { x = try block(x) }
      if let upsampled = level.upsampled { x = try upsampled(bordering: x.doubled()) }
    }
    return try norm(x).silu()
  }

  var namedParameters: [NamedParameter] {
    choose.named(under: "choose") + [NamedParameter("table", codes)] + first.named(under: "first")
      + middle.enumerated().flatMap { $1.named(under: "middle.\($0)") }
      + levels.flatMap { level in
        level.blocks.enumerated().flatMap { $1.named(under: "levels.\(level.index).\($0)") }
          + (level.upsampled?.named(under: "levels.\(level.index).upsampled") ?? [])
      } + norm.named(under: "norm") + last.named(under: "last")
  }
}

/// Two convolutions behind norms, added to what went in; if the channels change, to a projection of
/// what comes out, as in the VQGAN whose weights are imported.
final class ResidualConvolutions: Module {
  private let norm1: GroupNorm
  private let convolution1: Convolution3x3
  private let norm2: GroupNorm
  private let convolution2: Convolution3x3
  private let shortcut: Linear?

  init(_ from: Int, _ to: Int, _ initial: inout Initializer) throws {
    norm1 = try GroupNorm(from, groups: PixelCodeHead.groups, initial)
    convolution1 = try Convolution3x3(from, to, &initial)
    norm2 = try GroupNorm(to, groups: PixelCodeHead.groups, initial)
    convolution2 = try Convolution3x3(to, to, &initial)
    shortcut = from == to ? nil : try Linear(to, to, bias: false, &initial)
  }

  /// x: [B, H, W, from] gives [B, H, W, to].
  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try Stop.check()
    let h = try convolution1(bordering: norm1(x).silu())
    let y = try convolution2(bordering: norm2(h).silu())
    return try y.add(shortcut?(y) ?? x)
  }

  var namedParameters: [NamedParameter] {
    norm1.named(under: "norm1") + convolution1.named(under: "convolution1")
      + norm2.named(under: "norm2") + convolution2.named(under: "convolution2")
      + (shortcut?.named(under: "shortcut") ?? [])
  }
}

/// Normalisation of pictures [B, H, W, C] over groups of channels, epsilon 1e-6.
final class GroupNorm: Module {
  private let gain: Tensor
  private let bias: Tensor
  private let groups: Int

  init(_ channels: Int, groups: Int, _ initial: Initializer) throws {
    self.groups = groups
    gain = try initial.constant(1, [channels])
    bias = try initial.constant(0, [channels])
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let (batch, channels) = (x.shape[0], x.shape[3])
    let (places, each) = (x.shape[1] * x.shape[2], channels / groups)
    let rows = try x.reshape([batch, places, groups, each]).permute([0, 2, 1, 3])
      .reshape([batch * groups, places * each])
    let centred = try rows.sub(rows.mean(dim: 1, keepDim: true))
    let variance = try centred.square().mean(dim: 1, keepDim: true)
    return try centred.div(variance.add(1e-6).sqrt())
      .reshape([batch, groups, places, each]).permute([0, 2, 1, 3])
      .reshape(x.shape).mul(gain).add(bias)
  }

  var namedParameters: [NamedParameter] {
    [NamedParameter("gain", gain), NamedParameter("bias", bias)]
  }
}

extension Convolution3x3 {
  /// The convolution with zeros around pictures [B, H, W, C], in place of their repeated edge.
  func callAsFunction(bordering x: Tensor) throws -> Tensor {
    try self(x.pad([0, 0, 1, 1, 1, 1])).pad([0, 0, -1, -1, -1, -1])
  }
}

extension Tensor {
  /// Pictures [B, H, W, C] with every pixel four times: [B, 2 H, 2 W, C].
  fileprivate func doubled() throws -> Tensor {
    let (batch, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
    return try reshape([batch, height, 1, width, 1, channels])
      .expand([batch, height, 2, width, 2, channels])
      .reshape([batch, 2 * height, 2 * width, channels])
  }
}
