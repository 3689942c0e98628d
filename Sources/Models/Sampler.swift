// SPDX-License-Identifier: Apache-2.0
//
// Drawing tokens with CARD (method 6.5). The backbone reads one token at a time against cached keys
// and values; with guidance, a second stream without the class runs in the same products. Each
// picture has its own seed, and its noise depends on that seed and the position alone, so a
// picture is the same whatever else is drawn beside it.

import CKernels
import Glibc
import Networks
import Tensors

/// How the velocity field is followed.
public enum Solver: String, Sendable, CaseIterable {
  /// One evaluation a step; with few steps it shrinks the variance.
  case euler
  /// Two evaluations a step, second order.
  case heun
}

/// How the strength of guidance moves over the tokens.
public enum GuidanceSchedule: String, Sendable, CaseIterable {
  /// The same for all tokens.
  case constant
  /// From nearly none at the first token to all at the last (MAR, Semanticist).
  case linear

  /// The strength for token j of k (from 1), when `scale` is asked for.
  func strength(_ scale: Float, token: Int, of count: Int) -> Float {
    switch self {
    case .constant: scale
    case .linear: 1 + (scale - 1) * Float(token) / Float(max(count, 1))
    }
  }
}

/// The choices of a draw.
public struct SamplingOptions: Sendable {
  /// Tokens to draw (k), all if nil.
  public var keep: Int?
  /// Steps of the solver for each token.
  public var steps = 10
  /// The solver.
  public var solver = Solver.heun
  /// 1 is no guidance; above 1 the class counts for more.
  public var guidanceScale: Float = 1
  /// How guidance moves over the tokens.
  public var guidanceSchedule = GuidanceSchedule.linear
  /// Factor on the first noise of each token.
  public var temperature: Float = 1

  /// The default choices.
  public init() {}

  func validate(numTokens: Int) throws {
    if let keep, keep < 1 || keep > numTokens {
      throw TensorError.value("cannot draw \(keep) tokens", hint: "from 1 to \(numTokens)")
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
  /// Draws tokens for each seed: latents [seeds, k, T] under one condition or one for each seed.
  ///
  /// `onToken` sees all tokens so far after each one; if it throws, the draw stops with that error.
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
      if onToken == nil, seeds.count > picturesPerMicroBatch {
        let parts = try inParallel(count: seeds.count) { range in
          try draw(condition.slice(range), Array(seeds[range]), options, nil).latents
        }
        return Tokens(latents: try Tensor.cat(parts, dim: 0), ids: nil, condition: condition)
      }
      return try draw(condition, seeds, options, onToken)
    }
  }

  private func draw(
    _ condition: Condition, _ seeds: [UInt64], _ options: SamplingOptions,
    _ onToken: ((Tokens) throws -> Void)?
  ) throws -> Tokens {
    let count = options.keep ?? configuration.numTokens
    let guided = options.guidanceScale != 1
    let streams = guided ? 2 : 1
    var row = try condition.look(up: classes.weight)
    if guided {
      let null = try Condition.null(count: seeds.count, classCount: configuration.numClasses)
      row = try Tensor.cat([row, null.look(up: classes.weight)], dim: 0)
    }
    var cache = try KeyValueCache(self, rows: seeds.count * streams, capacity: count)
    var drawn: [Tensor] = []
    for j in 0..<count {
      let context = try cache.advance(row, position: j)
      let noise = try firstNoise(seeds, position: j, temperature: options.temperature)
      let strength = options.guidanceSchedule.strength(
        options.guidanceScale, token: j + 1, of: count)
      let token = try follow(noise, context, strength: guided ? strength : nil, options)
      drawn.append(token.unsqueezedAtOne())
      row = try input(token)
      if guided { row = try Tensor.cat([row, row], dim: 0) }
      if let onToken {
        let soFar = try destandardized(Tensor.cat(drawn, dim: 1))
        try onToken(Tokens(latents: soFar, ids: nil, condition: condition))
      }
    }
    let latents = try destandardized(Tensor.cat(drawn, dim: 1))
    return Tokens(latents: latents, ids: nil, condition: condition)
  }

