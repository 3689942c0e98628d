// SPDX-License-Identifier: Apache-2.0
//
// The choices that define a tokenizer. They travel in the metadata of its checkpoint.

import Files
import Networks
import Tensors
import Training

/// Which of encoder and decoder are told the class.
public enum Injection: String, Sendable, CaseIterable {
  case none, encoder, decoder, both

  var reachesEncoder: Bool { self == .encoder || self == .both }
  var reachesDecoder: Bool { self == .decoder || self == .both }
}

/// How the class enters encoder and decoder.
public enum InjectionForm: String, Sendable, CaseIterable {
  /// As tokens of the sequence.
  case tokens
  /// As shift and scale of every norm of the transformer; the projection starts at zero.
  case adaln
  /// Added to the class slot of the encoder and to the mask tokens of the decoder.
  case add
}

/// What the queries of the encoder start as.
public enum QueryKind: String, Sendable, CaseIterable {
  /// Learned vectors.
  case learned
  /// Learned vectors and the mean of patch features over cells of coarse to fine grids.
  case pooled
}

/// Which tokens of the encoder a query attends to besides patches and class.
public enum LatentMask: String, Sendable, CaseIterable {
  /// The queries up to itself: k tokens do not depend on how many follow.
  case causalLatent = "causal-latent"
  /// As causal-latent; groups behind the first see all of their group.
  case grouped
  /// All queries.
  case full

  /// The mask of the encoder's transformer, whose queries lie behind `before` tokens.
  func attention(behind before: Int, size: Int) -> AttentionMask {
    switch self {
    case .causalLatent: .causalAfter(prefix: before)
    case .grouped: .grouped(prefix: before, size: size)
    case .full: .full
    }
  }
}

/// What the decoder gets in place of tokens that were dropped.
public enum MissingTokens: String, Sendable, CaseIterable {
  /// Nothing: the sequence is shorter. Pictures of different lengths are masked as by `attn`.
  case remove
  /// The tokens, which nothing attends to; equals `remove` up to rounding.
  case attn
  /// One learned vector (FlexTok).
  case maskShared = "mask-shared"
  /// A learned vector for each position (Semanticist).
  case maskPos = "mask-pos"
  /// A learned vector for each length that was kept.
  case maskLength = "mask-length"
  /// Zeros.
  case zero
  /// The kept tokens in turn, so that every position is trained in every step.
  case redundant = "repeat"

  /// Whether the decoder is given K tokens, whatever the length.
  var fills: Bool { self != .remove && self != .attn }
}

/// How the outputs of the queries are read before they are projected to tokens.
enum LatentLayout: String, Sendable, CaseIterable {
  /// Token k is the output of query k.
  case transpose
  /// The outputs [K, D] are taken for [D, K] without moving a number, as the first releases of
  /// TiTok do, so every token mixes all queries (docs/Method.md, 8).
  case legacy
}

