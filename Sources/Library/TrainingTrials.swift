// SPDX-License-Identifier: Apache-2.0
//
// `find_lr` and `estimate`: what a training needs, before it begins. Both leave the model as it is.

import Models
import Networks
import Runtime
import Tensors
import Training

/// The functions that try a training out.
enum TrainingTrials {
  static let functions: [Builtin] = [
    findRateOfTokenizer, findRateOfGenerator, estimateTokenizer, estimateGenerator,
  ]

  // MARK: - A learning rate

  /// The part of a signature that every range test has.
  static func signature(_ plan: TrainingPlan) -> String {
    "steps = 100, low = 0.000001, high = 1, " + plan.signature(of: TrainingPlan.stepOptions)
  }

  /// What help says about range tests.
  static let details = """
    The rate rises exponentially from `low` to `high` in `steps` steps, or until the loss explodes \
    (the range test of Smith, 2017). The result has the lists `lr`, `loss` and `smooth` (the loss \
    averaged over neighbouring steps), and `suggestion`: the rate at which the loss falls most \
    steeply, or nil if it never falls. \
    `plot.line(r.smooth, r.lr, xscale = "log")` shows it. What is trained keeps its weights. The \
    other options are those of training.
    """

  /// The plan of a range test, and its bounds.
  static func plan(
    _ call: Call, defaults: TrainingPlan
  ) throws -> (plan: TrainingPlan, low: Float, high: Float) {
    var plan = defaults
    plan.steps = try call.integer("steps", in: 2...1_000_000)
    try call.read(&plan, TrainingPlan.stepOptions)
    let (low, high) = (
      try call.float("low", in: 1e-12...1000), try call.float("high", in: 1e-12...1000)
    )
    guard low < high else {
      throw call.failure(
        .value, "low must be below high, not \(low.inWords) to \(high.inWords)",
        argument: "low")
    }
    return (plan, low, high)
  }

  /// Runs a range test with progress, and returns what it found as a record.
  static func run(
    _ call: Call, steps: Int,
    _ search: ((_ step: Int, _ loss: Float) throws -> Void) throws -> LearningRateSearch
  ) throws -> Value {
    let task = LongTask("trying learning rates", call)
    let found = try call.inPrecision {
      try task.run {
        try search { step, loss in
          let note = "loss " + Formatting.fixed(Double(loss), decimals: 4)
          try task.report(step, of: steps, note: note)
        }
      }
    }
    func list(_ values: [Float]) -> Value { .numbers(values.map(Double.init)) }
    return .record([
      "lr": list(found.rates), "loss": list(found.losses), "smooth": list(found.smoothed),
      "suggestion": found.suggestion.map { .number(Double($0)) } ?? .nil,
    ])
  }

  private static let findRateOfTokenizer = Builtin(
    "smap.find_lr(tok: tokenizer, dataset, *, " + signature(TokenizerRecipe(steps: 1).plan) + ", "
      + TokenizerRecipe(steps: 1).signature
      + ", condition = nil, classes = \"match\", seed = nil) -> record",
    "Tries learning rates for smap.train: {lr, loss, smooth, suggestion}.",
    details: details,
    example: TokenizerFunctions.tinyExample + """
      let found = smap.find_lr(tok, data.shapes(16, size = 16), steps = 20, batch_size = 8, seed = 1)
      len(found.lr) == len(found.loss)   #=> true
      """,
    choices: TrainingOptions.choices(TokenizerRecipe.self),
    body: { call in
      let tokenizer = try call.tokenizer("tok")
      let names = try call.agreedClasses(of: [tokenizer.knownClasses])
      let data = try call.conditionedData(for: tokenizer, naming: names)
      let (plan, low, high) = try plan(call, defaults: TokenizerRecipe(steps: 1).plan)
      let recipe = try TrainingFunctions.recipe(call, plan)
      try TrainingFunctions.checkDiscriminatorStart(recipe, call)
      return try run(call, steps: plan.steps) {
        try tokenizer.findLearningRate(on: data, recipe, from: low, to: high, onStep: $0)
      }
    })

