// SPDX-License-Identifier: Apache-2.0
//
// Gradients are exchanged while others are computed, and whatever ends a step ends its exchange.

import Foundation
import Networks
import Synchronization
import Tensors
import Testing

@testable import Training

/// The first of two workers, the other of which adds nothing; notes what it is asked for.
private final class WatchedExchange: GradientExchange {
  let workerCount = 2
  let worker = 0
  /// The sizes of the parameters that have been added to, in order.
  let added = Mutex<[Int]>([])
  let hasEnded = Mutex(false)
  /// Runs before each parameter.
  var onParameter: () throws -> Void = {}

  func total(
    _ parameters: [Tensor], isReady: (_ index: Int) throws -> Bool,
    adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
  ) throws -> [Tensor?] {
    defer { hasEnded.withLock { $0 = true } }
    added.withLock { $0 = [] }
    return try parameters.enumerated().map { index, parameter in
      try onParameter()
      while !(try isReady(index)) { usleep(100) }
      let sum = try adding(index, nil)
      added.withLock { $0.append(parameter.count) }
      return sum
    }
  }

  func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes, bytes] }
  func agree(on facts: [(key: String, value: String)]) {}
}

/// A loss of two layers, between which the backward pass may wait.
private final class Gate: MicroBatchedLoss {
  /// Of one and of two numbers.
  let early: Tensor
  let late: Tensor
  /// Runs in the backward pass of a micro-batch between the late and the early layer.
  var onBackward: (Int) throws -> Void = { _ in }

  init() throws {
    early = try .parameter(Tensor(repeating: 2, shape: [1]))
    late = try .parameter(Tensor(repeating: 3, shape: [2]))
  }

  /// Two of the four are this worker's.
  func begin(step: Int) -> [Float] { [0.25, 0.25, 0.25, 0.25] }

  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss {
    let value = try early.mul(Float(microBatch + 1)).detached
    let gate = value.recorded(from: [early]) {
      try self.onBackward(microBatch)
      return [try $0.sum().reshape([1]).mul(Float(microBatch + 1))]
    }
    let loss = try gate.mul(late).sum()
    return MicroBatchLoss(loss, reported: [try loss.item()])
  }

  func step(_ exchange: WatchedExchange, _ parameters: [Tensor]) throws -> MicroBatchStep {
    let optimizer = try OptimizerPlan().optimizer(for: parameters)
    return MicroBatchStep(
      optimizer, names: parameters.map { "\($0.count)" }, of: "the loss", clip: 0,
      exchange: exchange)
  }
}

@Suite struct OverlapTests {
  private struct Refusal: Error {}

  @Test func lateLayersTravelBeforeEarlyOnesAreComputed() throws {
    let (exchange, task) = (WatchedExchange(), try Gate())
    var seen: [Int] = []
    task.onBackward = { microBatch in
      guard microBatch == 1 else { return }
      for _ in 0..<50_000 where exchange.added.withLock({ $0.isEmpty }) { usleep(100) }
      seen = exchange.added.withLock { $0 }
    }
    let found = try task.step(exchange, [task.early, task.late]).gradients(of: task, step: 0)
    #expect(seen == [2])
    #expect(exchange.added.withLock { $0 } == [2, 1])
    // Two micro-batches: (1 + 2) / 4 times 2, and 6 in each of two places.
    #expect(found.gradients.map { $0?.toArray() } == [[4.5], [1.5, 1.5]])
  }

  @Test func theOrderOfTheBackwardPassIsLearned() throws {
    let (exchange, task) = (WatchedExchange(), try Gate())
    let step = try task.step(exchange, [task.late, task.early])
    let first = try step.gradients(of: task, step: 0)
    #expect(exchange.added.withLock { $0 } == [1, 2])
    let second = try step.gradients(of: task, step: 1)
    #expect(exchange.added.withLock { $0 } == [2, 1])
    #expect(first.gradients.map { $0?.toArray() } == second.gradients.map { $0?.toArray() })
  }

  @Test func aFailureWhileExchangingEndsBoth() throws {
    let (exchange, task) = (WatchedExchange(), try Gate())
    task.onBackward = { microBatch in
      guard microBatch == 1 else { return }
      for _ in 0..<50_000 where exchange.added.withLock({ $0.isEmpty }) { usleep(100) }
      throw Refusal()
    }
    let step = try task.step(exchange, [task.early, task.late])
    #expect(throws: Refusal.self) { try step.gradients(of: task, step: 0) }
    #expect(exchange.hasEnded.withLock { $0 })
    #expect(exchange.added.withLock { $0 } == [2])
    task.onBackward = { _ in }
    #expect(throws: Never.self) { try step.gradients(of: task, step: 0) }
  }

  @Test func aFailureOfTheExchangeIsThatOfTheStep() throws {
    let (exchange, task) = (WatchedExchange(), try Gate())
    exchange.onParameter = { throw Refusal() }
    let computed = Mutex(0)
    task.onBackward = { _ in computed.withLock { $0 += 1 } }
    let step = try task.step(exchange, [task.early, task.late])
    #expect(throws: Refusal.self) { try step.gradients(of: task, step: 0) }
    #expect(computed.withLock { $0 } == 2)
  }

  @Test func aStopWhileExchangingEndsTheStep() throws {
    let (exchange, task) = (WatchedExchange(), try Gate())
    let flag = StopFlag.allocate()
    defer { flag.free() }
    let before = Stop.begin(flag, seconds: nil, after: 0)
    defer { Stop.restore(before) }
    // The thread of the exchange polls for the stops of the session.
    nonisolated(unsafe) var hasSeen = false
    exchange.onParameter = {
      guard exchange.added.withLock({ !$0.isEmpty }) else { return }
      flag.request()
      hasSeen = Stop.isRequested
      try Stop.check()
    }
    let step = try task.step(exchange, [task.early, task.late])
    #expect(throws: CancellationError.self) { try step.gradients(of: task, step: 0) }
    #expect(hasSeen && exchange.hasEnded.withLock { $0 })
  }

  @Test func theTimeOfTheSessionIsThatOfItsExchange() throws {
    let (exchange, task) = (WatchedExchange(), try Gate())
    exchange.onParameter = { while true { try Stop.check() } }
    let step = try task.step(exchange, [task.early, task.late])
    Stop.setDeadline(seconds: 0.2, after: ProcessInfo.processInfo.systemUptime)
    defer { Stop.setDeadline(seconds: nil, after: 0) }
    #expect(throws: DeadlineError.self) { try step.gradients(of: task, step: 0) }
  }
}
