// SPDX-License-Identifier: Apache-2.0
//
// Sampling tokens with CARD (method 6.5): options, and the pictures of a batch. The head samples the
// tokens. Each picture has its own seed, and its noise depends on that seed and the position alone,
// so a picture is the same whatever else is sampled in the batch.

import Networks
import Tensors

/// How the velocity field is integrated.
public enum Solver: String, Sendable, CaseIterable {
  /// One evaluation per step; with few steps it shrinks the variance.
  case euler
  /// Two evaluations per step, second order.
  case heun
}

/// How the strength of guidance varies over the tokens.
public enum GuidanceSchedule: String, Sendable, CaseIterable {
  /// The same for all tokens.
  case constant
  /// From nearly none at the first token to all at the last (MAR, Semanticist).
  case linear

  /// The strength for token j of k (from 1), for a guidance scale of `scale`.
  func strength(_ scale: Float, token: Int, of count: Int) -> Float {
    switch self {
    case .constant: scale
    case .linear: 1 + (scale - 1) * Float(token) / Float(max(count, 1))
    }
  }
}

/// The options of sampling.
public struct SamplingOptions: Sendable {
  /// The number of tokens to sample (k), all if nil.
  public var keep: Int?
  /// Steps of the solver for each token.
  public var steps = 10
  /// The solver.
  public var solver = Solver.heun
  /// 1 is no guidance; above 1 the class has more influence.
  public var guidanceScale: Float = 1
  /// How guidance varies over the tokens.
  public var guidanceSchedule = GuidanceSchedule.linear
  /// Factor on the initial noise of each token; logits of codes are divided by it.
  public var temperature: Float = 1
  /// Codes are sampled among the so many most likely ones, among all if nil.
  public var topK: Int?
  /// Codes are sampled among the most likely ones whose probabilities add up to this share.
  public var topP: Double = 1

  /// The default options.
  public init() {}

  func validate(numTokens: Int) throws {
    if let keep, keep < 1 || keep > numTokens {
      throw TensorError.value("cannot sample \(keep) tokens", hint: "from 1 to \(numTokens)")
    }
    guard steps >= 1, steps <= 10_000 else {
      throw TensorError.value("steps cannot be \(steps)", hint: "from 1 to 10000")
    }
    guard guidanceScale.isFinite, temperature.isFinite, temperature >= 0 else {
      throw TensorError.value("guidance_scale and temperature are finite, temperature from 0")
    }
    guard topK ?? 1 >= 1, topP > 0, topP <= 1 else {
      throw TensorError.value("top_k is a whole number from 1, top_p above 0 and at most 1")
    }
  }
}

extension CARDGenerator {
  /// Samples tokens for each seed: latents [seeds, k, T] under one condition or one for each seed.
  ///
  /// `onToken` receives all tokens so far after each one; if it throws, sampling stops with that
  /// error.
  public func sample(
    condition: Condition, seeds: [UInt64], options: SamplingOptions = SamplingOptions(),
    onToken: ((Tokens) throws -> Void)? = nil
  ) throws -> Tokens {
    try options.validate(numTokens: configuration.numTokens)
    guard !seeds.isEmpty else { throw TensorError.value("at least one seed is needed") }
    let condition = try condition.repeated(seeds.count)
    guard condition.count == seeds.count else {
      throw TensorError.shape("\(condition.count) labels do not fit \(seeds.count) seeds")
    }
    return try Tensor.withoutGradients {
      guard onToken == nil, seeds.count > 1 else {
        let sampled = try samples(condition, seeds, options, onToken)
        return Tokens(latents: sampled.latents, ids: sampled.ids, condition: condition)
      }
      // Pictures are independent, bit for bit, so they can be distributed freely.
      let size = min(picturesPerMicroBatch, (seeds.count + 1) / 2)
      let parts = try inParallel(count: seeds.count, size: size) { range in
        try samples(condition.slice(range), Array(seeds[range]), options, nil)
      }
      let ids = parts.compactMap(\.ids).flatMap { $0 }
      return Tokens(
        latents: try Tensor.cat(parts.map(\.latents), dim: 0), ids: ids.isEmpty ? nil : ids,
        condition: condition)
    }
  }

  private func samples(
    _ condition: Condition, _ seeds: [UInt64], _ options: SamplingOptions,
    _ onToken: ((Tokens) throws -> Void)?
  ) throws -> SampledTokens {
    let count = options.keep ?? configuration.numTokens
    var rows = try row(condition, length: count)
    if options.guidanceScale != 1 {
      let null = try Condition.null(count: seeds.count, classCount: configuration.numClasses)
      rows = try Tensor.cat([rows, row(null, length: count)], dim: 0)
    }
    let report = onToken.map { onToken in
      { (sampled: SampledTokens) in
        try onToken(Tokens(latents: sampled.latents, ids: sampled.ids, condition: condition))
      }
    }
    return try head.sample(
      SamplingRequest(rows: rows, seeds: seeds, options: options, count: count, onToken: report),
      from: self)
  }
}
