// SPDX-License-Identifier: Apache-2.0
//
// The loop that trains a tokenizer and a generator alike: schedule, optimizer, running average, and
// what happens when training ends early. A step whose loss or gradient is not finite ends it, and so
// may the caller, between two steps or within one. Whatever ends it, the model is left with the
// running average of the weights that were found good: those of a step enter it only once the loss
// and the gradient of the step after have come out finite, or they are finite and the last ones.

import Networks
import Tensors

/// What the recipes of all models have in common.
public protocol TrainingRecipe: Sendable {
  /// Steps of the optimizer.
  var steps: Int { get }
  /// Peak of the learning rate.
  var learningRate: Float { get }
  /// Steps over which the learning rate rises.
  var warmup: Int { get }
  /// Decay of weight matrices.
  var weightDecay: Float { get }
  /// Longest gradient.
  var clip: Float { get }
  /// Decay of the running average that is kept in the end.
  var averageDecay: Float { get }
}

/// Training that ended before its last step.
public struct TrainingInterruption: Error {
  /// What ended it.
  public let cause: any Error
  /// The loss of every step that was taken.
  public let losses: [Float]
  /// The steps that were asked for.
  public let total: Int
}

/// Which weights of a model in training are meant.
public enum TrainingWeights: String, Sendable, CaseIterable {
  /// The running average, which the model will have when training ends.
  case average
  /// Those of the latest step.
  case current
}

/// Training that is going on.
final class TrainingState {
  private let parameters: [NamedParameter]
  private let average: ExponentialAverage
  /// Whether the weights have moved since they last entered the average.
  private var isAhead = false

  fileprivate init(_ parameters: [NamedParameter], decay: Float) throws {
    self.parameters = parameters
    average = try ExponentialAverage(of: parameters.map(\.tensor), decay: decay)
  }

  fileprivate func moved() { isAhead = true }

  /// Takes the present weights into the average, unless they are in it.
  fileprivate func settle() throws {
    guard isAhead else { return }
    if let name = nonFinite() { throw NonFiniteWeights(name: name) }
    average.update()
    isAhead = false
  }

  /// The name of the first parameter that holds something else than finite numbers.
  fileprivate func nonFinite() -> String? {
    parameters.first { !$0.tensor.isFinite }?.name
  }

  fileprivate func name(ofParameter index: Int) -> String { parameters[index].name }

  /// Leaves the average in place of the weights.
  fileprivate func finish() { average.swap() }

  /// Runs `body` while the model has the weights that it would have if training ended now.
  func withAverage<Result>(_ body: () throws -> Result) throws -> Result {
    // Weights that are not finite stay out; the step after them will say so.
    try? settle()
    average.swap()
    defer { average.swap() }
    return try body()
  }
}

/// A parameter holds something else than finite numbers.
private struct NonFiniteWeights: Error {
  let name: String
}

/// A model that the loop can train.
protocol TrainedModel: Module {
  /// The training that is going on, or nil.
  var training: TrainingState? { get set }
}

extension TrainedModel {
  /// Runs `body` with the weights that are meant; without training there is one set of them.
  func with<Result>(_ weights: TrainingWeights, _ body: () throws -> Result) throws -> Result {
    guard weights == .average, let training else { return try body() }
    return try training.withAverage(body)
  }

  /// Trains for the steps of a recipe and returns the loss of each.
  ///
  /// `step` takes one step and says what it found; the first of its losses is the loss. A
  /// `TrainingInterruption` says what ended training early, `onStep` included.
  func train(
    _ recipe: some TrainingRecipe, betas: (Float, Float),
    onStep: (TrainingProgress) throws -> Void,
    figures: (StepResult) -> [(name: String, value: Float)],
    step: (MicroBatchTrainer, Int) throws -> StepResult
  ) throws -> [Float] {
    guard training == nil else {
      throw TensorError.value("this model is being trained already")
    }
    let state = try TrainingState(namedParameters, decay: recipe.averageDecay)
    if let name = state.nonFinite() {
      throw TensorError.value(
        "`\(name)` of this model is not finite, so it cannot be trained",
        hint: "load it from a file that is whole, or make it anew")
    }
    let optimizer = try AdamW(
      parameters, learningRate: recipe.learningRate, betas: betas,
      weightDecay: recipe.weightDecay, decayVectors: false)
    let trainer = MicroBatchTrainer(optimizer, clip: recipe.clip)
    trainer.willMove = { try state.settle() }
    training = state
    defer { training = nil }
    var losses: [Float] = []
    do {
      for index in 0..<recipe.steps {
        optimizer.learningRate = cosineRate(
          step: index, total: recipe.steps, peak: recipe.learningRate, warmup: recipe.warmup,
          floor: recipe.learningRate * 0.01)
        let result = try step(trainer, index)
        state.moved()
        losses.append(result.losses[0])
        try onStep(
          TrainingProgress(
            step: index + 1, total: recipe.steps, loss: result.losses[0],
            figures: figures(result)))
      }
      try state.settle()
      state.finish()
      return losses
    } catch {
      let failure = TrainingFailure(error, state, stepsTaken: losses.count, recipe)
      if failure == nil { try? state.settle() }
      state.finish()
      throw TrainingInterruption(
        cause: failure?.error ?? error, losses: losses, total: recipe.steps)
    }
  }
}

/// Why numbers stopped being finite, in words: which step, and which parameter first.
private struct TrainingFailure {
  let error: TensorError

  /// Nil for errors of other kinds.
  init?(
    _ error: any Error, _ state: TrainingState, stepsTaken: Int, _ recipe: some TrainingRecipe
  ) {
    let what: String
    switch error {
    case let error as NonFiniteWeights:
      what = "step \(stepsTaken) of \(recipe.steps) made `\(error.name)` something else than finite"
    case let error as NonFiniteStep:
      let gradient = error.parameter.map {
        " and the gradient of `\(state.name(ofParameter: $0))` is not finite"
      }
      let moved = state.nonFinite().map { ", since step \(stepsTaken) made `\($0)` not finite" }
      what =
        "step \(stepsTaken + 1) of \(recipe.steps) failed: the loss is \(error.loss.inWords)"
        + (moved ?? gradient ?? "")
    default: return nil
    }
    self.error = .value(
      what,
      hint:
        "a learning rate below lr = \(recipe.learningRate.inWords) may help; the model is left as "
        + "the last good steps made it")
  }
}
