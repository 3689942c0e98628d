// SPDX-License-Identifier: Apache-2.0
//
// CARD: samples the tokens of a picture one after another. A causal transformer reads the class and
// the previous tokens and predicts a context for the next one, from which a head samples it. Since
// the tokens are ordered by importance, stopping after any number of them gives a picture. Backbone
// after LlamaGen, positions of the targets after MAR; docs/Method.md, section 6. Heads are behind
// `TokenHead`.
//
// The forward pass exists twice in this folder: as layers, which training differentiates, and as
// phases over single tokens, which sampling runs without a tape, three times as fast. The pairs:
//
//   layers                phases                                held equal by PhaseTests
//   Backbone.swift        KeyValueCache, BackboneWorker         backbonePhasesAreItsLayers
//   FlowHead.swift        FlowField, FlowWorker                 flowPhasesAreItsLayers
//   FlowHead.velocity     TokenPath, TokenWalker                walkersAreThePlainSolver

import Networks
import Tensors
import Training

/// A generator of tokens.
public final class CARDGenerator: TrainedModel {
  /// The architecture.
  public let configuration: GeneratorConfiguration
  let classes: Embedding
  /// The causal transformer, for heads that have one.
  let backbone: CausalBackbone?
  let head: any TokenHead
  /// A row for each number of tokens, if the generator is told.
  let lengths: Embedding?
  /// Mean of each token and channel over the training set: [K, T].
  let mean: Tensor
  /// Standard deviation of each token and channel over the training set: [K, T].
  let deviation: Tensor
  /// Names of the classes, in order of index; may be empty.
  public var classNames: [String] = []
  /// Notes stored in the checkpoint.
  public var notes: [(key: String, value: String)] = []
  /// The tokenizer whose tokens it learned; nil before training, and in files of earlier versions.
  public internal(set) var tokenMaker: TokenMaker?
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
    let (tokens, dim) = (configuration.numTokens, configuration.tokenDim)
    let kind = configuration.head.type
    classes = try Embedding(
      configuration.numClasses + 1, configuration.width, deviation: 0.5, &initial)
    backbone = kind.hasBackbone ? try CausalBackbone(configuration, &initial) : nil
    head = try kind.init(configuration, &initial)
    lengths =
      configuration.lengthToken
      ? try Embedding(tokens, configuration.width, deviation: 0.5, &initial) : nil
    mean = try Tensor.zeros([tokens, dim])
    deviation = try Tensor(repeating: 1, shape: [tokens, dim])
  }

  /// A generator for the tokens of a tokenizer, with initial weights sampled from `seed`.
  public convenience init(
    _ configuration: GeneratorConfiguration, for tokenizer: SMAPTokenizer, seed: UInt64
  ) throws {
    try self.init(configuration, seed: seed)
    try check(tokenizer)
    try head.adopt(tokenizer)
  }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    classes.named(under: "classes") + (backbone?.namedParameters ?? [])
      + head.named(under: "head") + (lengths?.named(under: "lengths") ?? [])
  }

  /// What a checkpoint holds beside the parameters.
  var fittedState: [NamedParameter] {
    [NamedParameter("standard.mean", mean), NamedParameter("standard.deviation", deviation)]
      + head.state.map { NamedParameter("head." + $0.name, $0.tensor) }
  }

  package var stateTensors: [NamedParameter] { namedParameters + fittedState }

  /// The backbone of a generator whose head reads one.
  func causal() throws -> CausalBackbone {
    guard let backbone else {
      throw TensorError.value(
        "a generator with head = \"\(configuration.head.rawValue)\" has no backbone")
    }
    return backbone
  }

  /// What the generator is told of pictures of which it samples so many tokens: [B, width].
  func row(_ condition: Condition, length: Int) throws -> Tensor {
    let row = try condition.look(up: classes.weight)
    guard let lengths else { return row }
    return try row.add(lengths([length - 1]))
  }

  /// The context of each token of a batch: [B, k, width].
  ///
  /// The backbone reads `read` in place of the tokens, and other codes in place of theirs.
  func contexts(_ batch: TokenBatch, reading read: (tokens: Tensor, ids: [Int])? = nil) throws
    -> Tensor
  {
    let (tokens, ids) = read ?? (batch.tokens, batch.ids)
    let (backbone, before) = (try causal(), batch.length - 1)
    guard before > 0 else { return try backbone.contexts(batch.row, after: nil) }
    let known =
      ids.isEmpty
      ? []
      : (0..<batch.count).flatMap { picture in
        ids[picture * batch.length..<picture * batch.length + before]
      }
    let embedded = try head.embed(
      tokens.narrow(dim: 1, start: 0, count: before), ids: known, backbone)
    return try backbone.contexts(batch.row, after: embedded)
  }

  /// The context of each token: [B, k, width] from standardised tokens [B, k, T].
  func contexts(_ tokens: Tensor, condition: Condition) throws -> Tensor {
    try contexts(
      TokenBatch(tokens: tokens, ids: [], row: row(condition, length: tokens.shape[1])))
  }

  /// The velocity of tokens x [rows, T] at time t in given contexts [rows, width]; a ValueError
  /// for a head without one.
  public func velocity(_ x: Tensor, time: Float, context: Tensor) throws -> Tensor {
    guard let head = head as? FlowHead else {
      throw TensorError.value(
        "a generator with head = \"\(configuration.head.rawValue)\" has no velocity of single tokens",
        hint: "card.model(tok, head = \"flow\") has")
    }
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
