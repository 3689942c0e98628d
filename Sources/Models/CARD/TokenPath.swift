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
  private let pictures: Int
  private let options: SamplingOptions
  /// One for each number of steps.
  private let grids: [SolverGrid]
  /// The grid of the token at each position.
  private let gridOfToken: [Int]
  private let field: FlowField
  private let walkers: [TokenWalker<FlowWorker>]

  /// Paths for so many pictures, of as many tokens as a generator samples at most; with guidance
  /// each runs in two streams.
  init(_ head: FlowHead, pictures: Int, numTokens tokens: Int, options: SamplingOptions) throws {
    let dim = head.output.weight.shape[0]
    (self.pictures, self.options, self.dim) = (pictures, options, dim)
    // Of all tokens, not of those kept: a shorter sample is a prefix of the full one.
    let steps = (0..<tokens).map { options.steps(position: $0, of: tokens) }
    let distinct = Set(steps.prefix(options.keep ?? tokens)).sorted()
    let grids = distinct.map { SolverGrid(options.solver, steps: $0, shift: options.timeShift) }
    self.grids = grids
    gridOfToken = steps.map { distinct.firstIndex(of: $0) ?? 0 }
    let streams = options.streams
    field = try FlowField(
      head, rows: pictures * streams, choices: grids.map(\.evaluations))
    walkers = try field.workers.map {
      try TokenWalker(
        $0, grids[0], sdeTemperature: options.sdeTemperature, pictures: pictures,
        streams: streams, dim: dim)
    }
  }

  /// The current tokens: [pictures, tokenDim].
  var token: Tensor { walkers[0].token }

  /// Initialises the tokens to the noise of this position, one row per seed.
  private func start(_ seeds: [UInt64], position: Int) {
    for (i, seed) in seeds.enumerated() {
      var draws = RandomStream(seed: seed, 0xCA2D, position)
      for d in 0..<dim { token.pointer[i * dim + d] = options.temperature * draws.normal() }
    }
    for walker in walkers.dropFirst() {
      walker.token.pointer.update(from: token.pointer, count: token.count)
    }
  }

  func sample(
    _ seeds: [UInt64], position: Int, contexts: UnsafePointer<Float>, _ guidance: TokenGuidance,
    onStep: ((SolverStep) throws -> Void)? = nil
  ) throws {
    let choice = gridOfToken[position]
    let grid = grids[choice]
    start(seeds, position: position)
    try field.prepare(contexts, choice: choice)
    for walker in walkers { walker.begin(grid, guidance, seeds: seeds, place: position) }
    guard let onStep else { return run(0..<walkers[0].phases(steps: grid.steps)) }
    for step in 0..<grid.steps {
      run(walkers[0].phases(steps: step)..<walkers[0].phases(steps: step + 1))
      try onStep(SolverStep(number: step + 1, count: grid.steps, time: grid.times[step + 1]))
    }
  }

  /// Runs phases that end with a step.
  private func run(_ phases: Range<Int>) {
    let walkers = walkers
    ThreadPool.forEachPhase(phases: phases.count + 1, parts: walkers.count) { phase, part in
      if phase < phases.count {
        walkers[part].work(phase: phases.lowerBound + phase)
      } else {
        walkers[part].settle()
      }
    }
  }
}

/// A step of the solver that is done.
struct SolverStep {
  /// Its number, from 1.
  let number: Int
  /// The number of steps.
  let count: Int
  /// The time that it has led to.
  let time: Float
}
