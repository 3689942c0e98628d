// SPDX-License-Identifier: Apache-2.0
//
// The training loop, the same for tokenizers, generators and what scripts train: schedule,
// optimizer, running average, history, validation, checkpoints, and what happens when training ends
// early. A step whose loss or gradient is not finite ends it, and so may the caller, between two
// steps or within one. Whatever ends it, the model is left with the running average of the good
// weights.

import Files
import Networks
import Tensors

/// One training of one model.
public final class Trainer {
  /// The two sets of weights of the model while it is being trained.
  public let weights: WeightsInTraining
  let task: any TrainingTask
  let plan: TrainingPlan
  let training: TrainingStep
  private let exchange: any GradientExchange
  var history = TrainingHistory()
  /// Steps that have been taken as a whole.
  var step = 0
  /// `extraState` of the task after the last whole step.
  var extraState: [(key: String, value: String)] = []
  /// Whether a step has moved the weights and is not over.
  private var isWithinMove = false
  /// The weights that validated best, if the plan keeps those.
  var best: BestWeights?
  /// Whether the latest validation is the best, and its state has not been written.
  var isBestUnwritten = false
  /// The number of steps of the latest checkpoint.
  private var checkpointed: Int?
  /// Whether the latest file could not be written.
  private var isUnwritten = false
  private var notice: (TrainingNotice) -> Void = { _ in }

  /// Prepares a training, or goes on with the one whose checkpoint the plan names.
  ///
  /// - Throws: a `TensorError` if a weight is not finite, a `CheckpointError` or `FileError` about
  ///   the checkpoint; nothing has been changed then.
  public init(
    _ task: any TrainingTask, _ plan: TrainingPlan, exchange: any GradientExchange = ThisProcess()
  ) throws {
    (self.task, self.plan, self.exchange) = (task, plan, exchange)
    let parameters = task.namedParameters
    guard !parameters.isEmpty else { throw TensorError.value("there are no parameters to train") }
    weights = try WeightsInTraining(parameters, decay: plan.averageDecay)
    training = try TrainingStep(task, plan, exchange: exchange)
    if let path = plan.resumedFile { try restore(from: path) }
    if let name = weights.nonFinite() {
      throw TensorError.value(
        "`\(name)` of this model is not finite, so it cannot be trained",
        hint: "load it from an intact file, or create it again")
    }
    extraState = task.extraState
    if exchange.workerCount > 1 { try exchange.agree(on: facts()) }
    // A folder that cannot be written is known before the first step, not after a night.
    if let path = plan.checkpoint?.path { try AtomicFile.check(path: path) }
  }

  /// Takes the steps of the plan that have not been taken yet, and leaves the running average in
  /// place of the weights, or the weights of the best validation.
  ///
  /// `onStep` runs after every step; if it throws, training ends there. A checkpoint that cannot be
  /// written ends a training only if it is the last one.
  ///
  /// - Throws: a `TrainingInterruption` with the history so far and what ended training early.
  public func run(
    onStep: (TrainingProgress) throws -> Void,
    onNotice: @escaping (TrainingNotice) -> Void = { _ in }
  ) throws -> TrainingHistory {
    notice = onNotice
    do {
      try estimate()
      try writeBestIfDue()
      while step < plan.steps, !isExhausted {
        let progress = try takeStep()
        try writeBestIfDue()
        try onStep(progress)
        extraState = task.extraState
        if let interval = plan.checkpoint?.interval, interval > 0, step % interval == 0 {
          try noticing { try writeCheckpoint() }
        }
      }
      if checkpointed != step { try writeCheckpoint() }
      if step < plan.steps, let best = history.best {
        notice(.stoppedEarly(step: step, best: best.step, patience: plan.patience))
      }
      try weights.settle()
      try finish()
      return history
    } catch {
      throw end(error)
    }
  }

  /// Tells what a training of more than a few steps will need.
  private func estimate() throws {
    guard plan.steps - step >= Trainer.estimatedSteps else { return }
    notice(.estimated(try TrainingEstimate(task, plan)))
  }

