// SPDX-License-Identifier: Apache-2.0
//
// Sampling of all tokens of some pictures at once: noise that depends on a picture's seed and the
// position alone, and its integration from t = 0 to t = 1 with one time for all tokens. Solvers and
// guidance are those of single tokens (`TokenWalker`), over whole tensors; the strength of guidance
// may vary over the positions.

import Networks
import Tensors

/// The integration of all tokens of some pictures.
struct JointFlow {
  /// The streams of the random numbers of an integration.
  struct Noise {
    /// The initial noise.
    let initial: Int
    /// The noise of the solver `sde`.
    let steps: Int
  }

  private let request: SamplingRequest
  private let grid: SolverGrid
  private let guidance: [TokenGuidance]
  private let dim: Int
  private let noise: Noise
  /// Standardised tokens of the prefix, [pictures, k, T], if there is one.
  private let held: Tensor?

  /// An integration of `count` of the tokens of a generator for each picture of a request.
  init(
    _ request: SamplingRequest, _ generator: CARDGenerator, count: Int, noise: Noise
  ) throws {
    let model = generator.configuration
    (self.request, self.noise, dim) = (request, noise, model.tokenDim)
    held = try request.prefix.map { try generator.standardized($0.latents) }
    let options = request.options
    grid = SolverGrid(
      options.solver, steps: options.steps(position: 0, of: count), shift: options.timeShift)
    // Of all tokens, not of those kept: a shorter sample is a prefix of the full one.
    guidance = (0..<count).map { options.guidance(token: $0 + 1, of: model.numTokens) }
  }

  /// Integrates tokens [pictures, count, T] from noise; `velocity` takes those of all streams,
  /// [streams * pictures, count, T], and the time. `onStep` hears of each step.
  func integrate(
    onStep: ((Tensor, SolverStep) throws -> Void)? = nil,
    _ velocity: (Tensor, Float) throws -> Tensor
  ) throws -> Tensor {
    let start = try normal(noise.initial, scale: request.options.temperature)
    var x = start
    for i in 0..<grid.steps {
      try Stop.check()
      x = try step(i, from: x) { try guided($0, $1, velocity) }
      x = try holding(x, at: grid.times[i + 1], from: start)
      try onStep?(x, SolverStep(number: i + 1, count: grid.steps, time: grid.times[i + 1]))
    }
    return x
  }

  /// The tokens of the prefix go straight from their noise to where they must end; those that are
  /// sampled see them there (replacement, Song et al., 2021).
  private func holding(_ x: Tensor, at time: Float, from start: Tensor) throws -> Tensor {
    guard let held else { return x }
    let (count, all) = (held.shape[1], x.shape[1])
    let own = try start.narrow(dim: 1, start: 0, count: count) * (1 - time) + held * time
    guard count < all else { return own }
    return try Tensor.cat([own, x.narrow(dim: 1, start: count, count: all - count)], dim: 1)
  }

  /// Where a step of the solver leads.
  private func step(
    _ index: Int, from x: Tensor, _ velocity: (Tensor, Float) throws -> Tensor
  ) throws -> Tensor {
    let (time, length) = (grid.times[index], grid.length(ofStep: index))
    let slope = try velocity(x, time)
    switch grid.solver {
    case .sde where index < grid.steps - 1: return try diffused(x, slope, step: index)
    case .euler, .sde: return try x + slope * length
    case .heun:
      let second = try velocity(x + slope * length, grid.times[index + 1])
      return try x + (slope + second) * (length / 2)
    case .midpoint:
      let middle = try velocity(x + slope * (length / 2), grid.evaluations[2 * index + 1])
      return try x + middle * length
    }
  }

  /// A step of the SDE: x += (v + (1 - t) score) dt + noise of variance 2 (1 - t) dt, where
  /// (1 - t) score = t v - x.
  private func diffused(_ x: Tensor, _ slope: Tensor, step: Int) throws -> Tensor {
    let (time, length) = (grid.times[step], grid.length(ofStep: step))
    let deviation = request.options.sdeTemperature * (2 * (1 - time) * length).squareRoot()
    let drift = try slope * (1 + time) - x
    return try x + drift * length + normal(noise.steps, scale: deviation, step: step)
  }

  /// Noise for all tokens of each picture: [pictures, count, T].
  private func normal(_ stream: Int, scale: Float, step: Int? = nil) throws -> Tensor {
    let result = try Tensor(uninitialized: [request.pictures, guidance.count, dim])
    var next = result.pointer
    for seed in request.seeds {
      for position in guidance.indices {
        var draws =
          step.map { RandomStream(seed: seed, stream, position, $0) }
          ?? RandomStream(seed: seed, stream, position)
        for d in 0..<dim { next[d] = scale * draws.normal() }
        next += dim
      }
    }
    return result
  }

  /// The guided velocity, from those with and without the class.
  private func guided(
    _ x: Tensor, _ time: Float, _ velocity: (Tensor, Float) throws -> Tensor
  ) throws -> Tensor {
    guard request.isGuided else { return try velocity(x, time) }
    let both = try velocity(try Tensor.cat([x, x], dim: 0), time)
    let known = try both.narrow(dim: 0, start: 0, count: request.pictures)
    let unknown = try both.narrow(dim: 0, start: request.pictures, count: request.pictures)
    let strengths = try Tensor(
      shape: [guidance.count, 1], values: guidance.map { $0.strength(at: time) })
    return try unknown + (known - unknown) * strengths
  }
}

extension GeneratorConfiguration {
  /// The number of tokens that a head samples which samples all at once: a generator that is not
  /// told how many are wanted knows only all of them.
  func jointCount(_ request: SamplingRequest) -> Int { lengthToken ? request.count : numTokens }
}

extension CARDGenerator {
  /// The first tokens of a request, from at least as many standardised ones.
  func kept(_ tokens: Tensor, _ request: SamplingRequest) throws -> SampledTokens {
    SampledTokens(
      latents: try destandardized(tokens.narrow(dim: 1, start: 0, count: request.count)), ids: nil)
  }

  /// The tokens of a request that were sampled all at once, which are reported as they come.
  func integrated(
    _ flow: JointFlow, _ request: SamplingRequest,
    _ velocity: (Tensor, Float) throws -> Tensor
  ) throws -> SampledTokens {
    let onStep = request.onStep.map { onStep in
      { (tokens: Tensor, step: SolverStep) in try onStep(self.kept(tokens, request), step) }
    }
    let sampled = try kept(flow.integrate(onStep: onStep, velocity), request)
    try request.onToken?(sampled)
    return sampled
  }
}