/// How the outputs of the decoder's transformer become pixels.
enum PixelHead: String, Sendable, CaseIterable {
  /// Each becomes a patch, which `pixel_channels` convolutions smooth.
  case patches
  /// Each becomes a patch, and one convolution with zeros around the picture follows (TiTok).
  case convolution
  /// Each becomes a mixture of codes, which the decoder of a VQGAN turns into pixels (TiTok).
  case codes
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
  /// The number of codes (V), of FSQ the most that levels may make if none are given.
  public var codebookSize = 1024
  /// Whether VQ compares tokens and codes as unit vectors.
  public var l2Norm = true
  /// How the codes of VQ learn.
  var codeUpdate = CodeUpdate.ema
  /// Decay of the moving averages of VQ.
  public var codeDecay = 0.999
  /// What becomes of codes of VQ that nobody uses.
  var deadCodes = DeadCodes.restart
  /// Weight of the entropy term beside the rest of the bottleneck's penalty.
  public var entropyWeight = 0.0
  /// Temperature of the softmax over the codes of SoftVQ (τ).
  public var codeTemperature = 0.07
  /// Levels of each channel of FSQ; none to derive them from the number of codes.
  public var levels: [Int] = []
  /// Width of the transformers (D).
  public var width = 128
  /// Encoder blocks (L).
  public var depth = 2
  /// Decoder blocks.
  public var decoderDepth = 4
  /// Attention heads (h).
  public var heads = 4
  /// Width of the decoder's transformer; 0 for that of the encoder's.
  public var decoderWidth = 0
  /// Attention heads of the decoder's transformer; 0 for as many as the encoder's has.
  public var decoderHeads = 0
  /// Whether the decoder has a class slot too.
  var decoderSlot = false
  /// How the outputs of the queries are read.
  var layout = LatentLayout.transpose
  /// How the outputs of the decoder's transformer become pixels.
  var head = PixelHead.patches
  /// The number of codes of the head `codes`.
  var pixelCodes = 0
  /// Numbers of such a code.
  var pixelCodeDim = 0
  /// Channels of the head `codes` at each resolution, the full one first.
  var pixelLevels: [Int] = []
  /// The number of classes (C); the tables have one row more, for null. 0 if pictures are
  /// conditioned by vectors.
  public var numClasses = 10
  /// Numbers of the vector that a picture is conditioned by; 0 if it is conditioned by its class.
  public var conditionDim = 0
  /// Where the class enters.
  public var inject = Injection.both
  /// How the class enters.
  public var injectAs = InjectionForm.tokens
  /// The number of tokens of a class (M).
  public var conditionTokens = 1
  /// What the queries start as.
  public var queries = QueryKind.learned
  /// Which queries a query attends to.
  public var mask = LatentMask.causalLatent
  /// The size of a group of the mask `grouped` (G).
  public var groupSize = 4
  /// What the decoder gets in place of dropped tokens.
  public var missing = MissingTokens.remove
  /// Whether a linear encoder and decoder, fitted to the data first, run beside the transformers.
  public var linearPath = true
  /// Feature channels of the decoder's convolutions at full resolution.
  public var pixelChannels = 24
  /// Tail token dropping during training.
  public var tailDrop: TailDrop

  /// The default configuration.
  public init() { tailDrop = .standard }

  /// The width and the heads of the transformers of encoder and decoder.
  var encoderShape: TransformerShape { TransformerShape(width: width, heads: heads) }
  var decoderShape: TransformerShape {
    TransformerShape(
      width: decoderWidth == 0 ? width : decoderWidth,
      heads: decoderHeads == 0 ? heads : decoderHeads)
  }

  /// Patches along a side (g).
  public var grid: Int { imageSize / patchSize }
  /// The number of patches (N).
  public var patchCount: Int { grid * grid }
  /// Numbers of a flattened picture.
  public var pixelCount: Int { imageSize * imageSize * 3 }

  /// Throws a ValueError that names the first choice that cannot be.
  public func validate() throws {
    try validateOptions()
    guard imageSize % patchSize == 0 else {
      throw TensorError.value(
        "patch_size \(patchSize) does not divide image_size \(imageSize)")
    }
    try encoderShape.validate()
    try decoderShape.validate()
    try validateHead()
    guard (numClasses == 0) == (conditionDim > 0) else {
      throw conditionDim > 0
        ? TensorError.value(
          "a tokenizer is conditioned by a class or by a vector, not by both",
          hint: "leave num_classes or condition_dim out")
        : TensorError.value(
          "num_classes must be at least 1", hint: "inject = \"none\" tells the model no class")
    }
    try quantizer.type.validate(self)
    try tailDrop.validate()
    try tailDrop.checkFit(numTokens)
  }

  /// Throws a ValueError unless the head has what it needs and nothing else.
  private func validateHead() throws {
    guard head != .patches else { return }
    guard pixelChannels == 0, !linearPath else {
      throw TensorError.value(
        "the head \"\(head.rawValue)\" has no pixel_channels and no linear_path beside it")
    }
    guard head == .codes else { return }
    guard pixelCodes > 0, pixelCodeDim > 0, !pixelLevels.isEmpty,
      1 << (pixelLevels.count - 1) == patchSize,
      pixelLevels.allSatisfy({ $0 % PixelCodeHead.groups == 0 })
    else {
      throw TensorError.value(
        "the head \"codes\" needs pixel_codes, pixel_code_dim and pixel_levels, one for each doubling up "
          + "to the patch size, in multiples of \(PixelCodeHead.groups)")
    }
  }

