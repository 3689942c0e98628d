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
        let field = try FlowField(head, rows: rows, times: times)
        let workers = field.workers
        let velocity = try Tensor.zeros([rows, 4])
        // The field is used for one token after the other.
        for token in 0..<2 {
          let contexts = try normal([rows, model.configuration.width], seed: 21 + UInt64(token))
          try field.prepare(contexts.pointer)
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

  /// The first token, by the formulas of Euler and Heun over whole tensors.
  private func plainToken(
    _ model: CARDGenerator, _ label: Int, _ seed: UInt64, _ options: SamplingOptions
  ) throws -> Tensor {
    var draws = RandomStream(seed: seed, 0xCA2D, 0)
    let dim = model.configuration.tokenDim
    var x = try Tensor(shape: [1, dim], values: (0..<dim).map { _ in draws.normal() })
    func context(_ label: Int?) throws -> Tensor {
      let condition = try Condition([label], classCount: 3)
      return try model.contexts(Tensor.zeros([1, 1, dim]), condition: condition)
        .reshape([1, model.configuration.width])
    }
    let (known, unknown) = (try context(label), try context(nil))
    let strength = options.guidanceSchedule.strength(
      options.guidanceScale, token: 1, of: model.configuration.numTokens)
    func velocity(_ x: Tensor, _ time: Float) throws -> Tensor {
      let with = try model.velocity(x, time: time, context: known)
      let without = try model.velocity(x, time: time, context: unknown)
      return try without + (with - without) * strength
    }
    let length = 1 / Float(options.steps)
    for step in 0..<options.steps {
      let slope = try velocity(x, Float(step) * length)
      let there = try x + slope * length
      guard options.solver == .heun else {
        x = there
        continue
      }
      x = try x + (slope + velocity(there, Float(step + 1) * length)) * (length / 2)
    }
    return try model.destandardized(x.reshape([1, 1, dim]))
  }

  @Test(arguments: [Solver.euler, .heun], [1, 3])
  func walkersAreThePlainSolver(_ solver: Solver, _ threads: Int) throws {
    let model = try wideGenerator()
    var options = SamplingOptions()
    (options.solver, options.steps, options.keep, options.guidanceScale) = (solver, 5, 1, 3)
    try Tensor.withoutGradients {
      let found = try withThreads(threads) {
        try model.sample(
          condition: Condition([1], classCount: 3), seeds: [7], options: options
        ).latents
      }
      let expected = try plainToken(model, 1, 7, options)
      #expect(distance(found, expected) < 1e-4)
    }
  }
}
