// SPDX-License-Identifier: Apache-2.0
//
// `smap.train`, `smap.save`, `smap.load`, and what training a tokenizer and a generator have in
// common: the data set, the numbers of the recipe, the record of losses. Training stops between
// two steps when the user asks for it; what has been learned by then is kept.

import Images
import Metrics
import Models
import Networks
import Runtime
import Tensors
import Training

/// The functions that train, save and load tokenizers.
enum TrainingFunctions {
  static let functions: [Builtin] = [train, save, load, loadTitok] + TrainingTrials.functions

  private static let train = Builtin(
    "smap.train(tok: tokenizer, dataset, *, steps: number, " + TokenizerRecipe(steps: 1).signature
      + ", " + TrainingOptions.signature(TokenizerRecipe(steps: 1).plan)
      + ", condition = nil, classes = \"match\", seed = nil, "
      + TrainingOptions.observers
      + ") -> record",
    "Trains a tokenizer on {images, labels} and returns the history: a list for each metric.",
    details: """
      The history has the lists `loss`, `mse`, `log_mse`, `bottleneck`, `gradient` (its norm \
      before clipping) and `lr`, with a number for each step, `validation`, a record of lists \
      {step, mse, psnr} or nil, and `stopped`. `on_step` is called after every step with {step, \
      total} and that step's metrics. With the term `adversarial` there are also `adversarial`, \
      `adversarial_weight`, and of the discriminator `discriminator` (its hinge loss), `lecam`, \
      `score_real` and `score_fake`. \(TrainingOptions.details)

      \(TokenizerRecipe.summary) `validation` is a data set whose reconstruction is \
      measured.

      A tokenizer made with `condition_dim` is trained with a vector for each picture: those that \
      data.with_condition adds to a data set, the field `condition` of a record, or `condition`, a \
      tensor [N, condition_dim] in the order of the pictures. Classes are then ignored.

      In `on_step` the tokenizer works with the weights of the step; smap.save writes the running \
      average, unless told otherwise. Ctrl-C stops after the current step, and the tokenizer keeps \
      what it has learned; with `on_interrupt = "return"` the call then returns what there is, \
      with `stopped = true`, and the script goes on. A step whose loss is not finite is an error, \
      and the tokenizer is left as the good steps made it. The names of the classes must be those \
      that the tokenizer has learned, or `classes = "replace"` gives it new ones.
      """,
    example: TokenizerFunctions.tinyExample + """
      let history = smap.train(tok, data.shapes(8, size = 16), steps = 1, seed = 1)
      len(history.loss)   #=> 1
      """,
    choices: TrainingOptions.choices(TokenizerRecipe.self),
    body: { call in
      let tokenizer = try call.tokenizer("tok")
      let made = tokenizer.configuration
      let names = try call.agreedClasses(of: [tokenizer.knownClasses])
      let data = try call.conditionedData(for: tokenizer, naming: names)
      let held = try call.validationData(
        for: KnownClasses(owner: "tokenizer", names: names, count: made.numClasses),
        side: made.imageSize)
      let defaults = TokenizerRecipe(steps: 1).plan
      let recipe = try recipe(call, TrainingOptions.plan(call, defaults: defaults))
      try checkDiscriminatorStart(recipe, call)
      let run = try TrainingCall(
        call, steps: recipe.plan.steps, pictures: recipe.picturesPerStep(of: data))
      return try run.run { observers in
        tokenizer.classNames = names
        tokenizer.notes.replace(
          "training", "\(recipe.plan.steps) steps of \(recipe.batchSize), seed \(recipe.seed)")
        ModelUse.note(call.session, tokenizer)
        return try tokenizer.train(
          on: data, recipe, validation: held, onStep: observers.onStep,
          onNotice: observers.onNotice)
      }
    })

  /// The recipe that a call asks for, with a plan.
  static func recipe(_ call: Call, _ plan: TrainingPlan) throws -> TokenizerRecipe {
    var recipe = TokenizerRecipe(steps: 1)
    recipe.plan = plan
    recipe.tokenizer = try call.tokenizer("tok").configuration
    try call.read(&recipe)
    if let refusal = recipe.bottleneckRefusal {
      throw call.failure(.argument, refusal.message, hint: refusal.hint, argument: "loss")
    }
    if let side = recipe.tokenizer?.imageSize {
      try call.blaming("augmentation") { try recipe.augmentation.validate(side: side) }
    }
    if recipe.loss.features > 0 {
      recipe.loss.featureDistance = try FeatureFunctions.network(of: call.session)
    }
    recipe.seed = try call.seed("seed")
    return recipe
  }

  /// Throws a ValueError if the discriminator would never be trained.
  static func checkDiscriminatorStart(_ recipe: TokenizerRecipe, _ call: Call) throws {
    guard let start = recipe.adversarial.start, start >= recipe.plan.steps else { return }
    throw call.failure(
      .value,
      "discriminator_start \(start) is not below steps \(recipe.plan.steps), so the term "
        + "`adversarial` would have no effect",
      hint: "0 trains the discriminator from the first step on", argument: "discriminator_start")
  }