  /// The metadata entries that rebuild this configuration.
  var metadata: [(key: String, value: String)] {
    optionMetadata + tailDrop.optionMetadata
  }

  /// What the checkpoint of a training must agree with.
  var modelSettings: ModelSettings {
    var settings = ModelSettings("tokenizer")
    settings.add(self, fresh: TokenizerConfiguration())
    settings.add(tailDrop, fresh: .standard) { $0 == "kind" ? "tail_drop" : "tail_drop.\($0)" }
    return settings
  }

  /// Rebuilds a configuration from the metadata of a checkpoint.
  init(metadata: MetadataReader) throws {
    self.init()
    try read(metadata)
    try tailDrop.read(metadata)
    try tailDrop.validate()
    try validate()
  }
}

/// The width and the heads of a transformer.
struct TransformerShape {
  let width: Int
  let heads: Int

  /// Throws a ValueError unless the heads divide the width.
  func validate() throws {
    guard width % heads == 0 else {
      throw TensorError.value("width \(width) is not a multiple of \(heads) heads")
    }
  }
}

extension TokenizerConfiguration: OptionTable {
  /// The options that only an imported checkpoint sets: they are no arguments of a script.
  public static let importedOptions = [
    "decoder_slot", "layout", "head", "pixel_codes", "pixel_code_dim", "pixel_levels",
  ]

  /// Everything but the schedule of tail dropping, which has a table of its own.
  public static let options: [OptionRow<TokenizerConfiguration>] = rows.map { row in
    let owners = QuantizerRegistry.all.filter { $0.options.contains(row.name) }.map { $0.name }
    guard !owners.isEmpty else { return row }
    return row.needs(
      QuantizerRegistry.choice(of: owners), orIs: row.value(TokenizerConfiguration())
    ) {
      $0.quantizer.type.options.contains(row.name)
    }
  }

  /// The quantizer and the options that only some quantizers read.
  public static let quantizerOptions = options.filter { row in
    row.name == "quantizer"
      || QuantizerRegistry.all.contains { $0.options.contains(row.name) }
  }

