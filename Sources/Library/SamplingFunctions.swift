// SPDX-License-Identifier: Apache-2.0
//
// `card.sample`: new tokens, or the continuation of given ones. The options are a table
// (`SamplingOptions`), which `card.search` shares.

import Models
import Networks
import Runtime
import Tensors
import Training

/// The function that samples tokens.
enum SamplingFunctions {
  static let functions: [Builtin] = [sample] + SearchFunctions.functions

  private static let sample = Builtin(
    "card.sample(model: generator, label = nil, *, count = 1, prefix = nil, "
      + SamplingOptions().signature
      + ", precision = \"f32\", seed = nil, on_token = nil, on_step = nil) -> tokens",
    "Samples the tokens of `count` pictures of each label.",
    details: """
      `label` is as in smap.encode, but numbers in a row are always classes: a list or a tensor \
      [N] samples `count` pictures of each of its classes, in order, a record or weights of \
      shape [N, C] of each mixture; the weights of a mixture add up to 1.

      `prefix` holds tokens that are kept as the first ones, those of one picture or of one for each \
      sample: the rest is sampled. Without `label`, the label is that of the prefix.

      \(SamplingOptions.summary)

      One picture is sampled with `seed` itself, several with the seeds of random.split(seed, number of pictures). \
      `precision` is as in smap.train. `on_token` is called with {tokens, step, total} after every \
      token, `on_step` with {tokens, token, total, step, steps, time} after every step of the solver: \
      the last of `tokens` is still on its way from noise (time 0) to the token (time 1). A head that \
      samples all tokens together tells the steps of all of them; codes have none.
      """,
    example: GeneratorFunctions.tinyExample
      + "card.sample(model, 3, count = 2, keep = 4, steps = 2, seed = 1).shape   #=> [2, 4]",
    choices: SamplingOptions.choices.merging(TrainingOptions.precisions) { $1 },
    body: { call in
      let model = try call.generator("model").model
      let options = try call.samplingOptions(for: model.configuration)
      let count = try call.integer("count", in: 1...100_000)
      let prefix = try call["prefix"].isNil ? nil : call.tokens("prefix")
      let condition = try each(conditions(call, model, prefix), count)
      try call.noteIdleGuidance(options, condition)
      let kept = try prefix.map { try repeated($0, count, for: condition.count, model, call) }
      let seeds = try seeds(try call.seed("seed"), count: condition.count)
      let job = SamplingJob(
        model: model, condition: condition, seeds: seeds, options: options, prefix: kept)
      let observers = try Observers(call, total: job.length)
      let task = LongTask("sampling", call)
      return TokenSequence(
        try call.inPrecision { try task.run { try job.run(observers, task, call) } }
      ).value
    })

  /// The label, or what a prefix says where there is none.
  static func conditions(
    _ call: Call, _ model: CARDGenerator, _ prefix: Tokens?
  ) throws -> Condition {
    if let prefix, prefix.condition.classCount != model.configuration.numClasses {
      throw call.failure(
        .shape,
        "the prefix has tokens of another tokenizer: of "
          + counted(prefix.condition.classCount, "class")
          + ", where this generator has \(model.configuration.numClasses)", argument: "prefix")
    }
    if let made = prefix?.maker, let learned = model.tokenMaker, made != learned {
      call.session.note(
        "the prefix was not made by the tokenizer that this generator learned: what it samples after "
          + "it means little", isRepeated: false)
    }
    if let prefix, try !call.isGiven("label") { return prefix.condition }
    return try LabelArgument(
      call, classCount: model.configuration.numClasses, classNames: model.classNames
    ).conditions()
  }

  /// A prefix for each of the pictures, or one for all.
  private static func repeated(
    _ prefix: Tokens, _ count: Int, for pictures: Int, _ model: CARDGenerator, _ call: Call
  ) throws -> Tokens {
    let dim = model.configuration.tokenDim
    guard prefix.latents.shape[2] == dim else {
      throw call.failure(
        .shape,
        "this generator samples tokens of \(dim) numbers, not of \(prefix.latents.shape[2])",
        argument: "prefix")
    }
    guard prefix.ids == nil || !model.configuration.codeDigits.isEmpty else {
      throw call.failure(
        .value, "the prefix has codes, and this generator was trained on tokens without codes",
        hint: "encode the picture with the tokenizer of the generator", argument: "prefix")
    }
    if prefix.count == 1 || prefix.count == pictures { return prefix }
    guard prefix.count * count == pictures else {
      throw call.failure(
        .shape, misfit(prefix.count, "prefix", pictures / count, "label"),
        hint: "give one prefix, or one for each label", argument: "prefix")
    }
    return try prefix.picked((0..<pictures).map { $0 / count })
  }

