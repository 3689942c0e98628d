// SPDX-License-Identifier: Apache-2.0
//
// The range test for learning rates (Smith, "Cyclical Learning Rates for Training Neural Networks",
// 2017): train for a few steps while the rate rises exponentially, and see where the loss falls and
// where it explodes. The model is left as it was.

import Glibc
import Networks
import Tensors

/// What a range test found.
public struct LearningRateSearch: Sendable, Equatable {
  /// The learning rate of each step.
  public internal(set) var rates: [Float] = []
  /// The loss of each step, before its weights moved.
  public internal(set) var losses: [Float] = []

  /// The losses, each averaged with its neighbours by a triangular window over a tenth of the
  /// steps: symmetric, so that nothing is shifted to higher rates.
  public var smoothed: [Float] {
    let reach = max(1, losses.count / 20)
    return losses.indices.map { centre in
      var (sum, weights) = (0.0, 0.0)
      for i in max(0, centre - reach)...min(losses.count - 1, centre + reach) {
        let weight = Double(reach + 1 - abs(i - centre))
        sum += weight * Double(losses[i])
        weights += weight
      }
      return Float(sum / weights)
    }
  }

  /// The rate at which the smoothed loss falls most steeply, by equal ratios of the rate, before it
  /// is lowest; nil if it never falls.
  public var suggestion: Float? {
    let curve = smoothed
    guard let lowest = curve.indices.min(by: { curve[$0] < curve[$1] }), lowest > 0 else {
      return nil
    }
    let reach = max(1, losses.count / 20)
    // Rates are equally spaced along the logarithm, so differences are slopes.
    let slopes = (0...lowest).map { i -> Float in
      let (a, b) = (max(0, i - reach), min(lowest, i + reach))
      return (curve[b] - curve[a]) / Float(max(b - a, 1))
    }
    guard let steepest = slopes.indices.min(by: { slopes[$0] < slopes[$1] }), slopes[steepest] < 0
    else { return nil }
    return rates[steepest]
  }

  /// Whether the loss has risen so far above its beginning that higher rates tell nothing new.
  fileprivate func hasDiverged(of total: Int) -> Bool {
    guard losses.count > total / 4, let first = losses.first, let least = losses.min() else {
      return false
    }
    return losses.suffix(3).allSatisfy { $0 > first + 3 * (first - least) }
  }
}

extension LearningRateSearch {
  /// Takes up to `steps` steps with rates from `low` to `high`, and restores the state of the task.
  ///
  /// It ends early when the loss explodes. `onStep` hears of each step and its loss.
  ///
  /// - Throws: a `TensorError` if the first loss is not finite, or what a step or `onStep` throws;
  ///   the state is that of the beginning then as well.
  public static func run(
    _ task: any TrainingTask, _ plan: TrainingPlan, from low: Float, to high: Float, steps: Int,
    onStep: (_ step: Int, _ loss: Float) throws -> Void = { _, _ in }
  ) throws -> LearningRateSearch {
    let snapshot = try StateSnapshot(task)
    let outcome = Result {
      try rise(task, plan, from: low, to: high, steps: steps, onStep: onStep)
    }
    try snapshot.restore()
    return try outcome.get()
  }

  private static func rise(
    _ task: any TrainingTask, _ plan: TrainingPlan, from low: Float, to high: Float, steps: Int,
    onStep: (_ step: Int, _ loss: Float) throws -> Void
  ) throws -> LearningRateSearch {
    let training = try TrainingStep(task, plan)
    var search = LearningRateSearch()
    for step in 0..<steps where !search.hasDiverged(of: steps) {
      let rate = low * powf(high / low, Float(step) / Float(max(steps - 1, 1)))
      let loss: Float
      do {
        loss = try training.run(step: step, rate: rate).first?.value ?? 0
        try task.end(step: step, exchange: ThisProcess())
      } catch let failure as NonFiniteStep {
        guard step == 0 else { break }
        throw TensorError.value(
          "the loss is \(failure.loss.inWords) before the first step",
          hint: "look at the data and the weights of the model")
      }
      search.rates.append(rate)
      search.losses.append(loss)
      try onStep(step + 1, loss)
    }
    return search
  }
}

/// Copies of all that steps change in a task.
private struct StateSnapshot {
  private let task: any TrainingTask
  private let tensors: [(original: Tensor, copy: Tensor)]
  private let extraState: [(key: String, value: String)]

  init(_ task: any TrainingTask) throws {
    self.task = task
    tensors = try (task.namedParameters + task.otherState).map {
      ($0.tensor, Tensor(storage: try Storage(copying: $0.tensor.storage), shape: $0.tensor.shape))
    }
    extraState = task.extraState
  }

  func restore() throws {
    for (original, copy) in tensors { original.assign(copy) }
    ParameterChanges.note()
    task.extraState = extraState
    try task.stateChanged()
  }
}
