// SPDX-License-Identifier: Apache-2.0
//
// `card.`: generators, which sample the tokens of a picture. Sampling needs no tokenizer; training
// needs one, and a generator remembers the one that it was made for.

import Models
import Networks
import Runtime
import Tensors
import Training

/// The functions that make, train and use generators.
enum GeneratorFunctions {
  static let functions: [Builtin] = [make, train, sample, velocity, save, load]

  /// A small generator for examples.
  static let tinyExample =
    TokenizerFunctions.tinyExample + "let model = card.model(tok, width = 16, seed = 0)\n"

  private static let make = Builtin(
    "card.model(tok: tokenizer, *, "
      + GeneratorConfiguration(for: TokenizerConfiguration()).signature(
        without: GeneratorConfiguration.optionsOfTokenizer) + ", seed = nil) -> generator",
    "Makes a generator for the tokens of a tokenizer.",
    details: """
      A causal transformer of `depth` blocks reads the class and the tokens so far; a head samples \
      the next one. Heads: \(HeadKind.summary). \
      \(GeneratorConfiguration.summary(without: GeneratorConfiguration.optionsOfTokenizer))
      """,
    example: tinyExample + "model.num_tokens   #=> 16",
    body: { call in
      let tokenizer = try call.tokenizer("tok")
      guard tokenizer.conditionDim == 0 else {
        throw call.failure(
          .value, "CARD samples pictures of a class, and this tokenizer is conditioned by vectors",
          hint: "a tokenizer with num_classes = .. knows classes", argument: "tok")
      }
      var made = GeneratorConfiguration(for: tokenizer.configuration)
      try call.read(&made, without: GeneratorConfiguration.optionsOfTokenizer)
      let model = try CARDGenerator(made, for: tokenizer, seed: call.seed("seed"))
      model.classNames = tokenizer.classNames
      return Generator(model, tokenizer: tokenizer).value
    })

  private static let train = Builtin(
    "card.train(model: generator, dataset, tok = nil, *, steps: number, "
      + GeneratorRecipe(steps: 1).signature + ", "
      + TrainingOptions.signature(GeneratorRecipe(steps: 1).plan)
      + ", classes = \"match\", seed = nil, " + TrainingOptions.observers
      + ") -> record",
    "Trains a generator on {images, labels} and returns the history: a list for each metric.",
    details: """
      A generator that was loaded from a file needs its tokenizer as `tok`. \
      \(GeneratorRecipe.summary) The history has the \
      lists `loss`, `gradient` and `lr`, `validation`, a record {step, loss, positions} or nil, \
      and `stopped`; `positions` has a list for each validation, the loss of each token. The other options are those of smap.train; the names of the classes must be \
      those of the generator and of the tokenizer.
      """,
    example: tinyExample + """
      let history = card.train(model, data.shapes(8, size = 16), steps = 1, seed = 1)
      len(history.loss)   #=> 1
      """,
    body: { call in
      let generator = try call.generator("model")
      let model = generator.model
      let tokenizer = try tokenizer(for: generator, call)
      let classCount = model.configuration.numClasses
      let names = try call.agreedClasses(
        of: [("generator", model.classNames), ("tokenizer", tokenizer.classNames)],
        classCount: classCount)
      let data = try call.trainingData(
        "dataset", classCount: classCount, side: tokenizer.configuration.imageSize)
      let held = try call.validationData(
        classCount: classCount, side: tokenizer.configuration.imageSize)
      let defaults = GeneratorRecipe(steps: 1).plan
      let recipe = try recipe(
        call, TrainingOptions.plan(call, defaults: defaults), for: model.configuration)
      let run = try TrainingCall(
        call, steps: recipe.plan.steps, pictures: recipe.picturesPerStep(of: data))
      return try run.run { observers in
        generator.tokenizer = tokenizer
        model.classNames = names
        model.notes.replace(
          "training", "\(recipe.plan.steps) steps of \(recipe.batchSize), seed \(recipe.seed)")
        let encoding = LongTask("encoding", call)
        return try model.train(
          on: data, tokenizer: tokenizer, recipe, validation: held,
          onPrepare: { try encoding.report($0, of: $1) }, onStep: observers.onStep,
          onNotice: observers.onNotice)
      }
    })

