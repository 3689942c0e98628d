// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints of TiTok (Yu et al., 2024), of One-D-Piece, which has the same tensors, and of the
// one-stage models with VQ or KL, as SMAP tokenizers: the architectures agree, so each tensor goes
// to its place and the imported tokenizer computes what the original does. The class, which TiTok
// lacks, is added with weights of zero: it changes nothing until it is trained (docs/Method.md, 8).

import Networks
import Tensors

/// How a TiTok checkpoint is to be read, where the file itself does not tell.
public struct TitokReading: Sendable {
  /// The order of numbers in front of the bottleneck.
  public enum Layout: String, Sendable, CaseIterable {
    /// Of the first releases (L-32, B-64, S-128) and of One-D-Piece.
    case legacy
    /// Of the later ones.
    case transpose
  }

  /// The order of numbers in front of the bottleneck.
  public var layout: Layout
  /// The classes that a training may tell the tokenizer.
  public var numClasses = 1000
  /// The width of a head of the attention.
  public var headWidth = 64
  /// Whether VQ compares unit vectors; nil for what the releases of the layout do.
  public var l2Norm: Bool?

  /// A reading in the given layout.
  public init(layout: Layout) { self.layout = layout }
}

extension SMAPTokenizer {
  /// Reads a checkpoint of TiTok.
  ///
  /// - Throws: a `CheckpointError` that lists all tensors that are missing, unexpected or of
  ///   another shape; a `FileError` if the file cannot be read.
  public static func loadTitok(path: String, _ reading: TitokReading) throws -> SMAPTokenizer {
    let keys = TitokKeys(try Checkpoint.read(path: path), path: path)
    let configuration = try keys.configuration(reading)
    let tokenizer = try SMAPTokenizer(configuration, seed: 0)
    try TitokTransfer(keys, to: tokenizer).run()
    tokenizer.quantizer.refresh()
    tokenizer.notes = [("source", "a TiTok checkpoint in the layout \(reading.layout.rawValue)")]
    return tokenizer
  }
}

extension TitokKeys {
  /// The architecture that the shapes of the file tell.
  func configuration(_ reading: TitokReading) throws -> TokenizerConfiguration {
    let latents = shape("latent_tokens", rank: 2)
    let patch = shape("encoder.patch_embed.weight", rank: 4)
    let positions = shape("encoder.positional_embedding", rank: 2)
    let embedded = shape("decoder.decoder_embed.weight", rank: 2)
    let isMixed = has("pixel_quantize.embedding.weight") || has("decoder.ffn.2.weight")
    let codes = isMixed ? shape("pixel_quantize.embedding.weight", rank: 2) : [0, 0]
    let levels = isMixed ? count(under: "pixel_decoder.up.") : 0
    let channels = (0..<levels).map {
      shape("pixel_decoder.up.\($0).block.0.conv2.weight", rank: 4)[0]
    }
    try requireAll(isWhole: false)

    var made = TokenizerConfiguration()
    let grid = (1...4096).first { $0 * $0 + 1 >= positions[0] } ?? 4096
    (made.patchSize, made.imageSize) = (
      patch[3], patch[3].multipliedReportingOverflow(by: grid).partialValue
    )
    (made.numTokens, made.width) = (latents[0], latents[1])
    (made.decoderWidth, made.tokenDim) = (embedded[0], embedded[1])
    for width in [made.width, made.decoderWidth] where width % reading.headWidth != 0 {
      throw TensorError.value(
        "head_width \(reading.headWidth) does not divide the width \(width) of this checkpoint",
        hint: "the releases of TiTok have heads of 64")
    }
    made.heads = made.width / reading.headWidth
    made.decoderHeads = made.decoderWidth / reading.headWidth
    made.depth = blocks(under: "encoder.transformer.")
    made.decoderDepth = blocks(under: "decoder.transformer.")
    made.layout = reading.layout == .legacy ? .legacy : .transpose
    (made.mask, made.decoderSlot, made.linearPath, made.pixelChannels) = (.full, true, false, 0)
    (made.injectAs, made.numClasses) = (.add, reading.numClasses)
    made.head = isMixed ? .codes : .convolution
    (made.pixelCodes, made.pixelCodeDim, made.pixelLevels) = (codes[0], codes[1], channels)
    if has("quantize.embedding.weight"), let vq = QuantizerKind(rawValue: VQQuantizer.name) {
      made.quantizer = vq
      made.codebookSize = shape("quantize.embedding.weight", rank: 2)[0]
      made.l2Norm = reading.l2Norm ?? (reading.layout == .legacy)
      made.codeUpdate = .gradient
      made.deadCodes = has("quantize.embed_prob") ? .anchor : .restart
    }
    try requireAll(isWhole: false)
    do {
      try made.validate()
    } catch let error as TensorError {
      throw CheckpointError(
        path: path, message: "its tensors make no tokenizer: \(error.message)", hint: error.hint)
    }
    return made
  }
}

