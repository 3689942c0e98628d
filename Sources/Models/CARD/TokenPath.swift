// SPDX-License-Identifier: Apache-2.0
//
// From noise to a token: the solver that integrates the velocity field from t = 0 to t = 1, for
// several pictures at once, with or without guidance (method 6.4 and 6.5).
//
// `PhaseTests.walkersAreThePlainSolver` holds it equal to a solver over `CARDGenerator.velocity`.

import Networks
import Tensors

/// The integration path of one token for each picture, and its buffers.
final class TokenPath: TokenSampler {
  private let dim: Int
  private let temperature: Float
  private let field: FlowField
  private let walkers: [TokenWalker]

  /// Paths for so many pictures; with guidance each runs in two streams.
  init(_ head: FlowHead, pictures: Int, options: SamplingOptions) throws {
    temperature = options.temperature
    let dim = head.output.weight.shape[0]
    self.dim = dim
    let streams = options.guidanceScale != 1 ? 2 : 1
    let times = (0...options.steps).map { Float($0) / Float(options.steps) }
    // Euler does not evaluate the velocity at the end.
    let asked = options.solver == .heun ? times : times.dropLast()
    field = try FlowField(head, rows: pictures * streams, times: asked)
    walkers = try field.workers.map {
      try TokenWalker(
        $0, options.solver, times: times, pictures: pictures, streams: streams, dim: dim)
    }
  }

  /// The current tokens: [pictures, tokenDim].
  var token: Tensor { walkers[0].token }

  /// Initialises the tokens to the noise of this position, one row per seed.
  func start(_ seeds: [UInt64], position: Int) {
    for (i, seed) in seeds.enumerated() {
      var draws = RandomStream(seed: seed, 0xCA2D, position)
      for d in 0..<dim { token.pointer[i * dim + d] = temperature * draws.normal() }
    }
    for walker in walkers.dropFirst() {
      walker.token.pointer.update(from: token.pointer, count: token.count)
    }
  }

  /// Integrates the tokens to t = 1 in contexts [streams * pictures, width].
  func follow(_ contexts: UnsafePointer<Float>, strength: Float) throws {
    try field.prepare(contexts)
    let walkers = walkers
    ThreadPool.forEachPhase(phases: walkers[0].phases, parts: walkers.count) { phase, part in
      walkers[part].work(phase: phase, strength: strength)
    }
  }

  func sample(
    _ seeds: [UInt64], position: Int, contexts: UnsafePointer<Float>, strength: Float
  ) throws {
    start(seeds, position: position)
    try follow(contexts, strength: strength)
  }
}
