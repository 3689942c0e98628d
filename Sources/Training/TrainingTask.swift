// SPDX-License-Identifier: Apache-2.0
//
// What the loop is told about the model and the data that it trains.

import Networks
import Tensors

/// The loss of a micro-batch.
public struct MicroBatchLoss {
  /// The number to differentiate.
  public let total: Tensor
  /// What the history records, in the order of `TrainingTask.termNames`; the first is the loss.
  public let reported: [Float]

  /// A loss and what is reported of it.
  public init(_ total: Tensor, reported: [Float]) {
    (self.total, self.reported) = (total, reported)
  }
}

/// A loss that is computed over the micro-batches of each step.
public protocol MicroBatchedLoss: AnyObject {
  /// Whether micro-batches may be computed on several threads at once.
  var isParallel: Bool { get }
  /// Prepares step `step`, counted from 0, and returns the shares of its micro-batches in the
  /// batch, which add up to 1.
  func begin(step: Int) throws -> [Float]
  /// The loss of a micro-batch of the step that has begun.
  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss
}

extension MicroBatchedLoss {
  /// Yes.
  public var isParallel: Bool { true }
}

/// Parameters that are trained against a task in the same steps, such as those of a discriminator.
///
/// In each step in which it takes part, its gradient is computed after that of the task and before
/// either moves. Its parameters and whatever else it keeps are part of the task's `otherState`.
public protocol Adversary: MicroBatchedLoss {
  /// What it is, in a word.
  var name: String { get }
  /// The parameters that are trained, always in the same order.
  var namedParameters: [NamedParameter] { get }
  /// The optimizer of its parameters.
  var optimizer: OptimizerPlan { get }
  /// The names of what its loss reports; all are 0 in steps without it.
  var termNames: [String] { get }
  /// Whether it takes part in a step.
  func takesPart(in step: Int) -> Bool
  /// The learning rate of a step.
  func learningRate(at step: Int) -> Float
  /// Runs after its parameters have moved, with the averages of what its loss reported.
  func end(step: Int, reported: [Float])
}

/// The options of the model that is trained: some decide its steps without changing the name or the
/// shape of a tensor.
public struct ModelSettings: Sendable {
  /// What the model is, in a word.
  public let kind: String
  /// The options, as scripts name them.
  public private(set) var entries: [(key: String, value: String)] = []
  /// The values in a fresh model: what a checkpoint says of options that were added after it.
  public private(set) var initial: [String: String] = [:]

  /// The settings of a kind of model, without an option yet.
  public init(_ kind: String) { self.kind = kind }

  /// Adds the options of a table; `name` maps their names to those of scripts.
  public mutating func add<Table: OptionTable>(
    _ table: Table, fresh: Table, name: (String) -> String = { $0 }
  ) {
    for (own, first) in zip(table.settings, fresh.settings) {
      entries.append((name(own.key), own.value))
      initial[name(own.key)] = first.value
    }
  }
}

/// A model with a loss and the data that it is computed on.
///
/// Everything random in a step depends on a seed and the number of the step, or on what
/// `extraState` returns: so a training that is resumed takes the same steps.
public protocol TrainingTask: MicroBatchedLoss {
  /// The parameters that are trained, always in the same order.
  var namedParameters: [NamedParameter] { get }
  /// Other tensors that training changes or has fitted, such as the codes of a codebook.
  var otherState: [NamedParameter] { get }
  /// What the task keeps from step to step beside tensors, as text by name.
  var extraState: [(key: String, value: String)] { get set }
  /// What decides the bits of the training, as scripts name it; a checkpoint must agree with it.
  var settings: [(key: String, value: String)] { get throws }
  /// What older checkpoints say by not mentioning some settings.
  var impliedSettings: [String: String] { get }
  /// The options of the model, which a checkpoint must agree with as well, or nil.
  var modelSettings: ModelSettings? { get }
  /// The names of what a loss reports; the first is `loss`. Known after the first loss at the
  /// latest.
  var termNames: [String] { get }
  /// What is trained against the model in the same steps, or nil.
  var adversary: (any Adversary)? { get }

  /// Bytes that the activations of a micro-batch take at least; 0 if that is unknown.
  var leastActivations: Int { get }
  /// The loss of a micro-batch like those of training, without an effect on it, to see what it
  /// takes; nil if a loss has effects.
  func sampleLoss() throws -> MicroBatchLoss?
  /// Runs after the parameters have moved.
  func end(step: Int, exchange: any GradientExchange) throws
  /// Figures on data that are not trained on, with the running average in place. The first is to
  /// fall. The workers of the exchange may share the work, and have the same figures then.
  func validate(exchange: any GradientExchange) throws -> [(name: String, value: Float)]
  /// Runs after all state tensors have been given other values.
  func stateChanged() throws
  /// Runs after a checkpoint has been read: `step` steps have been taken.
  func resume(at step: Int) throws
}

extension TrainingTask {
  /// Nothing.
  public var otherState: [NamedParameter] { [] }
  /// Nothing.
  public var extraState: [(key: String, value: String)] {
    get { [] }
    set { _ = newValue }
  }
  /// None.
  public var impliedSettings: [String: String] { [:] }
  /// None.
  public var modelSettings: ModelSettings? { nil }
  /// Nothing.
  public var adversary: (any Adversary)? { nil }
  /// Unknown.
  public var leastActivations: Int { 0 }
  /// None.
  public func sampleLoss() -> MicroBatchLoss? { nil }
  /// Nothing to do.
  public func end(step: Int, exchange: any GradientExchange) {}
  /// Nothing.
  public func validate(exchange: any GradientExchange) -> [(name: String, value: Float)] { [] }
  /// Nothing to do.
  public func stateChanged() {}
  /// Nothing to do.
  public func resume(at step: Int) {}
}

/// What a training step reports while it runs.
public struct TrainingProgress: Sendable {
  /// Steps done, from 1.
  public let step: Int
  /// Steps in all.
  public let total: Int
  /// The loss of this step.
  public let loss: Float
  /// The terms of the loss, the norm of the gradient, the learning rate.
  public let figures: [(name: String, value: Float)]
  /// The figures of a validation after this step; empty if there was none.
  public let validation: [(name: String, value: Float)]
}

/// What a training tells beside its steps.
public enum TrainingNotice {
  /// What the steps that begin now will need.
  case estimated(TrainingEstimate)
  /// A file could not be written; training goes on. Said once until files can be written again.
  case unwritten(step: Int, error: any Error)
  /// Training ends before its last step, since validation no longer improves.
  case stoppedEarly(step: Int, best: Int, patience: Int)
}