  private static let findRateOfGenerator = Builtin(
    "card.find_lr(model: generator, dataset, tok = nil, *, "
      + signature(GeneratorRecipe(steps: 1).plan) + ", " + GeneratorRecipe(steps: 1).signature
      + ", classes = \"match\", seed = nil) -> record",
    "Tries learning rates for card.train: {lr, loss, smooth, suggestion}.",
    details: details,
    example: GeneratorFunctions.tinyExample + """
      let found = card.find_lr(model, data.shapes(8, size = 16), steps = 20, variants = 1, seed = 1)
      len(found.lr) == len(found.loss)   #=> true
      """,
    choices: TrainingOptions.choices(GeneratorRecipe.self),
    body: { call in
      let generator = try call.generator("model")
      let tokenizer = try GeneratorFunctions.tokenizer(for: generator, call)
      let model = generator.model
      let names = try call.agreedClasses(of: [model.knownClasses, tokenizer.knownClasses])
      let known = KnownClasses(
        owner: "generator", names: names, count: model.configuration.numClasses)
      let data = try call.trainingData("dataset", for: known, side: tokenizer.imageSize)
      let (plan, low, high) = try plan(call, defaults: GeneratorRecipe(steps: 1).plan)
      let recipe = try GeneratorFunctions.recipe(call, plan, for: model.configuration)
      return try run(call, steps: plan.steps) {
        try model.findLearningRate(
          on: data, tokenizer: tokenizer, recipe, from: low, to: high, onStep: $0)
      }
    })

  // MARK: - Memory

  private static let estimateDetails = """
    The result has `parameters`, a number, and in bytes `weights` (with what is fitted, such as a \
    codebook), `optimizer` (its moments and the running average), `gradients`, `activations`, and \
    `memory`, their sum. Activations are those of one micro-batch of eight pictures for each thread, \
    whatever `batch_size` is: they are measured on one. The data set comes on top. The options are \
    those of training. A training that `--max-memory` has no room for is a LimitError that says what \
    it needs at least.
    """

  private static func record(_ estimate: TrainingEstimate) -> Value {
    .record([
      "parameters": .integer(estimate.parameters), "memory": .integer(estimate.total),
      "weights": .integer(estimate.weights), "optimizer": .integer(estimate.optimizer),
      "gradients": .integer(estimate.gradients),
      "activations": .integer(estimate.activations ?? 0),
    ])
  }

  private static func stepPlan(_ call: Call, defaults: TrainingPlan) throws -> TrainingPlan {
    var plan = defaults
    try call.read(&plan, TrainingPlan.stepOptions)
    return plan
  }

  private static let estimateTokenizer = Builtin(
    "smap.estimate(tok: tokenizer, *, " + TokenizerRecipe(steps: 1).signature + ", "
      + TokenizerRecipe(steps: 1).plan.signature(of: TrainingPlan.stepOptions)
      + ", seed = 0) -> record",
    "The parameters of a tokenizer and the memory that smap.train needs.",
    details: estimateDetails,
    example: TokenizerFunctions.tinyExample + """
      let need = smap.estimate(tok, batch_size = 32)
      need.memory == need.weights + need.optimizer + need.gradients + need.activations   #=> true
      """,
    choices: TrainingOptions.choices(TokenizerRecipe.self),
    body: { call in
      let plan = try stepPlan(call, defaults: TokenizerRecipe(steps: 1).plan)
      let recipe = try TrainingFunctions.recipe(call, plan)
      return record(try call.inPrecision { try call.tokenizer("tok").estimate(recipe) })
    })

  private static let estimateGenerator = Builtin(
    "card.estimate(model: generator, *, " + GeneratorRecipe(steps: 1).signature + ", "
      + GeneratorRecipe(steps: 1).plan.signature(of: TrainingPlan.stepOptions)
      + ", seed = 0) -> record",
    "The parameters of a generator and the memory that card.train needs.",
    details: estimateDetails,
    example: GeneratorFunctions.tinyExample + "card.estimate(model).parameters > 0   #=> true",
    choices: TrainingOptions.choices(GeneratorRecipe.self),
    body: { call in
      let plan = try stepPlan(call, defaults: GeneratorRecipe(steps: 1).plan)
      let model = try call.generator("model").model
      let recipe = try GeneratorFunctions.recipe(call, plan, for: model.configuration)
      return record(try call.inPrecision { try model.estimate(recipe) })
    })
}