  private static let rows: [OptionRow<TokenizerConfiguration>] = [
    .integer("image_size", \.imageSize, 4...1024, "The side of a picture in pixels."),
    .integer("patch_size", \.patchSize, 1...1024, "The side of a patch in pixels."),
    .integer("num_tokens", \.numTokens, 1...4096, "Tokens per picture (K)."),
    .integer("token_dim", \.tokenDim, 1...1024, "Channels of a token (T)."),
    .word("quantizer", \.quantizer, "How tokens are limited, such as \"kl\"."),
    OptionRow<TokenizerConfiguration>.integer(
      "codebook_size", \.codebookSize, 2...1 << 18, "The number of codes (V)."
    ).isReplaced(by: "levels", orIs: .integer(TokenizerConfiguration().codebookSize)) {
      $0.quantizer.type == FSQQuantizer.self && !$0.levels.isEmpty
    },
    .flag(
      "l2_norm", \.l2Norm, "Whether vq compares tokens and codes as unit vectors.", since: 3),
    .word("code_update", \.codeUpdate, "How the codes of vq learn.", since: 3),
    OptionRow<TokenizerConfiguration>.number(
      "code_decay", \.codeDecay, 0...1, "The decay of the moving averages of vq.", since: 3
    ).needs(
      "code_update = \"ema\", or \"gradient\" with dead_codes = \"restart\"",
      orIs: .number(TokenizerConfiguration().codeDecay)
    ) { $0.codeUpdate == .ema || $0.codeUpdate == .gradient && $0.deadCodes == .restart },
    OptionRow<TokenizerConfiguration>.word(
      "dead_codes", \.deadCodes, "What becomes of codes of vq that nothing uses.", since: 3
    ).isReplaced(by: "code_update = \"simvq\"", orIs: .word(DeadCodes.restart.rawValue)) {
      $0.codeUpdate == .simvq
    },
    .number(
      "entropy_weight", \.entropyWeight, 0...1000, "The weight of the entropy term.", since: 3),
    .number(
      "code_temperature", \.codeTemperature, 1e-3...1000,
      "The temperature of the softmax of softvq.", since: 3),
    .integers(
      "levels", \.levels, each: 2...256, atMost: 1024, "The levels of each channel of fsq.",
      since: 3),
    .integer("width", \.width, 1...8192, "The width of the transformers."),
    .integer("depth", \.depth, 1...128, "Blocks of the encoder."),
    .integer("decoder_depth", \.decoderDepth, 1...128, "Blocks of the decoder."),
    .integer("heads", \.heads, 1...256, "Heads of the attention."),
    .integer("num_classes", \.numClasses, 0...100_000, "The number of classes (C)."),
    .word("inject", \.inject, "Which of encoder and decoder are given the class."),
    .flag("linear_path", \.linearPath, "Whether a linear code runs beside the transformers."),
    .integer(
      "pixel_channels", \.pixelChannels, 0...512,
      "Channels of the convolutions of the decoder; 0: none, patches become pixels at once."),
    OptionRow<TokenizerConfiguration>.word(
      "inject_as", \.injectAs, "How the class enters.", since: 3
    ).needs("inject = \"encoder\", \"decoder\" or \"both\"") { $0.inject != .none },
    OptionRow<TokenizerConfiguration>.integer(
      "condition_tokens", \.conditionTokens, 1...256, "Tokens of a class (M).", since: 3
    ).needs("inject = \"encoder\", \"decoder\" or \"both\"", orIs: .integer(1)) {
      $0.inject != .none
    },
    OptionRow<TokenizerConfiguration>.integer(
      "condition_dim", \.conditionDim, 0...65_536,
      "The length of the vector that is given in place of a class, with `condition` (0: a class is).",
      since: 4
    ).needs("inject = \"encoder\", \"decoder\" or \"both\"", orIs: .integer(0)) {
      $0.inject != .none
    },
    .word("queries", \.queries, "What the queries start as.", since: 3),
    // The first group is causal, and so is a group of one.
    OptionRow<TokenizerConfiguration>.word(
      "mask", \.mask, "Which queries a query attends to.", since: 3
    ).needs("group_size from 2 to num_tokens - 2") {
      $0.mask != .grouped || 2...max(2, $0.numTokens - 2) ~= $0.groupSize && $0.numTokens >= 4
    },
    OptionRow<TokenizerConfiguration>.integer(
      "group_size", \.groupSize, 1...4096, "Queries in a group of the mask \"grouped\".", since: 3
    ).needs("mask = \"grouped\"") { $0.mask == .grouped },
    .word("missing", \.missing, "What the decoder gets in place of dropped tokens.", since: 3),
    .integer(
      "decoder_width", \.decoderWidth, 0...8192,
      "The width of the decoder's transformer; 0: that of the encoder's.", since: 5),
    .integer(
      "decoder_heads", \.decoderHeads, 0...256,
      "Heads of the decoder's attention; 0: as many as the encoder's.", since: 5),
    .flag(
      "decoder_slot", \.decoderSlot, "Whether the decoder has a class slot, as that of TiTok.",
      since: 5),
    .word("layout", \.layout, "How the outputs of the queries are read.", since: 5),
    .word("head", \.head, "How the outputs of the decoder become pixels.", since: 5),
    .integer(
      "pixel_codes", \.pixelCodes, 0...1 << 18, "Codes of the head \"codes\".", since: 5),
    .integer(
      "pixel_code_dim", \.pixelCodeDim, 0...8192, "Channels of a code of the head \"codes\".",
      since: 5),
    .integers(
      "pixel_levels", \.pixelLevels, each: 32...8192, atMost: 11,
      "Channels of the head \"codes\" at each resolution, the full one first.", since: 5),
  ]
}
