// SPDX-License-Identifier: Apache-2.0
//
// The transformer that turns tokens into pictures.

import Networks
import Tensors

/// [mask tokens | condition | tokens] to pixels.
final class TokenizerDecoder: Module {
  private let configuration: TokenizerConfiguration
  private let maskToken: Tensor
  private let positions: Tensor
  private let latent: Linear
  private let latentPositions: Tensor
  /// What stands in for dropped tokens, for the modes that learn it.
  private let stand: Tensor?
  private let condition: ConditionInjection
  private let base: Linear?
  private let normPre: LayerNorm
  private let blocks: Transformer
  private let normPost: LayerNorm
  private let toPixels: Linear
  private let convolutions: [Convolution3x3]
  private let classSlot: Tensor?
  private let codes: PixelCodeHead?

  /// What tells the augmentation of pictures, in training.
  var augmentation: Tensor { condition.augmentation }

  init(_ configuration: TokenizerConfiguration, _ initial: inout Initializer) throws {
    self.configuration = configuration
    let (shape, side) = (configuration.decoderShape, configuration.patchSize)
    let width = shape.width
    let deviation = 1 / Float(width).squareRoot()
    maskToken = try initial.normal([1, width], deviation: deviation)
    positions = try initial.normal([configuration.patchCount, width], deviation: deviation)
    latent = try Linear(configuration.tokenDim, width, &initial)
    latentPositions = try initial.normal([configuration.numTokens, width], deviation: deviation)
    condition = try ConditionInjection(
      configuration, depth: configuration.decoderDepth, width: width, &initial)
    base = configuration.linearPath ? try Linear(side * side * 3, width, &initial) : nil
    normPre = try LayerNorm(width, initial)
    blocks = try Transformer(
      width: width, depth: configuration.decoderDepth, heads: shape.heads, &initial)
    normPost = try LayerNorm(width, initial)
    let features = configuration.pixelChannels
    let isMixed = configuration.head == .codes
    // With a linear path, the transformer starts as a zero correction.
    let lastGain: Float = configuration.linearPath ? 0 : 1
    toPixels = try Linear(
      width, isMixed ? 2 * width : side * side * (features == 0 ? 3 : features),
      gain: features == 0 ? lastGain : 1, &initial)
    let first = features + (configuration.linearPath ? 3 : 0)
    convolutions =
      features == 0
      ? try configuration.head == .convolution ? [Convolution3x3(3, 3, &initial)] : []
      : [
        try Convolution3x3(first, features, &initial),
        try Convolution3x3(features, features, &initial),
        try Convolution3x3(features, 3, gain: lastGain, &initial),
      ]
    let standIns: Int? =
      switch configuration.missing {
      case .maskShared: 1
      case .maskPos, .maskLength: configuration.numTokens
      case .remove, .attn, .zero, .redundant: nil
      }
    stand = try standIns.map { try initial.normal([$0, configuration.tokenDim], deviation: 0.02) }
    classSlot =
      configuration.decoderSlot ? try initial.normal([1, width], deviation: deviation) : nil
    codes = isMixed ? try PixelCodeHead(configuration, &initial) : nil
  }

  /// tokens: [B, k, T], base: [B, H, W, 3] or nil; the pixels are [B, H, W, 3].
  func callAsFunction(
    _ tokens: Tensor, at places: TokenPlaces, base linear: Tensor?, condition told: Condition
  ) throws -> DrawnPixels {
    let (batch, width) = (tokens.shape[0], configuration.decoderShape.width)
    let label = try condition(told)
    let known = try located(tokens, places)
    let centred = try linear?.sub(0.5)
    var canvas = try positions.add(maskToken)
    if let centred, let base {
      canvas = try base(PixelLayout.patches(centred, side: configuration.patchSize)).add(canvas)
    }
    canvas = try label.added(to: canvas, batch: batch)
    let stream = try Tensor.assembled(
      batch: batch, width: width, [canvas] + (classSlot.map { [$0] } ?? []) + label.tokens + [known]
    )
    let before = stream.shape[1] - known.shape[1]
    let seen = configuration.missing.fills ? nil : places.lengths?.map { before + $0 }
    let outputs = try normPost(
      blocks(
        normPre(stream), for: 0..<configuration.patchCount, modulation: label.modulation,
        lengths: seen, noise: told.hints?.noise))
    return try draw(outputs, linear: linear, centred: centred)
  }

