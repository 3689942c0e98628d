// SPDX-License-Identifier: Apache-2.0
//
// One step of a training: of its task and, where there is one, of the adversary that is trained
// against it. The gradients of both are computed before either moves, so both belong to the same
// weights and pictures, and a step that is stopped half-way or is not finite has changed nothing.

import Networks
import Tensors

/// Takes the steps of a task and of its adversary.
final class TrainingStep {
  /// What is trained against a task, with its optimizer.
  private struct Opponent {
    let adversary: any Adversary
    let optimizer: any Optimizer
    let batches: MicroBatchStep
  }

  /// The optimizer of the task.
  let optimizer: any Optimizer
  private let task: any TrainingTask
  private let plan: TrainingPlan
  private let batches: MicroBatchStep
  private let opponent: Opponent?

  init(
    _ task: any TrainingTask, _ plan: TrainingPlan, exchange: any GradientExchange = ThisProcess()
  ) throws {
    (self.task, self.plan) = (task, plan)
    func prepared(
      _ optimizer: OptimizerPlan, _ parameters: [NamedParameter], of loss: String
    ) throws -> (any Optimizer, MicroBatchStep) {
      let made = try optimizer.optimizer(for: parameters.map(\.tensor))
      let batches = MicroBatchStep(
        made, names: parameters.map(\.name), of: loss, clip: plan.clip, exchange: exchange)
      return (made, batches)
    }
    let own = try prepared(plan.optimizer, task.namedParameters, of: "the loss")
    (optimizer, batches) = own
    opponent = try task.adversary.map {
      let (optimizer, batches) = try prepared(
        $0.optimizer, $0.namedParameters, of: "the loss of the \($0.name)")
      return Opponent(adversary: $0, optimizer: optimizer, batches: batches)
    }
  }

  /// The optimizer of the adversary, with the parameters that it moves.
  var adversary: (optimizer: any Optimizer, parameters: [NamedParameter])? {
    opponent.map { ($0.optimizer, $0.adversary.namedParameters) }
  }

  /// Takes a step at a learning rate and returns what it reported: the loss first, its terms, then
  /// those of the adversary, `gradient` and `lr`.
  ///
  /// `willMove` runs before parameters move, once all gradients are known to be finite.
  ///
  /// - Throws: as `MicroBatchStep.gradients`, or what `willMove` throws; nothing has moved then.
  func run(
    step: Int, rate: Float, willMove: () throws -> Void = {}
  ) throws -> [(name: String, value: Float)] {
    optimizer.learningRate = rate
    let found = try batches.gradients(of: task, step: step)
    var figures = try named(found.reported, task.termNames, step)
    guard let opponent else {
      try willMove()
      try batches.move(by: found)
      return figures + [("gradient", found.norm), ("lr", rate)]
    }
    let adversary = opponent.adversary
    let isActive = adversary.takesPart(in: step)
    let against = isActive ? try opponent.batches.gradients(of: adversary, step: step) : nil
    let terms =
      against?.reported ?? [Float](repeating: 0, count: adversary.termNames.count)
    figures += try named(terms, adversary.termNames, step)
    try willMove()
    try batches.move(by: found)
    if let against {
      opponent.optimizer.learningRate = adversary.learningRate(at: step)
      try opponent.batches.move(by: against)
      adversary.end(step: step, reported: against.reported)
    }
    return figures + [("gradient", found.norm), ("lr", rate)]
  }

  private func named(
    _ values: [Float], _ names: [String], _ step: Int
  ) throws -> [(name: String, value: Float)] {
    guard names.count == values.count else {
      throw TensorError.value(
        "the loss of step \(step + 1) has \(values.count) terms, not \(names.count)")
    }
    return zip(names, values).map { (name: $0, value: $1) }
  }
}