  /// The noise that the token at `position` starts from, one row a seed.
  private func firstNoise(_ seeds: [UInt64], position: Int, temperature: Float) throws -> Tensor {
    let dim = configuration.tokenDim
    let noise = try Tensor(uninitialized: [seeds.count, dim])
    for (i, seed) in seeds.enumerated() {
      var draws = RandomStream(seed: seed, 0xCA2D, position)
      for d in 0..<dim { noise.pointer[i * dim + d] = temperature * draws.normal() }
    }
    return noise
  }

  /// Follows the velocity from noise at t = 0 to a token at t = 1.
  private func follow(
    _ noise: Tensor, _ context: Tensor, strength: Float?, _ options: SamplingOptions
  ) throws -> Tensor {
    let prepared = try head.prepare(context)
    let steps = options.steps
    let times = (0...steps).map { Float($0) / Float(steps) }
    let embedded = try head.embed(times: times)
    func velocity(_ x: Tensor, _ i: Int) throws -> Tensor {
      let condition = try prepared.add(embedded.narrow(dim: 0, start: i, count: 1))
      guard let strength else { return try head.velocity(x, condition: condition) }
      let both = try head.velocity(Tensor.cat([x, x], dim: 0), condition: condition)
      let half = x.shape[0]
      let known = try both.narrow(dim: 0, start: 0, count: half)
      let unknown = try both.narrow(dim: 0, start: half, count: half)
      return try unknown.add(known.sub(unknown).mul(strength))
    }
    var x = noise
    for i in 0..<steps {
      let step = times[i + 1] - times[i]
      let slope = try velocity(x, i)
      guard options.solver == .heun else {
        x = try x.add(slope.mul(step))
        continue
      }
      let ahead = try velocity(x.add(slope.mul(step)), i + 1)
      x = try x.add(slope.add(ahead).mul(step / 2))
    }
    return x
  }
}

extension Tensor {
  /// [B, T] as [B, 1, T], sharing the values.
  fileprivate func unsqueezedAtOne() -> Tensor {
    Tensor(storage: storage, shape: [shape[0], 1, shape[1]])
  }
}

/// Keys and values of the tokens so far, block by block.
struct KeyValueCache {
  private let model: CARDGenerator
  private let rows: Int
  private let capacity: Int
  private let keys: [Tensor]
  private let values: [Tensor]

  init(_ model: CARDGenerator, rows: Int, capacity: Int) throws {
    self.model = model
    self.rows = rows
    self.capacity = capacity
    let shape = [rows, capacity, model.configuration.width]
    keys = try model.blocks.map { _ in try Tensor.zeros(shape) }
    values = try model.blocks.map { _ in try Tensor.zeros(shape) }
  }

  /// Takes in one embedded token a row [rows, width] and returns the context of the next: [rows,
  /// width].
  mutating func advance(_ embedded: Tensor, position: Int) throws -> Tensor {
    let width = model.configuration.width
    var x = try embedded.add(model.positions.narrow(dim: 0, start: position, count: 1))
    for (layer, block) in model.blocks.enumerated() {
      let qkv = try block.queryKeyValue(block.norm1(x))
      let attended = try Tensor(uninitialized: [rows, width])
      let scratch = try Tensor(uninitialized: [capacity])
      for r in 0..<rows {
        let packed = qkv.pointer + r * 3 * width
        let keyRow = keys[layer].pointer + r * capacity * width
        let valueRow = values[layer].pointer + r * capacity * width
        (keyRow + position * width).update(from: packed + width, count: width)
        (valueRow + position * width).update(from: packed + 2 * width, count: width)
        smap_attention_step(
          packed, keyRow, valueRow, position + 1, block.heads, width / block.heads,
          attended.pointer + r * width, scratch.pointer)
      }
      x = try block.feedForward(x.add(block.project(attended)))
    }
    return try model.norm(x).add(model.targets.narrow(dim: 0, start: position, count: 1))
  }
}
