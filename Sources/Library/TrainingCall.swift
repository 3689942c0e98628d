// SPDX-License-Identifier: Apache-2.0
//
// What `smap.train` and `card.train` have in common: progress, the script's `on_step`, and what an
// interrupt does. Whatever ends training, the model keeps what it has learned, so a script that
// asks for it gets the losses so far and goes on, for instance to save.

import Models
import Runtime
import Tensors
import Training

/// A call that trains a model.
struct TrainingCall {
  private let call: Call
  private let steps: Int
  private let callback: Value?
  private let returnsWhenInterrupted: Bool
  private let task: LongTask

  /// Reads the arguments that all such calls have.
  ///
  /// A step works on `pictures` pictures, if it is known to work on pictures.
  init(_ call: Call, steps: Int, pictures: Int? = nil) throws {
    self.call = call
    self.steps = steps
    callback = try call.optionalObserver("on_step", example: "fn(s) = print(s.loss)")
    returnsWhenInterrupted = try call.choice("on_interrupt") == "return"
    task = LongTask(
      "training", call, unit: pictures.map { ProgressUnit("pictures", perStep: $0) })
  }

  /// What a training is given to report by.
  struct Observers {
    /// Hears of what does not end training.
    let onNotice: (TrainingNotice) -> Void
    /// Hears of each step.
    let onStep: (TrainingProgress) throws -> Void
  }

  /// Trains and returns the history as a record, with whether training was stopped.
  func run(_ train: (Observers) throws -> TrainingHistory) throws -> Value {
    // A process that has been told to end starts no training.
    if call.session.interrupt.isTerminating {
      guard returnsWhenInterrupted else { throw ScriptError.interrupt }
      return record(TrainingHistory(), isStopped: true)
    }
    do {
      let history = try call.inPrecision {
        try task.run {
          try train(
            Observers(
              onNotice: report,
              onStep: { try task.step($0, callback: callback) }))
        }
      }
      return record(history, isStopped: false)
    } catch let interruption as TrainingInterruption {
      return try end(interruption)
    } catch {
      throw hinted(ScriptError(anything: error), stepsTaken: 0)
    }
  }

  private func report(_ notice: TrainingNotice) {
    switch notice {
    case .estimated(let estimate):
      task.about = estimate.description
      guard estimate.total > MemoryBudget.limit else { return }
      call.session.note(
        "this training needs about \(describeBytes(estimate.total)) of memory, of which this session "
          + "may hold \(describeBytes(MemoryBudget.limit))")
    case .unwritten(let step, let error):
      call.session.note(
        "no checkpoint of step \(step) was written, training goes on: "
          + ScriptError(anything: error).message)
    case .stoppedEarly(let step, let best, let patience):
      call.session.note(
        "training ended after step \(step) of \(steps): patience = \(patience), and the best "
          + "validation is that of step \(best)")
    }
  }

  private func end(_ interruption: TrainingInterruption) throws -> Value {
    var error = ScriptError(anything: interruption.cause)
    let history = interruption.history
    if let failure = interruption.checkpointError {
      call.session.note(
        "no checkpoint of step \(history.count) was written: "
          + ScriptError(anything: failure).message)
    }
    if error.isInterrupt {
      if returnsWhenInterrupted, call.session.mayCatchInterrupt() {
        return record(history, isStopped: true)
      }
      call.session.partialResult = record(history, isStopped: true)
      error.message = "interrupted after step \(history.count) of \(steps) of training"
      if let path = interruption.checkpoint, error.hint.isEmpty {
        error.hint = "resume = \"\(path)\" goes on from there"
      }
    }
    throw hinted(error, stepsTaken: history.count)
  }

  private func hinted(_ error: ScriptError, stepsTaken: Int) -> ScriptError {
    guard !error.isInterrupt, !error.isCatchable, error.hint.isEmpty else { return error }
    var error = error
    error.hint = "training ended after step \(stepsTaken) of \(steps)"
    return error
  }

  /// {loss, ..., gradient, lr, stopped}: a list for each metric, with a number for each step; and
  /// `validation`, a record of lists with the step of each, or nil.
  private func record(_ history: TrainingHistory, isStopped: Bool) -> Value {
    func list(_ values: [Float]) -> Value { .numbers(values.map(Double.init)) }
    let result = Record()
    result["loss"] = .numbers([])
    for (name, column) in zip(history.steps.names, history.steps.columns) {
      result[name] = list(column)
    }
    result["validation"] = .nil
    if !history.validationSteps.isEmpty {
      let validation = Record()
      validation["step"] = .numbers(history.validationSteps.map(Double.init))
      var positions: [[Float]] = []
      for (name, column) in zip(history.validations.names, history.validations.columns) {
        if ValidationFigures.isPosition(name) {
          positions.append(column)
        } else {
          validation[name] = list(column)
        }
      }
      if !positions.isEmpty {
        validation["positions"] = .list(
          history.validationSteps.indices.map { row in list(positions.map { $0[row] }) })
      }
      result["validation"] = .record(validation)
    }
    result["stopped"] = .bool(isStopped)
    return .record(result)
  }
}
