// SPDX-License-Identifier: Apache-2.0
//
// The weights of a model in training: those of the latest step, and their running average, which
// generalises better and is what the model keeps. The weights of a step enter the average only once
// the loss and the gradient of the next step have come out finite, or when training ends and they
// are finite: so weights that are not finite never reach it.

import CKernels
import Networks
import Tensors

/// A running average of parameters (Polyak and Juditsky, 1992).
public final class ExponentialAverage {
  private let parameters: [Tensor]
  /// The averages, one for each parameter.
  let averages: [Tensor]
  private let blocks: ParameterBlocks
  private let decay: Float
  /// The number of updates so far.
  var updates = 0

  /// Starts at the present values.
  public init(of parameters: [Tensor], decay: Float) throws {
    self.parameters = parameters
    self.decay = decay
    averages = try parameters.map {
      Tensor(storage: try Storage(copying: $0.storage), shape: $0.shape)
    }
    blocks = ParameterBlocks(parameters)
  }

  /// The decay of the nth update, from 1: the ramp min(decay, (1 + n) / (10 + n)).
  public static func ramped(_ decay: Float, update n: Int) -> Float {
    min(decay, Float(1 + n) / Float(10 + n))
  }

  /// Takes in the present values.
  public func update() {
    updates += 1
    let ramped = ExponentialAverage.ramped(decay, update: updates)
    blocks.forEach(.optimizer, bytesEach: 12) { i, range in
      let start = range.lowerBound
      smap_moving_average(
        averages[i].pointer + start, parameters[i].pointer + start, range.count, ramped)
    }
  }

  /// Exchanges the parameters' values with the averages; a second call undoes it.
  public func swap() {
    blocks.forEach(.optimizer, bytesEach: 16) { i, range in
      let start = range.lowerBound
      smap_exchange(parameters[i].pointer + start, averages[i].pointer + start, range.count)
    }
    ParameterChanges.note()
  }
}

/// Which weights of a model in training are meant.
public enum TrainingWeights: String, Sendable, CaseIterable {
  /// The running average, which the model will have when training ends.
  case average
  /// Those of the latest step.
  case current
}

/// The two sets of weights of a model in training.
public final class WeightsInTraining {
  let parameters: [NamedParameter]
  let average: ExponentialAverage
  /// Whether the weights have moved since they last entered the average.
  var isAhead = false

  init(_ parameters: [NamedParameter], decay: Float) throws {
    self.parameters = parameters
    average = try ExponentialAverage(of: parameters.map(\.tensor), decay: decay)
  }

  func moved() { isAhead = true }

  /// Takes the present weights into the average, unless they are in it.
  ///
  /// - Throws: `NonFiniteWeights` if they are not finite.
  func settle() throws {
    guard isAhead else { return }
    if let name = nonFinite() { throw NonFiniteWeights(name: name) }
    average.update()
    isAhead = false
  }

  /// The name of the first parameter that holds something else than finite numbers.
  func nonFinite() -> String? { parameters.first { !$0.tensor.isFinite }?.name }

  /// Leaves the average in place of the weights.
  func finish() { average.swap() }

  /// Runs `body` while the model has the weights that it would have if training ended now.
  public func withAverage<Result>(_ body: () throws -> Result) throws -> Result {
    // Weights that are not finite stay out; the step after them will say so.
    try? settle()
    average.swap()
    defer { average.swap() }
    return try body()
  }
}
