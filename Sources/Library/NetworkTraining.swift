// SPDX-License-Identifier: Apache-2.0
//
// `nn.train`: the training loop of tokenizers and generators for what scripts make. The script
// gives the parameters and a function for the loss; whatever that function samples comes from the
// session's stream of random numbers, whose place is part of a checkpoint.

import Networks
import Runtime
import Tensors
import Training

/// The function that trains what a script has made.
enum NetworkTraining {
  static let functions: [Builtin] = [train, findRate]

  /// The defaults, which are those of `optim.adamw` at a constant rate.
  private static let defaults: TrainingPlan = {
    var plan = TrainingPlan(
      steps: 1, optimizer: OptimizerPlan(beta1: 0.9, beta2: 0.999, weightDecay: 0.01),
      schedule: LearningRateSchedule(.constant, peak: 0.001, floorShare: 0.01))
    plan.clip = 0
    return plan
  }()

  private static let train = Builtin(
    "nn.train(model, loss: function, *, steps: number, " + TrainingOptions.signature(defaults)
      + ", " + TrainingOptions.observers + ") -> record",
    "Trains layers or parameters on a loss and returns the history: a list for each metric.",
    details: """
      `model` is a layer, a parameter, or a list of them. `loss` is called without an argument, or \
      with a record {step, total, part}: how many steps were taken before, how many there are, and \
      which of the `accumulate` batches this is. It returns the loss, or a record {loss, ...} \
      whose other numbers are terms to record. The history has a list for the loss and each term, \
      for the norm of the `gradient` before clipping and for `lr`, with a number for each step, \
      `validation`, a record of lists {step, ...} or nil, and `stopped`. `on_step` is called \
      after every step with {step, total} and that step's metrics.

      \(TrainingOptions.details)

      Here `validation` is a function without arguments that returns a number or a record of \
      numbers. A resumed training has the same bits if the loss depends on nothing but `step`, \
      `part` and random numbers of the session. Ctrl-C stops after the current step and leaves the \
      running average in place; with `on_interrupt = "return"` the call then returns what there \
      is. A step whose loss is not finite is an error, and the weights of the last finite step are \
      kept.
      """,
    example: """
      let x = randn(32, 2, seed = 1)
      let layer = nn.linear(2, 1, seed = 2)
      let history = nn.train(layer, fn() = nn.mse_loss(layer(x), x @ [2; -3]), steps = 200, lr = 0.1)
      history.loss[-1] < 0.001 * history.loss[0]   #=> true
      """,
    choices: TrainingOptions.choices,
    body: { call in
      let plan = try TrainingOptions.plan(call, defaults: defaults)
      let task = try ScriptTask(
        call, NetworkFunctions.namedParameters(call), plan,
        validation: call.optionalFunction("validation"))
      let run = try TrainingCall(call, steps: plan.steps)
      return try run.run {
        try Trainer(task, plan).run(onStep: $0.onStep, onNotice: $0.onNotice)
      }
    })
}

extension NetworkTraining {
  private static let findRate = Builtin(
    "nn.find_lr(model, loss: function, *, " + TrainingTrials.signature(defaults) + ") -> record",
    "Tries learning rates for nn.train: {lr, loss, smooth, suggestion}.",
    details: TrainingTrials.details,
    example: """
      let x = randn(32, 2, seed = 1)
      let layer = nn.linear(2, 1, seed = 2)
      let found = nn.find_lr(layer, fn() = nn.mse_loss(layer(x), x @ [2; -3]), high = 10)
      found.suggestion > 0.001 and found.suggestion < 10   #=> true
      """,
    choices: TrainingOptions.choices,
    body: { call in
      let (plan, low, high) = try TrainingTrials.plan(call, defaults: defaults)
      let task = try ScriptTask(
        call, NetworkFunctions.namedParameters(call), plan, validation: nil)
      return try TrainingTrials.run(call, steps: plan.steps) {
        try LearningRateSearch.run(
          task, plan, from: low, to: high, steps: plan.steps, onStep: $0)
      }
    })
}

