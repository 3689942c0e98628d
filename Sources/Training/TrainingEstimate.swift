// SPDX-License-Identifier: Apache-2.0
//
// What a training will need, before its first step: parameters counted, the largest memory of one
// micro-batch measured, everything else computed from these.

import Networks
import Tensors

/// The parameters of a model and the bytes that training it takes.
public struct TrainingEstimate: Sendable, Equatable {
  /// The number of trained numbers.
  public let parameters: Int
  /// Bytes of the weights and of other state of the model.
  public let weights: Int
  /// Bytes of the running average, the moments of the optimizer, and a copy of the best weights.
  public let optimizer: Int
  /// Bytes of the summed gradient.
  public let gradients: Int
  /// Bytes that the micro-batches in work take: their activations and gradients; nil if unknown.
  public let activations: Int?

  /// All bytes together; without the activations if those are unknown.
  public var total: Int { weights + optimizer + gradients + (activations ?? 0) }

  /// Estimates a training on so many threads, of which each works on one micro-batch.
  ///
  /// - Throws: what the loss of a micro-batch throws; a LimitError that says what training needs if
  ///   memory is short even for one, before it is computed where the task knows that.
  public init(
    _ task: any TrainingTask, _ plan: TrainingPlan, microBatches: Int = .max
  ) throws {
    let trained = task.namedParameters.map(\.tensor)
    let width = MemoryLayout<Float>.stride
    parameters = trained.reduce(0) { $0 + $1.count }
    let other = task.otherState.reduce(0) { $0 + $1.tensor.count }
    weights = width * (parameters + other)
    let copies = 1 + plan.optimizer.stateCopies
    // The parameters of an adversary themselves are among the other state.
    let opposing = task.adversary?.namedParameters.reduce(0) { $0 + $1.tensor.count } ?? 0
    let opposingCopies = task.adversary?.optimizer.stateCopies ?? 0
    optimizer =
      width * (parameters * copies + opposing * opposingCopies)
      + (plan.kept == .best ? width * (parameters + other) : 0)
    gradients = width * (parameters + opposing)
    let threads = task.isParallel ? max(1, min(ThreadPool.threadCount, microBatches)) : 1
    let need = LeastMemory(
      weights: weights, learning: width * parameters * (1 + plan.optimizer.stateCopies),
      activations: task.leastActivations)
    guard need.total <= MemoryBudget.limit else { throw need.refusal }
    var found = false
    let peak = try need.explaining {
      try MemoryBudget.peak {
        guard let loss = try task.sampleLoss() else { return }
        _ = try loss.total.gradients(for: trained)
        found = true
      }
    }
    activations = found ? peak * threads : nil
  }

  /// `41,210 parameters, about 12.3 MB of memory`.
  public var description: String {
    let count = TrainingEstimate.grouped(parameters) + " parameters"
    guard activations != nil else { return count }
    return count + ", about \(describeBytes(total)) of memory"
  }

  /// `1,234,567`.
  private static func grouped(_ number: Int) -> String {
    var digits = Array("\(number)")
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return String(digits)
  }
}

/// Bytes that a training holds at least, whatever else its options ask for.
private struct LeastMemory {
  /// Of the weights and of other state of the model.
  let weights: Int
  /// Of the summed gradient and the moments of the optimizer.
  let learning: Int
  /// Of the activations of one micro-batch, as far as they are known.
  let activations: Int

  var total: Int { weights + learning + activations }

  /// The error that training does not fit.
  var refusal: TensorError {
    let known =
      activations > 0 ? ", activations of a micro-batch at least \(describeBytes(activations))" : ""
    return TensorError.limit(
      "training does not fit: weights take \(describeBytes(weights)), gradients and moments "
        + "\(describeBytes(learning))\(known); this session may hold "
        + "\(describeBytes(MemoryBudget.limit))",
      hint: "a smaller model takes less, or raise --max-memory")
  }

  /// Runs `body`, which computes a micro-batch; that it finds no room means that training does not
  /// fit.
  func explaining(_ body: () throws -> Int) throws -> Int {
    do {
      return try body()
    } catch let error as TensorError where error.kind == refusal.kind {
      throw refusal
    }
  }
}

extension OptimizerPlan {
  /// The numbers that the optimizer keeps for each parameter.
  var stateCopies: Int {
    switch kind {
    case .adamw: 2
    case .sgd: momentum == 0 ? 0 : 1
    }
  }
}
