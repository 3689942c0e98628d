// SPDX-License-Identifier: Apache-2.0
//
// CARD: samples the tokens of a picture one after another. A causal transformer reads the class and
// the previous tokens and predicts a context for the next one, from which the flow-matching head
// samples it. Since the tokens are ordered by importance, stopping after any number of them gives a
// picture. Backbone after LlamaGen, positions of the targets after MAR; docs/Method.md, section 6.
//
// The forward pass exists twice in this folder: as layers, which training differentiates, and as
// phases over single tokens, which sampling runs without a tape, three times as fast. The pairs:
//
//   layers                phases                                held equal by PhaseTests
//   Backbone.swift        KeyValueCache, BackboneWorker         backbonePhasesAreItsLayers
//   FlowHead.swift        FlowField, FlowWorker                 flowPhasesAreItsLayers
//   CARDGenerator.velocity  TokenPath, TokenWalker              walkersAreThePlainSolver

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
  /// Width of the backbone (D).
  public var width = 128
  /// Blocks of the backbone.
  public var depth = 4
  /// Attention heads.
  public var heads = 4
  /// Width of the flow head.
  public var headWidth = 160
  /// Blocks of the flow head.
  public var headDepth = 3

  /// The default architecture for the tokens of a tokenizer.
  public init(for tokenizer: TokenizerConfiguration) {
    numTokens = tokenizer.numTokens
    tokenDim = tokenizer.tokenDim
    numClasses = tokenizer.numClasses
  }

  /// Throws a ValueError that names the first choice that cannot be.
  public func validate() throws {
    try validateOptions()
    guard width % heads == 0 else {
      throw TensorError.value("width \(width) is not a multiple of \(heads) heads")
    }
  }

  /// Numbers that a generator of a validated configuration holds at least, in memory and in a file.
  var sizes: [SizePart] {
    [
      SizePart(depth * CausalBlock.size(width: width), "depth", "width"),
      SizePart(2 * numTokens * (width + tokenDim), "num_tokens", "width"),
      SizePart(tokenDim * (width + 2 * headWidth), "token_dim", "width"),
      SizePart((numClasses + 1) * width, "num_classes", "width"),
      SizePart(headDepth * FlowBlock.size(width: headWidth), "head_depth", "head_width"),
      SizePart(3 * headWidth * headWidth + width * headWidth, "head_width"),
    ]
  }

  var metadata: [(key: String, value: String)] {
    optionMetadata + [("head", "flow"), ("flow_convention", "x_t = (1-t) noise + t data")]
  }

  init(metadata: MetadataReader) throws {
    (numTokens, tokenDim, numClasses) = (0, 0, 0)
    try read(metadata)
    guard try metadata.text("head") == "flow" else {
      throw metadata.fail("head", "is none that this smap has")
    }
    try validate()
  }
}

extension GeneratorConfiguration: OptionTable {
  /// The options that a tokenizer decides: they are no arguments of a script.
  public static let optionsOfTokenizer = ["num_tokens", "token_dim", "num_classes"]

  /// The options, the first three of which follow from the tokenizer.
  public static let options: [OptionRow<GeneratorConfiguration>] = [
    .integer("num_tokens", \.numTokens, 1...4096, "Tokens per picture (K)."),
    .integer("token_dim", \.tokenDim, 1...1024, "Channels of a token (T)."),
    .integer("num_classes", \.numClasses, 1...100_000, "The number of classes."),
    .integer("width", \.width, 1...8192, "The width of the backbone."),
    .integer("depth", \.depth, 1...128, "Blocks of the backbone."),
    .integer("heads", \.heads, 1...256, "Heads of the attention."),
    .integer("head_width", \.headWidth, 1...8192, "The width of the head."),
    .integer("head_depth", \.headDepth, 1...128, "Blocks of the head."),
  ]
}

/// A causal generator of tokens.
public final class CARDGenerator: TrainedModel {
  /// The architecture.
  public let configuration: GeneratorConfiguration
  let classes: Embedding
  let input: Linear
  let positions: Tensor
  let blocks: [CausalBlock]
  let norm: RMSNorm
  let targets: Tensor
  let head: FlowHead
  /// Mean of each token and channel over the training set: [K, T].
  let mean: Tensor
  /// Standard deviation of each token and channel over the training set: [K, T].
  let deviation: Tensor
  /// Names of the classes, in order of index; may be empty.
  public var classNames: [String] = []
  /// Notes stored in the checkpoint.
  public var notes: [(key: String, value: String)] = []
  var training: WeightsInTraining?

  /// A generator with initial weights sampled from `seed`.
  ///
  /// - Throws: a ValueError for a configuration that cannot be, a LimitError before anything is
  ///   allocated if memory has no room for it.
  public init(_ configuration: GeneratorConfiguration, seed: UInt64) throws {
    try configuration.validate()
    try configuration.requireRoom(for: configuration.sizes, of: "generator")
    self.configuration = configuration
    var initial = Initializer(seed: seed)
    let (width, tokens, dim) =
      (configuration.width, configuration.numTokens, configuration.tokenDim)
    classes = try Embedding(configuration.numClasses + 1, width, deviation: 0.5, &initial)
    input = try Linear(dim, width, &initial)
    positions = try initial.normal([tokens, width], deviation: 0.1)
    let gain = 1 / Float(2 * configuration.depth).squareRoot()
    blocks = try (0..<configuration.depth).map { _ in
      try CausalBlock(
        width: width, heads: configuration.heads, residualGain: gain, &initial)
    }
    norm = try RMSNorm(width, initial)
    targets = try initial.normal([tokens, width], deviation: 0.1)
    head = try FlowHead(
      tokenDim: dim, contextWidth: width, width: configuration.headWidth,
      depth: configuration.headDepth, &initial)
    mean = try Tensor.zeros([tokens, dim])
    deviation = try Tensor(repeating: 1, shape: [tokens, dim])
  }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    classes.named(under: "classes") + input.named(under: "input")
      + [NamedParameter("positions", positions)]
      + blocks.enumerated().flatMap { $1.named(under: "blocks.\($0)") }
      + norm.named(under: "norm") + [NamedParameter("targets", targets)]
      + head.named(under: "head")
  }

  var stateTensors: [NamedParameter] {
    namedParameters + [
      NamedParameter("standard.mean", mean), NamedParameter("standard.deviation", deviation),
    ]
  }

  /// The velocity of tokens x [rows, T] at time t in given contexts [rows, width].
  public func velocity(_ x: Tensor, time: Float, context: Tensor) throws -> Tensor {
    guard x.rank == 2, x.shape[1] == configuration.tokenDim, context.rank == 2,
      context.shape == [x.shape[0], configuration.width]
    else {
      throw TensorError.shape(
        "velocity takes x [rows, \(configuration.tokenDim)] and a context "
          + "[rows, \(configuration.width)], not \(x.shape) and \(context.shape)")
    }
    let condition = try head.prepare(context).add(head.embed(times: [time]))
    return try head.velocity(x, condition: condition)
  }

  /// (tokens - mean) / deviation, for the first positions of [B, k, T].
  func standardized(_ tokens: Tensor) throws -> Tensor {
    let k = tokens.shape[1]
    return try tokens.sub(mean.narrow(dim: 0, start: 0, count: k))
      .div(deviation.narrow(dim: 0, start: 0, count: k))
  }

  /// The inverse of `standardized`.
  func destandardized(_ tokens: Tensor) throws -> Tensor {
    let k = tokens.shape[1]
    return try tokens.mul(deviation.narrow(dim: 0, start: 0, count: k))
      .add(mean.narrow(dim: 0, start: 0, count: k))
  }
}