  private static let save = Builtin(
    "smap.save(tok: tokenizer, path: string, *, precision = \"f32\", weights = \"average\", "
      + "notes: record = nil)",
    "Writes a tokenizer or a linear code to a .safetensors file.",
    details: """
      With `precision = "f16"` the file is half as large and the numbers are rounded. In `on_step` \
      of smap.train, the running average of the weights is written, which is what training would \
      give if it ended there; `weights = "current"` writes those of the step. `notes` are words \
      that travel with the model, such as the command that made it.
      """,
    example: """
      let tok = smap.tokenizer(image_size = 16, num_tokens = 4, width = 16)
      smap.save(tok, "small.safetensors", notes = {why: "to try"})
      smap.load("small.safetensors").num_tokens   #=> 4
      """,
    choices: ["precision": ["f32", "f16"], "weights": TrainingWeights.words],
    body: { call in
      if let code = try call.code("tok") as? LinearCode {
        if let notes = try call.notes() { code.notes = notes }
        try code.save(path: call.modelPath("path"), format: call.precision())
        return .nil
      }
      if let notes = try call.notes() { try call.tokenizer("tok").notes = notes }
      try call.tokenizer("tok").save(
        path: call.modelPath("path"), format: call.precision(),
        weights: call.choice("weights", as: TrainingWeights.self))
      return .nil
    })

  private static let load = Builtin(
    "smap.load(path: string) -> tokenizer",
    "Reads a tokenizer or a linear code from a file, or one of smap's own by its bare name.",
    details: "A word without slash and suffix, such as \"emoji-kl\", names a model of smap's own.",
    example: "smap.load(\"emoji-kl\").num_tokens   #=> 16",
    body: { call in
      let code = try PictureCodeFile.load(path: ResourceLocator.modelPath(call.string("path")))
      ModelUse.note(call.session, code)
      return (code as? LinearCode)?.value ?? (code as? SMAPTokenizer)?.value ?? .nil
    })

  private static let loadTitok = Builtin(
    "smap.load_titok(path: string, layout: string, *, num_classes = 1000, head_width = 64, l2_norm = nil) -> tokenizer",
    "Reads a checkpoint of TiTok or One-D-Piece, a .safetensors file, as a tokenizer.",
    details: """
      It computes what the original does. `layout` is "legacy" for the first releases (L-32, B-64, S-128) and \
      One-D-Piece, whose tokens each mix all queries, and "transpose" for the later ones, with VQ or KL \
      (BL-64, BL-128, SL-256, LL-32). Every tensor must be there with its shape, and no other; an error lists \
      all that differ. Tokens of KL are the means. `l2_norm` says whether codes are compared as unit vectors; \
      without it they are in the layout "legacy". `head_width` is the width of a head of the attention.

      TiTok knows no classes. The tokenizer has `num_classes` of them, which change nothing until smap.train \
      trains it on pictures with as many; smap.save and smap.load keep it like any other.
      """,
    example: """
      try { smap.load_titok("none.safetensors", "legacy") } catch e { e.kind }   #=> "IOError"
      """,
    choices: ["layout": TitokReading.Layout.words],
    body: { call in
      var reading = TitokReading(layout: try call.choice("layout", as: TitokReading.Layout.self))
      reading.numClasses = try call.integer("num_classes", in: 1...100_000)
      reading.headWidth = try call.integer("head_width", in: 1...8192)
      if try !call["l2_norm"].isNil { reading.l2Norm = try call.bool("l2_norm") }
      return try SMAPTokenizer.loadTitok(path: call.string("path"), reading).value
    })
}

/// The loss term `features`.
extension FeatureNetwork: PictureDistance {}

extension Call {
  /// The record `notes` as words by name, or nil if none was given.
  func notes() throws -> [(key: String, value: String)]? {
    guard try !self["notes"].isNil else { return nil }
    let record = try record("notes")
    return try record.keys.map { ($0, try Display.whole(record[$0] ?? .nil, session)) }
  }

  /// The number format that `precision` names.
  func precision() throws -> NumberFormat {
    try choice("precision") == "f16" ? .float16 : .float32
  }

  /// Runs `body` with the products of layers in the numbers that `precision` names; where the
  /// processor lacks them, in float32, with a note.
  func inPrecision<Result>(_ body: () throws -> Result) throws -> Result {
    let name = try choice("precision")
    let precision = Precision(rawValue: name) ?? .float32
    if !precision.isAvailable {
      session.note(
        "this processor does not multiply bfloat16, so float32 is used", isRepeated: false)
    }
    return try precision.use(body)
  }

  /// A finite number within bounds, by the parameter's name.
  func float(_ name: String, in bounds: ClosedRange<Double>) throws -> Float {
    Float(try number(name, in: bounds))
  }
}

extension [(key: String, value: String)] {
  /// Sets the note of a name.
  mutating func replace(_ key: String, _ value: String) {
    removeAll { $0.key == key }
    append((key, value))
  }
}
