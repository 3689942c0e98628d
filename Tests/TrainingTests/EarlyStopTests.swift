// SPDX-License-Identifier: Apache-2.0
//
// Validation decides when training ends and which weights are kept; what is written beside the
// checkpoint; and files that cannot be written.

import Files
import Foundation
import Networks
import Testing

@testable import Training

@Suite struct EarlyStopTests {
  /// A plan under which the validation of `Regression` soon gets worse.
  private func plan(steps: Int = 60) -> TrainingPlan {
    var plan = fullPlan(steps: steps)
    plan.schedule = LearningRateSchedule(.constant, peak: 0.3)
    (plan.averageDecay, plan.validationInterval) = (0, 1)
    return plan
  }

  private func train(
    _ task: Regression, _ plan: TrainingPlan, _ notices: inout [TrainingNotice]
  ) throws -> TrainingHistory {
    let log = NoticeLog()
    defer { notices = log.notices }
    return try Trainer(task, plan).run(onStep: { _ in }, onNotice: { log.notices.append($0) })
  }

  private final class NoticeLog { var notices: [TrainingNotice] = [] }

  @Test func patienceEndsATraining() throws {
    var (plan, notices) = (plan(), [TrainingNotice]())
    let whole = try train(Regression(microBatch: 4), plan, &notices)
    #expect(whole.count == 60 && notices.isEmpty)
    plan.patience = 3
    let history = try train(Regression(microBatch: 4), plan, &notices)
    let figures = whole.validations["mse"]
    // The first validation after which three in a row are not better than the best before them.
    let end = try #require(
      figures.indices.first { i in
        i >= 3 && figures[(i - 2)...i].allSatisfy { $0 >= figures[..<(i - 2)].min() ?? 0 }
      })
    #expect(history.count == end + 1 && end + 1 < 60)
    #expect(history.losses == Array(whole.losses.prefix(end + 1)))
    guard case .stoppedEarly(let step, let best, 3)? = notices.first else {
      Issue.record("no notice of the early end")
      return
    }
    #expect(step == end + 1 && figures[best - 1] == figures[...end].min())
  }

  @Test func theBestWeightsAreKept() throws {
    var (plan, notices) = (plan(), [TrainingNotice]())
    plan.kept = .best
    let task = try Regression(microBatch: 4)
    let history = try train(task, plan, &notices)
    let figures = history.validations["mse"]
    let best = try #require(figures.min())
    #expect(best < figures[figures.count - 1])
    #expect(try task.validate()[0].value == best)
    // Other state, such as a codebook, belongs to the weights.
    let step = try #require(figures.firstIndex(of: best)) + 1
    #expect(task.visits.pointer[0] == Float(step * (step + 1) / 2))
  }

  @Test(arguments: [5, 30])
  func theBestWeightsSurviveAResume(_ halt: Int) throws {
    struct Halt: Error {}
    let folder = try TemporaryFolder()
    var (plan, notices) = (plan(), [TrainingNotice]())
    (plan.kept, plan.patience) = (.best, 12)
    let straight = try Regression(microBatch: 4)
    let whole = try train(straight, plan, &notices)
    plan.checkpoint = CheckpointPlan(path: folder.path + "/run.safetensors")
    let first = try Regression(microBatch: 4)
    #expect(throws: TrainingInterruption.self) {
      try Trainer(first, plan).run { if $0.step == min(halt, whole.count - 1) { throw Halt() } }
    }
    plan.resumesCheckpoint = true
    let second = try Regression(microBatch: 4)
    #expect(try train(second, plan, &notices) == whole)
    #expect(second.numbers == straight.numbers)
    // A checkpoint that did not keep them cannot give them back.
    plan.kept = .last
    _ = try train(Regression(microBatch: 4), plan, &notices)
    var other = plan
    other.checkpoint?.path = folder.path + "/other.safetensors"
    _ = try train(Regression(microBatch: 4), other, &notices)
    other.kept = .best
    let error = try #require(throws: CheckpointError.self) {
      try Trainer(Regression(microBatch: 4), other)
    }
    #expect(error.message == "it does not hold the weights of its best validation")
  }

  @Test func theBestStateHasAFileOfItsOwn() throws {
    let folder = try TemporaryFolder()
    var (plan, notices) = (plan(), [TrainingNotice]())
    plan.checkpoint = CheckpointPlan(path: folder.path + "/run.safetensors", interval: 7)
    let straight = try Regression(microBatch: 4)
    let whole = try train(straight, plan, &notices)
    let best = try #require(whole.best)
    let file = try Checkpoint.read(path: folder.path + "/run.best.safetensors")
    #expect(file.text("step") == "\(best.step)")
    // Training goes on from it as it did.
    plan.resumePath = folder.path + "/run.best.safetensors"
    let resumed = try Regression(microBatch: 4)
    #expect(try train(resumed, plan, &notices) == whole && resumed.numbers == straight.numbers)
  }

  @Test func theHistoryIsATable() throws {
    let folder = try TemporaryFolder()
    var (plan, notices) = (fullPlan(steps: 7), [TrainingNotice]())
    plan.checkpoint = CheckpointPlan(path: folder.path + "/run.safetensors")
    let history = try train(Regression(microBatch: 4), plan, &notices)
    let text = try String(contentsOfFile: folder.path + "/run.csv", encoding: .utf8)
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(
      lines[0] == ["step", "loss", "square", "count", "gradient", "lr", "validation_mse"])
    #expect(lines.count == 8 && lines.dropFirst().map { $0[0] } == (1...7).map { "\($0)" })
    #expect(lines.dropFirst().map { Float($0[1]) } == history.losses)
    #expect(lines.dropFirst().compactMap { Float($0[6]) } == history.validations["mse"])
    #expect(lines.indices.filter { !lines[$0][6].isEmpty } == [0, 3, 6, 7])
  }

  /// A disk that is full for a while costs a checkpoint, not the training.
  @Test func aFailedCheckpointEndsNoTraining() throws {
    let folder = try TemporaryFolder()
    var (plan, notices) = (fullPlan(steps: 12), [TrainingNotice]())
    plan.validationInterval = 0
    let straight = try Regression(microBatch: 4)
    let whole = try train(straight, plan, &notices)
    // A folder in place of the file cannot be replaced by it.
    let path = folder.path + "/run.safetensors"
    plan.checkpoint = CheckpointPlan(path: path, interval: 2)
    let task = try Regression(microBatch: 4)
    task.onEnd = {
      if $0 == 0 {
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      }
      if $0 == 8 { try? FileManager.default.removeItem(atPath: path) }
    }
    #expect(try train(task, plan, &notices) == whole && task.numbers == straight.numbers)
    #expect(notices.count == 1)
    guard case .unwritten(2, let error as FileError)? = notices.first else {
      Issue.record("no notice of the lost checkpoint")
      return
    }
    #expect(error.path == path)
    #expect(try Checkpoint.read(path: path).text("step") == "12")
  }

  @Test func theLastCheckpointMustBeWritten() throws {
    let folder = try TemporaryFolder()
    var plan = fullPlan(steps: 6)
    let straight = try Regression(microBatch: 4)
    _ = try Trainer(straight, plan).run { _ in }
    // Where nothing can be written, training does not begin.
    plan.checkpoint = CheckpointPlan(path: "/dev/null/run.safetensors", interval: 2)
    #expect(throws: FileError.self) { try Trainer(Regression(microBatch: 4), plan) }
    // Later it trains to its end, and then says so.
    let place = folder.path + "/place"
    plan.checkpoint = CheckpointPlan(path: place + "/run.safetensors")
    let task = try Regression(microBatch: 4)
    task.onEnd = {
      guard $0 == 4 else { return }
      try? FileManager.default.removeItem(atPath: place)
      _ = FileManager.default.createFile(atPath: place, contents: nil)
    }
    let interruption = try #require(throws: TrainingInterruption.self) {
      try Trainer(task, plan).run { _ in }
    }
    #expect(interruption.cause is FileError && interruption.checkpointError == nil)
    // The model has all that it has learned.
    #expect(interruption.history.count == 6 && task.numbers == straight.numbers)
    // A folder that vanishes is made again.
    plan.checkpoint = CheckpointPlan(path: folder.path + "/deep/run.safetensors", interval: 2)
    let last = try Regression(microBatch: 4)
    last.onEnd = { if $0 == 3 { try? FileManager.default.removeItem(atPath: folder.path) } }
    _ = try Trainer(last, plan).run { _ in }
    #expect(try Checkpoint.read(path: folder.path + "/deep/run.safetensors").text("step") == "6")
  }

  @Test func olderCheckpointsImplyDefaults() throws {
    let folder = try TemporaryFolder()
    var plan = fullPlan(steps: 4)
    let path = folder.path + "/run.safetensors"
    plan.checkpoint = CheckpointPlan(path: path)
    _ = try Trainer(Regression(microBatch: 4), plan).run { _ in }
    var file = try Checkpoint.read(path: path)
    file.metadata.removeAll { $0.key == "setting.precision" }
    try file.write(path: path)
    plan.resumePath = path
    #expect(try Trainer(Regression(microBatch: 4), plan).run { _ in }.count == 4)
    plan.precision = .bfloat16
    let error = try #require(throws: CheckpointError.self) {
      try Trainer(Regression(microBatch: 4), plan)
    }
    #expect(error.message == "it was written with precision = f32, not bf16")
  }

  /// Each option of the table is named by its own sentence, so help says what each one does.
  @Test func optionsAreExplained() {
    for option in TrainingPlan.options {
      #expect(option.summary.contains("`\(option.name)"), "\(option.name)")
      #expect(option.summary.hasSuffix("."), "\(option.name)")
    }
  }
}