/// Moves the tensors of a file to their places in a tokenizer.
private struct TitokTransfer {
  private let keys: TitokKeys
  private let made: TokenizerConfiguration
  private let tokenizer: SMAPTokenizer
  private let places: [String: Tensor]

  init(_ keys: TitokKeys, to tokenizer: SMAPTokenizer) {
    (self.keys, self.tokenizer, made) = (keys, tokenizer, tokenizer.configuration)
    places = Dictionary(tokenizer.stateTensors.map { ($0.name, $0.tensor) }) { first, _ in first }
  }

  func run() throws {
    try Tensor.withoutGradients {
      try encoder()
      try quantizer()
      try decoder()
      if made.head == .codes { try pixelDecoder() } else { try pixels() }
      try keys.requireAll(isWhole: true)
      try tokenizer.encoder.silenceCondition()
      try tokenizer.decoder.silenceCondition()
    }
  }

  // MARK: - Halves

  private func encoder() throws {
    let (width, side, dim) = (made.width, made.patchSize, made.tokenDim)
    try set("encoder.patch.weight", "encoder.patch_embed.weight", [width, 3, side, side]) {
      try $0.permute([0, 2, 3, 1])
    }
    try set("encoder.patch.bias", "encoder.patch_embed.bias", [width])
    try common("encoder", width, depth: made.depth, slot: "encoder.class_slot")
    if let tokens = keys.take("latent_tokens", [made.numTokens, width]),
      let own = positions("encoder", width)
    {
      try put("encoder.queries", tokens.add(own))
    }
    // Beside VQ an output for each number of a token, beside KL one for its mean and one for the
    // logarithm of its variance.
    let isGaussian = made.quantizer.type.heads.count == 1
    let outputs = isGaussian ? 2 * dim : dim
    let parts = isGaussian ? ["encoder.project", "encoder.log_variance"] : ["encoder.project"]
    let weight = keys.take("encoder.conv_out.weight", [outputs, width, 1, 1])
    let bias = keys.take("encoder.conv_out.bias", [outputs])
    for (i, part) in parts.enumerated() {
      if let weight { try put(part + ".weight", weight.narrow(dim: 0, start: i * dim, count: dim)) }
      if let bias { try put(part + ".bias", bias.narrow(dim: 0, start: i * dim, count: dim)) }
    }
  }

  private func quantizer() throws {
    guard made.quantizer.rawValue == VQQuantizer.name else { return }
    try set(
      "quantizer.codes", "quantize.embedding.weight", [made.codebookSize, made.tokenDim])
    if keys.has("quantize.embed_prob"),
      let usage = keys.take("quantize.embed_prob", [made.codebookSize])
    {
      (tokenizer.quantizer as? VQQuantizer)?.codebook.usage.assign(usage)
    }
  }

  private func decoder() throws {
    let width = made.decoderShape.width
    try set("decoder.latent.weight", "decoder.decoder_embed.weight", [width, made.tokenDim])
    try set("decoder.latent.bias", "decoder.decoder_embed.bias", [width])
    try set("decoder.mask_token", "decoder.mask_token", [1, 1, width])
    try common("decoder", width, depth: made.decoderDepth, slot: "decoder.class_slot")
    if let own = positions("decoder", width) { try put("decoder.latent_positions", own) }
  }

  private func positions(_ half: String, _ width: Int) -> Tensor? {
    keys.take("\(half).latent_token_positional_embedding", [made.numTokens, width])
  }