/// Parameters and a loss of a script as the loop sees them.
private final class ScriptTask: TrainingTask {
  let namedParameters: [NamedParameter]
  /// The script's functions run on the thread of the session.
  let isParallel = false
  private(set) var termNames = ["loss"]
  private let call: Call
  private let plan: TrainingPlan
  private let lossFunction: Value
  private let takesRecord: Bool
  private let validation: Value?
  private var hasTerms = false

  init(
    _ call: Call, _ parameters: [NamedParameter], _ plan: TrainingPlan, validation: Value?
  ) throws {
    (self.call, self.plan, namedParameters) = (call, plan, parameters)
    self.validation = validation
    (lossFunction, takesRecord) = try call.observerOrThunk(
      "loss", example: "fn() = nn.mse_loss(f(x), y)")
  }

  let settings: [(key: String, value: String)] = []

  var extraState: [(key: String, value: String)] {
    get {
      let place = call.session.randomPlace
      return [("seed", "\(place.seed)"), ("seeds_taken", "\(place.draws)")]
    }
    set {
      let found = newValue.compactMap { UInt64($0.value) }
      if found.count == 2 { call.session.seed(found[0], draws: found[1]) }
    }
  }

  func begin(step: Int) -> [Float] {
    Array(repeating: 1 / Float(plan.accumulation), count: plan.accumulation)
  }

  func loss(step: Int, microBatch: Int) throws -> MicroBatchLoss {
    var arguments: [Value] = []
    if takesRecord {
      arguments = [
        .record([
          "step": .integer(step), "total": .integer(plan.steps), "part": .integer(microBatch),
        ])
      ]
    }
    let result = try call.invoke(lossFunction, arguments)
    guard case .record(let terms) = result else {
      let total = try scalar(result, "the loss")
      try check(["loss"])
      return MicroBatchLoss(total, reported: [try total.item()])
    }
    guard let value = terms["loss"] else {
      throw ScriptError.value(
        "nn.train: the record that `loss` returns has no field `loss`",
        hint: "return {loss: .., other: ..} or the loss alone")
    }
    let total = try scalar(value, "the loss")
    let others = terms.keys.filter { $0 != "loss" }
    try check(["loss"] + others)
    let figures = try others.map { try scalar(terms[$0] ?? .nil, "`\($0)`").item() }
    return MicroBatchLoss(total, reported: [try total.item()] + figures)
  }

  /// All losses report the same terms, and none that has the name of another metric.
  private func check(_ names: [String]) throws {
    if !hasTerms {
      let reserved = ["step", "total", "gradient", "lr", "validation", "stopped"]
      if let taken = names.first(where: reserved.contains) {
        throw ScriptError.value(
          "nn.train: a term of the loss cannot be called `\(taken)`",
          hint: "the history has a metric of this name")
      }
      (termNames, hasTerms) = (names, true)
    }
    guard names == termNames else {
      throw ScriptError.value(
        "nn.train: the loss has the terms \(names.joined(separator: ", ")), but had "
          + termNames.joined(separator: ", "))
    }
  }

  private func scalar(_ value: Value, _ what: String) throws -> Tensor {
    let tensor: Tensor
    do {
      tensor = try Conversion.tensor(value)
    } catch {
      throw ScriptError.type("nn.train: \(what) is a number, not \(value.typePhrase)")
    }
    guard tensor.count == 1 else {
      throw ScriptError.shape(
        "nn.train: \(what) is one number, not a tensor of shape \(tensor.shape)",
        hint: "mean(x) or sum(x) makes it one")
    }
    return tensor
  }

  func validate(exchange: any GradientExchange) throws -> [(name: String, value: Float)] {
    guard let validation else { return [] }
    let result = try Tensor.withoutGradients { try call.invoke(validation, []) }
    guard case .record(let figures) = result else {
      return [("loss", try scalar(result, "the validation").item())]
    }
    guard !figures.keys.contains("step") else {
      throw ScriptError.value("nn.train: a metric of the validation cannot be called `step`")
    }
    return try figures.keys.map { ($0, try scalar(figures[$0] ?? .nil, "`\($0)`").item()) }
  }
}