  /// Tokens with what stands in for the dropped ones, in the width of the transformer and with
  /// their positions.
  private func located(_ tokens: Tensor, _ places: TokenPlaces) throws -> Tensor {
    let (batch, total) = (tokens.shape[0], configuration.numTokens)
    guard configuration.missing.fills else {
      let rows =
        places.isPrefix
        ? try latentPositions.narrow(dim: 0, start: 0, count: tokens.shape[1])
        : try latentPositions.rows(at: places.positions)
      return try latent(tokens).add(rows)
    }
    var all = try places.spread(
      tokens, over: total, repeating: configuration.missing == .redundant)
    if let stand {
      let rows =
        configuration.missing == .maskLength
        ? try stand.rows(at: places.counts(batch).map { $0 - 1 })
          .reshape([batch, 1, configuration.tokenDim]) : stand
      all = try all.add(places.missing(batch, of: total).mul(rows))
    }
    return try latent(all).add(latentPositions)
  }

  private func draw(_ outputs: Tensor, linear: Tensor?, centred: Tensor?) throws -> DrawnPixels {
    if let codes {
      let features = try codes(toPixels(outputs).tanh(), grid: configuration.grid)
      let input = features.detached
      return DrawnPixels(
        pixels: try codes.last(bordering: features),
        lastLayer: { try codes.last(bordering: input) },
        weight: codes.last.weight)
    }
    func unfolded(_ patches: Tensor) throws -> Tensor {
      try PixelLayout.pixels(
        patches, grid: configuration.grid, side: configuration.patchSize,
        channels: configuration.pixelChannels == 0 ? 3 : configuration.pixelChannels)
    }
    func complete(_ pixels: Tensor) throws -> Tensor {
      try linear.map { try pixels.add($0) } ?? pixels.add(0.5)
    }
    var pixels = try unfolded(toPixels(outputs))
    guard let last = convolutions.last else {
      let input = outputs.detached
      return DrawnPixels(
        pixels: try complete(pixels), lastLayer: { try unfolded(self.toPixels(input)) },
        weight: toPixels.weight)
    }
    if configuration.head == .convolution {
      let input = pixels.detached
      return DrawnPixels(
        pixels: try last(bordering: pixels), lastLayer: { try last(bordering: input) },
        weight: last.weight)
    }
    if let centred { pixels = try Tensor.cat([pixels, centred], dim: 3) }
    for convolution in convolutions.dropLast() {
      pixels = try convolution(pixels, activation: .gelu)
    }
    let input = pixels.detached
    return DrawnPixels(
      pixels: try complete(last(pixels)), lastLayer: { try last(input) }, weight: last.weight)
  }

  /// Makes a class that is added change nothing until it is trained.
  func silenceCondition() throws { try condition.silence() }

  var namedParameters: [NamedParameter] {
    [
      NamedParameter("mask_token", maskToken), NamedParameter("positions", positions),
      NamedParameter("latent_positions", latentPositions),
    ] + (stand.map { [NamedParameter("missing", $0)] } ?? []) + latent.named(under: "latent")
      + (classSlot.map { [NamedParameter("class_slot", $0)] } ?? [])
      + condition.named(under: "condition")
      + (base?.named(under: "base") ?? []) + normPre.named(under: "norm_pre")
      + blocks.named(under: "blocks") + normPost.named(under: "norm_post")
      + toPixels.named(under: "pixels")
      + convolutions.enumerated().flatMap { $1.named(under: "convolution.\($0)") }
      + (codes?.named(under: "codes") ?? [])
  }
}
