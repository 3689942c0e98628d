// SPDX-License-Identifier: Apache-2.0
//
// The choices that define a tokenizer. They travel in the metadata of its checkpoint.

import Files
import Tensors

/// Which halves of the tokenizer are told the class.
public enum Injection: String, Sendable, CaseIterable {
  case none, encoder, decoder, both

  var reachesEncoder: Bool { self == .encoder || self == .both }
  var reachesDecoder: Bool { self == .decoder || self == .both }
}

/// The architecture of an SMAP tokenizer. Symbols of the method stand in parentheses.
public struct TokenizerConfiguration: Sendable, Equatable {
  /// Side of the square picture in pixels (H = W).
  public var imageSize = 32
  /// Side of a patch in pixels (p).
  public var patchSize = 8
  /// The number of latent tokens (K).
  public var numTokens = 16
  /// Channels of a token (T).
  public var tokenDim = 6
  /// The bottleneck.
  public var quantizer = QuantizerKind.standard
  /// The number of codes of a VQ bottleneck (V).
  public var codebookSize = 1024
  /// Width of the transformers (D).
  public var width = 128
  /// Encoder blocks (L).
  public var depth = 2
  /// Decoder blocks.
  public var decoderDepth = 4
  /// Attention heads (h).
  public var heads = 4
  /// The number of classes (C); the tables have one row more, for null.
  public var numClasses = 22
  /// Where the class enters.
  public var inject = Injection.both
  /// Whether a linear encoder and decoder, fitted to the data first, run beside the transformers.
  public var linearPath = true
  /// Feature channels of the decoder's convolutions at full resolution.
  public var pixelChannels = 24
  /// Tail token dropping during training.
  public var tailDrop: TailDrop

  /// The default configuration.
  public init() throws {
    tailDrop = try TailDrop()
  }

  /// Patches along a side (g).
  public var grid: Int { imageSize / patchSize }
  /// The number of patches (N).
  public var patchCount: Int { grid * grid }
  /// Numbers of a flattened picture.
  public var pixelCount: Int { imageSize * imageSize * 3 }

  /// Throws a ValueError that names the first choice that cannot be.
  public func validate() throws {
    let positive = [
      ("image_size", imageSize), ("patch_size", patchSize), ("num_tokens", numTokens),
      ("token_dim", tokenDim), ("width", width), ("heads", heads), ("num_classes", numClasses),
      ("codebook_size", codebookSize), ("depth", depth), ("decoder_depth", decoderDepth),
      ("pixel_channels", pixelChannels),
    ]
    for (name, value) in positive where value < 1 || value > 1 << 20 {
      throw TensorError.value("\(name) cannot be \(value)", hint: "it is a whole number from 1")
    }
    guard imageSize % patchSize == 0 else {
      throw TensorError.value(
        "patch_size \(patchSize) does not divide image_size \(imageSize)")
    }
    guard width % heads == 0 else {
      throw TensorError.value("width \(width) is not a multiple of \(heads) heads")
    }
    guard imageSize <= 1024, width <= 8192, depth <= 128, decoderDepth <= 128 else {
      throw TensorError.value("this tokenizer would be larger than smap can train")
    }
    try quantizer.type.validate(self)
    guard tailDrop.minKeep <= numTokens else {
      throw TensorError.value("min_keep \(tailDrop.minKeep) exceeds num_tokens \(numTokens)")
    }
  }

  /// Numbers that a tokenizer of a validated configuration needs at least, by the choice that asks
  /// for them.
  var leastCounts: [(key: String, count: Int)] {
    let patch = patchSize * patchSize
    var counts = [
      ("image_size", patchCount * width), ("patch_size", 3 * patch * width),
      ("num_tokens", numTokens * width), ("token_dim", tokenDim * width),
      ("num_classes", numClasses * width), ("depth", 4 * depth * width * width),
      ("decoder_depth", 4 * decoderDepth * width * width),
      ("pixel_channels", pixelChannels * max(9 * pixelChannels, patch * width)),
    ]
    if linearPath {
      counts += [
        ("num_classes", numClasses * pixelCount), ("num_tokens", numTokens * tokenDim * pixelCount),
      ]
    }
    return counts + quantizer.type.leastCounts(self)
  }

  /// The metadata entries that rebuild this configuration.
  var metadata: [(key: String, value: String)] {
    [
      ("image_size", "\(imageSize)"), ("patch_size", "\(patchSize)"),
      ("num_tokens", "\(numTokens)"), ("token_dim", "\(tokenDim)"),
      ("quantizer", quantizer.rawValue), ("codebook_size", "\(codebookSize)"),
      ("width", "\(width)"), ("depth", "\(depth)"), ("decoder_depth", "\(decoderDepth)"),
      ("heads", "\(heads)"), ("num_classes", "\(numClasses)"), ("inject", inject.rawValue),
      ("linear_path", linearPath ? "true" : "false"), ("pixel_channels", "\(pixelChannels)"),
      ("tail_drop", tailDrop.kind.rawValue), ("min_keep", "\(tailDrop.minKeep)"),
      ("full", "\(tailDrop.full)"), ("ratio", "\(tailDrop.ratio)"),
      ("curriculum", tailDrop.curriculum?.rawValue ?? ""), ("envelope", tailDrop.envelope.rawValue),
    ]
  }

  /// Rebuilds a configuration from the metadata of the checkpoint at `path`.
  init(metadata: MetadataReader) throws {
    try self.init()
    imageSize = try metadata.integer("image_size")
    patchSize = try metadata.integer("patch_size")
    numTokens = try metadata.integer("num_tokens")
    tokenDim = try metadata.integer("token_dim")
    quantizer = try metadata.choice("quantizer")
    codebookSize = try metadata.integer("codebook_size")
    width = try metadata.integer("width")
    depth = try metadata.integer("depth")
    decoderDepth = try metadata.integer("decoder_depth")
    heads = try metadata.integer("heads")
    numClasses = try metadata.integer("num_classes")
    inject = try metadata.choice("inject")
    linearPath = try metadata.flag("linear_path")
    pixelChannels = try metadata.integer("pixel_channels")
    let curriculum = try metadata.text("curriculum")
    tailDrop = try TailDrop(
      metadata.choice("tail_drop"), minKeep: metadata.integer("min_keep"),
      full: metadata.number("full"), ratio: metadata.number("ratio"),
      curriculum: curriculum.isEmpty ? nil : metadata.choice("curriculum"),
      envelope: metadata.choice("envelope"))
    try validate()
  }
}
