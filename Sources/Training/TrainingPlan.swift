// SPDX-License-Identifier: Apache-2.0
//
// What can be chosen about any training, whatever is trained.

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
  /// The file, which is replaced as a whole each time.
  public var path: String
  /// Steps between two checkpoints; 0 writes one only when training ends or is interrupted.
  public var interval: Int

  /// Checkpoints into a file.
  public init(path: String, interval: Int = 0) {
    (self.path, self.interval) = (path, interval)
  }
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
  /// Steps between two validations; 0 for none.
  public var validationInterval = 0
  /// Where the state is written, nil for nowhere.
  public var checkpoint: CheckpointPlan?
  /// A checkpoint to resume, or nil.
  public var resumePath: String?

  /// A plan without validation and checkpoints.
  public init(
    steps: Int, optimizer: OptimizerPlan, schedule: LearningRateSchedule<Float>,
    averageDecay: Float = 0
  ) {
    (self.steps, self.optimizer) = (steps, optimizer)
    (self.schedule, self.averageDecay) = (schedule, averageDecay)
  }

  /// What decides the bits of a training, as scripts name it; a checkpoint must agree with it.
  var settings: [(key: String, value: String)] {
    [
      ("optimizer", optimizer.kind.rawValue), ("betas", "[\(optimizer.beta1), \(optimizer.beta2)]"),
      ("momentum", "\(optimizer.momentum)"), ("weight_decay", "\(optimizer.weightDecay)"),
      ("schedule", schedule.shape.rawValue), ("lr", "\(schedule.peak)"),
      ("warmup", "\(schedule.warmup)"), ("lr_floor", "\(schedule.floorShare)"),
      ("decay_every", "\(schedule.interval)"), ("decay_factor", "\(schedule.factor)"),
      ("clip", "\(clip)"), ("average", "\(averageDecay)"), ("accumulate", "\(accumulation)"),
    ]
  }
}