  /// Shorter trainings are over before an estimate matters.
  private static let estimatedSteps = 100

  /// Whether so many validations in a row have brought no improvement that training ends.
  private var isExhausted: Bool {
    guard plan.patience > 0, let best = history.best else { return false }
    return best.validationsSince >= plan.patience
  }

  /// Leaves in the model what it keeps.
  private func finish() throws {
    weights.finish()
    try best?.install(weights, task)
  }

  private func takeStep() throws -> TrainingProgress {
    let rate = plan.schedule.rate(step: Float(step), of: Float(plan.steps))
    let figures = try training.run(step: step, rate: rate) {
      try weights.settle()
      isWithinMove = true
    }
    weights.moved()
    try task.end(step: step, exchange: exchange)
    guard history.steps.append(figures) else {
      throw TensorError.value(
        "the terms of the loss in step \(step + 1) have other names than those before")
    }
    step += 1
    isWithinMove = false
    // What the whole step has changed, should the validation be interrupted.
    extraState = task.extraState
    let validation = try validateIfDue()
    return TrainingProgress(
      step: step, total: plan.steps, loss: figures[0].value, figures: Array(figures.dropFirst()),
      validation: validation)
  }

  private func validateIfDue() throws -> [(name: String, value: Float)] {
    guard plan.validationInterval > 0,
      step % plan.validationInterval == 0 || step == plan.steps
    else { return [] }
    let figures = try weights.withAverage { try task.validate(exchange: exchange) }
    guard !figures.isEmpty else { return [] }
    // A checkpoint of an older version may have fewer figures.
    guard history.validations.append(figures, growing: true) else {
      throw TensorError.value(
        "the figures of the validation after step \(step) have other names than those before")
    }
    history.validationSteps.append(step)
    if history.best?.validationsSince == 0 {
      isBestUnwritten = true
      if plan.kept == .best { best = try BestWeights(weights, task) }
    }
    return figures
  }

  /// Leaves in the model what it keeps, and a checkpoint of the last whole step if one is wanted.
  private func end(_ error: any Error) -> TrainingInterruption {
    var (cause, checkpointError) = (error, nil as (any Error)?)
    if let failure = TrainingFailure(error, weights, stepsTaken: history.count, plan) {
      cause = failure.error
      if let path = plan.checkpoint?.historyPath { try? writeHistory(path) }
    } else {
      if !isWithinMove, checkpointed != step, !(error is FileError) {
        // That the file cannot be written is not what ended training: it is told beside the cause.
        do { try writeCheckpoint() } catch { checkpointError = error }
      }
      try? weights.settle()
    }
    try? finish()
    return TrainingInterruption(
      cause: cause, history: history, total: plan.steps,
      checkpoint: checkpointed == nil ? nil : plan.checkpoint?.path,
      checkpointError: checkpointError)
  }

  // MARK: - Files

  /// Writes the state and the history after the last whole step, if files are wanted.
  private func writeCheckpoint() throws {
    guard let paths = plan.checkpoint else { return }
    try write(to: paths.path)
    try writeHistory(paths.historyPath)
    (checkpointed, isUnwritten) = (step, false)
  }

  /// Writes the state if the latest validation was the best, and files are wanted.
  private func writeBestIfDue() throws {
    guard isBestUnwritten else { return }
    isBestUnwritten = false
    if let path = plan.checkpoint?.bestPath { try noticing { try write(to: path) } }
  }

  private func write(to path: String) throws {
    // The file of an earlier, good step must not be replaced by weights that the next step refuses.
    if let name = weights.nonFinite() { throw NonFiniteWeights(name: name) }
    try checkpoint().write(path: path)
  }

  private func writeHistory(_ path: String) throws {
    try AtomicFile.write(path: path, bytes: Array(history.csv.utf8))
  }

  /// Goes on if a file cannot be written, and tells so once in a row: the next one may be.
  private func noticing(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as FileError {
      if !isUnwritten { notice(.unwritten(step: step, error: error)) }
      isUnwritten = true
    }
  }
}
