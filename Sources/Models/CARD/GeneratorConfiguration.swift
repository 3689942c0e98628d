// SPDX-License-Identifier: Apache-2.0
//
// The architecture of a generator: what the tokenizer decides, the backbone, and the head with its
// options. Script signature, validation and checkpoint metadata derive from the table.

import Networks
import Tensors
import Training

/// The architecture of a CARD generator.
public struct GeneratorConfiguration: Sendable, Equatable {
  /// The number of tokens of the tokenizer (K).
  public var numTokens: Int
  /// Channels of a token (T).
  public var tokenDim: Int
  /// The number of classes (C).
  public var numClasses: Int
  /// The sizes of the digits of a code, least significant first; empty without codes.
  public var codeDigits: [Int] = []
  /// What samples the tokens.
  public var head = HeadKind.standard
  /// Width of the backbone (D).
  public var width = 128
  /// Blocks of the backbone.
  public var depth = 4
  /// Attention heads.
  public var heads = 4
  /// Width of the head.
  public var headWidth = 160
  /// Blocks of the head.
  public var headDepth = 3
  /// Blocks of the transformer that refines all tokens.
  public var refineDepth = 4
  /// The share of noise in coarse tokens, by deviation.
  public var coarseNoise: Float = 0.5
  /// Whether the generator is told how many tokens are sampled.
  public var lengthToken = false

  /// The default architecture for the tokens of a tokenizer.
  public init(for tokenizer: TokenizerConfiguration) {
    numTokens = tokenizer.numTokens
    tokenDim = tokenizer.tokenDim
    numClasses = tokenizer.numClasses
    codeDigits = tokenizer.quantizer.type.codeDigits(tokenizer)
  }

  /// Throws a ValueError that names the first choice that cannot be.
  public func validate() throws {
    try validateOptions()
    guard width % heads == 0 else {
      throw TensorError.value("width \(width) is not a multiple of \(heads) heads")
    }
    var codes = 1
    for size in codeDigits {
      codes *= size
      guard codes <= CodeDigits.mostCodes else {
        throw TensorError.value("code_digits make more than 2^24 codes")
      }
    }
    try head.type.validate(self)
  }

  /// Numbers that a generator of a validated configuration holds at least, in memory and in a file.
  var sizes: [SizePart] {
    let common = [
      SizePart(2 * numTokens * tokenDim, "num_tokens", "token_dim"),
      SizePart((numClasses + 1) * width, "num_classes", "width"),
      SizePart(lengthToken ? numTokens * width : 0, "num_tokens", "width"),
    ]
    return common + (head.type.hasBackbone ? CausalBackbone.sizes(self) : [])
      + head.type.sizes(self)
  }

  var metadata: [(key: String, value: String)] { optionMetadata + head.type.conventions }

  /// What the checkpoint of a training must agree with.
  var modelSettings: ModelSettings {
    var settings = ModelSettings("generator")
    settings.add(self, fresh: GeneratorConfiguration(for: TokenizerConfiguration()))
    return settings
  }

  init(metadata: MetadataReader) throws {
    (numTokens, tokenDim, numClasses) = (0, 0, 0)
    try read(metadata)
    try validate()
  }
}

extension GeneratorConfiguration: OptionTable {
  /// The options that a tokenizer decides: they are no arguments of a script.
  public static let optionsOfTokenizer = ["num_tokens", "token_dim", "num_classes", "code_digits"]

  /// The options, the first of which follow from the tokenizer.
  public static let options: [OptionRow<GeneratorConfiguration>] = [
    .integer("num_tokens", \.numTokens, 1...4096, "Tokens per picture (K)."),
    .integer("token_dim", \.tokenDim, 1...1024, "Channels of a token (T)."),
    .integer("num_classes", \.numClasses, 1...100_000, "The number of classes."),
    .integers(
      "code_digits", \.codeDigits, each: 2...1 << 18, atMost: 24,
      "The sizes of the digits of a code, empty if tokens are no codes.", since: 6),
    .word("head", \.head, "What samples the tokens."),
    .integer("width", \.width, 1...8192, "The width of the transformers."),
    .integer("depth", \.depth, 1...128, "Blocks of the transformer."),
    .integer("heads", \.heads, 1...256, "Heads of the attention."),
    OptionRow.integer("head_width", \.headWidth, 1...8192, "The width of the head.")
      .onlyForHeads(),
    OptionRow.integer("head_depth", \.headDepth, 1...128, "Blocks of the head.").onlyForHeads(),
    OptionRow.integer(
      "refine_depth", \.refineDepth, 1...128,
      "Blocks of the transformer that refines all tokens.", since: 6
    ).onlyForHeads(),
    OptionRow.number(
      "coarse_noise", \.coarseNoise, 0...1,
      "The share of noise in the coarse tokens that are refined.", since: 6
    ).onlyForHeads(),
    .flag(
      "length_token", \.lengthToken,
      "Whether the generator is told how many tokens are sampled, and trained on prefixes.",
      since: 6),
  ]
}

extension OptionRow<GeneratorConfiguration> {
  /// The option, which only those heads read that name it.
  fileprivate func onlyForHeads() -> OptionRow {
    let name = name
    let readers = HeadRegistry.all.filter { $0.options.contains(name) }
    let words = readers.map { "\"\($0.name)\"" }.joined(separator: " or ")
    return needs("head = \(words)") { $0.head.type.options.contains(name) }
  }
}
