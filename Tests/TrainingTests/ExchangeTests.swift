// SPDX-License-Identifier: Apache-2.0
//
// Several workers give the same bits as one. The workers are threads of this process, each with a
// model of its own, that hand on their sums as `GradientExchange` says.

import Foundation
import Networks
import Tensors
import Testing

@testable import Training

/// What the workers of a test share.
private final class Meeting: @unchecked Sendable {
  let condition = NSCondition()
  let count: Int
  // Guarded by the condition.
  var sums: [Int: [Tensor?]] = [:]
  var totals: [Tensor?] = []
  var bytes: [Int: [UInt8]] = [:]
  /// What every worker says of itself before its first step.
  var facts: [Int: [String]] = [:]
  /// How many workers have left an exchange, by its kind: those of two kinds overlap.
  var left: [String: Int] = [:]

  init(count: Int) { self.count = count }

  func wait<Result>(until find: () -> Result?) -> Result {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let found = find() {
        condition.broadcast()
        return found
      }
      condition.wait()
    }
  }
}

private final class ThreadExchange: GradientExchange {
  let worker: Int
  let meeting: Meeting
  var workerCount: Int { meeting.count }

  init(_ worker: Int, _ meeting: Meeting) { (self.worker, self.meeting) = (worker, meeting) }

  func total(
    _ parameters: [Tensor], isReady: (_ index: Int) throws -> Bool,
    adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
  ) throws -> [Tensor?] {
    let before =
      worker == 0
      ? [Tensor?](repeating: nil, count: parameters.count)
      : meeting.wait { self.meeting.sums.removeValue(forKey: self.worker - 1) }
    let last = workerCount - 1
    let copies = try parameters.indices.map { index in
      while !(try isReady(index)) { usleep(100) }
      return try adding(index, before[index])?.mapped { $0 }
    }
    meeting.wait { self.meeting.sums[self.worker] = copies }
    let result = meeting.wait { self.meeting.sums[last] }
    leave("sums") { self.meeting.sums = [:] }
    return result
  }

  func gather(_ bytes: [UInt8]) -> [[UInt8]] {
    meeting.wait { self.meeting.bytes[self.worker] = bytes }
    let all = meeting.wait {
      self.meeting.bytes.count == self.workerCount
        ? (0..<self.workerCount).map { self.meeting.bytes[$0] ?? [] } : nil
    }
    leave("bytes") { self.meeting.bytes = [:] }
    return all
  }

  func agree(on facts: [(key: String, value: String)]) {
    meeting.wait { self.meeting.facts[self.worker] = facts.map { "\($0.key) \($0.value)" } }
  }

  /// Waits for the others; the last one cleans up.
  private func leave(_ kind: String, _ clean: () -> Void) {
    meeting.wait {
      self.meeting.left[kind, default: 0] += 1
      if self.meeting.left[kind] == self.workerCount { clean() }
    }
    meeting.wait { self.meeting.left[kind, default: 0] >= self.workerCount ? () : nil }
    meeting.wait {
      self.meeting.left[kind, default: 0] += 1
      if self.meeting.left[kind] == 2 * self.workerCount { self.meeting.left[kind] = 0 }
    }
    meeting.wait { self.meeting.left[kind] == 0 ? () : nil }
  }
}

@Suite struct ExchangeTests {
  @Test(arguments: [2, 3, 4])
  func anyNumberOfWorkersGivesTheSameBits(_ count: Int) throws {
    let plan = fullPlan(steps: 8)
    let alone = try Regression(microBatch: 2)
    let history = try Trainer(alone, plan).run { _ in }
    let meeting = Meeting(count: count)
    let tasks = try (0..<count).map { _ in try Regression(microBatch: 2) }
    let trainers = try (0..<count).map {
      try Trainer(tasks[$0], plan, exchange: ThreadExchange($0, meeting))
    }
    nonisolated(unsafe) let running = trainers
    nonisolated(unsafe) var histories = [TrainingHistory?](repeating: nil, count: count)
    let finished = DispatchGroup()
    for worker in 0..<count {
      let thread = Thread {
        let found = try? running[worker].run { _ in }
        meeting.wait { histories[worker] = found }
        finished.leave()
      }
      finished.enter()
      thread.start()
    }
    #expect(finished.wait(timeout: .now() + 60) == .success)
    let facts = meeting.wait { Set(meeting.facts.values) }
    #expect(facts.count == 1 && facts.first?.contains("steps 8") == true)
    for worker in 0..<count {
      #expect(histories[worker] == history, "worker \(worker)")
      #expect(tasks[worker].numbers == alone.numbers, "worker \(worker)")
    }
  }

  @Test func sharesAreContiguousAndComplete() {
    let meeting = Meeting(count: 3)
    for count in 0..<10 {
      let shares = (0..<3).map { ThreadExchange($0, meeting).share(of: count) }
      #expect(shares.flatMap { Array($0) } == Array(0..<count))
    }
  }
}
