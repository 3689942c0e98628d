// SPDX-License-Identifier: Apache-2.0
//
// Sampling tokens with CARD (method 6.5): the pictures of a batch. The head samples the tokens.
// Each picture has its own seed, and its noise depends on that seed and the position alone, so a
// picture is the same whatever else is sampled in the batch.

import Networks
import Tensors

/// What hears of a sampling. If one throws, sampling stops with that error.
public struct SamplingObserver {
  /// Receives all tokens so far after each one.
  public var onToken: ((Tokens) throws -> Void)?
  /// Receives each step of the solver, from heads that have one.
  public var onStep: ((SamplingStep) throws -> Void)?

  /// An observer of tokens, of steps or of both.
  public init(
    onToken: ((Tokens) throws -> Void)? = nil, onStep: ((SamplingStep) throws -> Void)? = nil
  ) {
    (self.onToken, self.onStep) = (onToken, onStep)
  }

  var isIdle: Bool { onToken == nil && onStep == nil }
}

/// A step of the solver.
public struct SamplingStep {
  /// The tokens so far; those on which the solver works are still on their way from noise.
  public let tokens: Tokens
  /// The step, from 1.
  public let step: Int
  /// The number of steps.
  public let steps: Int
  /// The time of the flow, from 0 (noise) to 1 (token).
  public let time: Float
}

extension CARDGenerator {
  /// Samples tokens for each seed: latents [seeds, k, T] under one condition or one for each seed.
  ///
  /// The tokens of `prefix`, those of one picture or of one for each seed, are kept as the first
  /// ones. A token that is sampled after the same tokens under the same seed is the same, however
  /// long the prefix is. Throws a ValueError for options or a prefix that cannot be.
  public func sample(
    condition: Condition, seeds: [UInt64], options: SamplingOptions = SamplingOptions(),
    prefix: Tokens? = nil, observer: SamplingObserver = SamplingObserver()
  ) throws -> Tokens {
    try options.validate(numTokens: configuration.numTokens)
    guard !seeds.isEmpty else { throw TensorError.value("at least one seed is needed") }
    let condition = try condition.repeated(seeds.count)
    guard condition.count == seeds.count else {
      throw TensorError.shape(misfit(condition.count, "label", seeds.count, "seed"))
    }
    return try Tensor.withoutGradients {
      let kept = try prefix.map { try checked($0, seeds.count, options) }
      guard observer.isIdle, seeds.count > 1 else {
        return try samples(condition, seeds, options, kept, observer)
      }
      // Pictures are independent, bit for bit, so they can be distributed freely.
      let size = min(picturesPerMicroBatch, (seeds.count + 1) / 2)
      let parts = try inParallel(count: seeds.count, size: size) { range in
        try samples(
          condition.slice(range), Array(seeds[range]), options, kept?.pictures(range), observer)
      }
      let ids = parts.compactMap(\.ids).flatMap { $0 }
      return Tokens(
        latents: try Tensor.cat(parts.map(\.latents), dim: 0), ids: ids.isEmpty ? nil : ids,
        condition: condition, maker: tokenMaker)
    }
  }

  /// The tokens of a prefix for each of so many pictures.
  private func checked(
    _ prefix: Tokens, _ pictures: Int, _ options: SamplingOptions
  ) throws -> Tokens {
    guard configuration.head.type.continuesTokens else {
      throw TensorError.value(
        "a generator with head = \"\(configuration.head.rawValue)\" cannot continue a prefix: it "
          + "samples all tokens together")
    }
    let most = options.keep ?? configuration.numTokens
    guard prefix.latents.shape[2] == configuration.tokenDim, prefix.length <= most else {
      throw TensorError.shape(
        prefix.length > most
          ? "the prefix has \(counted(prefix.length, "token")), and this call "
            + (options.keep == nil ? "samples \(most)" : "keeps \(most)")
          : "the prefix has tokens of \(prefix.latents.shape[2]) numbers, and this generator of "
            + "\(configuration.tokenDim)",
        hint: prefix.length > most ? "cut the prefix to tokens[:k], or raise keep" : "")
    }
    guard prefix.count == 1 || prefix.count == pictures else {
      throw TensorError.shape(
        misfit(prefix.count, "prefix", pictures, "picture"),
        hint: "give one, or one for each picture")
    }
    let latents = prefix.latents.detached
    let places = [Int](repeating: 0, count: pictures)
    // What the prefix was made for says nothing about what follows.
    let whole = Tokens(
      latents: latents, ids: prefix.ids,
      condition: try .null(count: prefix.count, classCount: 0), maker: prefix.maker)
    return prefix.count == pictures ? whole : try whole.picked(places)
  }

  private func samples(
    _ condition: Condition, _ seeds: [UInt64], _ options: SamplingOptions, _ prefix: Tokens?,
    _ observer: SamplingObserver
  ) throws -> Tokens {
    let count = options.keep ?? configuration.numTokens
    var rows = try row(condition, length: count)
    if options.streams == 2 {
      let null = try Condition.null(count: seeds.count, classCount: configuration.numClasses)
      rows = try Tensor.cat([rows, row(null, length: count)], dim: 0)
    }
    func tokens(_ sampled: SampledTokens) throws -> Tokens {
      try Tokens(
        latents: prefix.map { try sampled.latents.starting(with: $0.latents) } ?? sampled.latents,
        ids: sampled.ids, condition: condition, maker: tokenMaker)
    }
    let request = SamplingRequest(
      rows: rows, seeds: seeds, options: options, count: count, prefix: prefix,
      onToken: observer.onToken.map { onToken in { try onToken(tokens($0)) } },
      onStep: observer.onStep.map { onStep in
        { sampled, step in
          try onStep(
            SamplingStep(
              tokens: tokens(sampled), step: step.number, steps: step.count, time: step.time))
        }
      })
    return try tokens(head.sample(request, from: self))
  }
}

extension Tensor {
  /// These tokens [B, k, T] with those of a prefix in the first places, bit for bit.
  fileprivate func starting(with prefix: Tensor) throws -> Tensor {
    let start = prefix.shape[1]
    guard shape[1] > start else { return try prefix.narrow(dim: 1, start: 0, count: shape[1]) }
    return try Tensor.cat(
      [prefix, narrow(dim: 1, start: start, count: shape[1] - start)], dim: 1)
  }
}
