// SPDX-License-Identifier: Apache-2.0
//
// Sampling tokens with CARD (method 6.5). The backbone reads one token at a time against cached
// keys and values; with guidance, a second stream without the class runs in the same products. Each
// picture has its own seed, and its noise depends on that seed and the position alone, so a picture
// is the same whatever else is sampled in the batch.
//
// No graph is built and nothing is allocated while tokens are sampled: all buffers are allocated
// before the first one.

import CKernels
import Glibc
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
  /// Factor on the initial noise of each token.
  public var temperature: Float = 1

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
      if onToken == nil, seeds.count > 1 {
        // Pictures are independent, bit for bit, so they can be distributed freely.
        let size = min(picturesPerMicroBatch, (seeds.count + 1) / 2)
        let parts = try inParallel(count: seeds.count, size: size) { range in
          try samples(condition.slice(range), Array(seeds[range]), options, nil).latents
        }
        return Tokens(latents: try Tensor.cat(parts, dim: 0), ids: nil, condition: condition)
      }
      return try samples(condition, seeds, options, onToken)
    }
  }

  private func samples(
    _ condition: Condition, _ seeds: [UInt64], _ options: SamplingOptions,
    _ onToken: ((Tokens) throws -> Void)?
  ) throws -> Tokens {
    let count = options.keep ?? configuration.numTokens
    var row = try condition.look(up: classes.weight)
    let guided = options.guidanceScale != 1
    if guided {
      let null = try Condition.null(count: seeds.count, classCount: configuration.numClasses)
      row = try Tensor.cat([row, null.look(up: classes.weight)], dim: 0)
    }
    let width = configuration.width
    let cache = try KeyValueCache(self, rows: row.shape[0], capacity: count)
    let path = try TokenPath(self, pictures: seeds.count, options: options)
    let context = try Tensor(uninitialized: row.shape)
    let embedded = try Tensor(uninitialized: row.shape)
    embedded.pointer.update(from: row.pointer, count: row.count)
    let sampled = try Tensor(uninitialized: [seeds.count, count, configuration.tokenDim])
    for j in 0..<count {
      try cache.advance(embedded.pointer, position: j, into: context.pointer)
      path.start(seeds, position: j)
      try path.follow(
        context.pointer,
        // Of all tokens, not of those kept: a shorter sample is a prefix of the full one.
        strength: options.guidanceSchedule.strength(
          options.guidanceScale, token: j + 1, of: configuration.numTokens))
      path.store(into: sampled, position: j)
      try input.apply(path.token.pointer, rows: seeds.count, into: embedded.pointer)
      if guided {
        let half = seeds.count * width
        (embedded.pointer + half).update(from: embedded.pointer, count: half)
      }
      if let onToken {
        let soFar = try destandardized(sampled.narrow(dim: 1, start: 0, count: j + 1))
        try onToken(Tokens(latents: soFar, ids: nil, condition: condition))
      }
    }
    return Tokens(latents: try destandardized(sampled), ids: nil, condition: condition)
  }
}
