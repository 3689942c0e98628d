// SPDX-License-Identifier: Apache-2.0
//
// What `smap.train` and `card.train` have in common: progress, the script's `on_step`, and what an
// interrupt does. Whatever ends training, the model keeps what it has learned, so a script that asks
// for it gets the losses so far and goes on, for instance to save.

import Models
import Runtime
import Tensors

/// A call that trains a model.
struct TrainingCall {
  private let call: Call
  private let steps: Int
  private let callback: Value?
  private let returnsWhenInterrupted: Bool
  private let task: LongTask

  /// Reads the arguments that all such calls have.
  init(_ call: Call, steps: Int) throws {
    self.call = call
    self.steps = steps
    callback = try call.optionalObserver(call.at("on_step"), example: "fn(s) print(s.loss)")
    returnsWhenInterrupted =
      try call.choice(call.at("on_interrupt"), among: ["raise", "return"]) == "return"
    task = LongTask("training", call)
  }

  /// Trains and returns the record {loss, stopped}.
  func run(_ train: ((TrainingProgress) throws -> Void) throws -> [Float]) throws -> Value {
    // A process that has been told to end starts no training.
    if call.session.interrupt.isTerminating {
      guard returnsWhenInterrupted else { throw ScriptError.interrupt }
      return record([], isStopped: true)
    }
    do {
      let losses = try call.inPrecision {
        try task.run { try train { try task.step($0, callback: callback) } }
      }
      return record(losses, isStopped: false)
    } catch let interruption as TrainingInterruption {
      return try end(interruption.cause, interruption.losses)
    } catch {
      return try end(error, [])
    }
  }

  private func end(_ cause: any Error, _ losses: [Float]) throws -> Value {
    var error = ScriptError(anything: cause)
    if error.isInterrupt {
      if returnsWhenInterrupted, call.session.mayCatchInterrupt() {
        return record(losses, isStopped: true)
      }
      error.message = "interrupted after step \(losses.count) of \(steps) of training"
    } else if !error.isCatchable, error.hint.isEmpty {
      error.hint = "training ended after step \(losses.count) of \(steps)"
    }
    throw error
  }

  private func record(_ losses: [Float], isStopped: Bool) -> Value {
    .record(["loss": .numbers(losses.map(Double.init)), "stopped": .bool(isStopped)])
  }
}
