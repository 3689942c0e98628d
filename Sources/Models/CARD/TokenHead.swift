// SPDX-License-Identifier: Apache-2.0
//
// What samples the tokens of CARD, behind one interface: the loss on a batch of tokens, and samples
// for a batch of seeds. A new head is a type that conforms and a line in `HeadRegistry`; nothing
// else asks which of them a generator has.

import Networks
import Tensors

/// What turns conditions into tokens.
///
/// A head belongs to one generator. Micro-batches call `loss` on several threads at once.
protocol TokenHead: Module {
  /// The name in scripts and checkpoints, such as "flow".
  static var name: String { get }
  /// What it does, for `help`: a phrase in parentheses after the name.
  static var summary: String { get }
  /// The options of a generator that only some heads read, and this is one of them.
  static var options: [String] { get }
  /// The options of sampling that only some heads read, and this is one of them.
  static var samplingOptions: [String] { get }
  /// The options of training that only some heads read, and this is one of them.
  static var trainingOptions: [String] { get }
  /// Whether a causal transformer tells it what the tokens so far say of the next one.
  static var hasBackbone: Bool { get }
  /// Whether it samples the tokens that follow on given ones.
  static var continuesTokens: Bool { get }
  /// The work of sampling tokens at some positions of so many, in steps of a solver: of each token
  /// for heads that sample one after another, of all together for others.
  static func cost(_ range: Range<Int>, of count: Int, _ options: SamplingOptions) -> Int
  /// The names of what its loss reports; the first is `loss`.
  static var termNames: [String] { get }
  /// Metadata entries beside the options.
  static var conventions: [(key: String, value: String)] { get }

  /// Throws a ValueError for a configuration that this head cannot serve.
  static func validate(_ configuration: GeneratorConfiguration) throws
  /// Numbers that it holds at least, in memory and in a file.
  static func sizes(_ configuration: GeneratorConfiguration) -> [SizePart]

  /// Makes a head with initial weights.
  init(_ configuration: GeneratorConfiguration, _ initial: inout Initializer) throws

  /// Tensors that a checkpoint holds besides the parameters.
  var state: [NamedParameter] { get }

  /// Takes from the tokenizer what its tokens are, such as the vectors of codes.
  func adopt(_ tokenizer: SMAPTokenizer) throws

  /// What the backbone reads of tokens [.., T] with these codes: [.., width].
  func embed(_ tokens: Tensor, ids: [Int], _ backbone: CausalBackbone) throws -> Tensor

  /// The loss on tokens, on the tape.
  func loss(
    _ batch: TokenBatch, of model: CARDGenerator, _ recipe: GeneratorRecipe,
    _ draws: inout RandomStream
  ) throws -> TokenLoss

  /// The logarithm of the density or probability of each standardised token of a batch given those
  /// before it, in nats: [B, k]. A ValueError where a head has none.
  func logLikelihood(_ batch: TokenBatch, of model: CARDGenerator, steps: Int) throws -> Tensor

  /// Samples tokens, without recording.
  func sample(_ request: SamplingRequest, from model: CARDGenerator) throws -> SampledTokens
}

extension TokenHead {
  static var options: [String] { [] }
  static var samplingOptions: [String] { [] }
  static var trainingOptions: [String] { [] }
  static var hasBackbone: Bool { true }
  static var continuesTokens: Bool { false }
  static func cost(_ range: Range<Int>, of count: Int, _ options: SamplingOptions) -> Int {
    guard samplingOptions.contains("steps") else { return range.count }
    return range.reduce(0) { $0 + options.steps(position: $1, of: count) }
  }
  static var termNames: [String] { ["loss"] }
  static var conventions: [(key: String, value: String)] { [] }
  static func validate(_ configuration: GeneratorConfiguration) throws {}
  static func sizes(_ configuration: GeneratorConfiguration) -> [SizePart] { [] }

  var state: [NamedParameter] { [] }
  func adopt(_ tokenizer: SMAPTokenizer) throws {}
  func logLikelihood(_ batch: TokenBatch, of model: CARDGenerator, steps: Int) throws -> Tensor {
    throw TensorError.value(
      "a generator with head = \"\(Self.name)\" has no likelihood of each token")
  }
  func embed(_ tokens: Tensor, ids: [Int], _ backbone: CausalBackbone) throws -> Tensor {
    try backbone.input(tokens)
  }
}

/// The tokens of a micro-batch.
struct TokenBatch {
  /// Standardised tokens: [B, k, T].
  let tokens: Tensor
  /// Their codes, row by row [B * k]; empty if tokens are no codes.
  let ids: [Int]
  /// What the generator is told of each picture, on the tape: [B, width].
  let row: Tensor

  /// The number of pictures.
  var count: Int { tokens.shape[0] }
  /// The number of tokens of a picture (k).
  var length: Int { tokens.shape[1] }
}

/// The loss on a batch of tokens.
struct TokenLoss {
  /// The number to differentiate.
  let total: Tensor
  /// What is reported of it, in the order of `termNames`.
  let terms: [Float]
  /// The mean loss of each position, k numbers whose mean is the loss.
  let positions: () -> [Float]
}

/// What is to be sampled.
struct SamplingRequest {
  /// What the generator is told: [pictures, width], with guidance followed by as many rows without
  /// the class.
  let rows: Tensor
  /// A seed for each picture.
  let seeds: [UInt64]
  /// How tokens are sampled.
  let options: SamplingOptions
  /// The number of tokens (k).
  let count: Int
  /// Tokens that are kept as the first ones, those of every picture, or nil.
  let prefix: Tokens?
  /// Receives the tokens so far; if it throws, sampling stops with that error.
  let onToken: ((SampledTokens) throws -> Void)?
  /// Receives the tokens so far after each step of a solver.
  let onStep: ((SampledTokens, SolverStep) throws -> Void)?

  /// The number of pictures.
  var pictures: Int { seeds.count }
  /// Whether a second stream runs without the class.
  var isGuided: Bool { rows.shape[0] > seeds.count }

  /// The request for another number of tokens, which nobody watches.
  func unwatched(count: Int, prefix: Tokens?) -> SamplingRequest {
    SamplingRequest(
      rows: rows, seeds: seeds, options: options, count: count, prefix: prefix, onToken: nil,
      onStep: nil)
  }
}

/// Tokens as a head samples them.
struct SampledTokens {
  /// As the tokenizer decodes them: [pictures, k, T].
  let latents: Tensor
  /// Their codes, row by row, or nil.
  let ids: [Int]?
}