  /// Each of the conditions `count` times in a row.
  private static func each(_ condition: Condition, _ count: Int) throws -> Condition {
    guard count > 1 else { return condition }
    guard condition.count > 1 else { return try condition.repeated(count) }
    return try condition.picked((0..<condition.count * count).map { $0 / count })
  }

  /// The seeds of the pictures: the given one for a single picture, else those of random.split.
  static func seeds(_ seed: UInt64, count: Int) throws -> [UInt64] {
    count == 1 ? [seed] : try RandomKey(seed: seed).split(count).map(\.seed)
  }

  /// The callbacks of a script.
  struct Observers {
    let onToken: Value?
    let onStep: Value?
    private let call: Call
    private let total: Int

    init(_ call: Call, total: Int) throws {
      (self.call, self.total) = (call, total)
      onToken = try call.optionalObserver("on_token", example: "fn(s) = print(s.step)")
      onStep = try call.optionalObserver("on_step", example: "fn(s) = print(s.time)")
    }

    var areIdle: Bool { onToken == nil && onStep == nil }

    func hear(_ tokens: Tokens) throws {
      guard let onToken else { return }
      try call.invoke(
        onToken,
        [
          .record([
            "tokens": TokenSequence(tokens).value, "step": .integer(tokens.length),
            "total": .integer(total),
          ])
        ])
    }

    func hear(_ step: SamplingStep) throws {
      guard let onStep else { return }
      try call.invoke(
        onStep,
        [
          .record([
            "tokens": TokenSequence(step.tokens).value, "token": .integer(step.tokens.length),
            "total": .integer(total), "step": .integer(step.step), "steps": .integer(step.steps),
            "time": .number(Double(step.time)),
          ])
        ])
    }
  }
}

/// What is to be sampled: one picture for each seed.
struct SamplingJob {
  let model: CARDGenerator
  let condition: Condition
  let seeds: [UInt64]
  let options: SamplingOptions
  var prefix: Tokens?

  /// The number of tokens of each picture.
  var length: Int { options.keep ?? model.configuration.numTokens }

  /// Few pictures are sampled at once and can stop at every token; many in groups, on all threads.
  func run(
    _ observers: SamplingFunctions.Observers, _ task: LongTask, _ call: Call
  ) throws -> Tokens {
    ModelUse.note(call.session, model, tokens: length)
    guard seeds.count <= 8 || !observers.areIdle else {
      return try inGroups(call) { try task.report($0, of: seeds.count, note: "pictures") }
    }
    return try model.sample(
      condition: condition, seeds: seeds, options: options, prefix: prefix,
      observer: SamplingObserver(
        onToken: { tokens in
          try task.report(tokens.length, of: length)
          try observers.hear(tokens)
        },
        onStep: observers.onStep == nil
          ? nil
          : { step in
            try call.checkInterrupt()
            try observers.hear(step)
          }))
  }

  /// Samples groups of pictures on all threads; `report` hears how many are done.
  func inGroups(_ call: Call, report: (Int) throws -> Void = { _ in }) throws -> Tokens {
    let parts = try call.inGroups(seeds.count, size: 8 * ThreadPool.threadCount) { range in
      let own = try prefix.map { $0.count == 1 ? $0 : try $0.pictures(range) }
      let part = try model.sample(
        condition: condition.slice(range), seeds: Array(seeds[range]), options: options,
        prefix: own)
      try report(range.upperBound)
      return part
    }
    let ids = parts.compactMap(\.ids).flatMap { $0 }
    return Tokens(
      latents: try Tensor.cat(parts.map(\.latents), dim: 0), ids: ids.isEmpty ? nil : ids,
      condition: condition, maker: model.tokenMaker)
  }
}

extension Call {
  /// Says that a strength of guidance changes nothing where no picture has a class.
  func noteIdleGuidance(_ options: SamplingOptions, _ condition: Condition) throws {
    guard options.guidanceScale != 1, try isGiven("guidance_scale"),
      let labels = try condition.plainLabels(), labels.allSatisfy({ $0 == nil })
    else { return }
    session.note(
      "guidance_scale has no effect without a label: guidance leads to a class, and these pictures "
        + "have none", isRepeated: false)
  }

  /// The options of sampling for a model.
  func samplingOptions(for model: GeneratorConfiguration) throws -> SamplingOptions {
    // The table knows the largest model there may be, this call its own.
    if try !self["keep"].isNil { _ = try integer("keep", in: 1...model.numTokens) }
    if try !self["guidance_until"].isNil {
      _ = try integer("guidance_until", in: 0...model.numTokens)
    }
    var options = SamplingOptions()
    options.head = model.head
    try read(&options)
    try blaming("steps") { try options.validate(numTokens: model.numTokens) }
    return options
  }
}