  /// The tokenizer that a call trains a generator for.
  static func tokenizer(for generator: Generator, _ call: Call) throws -> SMAPTokenizer {
    let given = try call["tok"].isNil ? generator.tokenizer : try call.tokenizer("tok")
    guard let tokenizer = given else {
      throw call.failure(
        .value, "this generator was loaded from a file and needs its tokenizer",
        hint: "card.train(model, dataset, tok, steps = ..)", argument: "tok")
    }
    let (made, other) = (generator.model.configuration, tokenizer.configuration)
    guard other.numTokens == made.numTokens, other.tokenDim == made.tokenDim,
      other.numClasses == made.numClasses
    else {
      throw call.failure(
        .shape,
        "this generator samples \(made.numTokens) tokens of \(made.tokenDim) in \(made.numClasses) "
          + "classes, the tokenizer makes \(other.numTokens) of \(other.tokenDim) in "
          + "\(other.numClasses)", hint: "make one for it with card.model(tok)",
        argument: try call["tok"].isNil ? "model" : "tok")
    }
    return tokenizer
  }

  /// The recipe that a call asks for, with a plan.
  static func recipe(
    _ call: Call, _ plan: TrainingPlan, for generator: GeneratorConfiguration
  ) throws -> GeneratorRecipe {
    var recipe = GeneratorRecipe(steps: 1)
    recipe.plan = plan
    recipe.generator = generator
    try call.read(&recipe)
    recipe.seed = try call.seed("seed")
    return recipe
  }

  private static let velocity = Builtin(
    "card.velocity(model: generator, x: [N, T], t: number, context: [N, D]) -> tensor",
    "The velocity at which tokens `x` move at time `t`, from 0 (noise) to 1 (token).",
    details: "`context` is what the backbone knows; `x` is standardised, as in the head.",
    example: tinyExample
      + "card.velocity(model, zeros(2, 6), 0.5, zeros(2, 16)).shape   #=> [2, 6]",
    body: { call in
      let time = Float(try call.number("t", in: 0...1))
      let model = try call.generator("model").model
      let (x, context) = (try call.tensor("x"), try call.tensor("context"))
      return .tensor(
        try Tensor.withoutGradients { try model.velocity(x, time: time, context: context) })
    })

  private static let save = Builtin(
    "card.save(model: generator, path: string, *, precision = \"f32\", weights = \"average\", "
      + "notes: record = nil)",
    "Writes a generator to a .safetensors file, without its tokenizer.",
    details: "The arguments are those of smap.save.",
    example: """
      let model = card.load("emoji-card")
      card.save(model, "half.safetensors", precision = "f16", notes = {why: "to send"})
      card.load("half.safetensors").num_tokens == model.num_tokens   #=> true
      """,
    body: { call in
      if let notes = try call.notes() { try call.generator("model").model.notes = notes }
      try call.generator("model").model.save(
        path: call.string("path"), format: call.precision(),
        weights: call.choice("weights", as: TrainingWeights.self))
      return .nil
    })

  private static let load = Builtin(
    "card.load(path: string) -> generator",
    "Reads a generator from a file, or one that comes with smap by its bare name.",
    example: "card.load(\"emoji-card\").num_tokens   #=> 16",
    body: { call in
      let path = try ResourceLocator.modelPath(call.string("path"))
      return Generator(try CARDGenerator.load(path: path)).value
    })
}

// MARK: - Sampling

extension GeneratorFunctions {
  private static let sample = Builtin(
    "card.sample(model: generator, label = nil, *, count = 1, keep = nil, steps = 10, "
      + "solver = \"heun\", guidance_scale = 1, guidance_schedule = \"linear\", "
      + "temperature = 1, top_k = nil, top_p = 1, precision = \"f32\", seed = nil, on_token = nil) -> tokens",
    "Samples the tokens of `count` pictures of each label.",
    details: """
      `label` is as in smap.encode, but numbers in a row are always classes: a list or a tensor \
      [N] samples `count` pictures of each of its classes, in order, a record or weights of \
      shape [N, C] of each mixture; the weights of a mixture add up to 1. `keep` stops after as \
      many tokens, the first of those that would be sampled without it. `guidance_scale` above 1 \
      gives the class more weight, "constant" over the tokens or rising with them ("linear"). \
      One picture is sampled with `seed` itself, several with the seeds of random.split(seed, number of pictures). \
      `precision` is as in smap.train. \
      `on_token` is called with {tokens, step, total} after every token.
      """,
    example: tinyExample
      + "card.sample(model, 3, count = 2, keep = 4, steps = 2, seed = 1).shape   #=> [2, 4]",
    body: { call in
      let model = try call.generator("model").model
      let options = try options(call, for: model.configuration)
      let count = try call.integer("count", in: 1...100_000)
      let condition = try each(
        LabelArgument(
          call, classCount: model.configuration.numClasses, classNames: model.classNames
        ).conditions(), count)
      let seeds = try seeds(try call.seed("seed"), count: condition.count)
      let callback = try call.optionalObserver(
        "on_token", example: "fn(s) print(s.step)")
      let task = LongTask("sampling", call)
      return TokenSequence(
        try call.inPrecision {
          try task.run { try sampled(model, condition, seeds, options, callback, task, call) }
        }
      ).value
    })

