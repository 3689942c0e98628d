// SPDX-License-Identifier: Apache-2.0
//
// How training ends early, and what is said of it.

import Tensors

/// Training that ended before its last step.
public struct TrainingInterruption: Error {
  /// What ended it.
  public let cause: any Error
  /// What the steps that were taken reported.
  public let history: TrainingHistory
  /// The steps that were asked for.
  public let total: Int
  /// The checkpoint from which the training can be resumed, if one has been written.
  public let checkpoint: String?
  /// Why the last whole step has no checkpoint although one was wanted.
  public let checkpointError: (any Error)?
}

/// A step that was not taken, since its loss or its gradient is not finite.
struct NonFiniteStep: Error {
  /// The loss in words, such as "the loss".
  let subject: String
  /// The mean of the first number that the model reports.
  let loss: Float
  /// The first parameter whose gradient is not finite; nil if all are.
  let parameter: String?
}

/// A parameter holds something else than finite numbers.
struct NonFiniteWeights: Error {
  let name: String
}

/// Why numbers stopped being finite, in words: which step, and which parameter first.
struct TrainingFailure {
  let error: TensorError

  /// Nil for errors of other kinds.
  init?(_ error: any Error, _ weights: WeightsInTraining, stepsTaken: Int, _ plan: TrainingPlan) {
    let what: String
    switch error {
    case let error as NonFiniteWeights:
      what = "step \(stepsTaken) of \(plan.steps) made `\(error.name)` something else than finite"
    case let error as NonFiniteStep:
      let gradient = error.parameter.map {
        " and the gradient of `\($0)` is not finite"
      }
      let moved = weights.nonFinite().map { ", since step \(stepsTaken) made `\($0)` not finite" }
      what =
        "step \(stepsTaken + 1) of \(plan.steps) failed: \(error.subject) is \(error.loss.inWords)"
        + (moved ?? gradient ?? "")
    default: return nil
    }
    self.error = .value(
      what,
      hint:
        "a learning rate below lr = \(plan.schedule.peak.inWords) may help; the model is left as "
        + "the last good steps made it")
  }
}

extension BinaryFloatingPoint {
  /// The number as a script writes it: whole ones without a point.
  package var inWords: String { isNaN ? "nan" : Int(exactly: self).map(String.init) ?? "\(self)" }
}
