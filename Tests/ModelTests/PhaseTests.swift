// SPDX-License-Identifier: Apache-2.0
//
// CARD's forward pass as phases, which sampling runs, against the same as layers, which training
// differentiates: for the backbone, the flow head and the solver, on one thread and on several that
// share a token.

import Networks
import Tensors
import Testing

@testable import Models

@Suite(.serialized) struct PhaseTests {
  /// Wide enough that threads share a single token; no part of it is silent.
  private func wideGenerator() throws -> CARDGenerator {
    var configuration = try smallGenerator().configuration
    (configuration.width, configuration.headWidth, configuration.heads) = (192, 176, 6)
    let model = try CARDGenerator(configuration, seed: 5)
    shake(model, scale: 0.05)
    return model
  }

  @Test(arguments: [1, 2, 3])
  func backbonePhasesAreItsLayers(_ threads: Int) throws {
    let model = try wideGenerator()
    let width = model.configuration.width
    let condition = try Condition([0, nil, 2], classCount: 3)
    let tokens = try normal([3, 8, 4], seed: 11)
    try Tensor.withoutGradients {
      let whole = try model.contexts(tokens, condition: condition)
      try withThreads(threads) {
        let cache = try KeyValueCache(model.causal(), rows: 3, capacity: 8)
        let context = try Tensor.zeros([3, width])
        var row = try condition.look(up: model.classes.weight)
        for position in 0..<8 {
          try cache.advance(row.pointer, position: position, into: context.pointer)
          let expected = try whole.narrow(dim: 1, start: position, count: 1).reshape([3, width])
          #expect(distance(context, expected) < 1e-4, "position \(position)")
          row = try model.causal().input(
            tokens.narrow(dim: 1, start: position, count: 1).reshape([3, 4]))
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3], [1, 4])
  func flowPhasesAreItsLayers(_ threads: Int, _ rows: Int) throws {
    let model = try wideGenerator()
    let head = try #require(model.head as? FlowHead)
    let times: [Float] = [0, 0.25, 0.7, 1]
    try Tensor.withoutGradients {
      try withThreads(threads) {
        let field = try FlowField(head, rows: rows, choices: [[0.5], times])
        let workers = field.workers
        let velocity = try Tensor.zeros([rows, 4])
        // The field is used for one token after the other.
        for token in 0..<2 {
          let contexts = try normal([rows, model.configuration.width], seed: 21 + UInt64(token))
          try field.prepare(contexts.pointer, choice: 1)
          for (turn, time) in times.enumerated() {
            let x = try normal([rows, 4], seed: 31 + UInt64(turn))
            ThreadPool.forEachPhase(phases: workers[0].phases, parts: workers.count) {
              phase, part in
              workers[part].work(phase: phase, turn: turn, time: turn, x.pointer)
            }
            workers[0].conclude(turn: turn, time: turn, into: velocity.pointer)
            let condition = try head.embed(times: [time]).add(head.prepare(contexts))
            let expected = try head.velocity(x, condition: condition)
            #expect(distance(velocity, expected) < 1e-4, "token \(token), time \(time)")
          }
        }
      }
    }
  }

  /// All tokens without a cache, by the formulas of each solver over whole tensors: for every token
  /// the backbone reads all tokens before it again.
  private func plainTokens(
    _ model: CARDGenerator, _ label: Int, _ seed: UInt64, _ options: SamplingOptions
  ) throws -> Tensor {
    let (dim, count) = (model.configuration.tokenDim, options.keep ?? model.configuration.numTokens)
    var tokens = try Tensor.zeros([1, 0, dim])
    for position in 0..<count {
      let padded = try Tensor.cat([tokens, Tensor.zeros([1, 1, dim])], dim: 1)
      func context(_ label: Int?) throws -> Tensor {
        let condition = try Condition([label], classCount: 3)
        return try model.contexts(padded, condition: condition)
          .narrow(dim: 1, start: position, count: 1).reshape([1, model.configuration.width])
      }
      let (known, unknown) = (try context(label), try context(nil))
      let guidance = options.guidance(token: position + 1, of: model.configuration.numTokens)
      func velocity(_ x: Tensor, _ time: Float) throws -> Tensor {
        let with = try model.velocity(x, time: time, context: known)
        let without = try model.velocity(x, time: time, context: unknown)
        return try without + (with - without) * guidance.strength(at: time)
      }
      var draws = RandomStream(seed: seed, 0xCA2D, position)
      let noise = try Tensor(shape: [1, dim], values: (0..<dim).map { _ in draws.normal() })
      let steps = options.steps(position: position, of: model.configuration.numTokens)
      let token = try plainSolution(
        noise.mul(options.temperature), options, steps: steps, seed: seed, position, velocity)
      tokens = try Tensor.cat([tokens, token.reshape([1, 1, dim])], dim: 1)
    }
    return try model.destandardized(tokens)
  }

  /// Where a velocity leads a token.
  private func plainSolution(
    _ noise: Tensor, _ options: SamplingOptions, steps: Int, seed: UInt64, _ position: Int,
    _ velocity: (Tensor, Float) throws -> Tensor
  ) throws -> Tensor {
    var x = noise
    let isNoisy = options.solver == .sde
    func time(_ i: Int) -> Float {
      if isNoisy, i == steps { return 1 }
      let even = Float(i) / Float(isNoisy ? steps - 1 : steps)
      let a = options.timeShift
      // The embedding of time multiplies it by 1000, so that its last bit counts.
      return even / (a - (a - 1) * even) * (isNoisy ? 0.96 : 1)
    }
    for step in 0..<steps {
      let (t, length) = (time(step), time(step + 1) - time(step))
      let slope = try velocity(x, t)
      let whole = try x + slope * length
      switch options.solver {
      case .euler: x = whole
      case .heun: x = try x + (slope + velocity(whole, t + length)) * (length / 2)
      case .midpoint:
        x = try x + velocity(x + slope * (length / 2), t + length / 2) * length
      case .sde where step == steps - 1: x = whole
      case .sde:
        var draws = RandomStream(seed: seed, 0x5DE, position, step)
        let fresh = try Tensor(shape: x.shape, values: (0..<x.count).map { _ in draws.normal() })
        let score = try (slope * t - x) * (1 / (1 - t))
        let deviation = options.sdeTemperature * (2 * (1 - t) * length).squareRoot()
        x = try x + (slope + score * (1 - t)) * length + fresh * deviation
      }
    }
    return x
  }

  @Test(arguments: Solver.allCases, [1, 3])
  func walkersAreThePlainSolver(_ solver: Solver, _ threads: Int) throws {
    let model = try wideGenerator()
    var options = SamplingOptions()
    (options.solver, options.steps, options.guidanceScale) = (solver, 5, 3)
    (options.timeShift, options.sdeTemperature, options.temperature) = (2, 0.7, 0.9)
    try Tensor.withoutGradients {
      let found = try withThreads(threads) {
        try model.sample(
          condition: Condition([1], classCount: 3), seeds: [7], options: options
        ).latents
      }
      let expected = try plainTokens(model, 1, 7, options)
      #expect(found.shape == [1, 8, 4])
      // Rounding errors grow with the tokens that guidance drives apart.
      let size = expected.toArray().map(abs).max() ?? 0
      #expect(distance(found, expected) < 1e-4 * max(size, 1), "tokens up to \(size)")
    }
  }

  @Test(arguments: GuidanceSchedule.allCases, StepSchedule.allCases)
  func cachedIsUncached(_ guidance: GuidanceSchedule, _ steps: StepSchedule) throws {
    let model = try wideGenerator()
    var options = SamplingOptions()
    (options.steps, options.stepSchedule, options.lastSteps) = (6, steps, 1)
    (options.guidanceScale, options.guidanceSchedule) = (3, guidance)
    (options.guidanceInterval, options.guidanceUntil) = ([0.2, 0.7], 6)
    try Tensor.withoutGradients {
      let found = try model.sample(
        condition: Condition([2], classCount: 3), seeds: [8], options: options
      ).latents
      #expect(distance(found, try plainTokens(model, 2, 8, options)) < 1e-4)
    }
  }

  @Test func anyOptionsCachedAreUncached() throws {
    let model = try wideGenerator()
    var draws = RandomStream(seed: 12, 0x0b7)
    for trial in 0..<25 {
      let options = sampledSampling(numTokens: 8, &draws)
      try options.validate(numTokens: 8)
      try Tensor.withoutGradients {
        let found = try model.sample(
          condition: Condition([trial % 3], classCount: 3), seeds: [8], options: options
        ).latents
        let expected = try plainTokens(model, trial % 3, 8, options)
        #expect(distance(found, expected) < 1e-4, "\(options)")
      }
    }
  }
}
