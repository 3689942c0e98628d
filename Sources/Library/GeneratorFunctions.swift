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
  static let functions: [Builtin] =
    [make, train, velocity, save, load] + SamplingFunctions.functions

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
    choices: GeneratorConfiguration.choices,
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
      and `stopped`; `positions` has a list for each validation, the loss of each token. With the head "refine" there \
      are also the lists `coarse` and `refined`, the losses whose sum `loss` is. The other options are those of smap.train; the names of the classes must be \
      those of the generator and of the tokenizer.
      """,
    example: tinyExample + """
      let history = card.train(model, data.shapes(8, size = 16), steps = 1, seed = 1)
      len(history.loss)   #=> 1
      """,
    choices: TrainingOptions.choices(GeneratorRecipe.self),
    body: { call in
      let generator = try call.generator("model")
      let model = generator.model
      let tokenizer = try tokenizer(for: generator, call)
      let names = try call.agreedClasses(of: [model.knownClasses, tokenizer.knownClasses])
      let known = KnownClasses(
        owner: "generator", names: names, count: model.configuration.numClasses)
      let side = tokenizer.imageSize
      let data = try call.trainingData("dataset", for: known, side: side)
      let held = try call.validationData(for: known, side: side)
      let defaults = GeneratorRecipe(steps: 1).plan
      let recipe = try recipe(
        call, TrainingOptions.plan(call, defaults: defaults), for: model.configuration)
      let run = try TrainingCall(
        call, steps: recipe.plan.steps, pictures: recipe.picturesPerStep(of: data))
      return try run.run { observers in
        if let learned = model.tokenMaker, learned != tokenizer.maker {
          call.session.note(
            "this generator learned the tokens of another tokenizer, or of this one before more "
              + "training; now it learns new ones", isRepeated: false)
        }
        generator.tokenizer = tokenizer
        model.classNames = names
        model.notes.replace(
          "training", "\(recipe.plan.steps) steps of \(recipe.batchSize), seed \(recipe.seed)")
        let encoding = LongTask("encoding", call)
        ModelUse.note(call.session, model)
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
        "this generator samples \(counted(made.numTokens, "token")) of \(made.tokenDim) in "
          + "\(counted(made.numClasses, "class")), the tokenizer makes \(other.numTokens) of \(other.tokenDim) in "
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
    choices: ["precision": ["f32", "f16"], "weights": TrainingWeights.words],
    body: { call in
      if let notes = try call.notes() { try call.generator("model").model.notes = notes }
      try call.generator("model").model.save(
        path: call.modelPath("path"), format: call.precision(),
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

extension Call {
  func generator(_ name: String) throws -> Generator {
    try object(name, ModelTypes.generator, as: Generator.self)
  }
}
