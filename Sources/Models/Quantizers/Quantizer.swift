// SPDX-License-Identifier: Apache-2.0
//
// The bottleneck of a tokenizer behind one face: what training and evaluation let through, what it
// costs, how it changes after a step, what a checkpoint holds of it. A new one is a type that
// conforms and a line in `QuantizerRegistry`; nothing else asks which of them it has.

import Networks
import Tensors

/// What limits the vectors of tokens.
///
/// A quantizer belongs to one tokenizer. Micro-batches call `limit` on several threads at once,
/// between which nothing changes; `update` and `fitLinearPath` run alone.
protocol Quantizer: AnyObject {
  /// The name in scripts and checkpoints, such as "kl".
  static var name: String { get }
  /// What it does, for `help`: a phrase in parentheses after the name.
  static var summary: String { get }
  /// Further outputs that the encoder makes for each token, besides its vector.
  static var heads: [LatentHead] { get }
  /// The weight of the penalty in the loss unless a recipe gives one.
  static var defaultPenaltyWeight: Float { get }

  /// Whether training may have a penalty, so that a weight of it has an effect.
  static var hasPenalty: Bool { get }

  /// The options of a tokenizer that only some quantizers read, and this is one of them.
  static var options: [String] { get }
  /// Whether a linear path beside it stores what each channel adds to a picture, because tokens are
  /// not what the linear encoder says.
  static var storesSynthesis: Bool { get }
  /// Whether tokens are codes, to which no noise is added and which training may let begin as
  /// vectors; else they are vectors.
  static var isDiscrete: Bool { get }

  /// Sets the options that were left to the quantizer.
  static func complete(_ configuration: inout TokenizerConfiguration)
  /// Throws a ValueError for a configuration that this quantizer cannot serve.
  static func validate(_ configuration: TokenizerConfiguration) throws
  /// Numbers that it holds at least, in memory and in a file.
  static func sizes(_ configuration: TokenizerConfiguration) -> [SizePart]

  /// The sizes of the digits that a generator writes a code as, least significant first: their
  /// product is the number of codes. Empty if tokens are no codes.
  static func codeDigits(_ configuration: TokenizerConfiguration) -> [Int]

  /// Makes a quantizer with initial state from `seed`.
  init(_ configuration: TokenizerConfiguration, seed: UInt64) throws

  /// Parameters that are trained with the rest of the tokenizer; most have none.
  var namedParameters: [NamedParameter] { get }
  /// Tensors that a checkpoint holds besides the parameters.
  var state: [NamedParameter] { get }
  /// Tensors that only a training checkpoint holds, to go on with the same bits.
  var trainingState: [NamedParameter] { get }
  /// The number of codes, or nil if tokens are continuous.
  var codeCount: Int? { get }
  /// The quantizer in a few words, such as "vq with 1024 codes".
  var description: String { get }

  /// The bottleneck while training, on the tape.
  ///
  /// - Parameters:
  ///   - encoded: what the encoder made of a micro-batch.
  ///   - noise: the most noise that is added to continuous tokens, in units of their deviation.
  ///   - rows: the tokens, among B * K, that the penalty and the update of codes count; nil for
  ///     all.
  ///   - draws: the random numbers of the micro-batch.
  func limit(
    _ encoded: EncodedTokens, noise: Float, counting rows: [Int]?, _ draws: inout RandomStream
  ) throws -> LimitedTokens

  /// The bottleneck at evaluation: tokens [B, K, T], with code indices [B * K] if there are codes.
  func limit(_ vectors: Tensor) throws -> (tokens: Tensor, ids: [Int]?)

  /// The vectors [n, T] of codes, each below `codeCount`.
  func vectors(of ids: [Int]) throws -> Tensor

  /// Changes the state after a step, from what all micro-batches chose, in their order.
  func update(_ choices: CodeChoices, at step: QuantizerStep) throws

  /// Fits codes to vectors [n, T] of a trained encoder, if there are codes.
  func fit(_ vectors: Tensor, seed: UInt64) throws

  /// Fits the linear path to pictures, so that tokens start as the best linear code.
  func fitLinearPath(
    _ path: LinearPath, _ pictures: RowGroups, labels: [Int?],
    _ configuration: TokenizerConfiguration, seed: UInt64
  ) throws

  /// Brings what is derived from the state up to date after a checkpoint was read.
  func refresh()
}

extension Quantizer {
  static var heads: [LatentHead] { [] }
  static var hasPenalty: Bool { true }
  static var options: [String] { [] }
  static var storesSynthesis: Bool { false }
  static var isDiscrete: Bool { false }
  static func complete(_ configuration: inout TokenizerConfiguration) {}
  static func validate(_ configuration: TokenizerConfiguration) throws {}
  static func sizes(_ configuration: TokenizerConfiguration) -> [SizePart] { [] }

  static func codeDigits(_ configuration: TokenizerConfiguration) -> [Int] { [] }

  var namedParameters: [NamedParameter] { [] }
  var state: [NamedParameter] { [] }
  var trainingState: [NamedParameter] { [] }
  var codeCount: Int? { nil }
  var description: String { Self.name }

  /// The bottleneck while training, with a penalty on all tokens.
  func limit(
    _ encoded: EncodedTokens, noise: Float, _ draws: inout RandomStream
  ) throws -> LimitedTokens {
    try limit(encoded, noise: noise, counting: nil, &draws)
  }

  func vectors(of ids: [Int]) throws -> Tensor {
    throw TensorError.value("tokens of \(Self.name) are vectors, not codes")
  }

  func update(_ choices: CodeChoices, at step: QuantizerStep) throws {}
  func refresh() {}
  func fit(_ vectors: Tensor, seed: UInt64) throws {}

  func fitLinearPath(
    _ path: LinearPath, _ pictures: RowGroups, labels: [Int?],
    _ configuration: TokenizerConfiguration, seed: UInt64
  ) throws {
    try path.fit(pictures, labels: labels, classCount: configuration.numClasses, seed: seed)
  }
}

/// An output of the encoder that a quantizer asks for: T channels for each token.
struct LatentHead {
  /// The name under which its weights are stored.
  let name: String
  /// The scale of the initial weights.
  let gain: Float
  /// The initial bias.
  let bias: Float
}

/// What the encoder makes of pictures: vectors [B, K, T] and the outputs of the quantizer's heads.
struct EncodedTokens {
  let vectors: Tensor
  let heads: [Tensor]
}

/// What a quantizer lets through while training.
struct LimitedTokens {
  /// [B, K, T], through which gradients flow.
  let tokens: Tensor
  /// The penalty, a scalar.
  let penalty: Tensor
  /// Which codes were chosen, if there are codes.
  let choices: CodeChoices?
  /// The tokens [B, K, T] as they are before codes take their place, if there are codes.
  var unquantized: (() throws -> Tensor)?
}

/// The vectors of tokens [n, T] and the codes that they chose.
struct CodeChoices {
  let vectors: Tensor
  let ids: [Int]
}

/// Where in training an update happens.
struct QuantizerStep {
  /// The step that has just been taken, from 0.
  let index: Int
  /// Steps in all.
  let total: Int
  /// Steps between searches for dead codes; 0 for none.
  let restartEvery: Int
  /// The seed of the training.
  let seed: UInt64
}
