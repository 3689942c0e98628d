// SPDX-License-Identifier: Apache-2.0
//
// A copy of the weights that validated best, for trainings that keep those in the end.

import Networks
import Tensors

/// Copies of parameters, as their running averages, and of the other state of a task.
struct BestWeights {
  /// The copies under the names of what they are copies of.
  let tensors: [NamedParameter]

  private static let averages = "average."
  private static let state = "state."

  /// Copies the present averages and state.
  init(_ weights: WeightsInTraining, _ task: any TrainingTask) throws {
    tensors = try BestWeights.originals(weights, task).map {
      NamedParameter(
        $0.name, Tensor(storage: try Storage(copying: $0.tensor.storage), shape: $0.tensor.shape))
    }
  }

  /// The averages and the state that copies are made of.
  private static func originals(
    _ weights: WeightsInTraining, _ task: any TrainingTask
  ) -> [NamedParameter] {
    zip(weights.parameters, weights.average.averages).map {
      NamedParameter(averages + $0.name, $1)
    } + task.otherState.map { NamedParameter(state + $0.name, $0.tensor) }
  }

  /// Gives a model whose training is over these weights.
  func install(_ weights: WeightsInTraining, _ task: any TrainingTask) throws {
    let targets = weights.parameters.map(\.tensor) + task.otherState.map(\.tensor)
    for (target, copy) in zip(targets, tensors) { target.assign(copy.tensor) }
    ParameterChanges.note()
    try task.stateChanged()
  }
}
