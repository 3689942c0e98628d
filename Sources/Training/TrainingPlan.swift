// SPDX-License-Identifier: Apache-2.0
//
// What can be chosen about any training, whatever is trained.

import Files
import Networks
import Tensors

/// The kinds of optimizers of the training loop.
public enum OptimizerKind: String, Sendable, CaseIterable {
  /// AdamW (Loshchilov and Hutter, 2019).
  case adamw
  /// Stochastic gradient descent with momentum.
  case sgd
}

/// An optimizer and its constants, without the learning rate.
public struct OptimizerPlan: Sendable, Equatable {
  /// Which optimizer.
  public var kind = OptimizerKind.adamw
  /// Decay of AdamW's moving average of gradients.
  public var beta1: Float = 0.9
  /// Decay of AdamW's moving average of squared gradients.
  public var beta2: Float = 0.999
  /// What AdamW adds to the root of the average square.
  public var epsilon: Float = 1e-8
  /// Momentum of SGD.
  public var momentum: Float = 0
  /// Decay of weight matrices; AdamW leaves vectors alone, SGD decays all parameters.
  public var weightDecay: Float

  /// AdamW with the given constants.
  public init(beta1: Float = 0.9, beta2: Float = 0.999, weightDecay: Float = 0) {
    (self.beta1, self.beta2, self.weightDecay) = (beta1, beta2, weightDecay)
  }

  func optimizer(for parameters: [Tensor]) throws -> any Optimizer {
    switch kind {
    case .adamw:
      try AdamW(
        parameters, learningRate: 0, betas: (beta1, beta2), epsilon: epsilon,
        weightDecay: weightDecay, decayVectors: false)
    case .sgd:
      try SGD(parameters, learningRate: 0, momentum: momentum, weightDecay: weightDecay)
    }
  }
}

/// Where and how often a training writes its state.
public struct CheckpointPlan: Sendable, Equatable {
  /// The file of the latest state, which is replaced as a whole each time.
  public var path: String
  /// Steps between two checkpoints; 0 writes one only when training ends or is interrupted.
  public var interval: Int

  /// The file of the state of the best validation.
  public var bestPath: String { stem + ".best" + CheckpointPlan.suffix }
  /// The file of the history.
  public var historyPath: String { stem + ".csv" }

  private static let suffix = ".safetensors"
  private var stem: String {
    path.hasSuffix(CheckpointPlan.suffix)
      ? String(path.dropLast(CheckpointPlan.suffix.count)) : path
  }

  /// Checkpoints into a file.
  public init(path: String, interval: Int = 0) {
    (self.path, self.interval) = (path, interval)
  }
}

/// The weights that a model keeps of its training.
public enum KeptWeights: String, Sendable, CaseIterable {
  /// Those of the last step, or their running average.
  case last
  /// Those of the best validation.
  case best
}

/// What can be chosen about any training.
public struct TrainingPlan: Sendable, Equatable {
  /// Steps of the optimizer.
  public var steps: Int
  /// The optimizer.
  public var optimizer: OptimizerPlan
  /// The learning rate of each step.
  public var schedule: LearningRateSchedule<Float>
  /// The longest gradient: longer ones are scaled down to it; 0 leaves all as they are.
  public var clip: Float = 1
  /// Decay of the running average that is kept in the end; 0 keeps the last weights.
  public var averageDecay: Float
  /// Batches whose mean gradient makes one step.
  public var accumulation = 1
  /// Whether there is something to validate on.
  public var hasValidation = true
  /// Steps between two validations; 0 for none.
  public var validationInterval = 100
  /// Validations in a row without improvement after which training ends; 0 for any number.
  public var patience = 0
  /// The weights that the model has in the end.
  public var kept = KeptWeights.last
  /// The numbers that layers multiply.
  public var precision = Precision.float32
  /// Where the state is written, nil for nowhere.
  public var checkpoint: CheckpointPlan?
  /// A checkpoint to resume, or nil.
  public var resumePath: String?
  /// Whether the file of `checkpoint` is resumed if it is there.
  public var resumesCheckpoint = false

  /// The file that training goes on from, if any.
  public var resumedFile: String? {
    if let resumePath { return resumePath }
    guard resumesCheckpoint, let path = checkpoint?.path, FileReader.exists(path) else {
      return nil
    }
    return path
  }

  /// A plan without validation and checkpoints.
  public init(
    steps: Int, optimizer: OptimizerPlan, schedule: LearningRateSchedule<Float>,
    averageDecay: Float = 0
  ) {
    (self.steps, self.optimizer) = (steps, optimizer)
    (self.schedule, self.averageDecay) = (schedule, averageDecay)
  }
}