  private static func options(
    _ call: Call, for model: GeneratorConfiguration
  ) throws -> SamplingOptions {
    let given = try HeadKind.samplingOptions.filter { try call.isGiven($0) }
    if let (option, readers) = model.head.unread(among: given) {
      let words = readers.map { "\"\($0)\"" }.joined(separator: " or ")
      throw call.failure(OptionRefusal(option, needs: "a generator with head = \(words)"))
    }
    var options = SamplingOptions()
    if try !call["keep"].isNil {
      options.keep = try call.integer("keep", in: 1...model.numTokens)
    }
    if try !call["top_k"].isNil {
      options.topK = try call.integer("top_k", in: 1...1 << 18)
    }
    options.topP = try call.number("top_p", in: 0...1)
    options.steps = try call.integer("steps", in: 1...10_000)
    options.solver = try call.choice("solver", as: Solver.self)
    options.guidanceScale = try call.float("guidance_scale", in: -1e6...1e6)
    options.guidanceSchedule = try call.choice("guidance_schedule", as: GuidanceSchedule.self)
    options.temperature = try call.float("temperature", in: 0...1e6)
    return options
  }

  /// Each of the conditions `count` times in a row.
  private static func each(_ condition: Condition, _ count: Int) throws -> Condition {
    guard count > 1 else { return condition }
    guard condition.count > 1 else { return try condition.repeated(count) }
    return try condition.picked((0..<condition.count * count).map { $0 / count })
  }

  /// The seeds of the pictures: the given one for a single picture, else those of random.split.
  private static func seeds(_ seed: UInt64, count: Int) throws -> [UInt64] {
    count == 1 ? [seed] : try RandomKey(seed: seed).split(count).map(\.seed)
  }

  /// Few pictures are sampled at once and can stop at every token; many in groups, on all threads.
  private static func sampled(
    _ model: CARDGenerator, _ condition: Condition, _ seeds: [UInt64], _ options: SamplingOptions,
    _ callback: Value?, _ task: LongTask, _ call: Call
  ) throws -> Tokens {
    let total = options.keep ?? model.configuration.numTokens
    if seeds.count <= 8 || callback != nil {
      return try model.sample(condition: condition, seeds: seeds, options: options) { tokens in
        try task.report(tokens.length, of: total)
        guard let callback else { return }
        try call.invoke(
          callback,
          [
            .record([
              "tokens": TokenSequence(tokens).value, "step": .integer(tokens.length),
              "total": .integer(total),
            ])
          ])
      }
    }
    let parts = try call.inGroups(seeds.count, size: 8 * ThreadPool.threadCount) { range in
      let part = try model.sample(
        condition: condition.slice(range), seeds: Array(seeds[range]), options: options)
      try task.report(range.upperBound, of: seeds.count, note: "pictures")
      return part
    }
    let ids = parts.compactMap(\.ids).flatMap { $0 }
    return Tokens(
      latents: try Tensor.cat(parts.map(\.latents), dim: 0), ids: ids.isEmpty ? nil : ids,
      condition: condition)
  }
}

extension Call {
  func generator(_ name: String) throws -> Generator {
    try object(name, ModelTypes.generator, as: Generator.self)
  }
}

extension Condition {
  /// The conditions at the given places, which may repeat.
  func picked(_ places: [Int]) throws -> Condition {
    if let labels = try plainLabels() {
      return try Condition(places.map { labels[$0] }, classCount: classCount)
    }
    let table = try look(up: .eye(classCount + 1))
    return try Condition(
      weights: try table.rows(at: places).narrow(dim: 1, start: 0, count: classCount),
      classCount: classCount)
  }
}