  /// What encoder and decoder have: slot, positions, norms, blocks.
  private func common(_ half: String, _ width: Int, depth: Int, slot: String) throws {
    let embedding = keys.take("\(half).class_embedding", [1, width])
    if let all = keys.take("\(half).positional_embedding", [made.patchCount + 1, width]) {
      let first = try all.narrow(dim: 0, start: 0, count: 1)
      if let embedding { try put(slot, embedding.add(first)) }
      try put("\(half).positions", all.narrow(dim: 0, start: 1, count: made.patchCount))
    }
    try norm("\(half).norm_pre", "\(half).ln_pre", width)
    try norm("\(half).norm_post", "\(half).ln_post", width)
    for i in 0..<depth {
      let (to, from) = ("\(half).blocks.\(i)", "\(half).transformer.\(i)")
      try norm("\(to).norm1", "\(from).ln_1", width)
      try norm("\(to).norm2", "\(from).ln_2", width)
      try set("\(to).attention.qkv.weight", "\(from).attn.in_proj_weight", [3 * width, width])
      try set("\(to).attention.qkv.bias", "\(from).attn.in_proj_bias", [3 * width])
      try linear("\(to).attention.out", "\(from).attn.out_proj", [width, width])
      try linear("\(to).mlp.expand", "\(from).mlp.c_fc", [4 * width, width])
      try linear("\(to).mlp.contract", "\(from).mlp.c_proj", [width, 4 * width])
    }
  }

  // MARK: - Pixels

  private func pixels() throws {
    let (width, side) = (made.decoderShape.width, made.patchSize)
    try linear("decoder.pixels", "decoder.ffn.0", [3 * side * side, width, 1, 1])
    try convolution("decoder.convolution.0", "decoder.conv_out", 3, 3)
  }

  private func pixelDecoder() throws {
    let (width, channels) = (made.decoderShape.width, made.pixelLevels)
    try linear("decoder.pixels", "decoder.ffn.0", [2 * width, width, 1, 1])
    try linear("decoder.codes.choose", "decoder.ffn.2", [made.pixelCodes, 2 * width, 1, 1])
    try set(
      "decoder.codes.table", "pixel_quantize.embedding.weight",
      [made.pixelCodes, made.pixelCodeDim])
    let (to, from) = ("decoder.codes", "pixel_decoder")
    var held = channels[channels.count - 1]
    try convolution("\(to).first", "\(from).conv_in", made.pixelCodeDim, held)
    for i in 0..<2 { try residual("\(to).middle.\(i)", "\(from).mid.\(i)", held, held) }
    for level in channels.indices.reversed() {
      for i in 0..<2 {
        try residual(
          "\(to).levels.\(level).\(i)", "\(from).up.\(level).block.\(i)", held, channels[level])
        held = channels[level]
      }
      if level > 0 {
        try convolution(
          "\(to).levels.\(level).upsampled", "\(from).up.\(level).upsample_conv", held, held)
      }
    }
    try norm("\(to).norm", "\(from).norm_out", held)
    try convolution("\(to).last", "\(from).conv_out", held, 3)
  }

  private func residual(_ to: String, _ from: String, _ inputs: Int, _ outputs: Int) throws {
    try norm("\(to).norm1", "\(from).norm1", inputs)
    try convolution("\(to).convolution1", "\(from).conv1", inputs, outputs, bias: false)
    try norm("\(to).norm2", "\(from).norm2", outputs)
    try convolution("\(to).convolution2", "\(from).conv2", outputs, outputs, bias: false)
    guard inputs != outputs else { return }
    try set("\(to).shortcut.weight", "\(from).nin_shortcut.weight", [outputs, outputs, 1, 1])
  }

  // MARK: - Layers

  private func norm(_ to: String, _ from: String, _ width: Int) throws {
    try set("\(to).gain", "\(from).weight", [width])
    try set("\(to).bias", "\(from).bias", [width])
  }

  private func linear(_ to: String, _ from: String, _ shape: [Int]) throws {
    try set("\(to).weight", "\(from).weight", shape)
    try set("\(to).bias", "\(from).bias", [shape[0]])
  }

  /// [out, in, 3, 3] as rows of nine neighbours, each with its channels.
  private func convolution(
    _ to: String, _ from: String, _ inputs: Int, _ outputs: Int, bias: Bool = true
  ) throws {
    try set("\(to).weight", "\(from).weight", [outputs, inputs, 3, 3]) {
      try $0.permute([0, 2, 3, 1])
    }
    if bias { try set("\(to).bias", "\(from).bias", [outputs]) }
  }

  /// Moves one tensor, in the order of numbers that `arrange` gives it.
  private func set(
    _ to: String, _ from: String, _ shape: [Int], _ arrange: (Tensor) throws -> Tensor = { $0 }
  ) throws {
    if let tensor = keys.take(from, shape) { try put(to, arrange(tensor)) }
  }

  private func put(_ name: String, _ values: Tensor) throws {
    guard let place = places[name], place.count == values.count else {
      throw TensorError.value("a tokenizer has no place for \(values.shape) at `\(name)`")
    }
    place.assign(values)
  }
}
