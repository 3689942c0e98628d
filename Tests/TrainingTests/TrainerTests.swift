// SPDX-License-Identifier: Apache-2.0
//
// What the loop promises: accumulation, histories, resuming with the same bits, and how it ends.

import Networks
import Tensors
import Testing

@testable import Training

@Suite struct TrainerTests {
  private struct Halt: Error {}

  private func train(
    _ task: Regression, _ plan: TrainingPlan, haltAt last: Int = .max
  ) throws -> TrainingHistory {
    try Trainer(task, plan).run { if $0.step == last { throw Halt() } }
  }

  @Test(arguments: [1, 2, 3, 8, 12])
  func microBatchesAddUpToTheBatch(_ size: Int) throws {
    let (parts, whole) = (try Regression(microBatch: size), try Regression(microBatch: 24))
    var plan = fullPlan(steps: 20)
    plan.clip = 0.5
    plan.optimizer.kind = .sgd
    let (a, b) = (try train(parts, plan), try train(whole, plan))
    for (x, y) in zip(parts.numbers.joined(), whole.numbers.joined()) { #expect(abs(x - y) < 1e-6) }
    for (x, y) in zip(a.losses, b.losses) { #expect(abs(x - y) < 1e-6 * max(1, abs(y))) }
  }

  @Test func theHistoryHasEveryTerm() throws {
    let plan = fullPlan(steps: 10)
    var seen: [TrainingProgress] = []
    let history = try Trainer(Regression(microBatch: 6), plan).run { seen.append($0) }
    #expect(history.steps.names == ["loss", "square", "count", "gradient", "lr"])
    #expect(history.count == 10 && history.steps.columns.allSatisfy { $0.count == 10 })
    #expect(history.steps["square"] == history.losses)
    #expect(history.steps["count"] == Array(repeating: 6, count: 10))
    #expect(history.steps["lr"] == (0..<10).map { plan.schedule.rate(step: Float($0), of: 10) })
    #expect(history.validationSteps == [3, 6, 9, 10])
    #expect(history.validations.names == ["mse"] && history.validations.count == 4)
    #expect(seen.map(\.loss) == history.losses)
    #expect(seen.filter { !$0.validation.isEmpty }.map(\.step) == [3, 6, 9, 10])
    #expect(history.losses[9] < history.losses[0])
  }

  @Test func validationChangesNoBits() throws {
    let (with, without) = (try Regression(microBatch: 4), try Regression(microBatch: 4))
    var plan = fullPlan(steps: 12)
    let measured = try train(with, plan)
    plan.validationInterval = 0
    let plain = try train(without, plan)
    #expect(measured.steps == plain.steps && with.numbers == without.numbers)
    #expect(plain.validations.count == 0)
  }

  @Test(arguments: OptimizerKind.allCases, [1, 5, 6, 11, 12])
  func resumingGivesTheSameBits(_ kind: OptimizerKind, _ halt: Int) throws {
    let folder = try TemporaryFolder()
    var plan = fullPlan(steps: 12)
    plan.optimizer.kind = kind
    plan.optimizer.momentum = 0.9
    let straight = try Regression(microBatch: 4)
    let whole = try train(straight, plan)

    plan.checkpoint = CheckpointPlan(path: folder.path + "/state.safetensors", interval: 5)
    let first = try Regression(microBatch: 4)
    let interruption = try #require(throws: TrainingInterruption.self) {
      try train(first, plan, haltAt: halt)
    }
    #expect(interruption.cause is Halt && interruption.history.count == halt)
    #expect(interruption.checkpoint == plan.checkpoint?.path)
    plan.resumePath = plan.checkpoint?.path
    // Another model of the same architecture, trained before: all of its state is replaced.
    let second = try Regression(microBatch: 4)
    second.weight.pointer[0] = 7
    second.visits.pointer[0] = 100
    let resumed = try train(second, plan)
    #expect(resumed == whole)
    #expect(second.numbers == straight.numbers)
    // What is done already is not done again.
    let third = try Regression(microBatch: 4)
    #expect(try train(third, plan) == whole)
    #expect(third.numbers == straight.numbers)
  }

  @Test func aPeriodicCheckpointIsEnough() throws {
    let folder = try TemporaryFolder()
    var plan = fullPlan(steps: 12)
    let straight = try Regression(microBatch: 4)
    let whole = try train(straight, plan)
    plan.checkpoint = CheckpointPlan(path: folder.path + "/state.safetensors", interval: 5)
    // As if the process had been killed in step 8: the file of step 5 is copied on the way.
    let copy = folder.path + "/copy.safetensors"
    _ = try Trainer(Regression(microBatch: 4), plan).run {
      if $0.step == 8 {
        try Checkpoint.read(path: folder.path + "/state.safetensors").write(path: copy)
      }
    }
    plan.checkpoint = nil
    plan.resumePath = copy
    let resumed = try Regression(microBatch: 4)
    var steps: [Int] = []
    let history = try Trainer(resumed, plan).run { steps.append($0.step) }
    #expect(steps == Array(6...12))
    #expect(history == whole && resumed.numbers == straight.numbers)
  }

  @Test func aStepThatIsInterruptedIsTakenAgain() throws {
    let folder = try TemporaryFolder()
    var plan = fullPlan(steps: 12)
    let straight = try Regression(microBatch: 4)
    let whole = try train(straight, plan)
    plan.checkpoint = CheckpointPlan(path: folder.path + "/state.safetensors")
    let first = try Regression(microBatch: 4)
    first.onLoss = { if $0 == 7 { throw CancellationError() } }
    let interruption = try #require(throws: TrainingInterruption.self) { try train(first, plan) }
    #expect(interruption.cause is CancellationError && interruption.history.count == 7)
    plan.resumePath = plan.checkpoint?.path
    let second = try Regression(microBatch: 4)
    #expect(try train(second, plan) == whole)
    #expect(second.numbers == straight.numbers)
  }

  @Test func otherOptionsAreRefused() throws {
    let folder = try TemporaryFolder()
    var plan = fullPlan(steps: 4)
    plan.checkpoint = CheckpointPlan(path: folder.path + "/state.safetensors")
    _ = try train(Regression(microBatch: 4), plan)
    plan.resumePath = plan.checkpoint?.path
    func message(_ change: (inout TrainingPlan) -> Void, size: Int = 4) -> String? {
      var other = plan
      change(&other)
      let task = try? Regression(microBatch: size)
      let before = task?.numbers
      let error = #expect(throws: CheckpointError.self) { try train(#require(task), other) }
      #expect(task?.numbers == before)
      return error?.message
    }
    #expect(message { $0.clip = 2 } == "it was written with clip = 1.0, not 2.0")
    #expect(message { $0.optimizer.beta1 = 0.5 }?.contains("betas = [0.9, 0.999]") == true)
    #expect(message({ _ in }, size: 6) == "it was written with size = 4, not 6")
    #expect(message { $0.steps = 3 }?.contains("4 steps have been taken") == true)
    // A longer training goes on from the shorter one.
    plan.steps = 6
    #expect(try train(Regression(microBatch: 4), plan).count == 6)
  }

  /// Weights that are not finite do not replace the checkpoint of the last good step.
  @Test func checkpointsHoldGoodWeights() throws {
    let folder = try TemporaryFolder()
    var plan = fullPlan(steps: 12)
    let straight = try Regression(microBatch: 4)
    let whole = try train(straight, plan)
    plan.checkpoint = CheckpointPlan(path: folder.path + "/state.safetensors", interval: 1)
    let damaged = try Regression(microBatch: 4)
    damaged.onEnd = { if $0 == 6 { damaged.weight.pointer[0] = .nan } }
    let interruption = try #require(throws: TrainingInterruption.self) { try train(damaged, plan) }
    #expect((interruption.cause as? TensorError)?.message.contains("`weight`") == true)
    plan.resumePath = plan.checkpoint?.path
    let resumed = try Regression(microBatch: 4)
    var steps: [Int] = []
    let history = try Trainer(resumed, plan).run { steps.append($0.step) }
    #expect(steps == Array(7...12))
    #expect(history == whole && resumed.numbers == straight.numbers)
  }

  @Test func weightsThatAreNotFiniteStayOut() throws {
    let folder = try TemporaryFolder()
    var plan = fullPlan(steps: 40)
    plan.schedule = LearningRateSchedule(.constant, peak: 1e30)
    plan.checkpoint = CheckpointPlan(path: folder.path + "/state.safetensors")
    let task = try Regression(microBatch: 4)
    let interruption = try #require(throws: TrainingInterruption.self) { try train(task, plan) }
    #expect((interruption.cause as? TensorError)?.message.contains("step ") == true)
    #expect(interruption.checkpoint == nil)
    #expect(task.numbers.joined().allSatisfy { $0.isFinite })
  }
}
