// SPDX-License-Identifier: Apache-2.0
//
// Models that the training loop trains: while it does, they have two sets of weights.

import Networks
import Tensors
import Training

/// A model that the loop can train.
protocol TrainedModel: Module {
  /// The weights of the training that is going on, or nil.
  var training: WeightsInTraining? { get set }
}

extension TrainedModel {
  /// Runs `body` with the weights that are meant; without training there is one set of them.
  func with<Result>(_ weights: TrainingWeights, _ body: () throws -> Result) throws -> Result {
    guard weights == .average, let training else { return try body() }
    return try training.withAverage(body)
  }

  /// Trains this model as a task says; throws what `Trainer` throws.
  func train(
    _ task: some TrainingTask, _ plan: TrainingPlan,
    onStep: (TrainingProgress) throws -> Void, onNotice: @escaping (TrainingNotice) -> Void
  ) throws -> TrainingHistory {
    guard training == nil else { throw TensorError.value("this model is being trained already") }
    let trainer = try Trainer(task, plan, exchange: Workers.exchange())
    training = trainer.weights
    defer { training = nil }
    return try trainer.run(onStep: onStep, onNotice: onNotice)
  }
}
