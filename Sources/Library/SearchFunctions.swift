// SPDX-License-Identifier: Apache-2.0
//
// `card.search` and what scores are made of: the likelihood of tokens under a generator, and the
// probability of a class (`metrics.probabilities`).

import Models
import Networks
import Runtime
import Tensors
import Training

/// The functions that search among samples.
enum SearchFunctions {
  static let functions: [Builtin] = [search, logLikelihood]

  private static let search = Builtin(
    "card.search(model: generator, label, score: function, *, "
      + TokenSearch().signature + ", prefix = nil, " + SamplingOptions().signature
      + ", precision = \"f32\", seed = nil, on_level = nil) -> record",
    "Searches for the tokens of a picture that a function scores highest: {tokens, score, history}.",
    details: """
      `score` is called with the tokens of several candidates and returns a number for each, a list or \
      a tensor: the higher, the better. It may decode them, as smap.decode takes any prefix: \
      `fn(t) = metrics.probabilities(judge, smap.decode(tok, t))[:, 3]` is the probability of class 3, \
      `fn(t) = card.log_likelihood(model, t).sum(dim = 1)` how likely the model finds them, \
      `fn(t) = -norm(metrics.features(smap.decode(tok, t)) - wanted, dim = 1)` how near their features \
      are to `wanted`, those of an example.

      \(TokenSearch.summary)

      `history` is a table with a row for each level: `tokens`, `candidates`, `cost` in solver steps, \
      `best` and `mean` score. `on_level` is called with these and `best_tokens` after every level. \
      The same seed gives the same result. The other options are those of card.sample; "best-of" \
      chooses among what card.sample gives with `count = budget` and the same seed.
      """,
    example: GeneratorFunctions.tinyExample + """
      let bright = fn(t) = smap.decode(tok, t).mean(dim = [1, 2, 3])
      card.search(model, 3, bright, budget = 4, steps = 2, seed = 1).tokens.shape   #=> [1, 16]
      """,
    choices: SamplingOptions.choices.merging(
      TokenSearch.choices.merging(TrainingOptions.precisions) { $1 }
    ) { $1 },
    body: { call in
      let model = try call.generator("model").model
      let sampling = try call.samplingOptions(for: model.configuration)
      var search = TokenSearch()
      // The table knows the largest model there may be, this call its own.
      let most = model.configuration.numTokens
      if try !call["levels"].isNil,
        let wrong = try call.integers("levels").first(where: { !(1...most).contains($0) })
      {
        throw call.failure(
          .value, "levels are numbers of tokens from 1 to \(most), and \(wrong) is not",
          argument: "levels")
      }
      try call.read(&search)
      let prefix = try call["prefix"].isNil ? nil : call.tokens("prefix")
      let condition = try SamplingFunctions.conditions(call, model, prefix)
      guard condition.count == 1, prefix?.count ?? 1 == 1 else {
        throw call.failure(
          .value, "one picture is searched at a time", hint: "call it for each label",
          argument: condition.count > 1 ? "label" : "prefix")
      }
      try call.noteIdleGuidance(sampling, condition)
      let observer = try call.optionalObserver("on_level", example: "fn(s) = print(s.best)")
      let scorer = try CandidateScore(call)
      let seed = try call.seed("seed")
      let length = sampling.keep ?? model.configuration.numTokens
      // A search that cannot be is refused before any work.
      let plan = try call.blaming("budget") {
        try search.plan(
          tokens: length, after: prefix?.length ?? 0, numTokens: model.configuration.numTokens,
          sampling)
      }
      let task = LongTask("searching", call)
      // With lookahead, candidates that are not whole are continued, which counts as well.
      let total = plan.reduce(0) {
        let isContinued = search.method == .lookahead && $1.tokens < length
        return $0 + $1.candidates * (isContinued ? 2 : 1)
      }
      var (sampled, note) = (0, "")
      let result = try call.inPrecision {
        try task.run {
          try search.run(
            seed: seed, tokens: length, numTokens: model.configuration.numTokens, prefix: prefix,
            sampling,
            sample: { request in
              defer { sampled += request.seeds.count }
              return try SamplingJob(
                model: model, condition: condition.repeated(request.seeds.count),
                seeds: request.seeds, options: request.options, prefix: request.prefix
              ).inGroups(call) { try task.report(sampled + $0, of: total, note: note) }
            },
            score: scorer.scores,
            onLevel: { progress in
              note = "score \(decimal(progress.score))"
              try task.report(sampled, of: total, note: note)
              guard let observer else { return }
              let row = SearchFunctions.row(progress)
              row["best_tokens"] = TokenSequence(progress.best).value
              try call.invoke(observer, [.record(row)])
            })
        }
      }
      return .record(
        Record([
          ("tokens", TokenSequence(result.tokens).value), ("score", .number(result.score)),
          (
            "history",
            try TableFunctions.table(result.history.map(row), call.session)
          ),
        ]))
    })

  private static func row(_ progress: SearchProgress) -> Record {
    Record([
      ("tokens", .integer(progress.level.tokens)),
      ("candidates", .integer(progress.level.candidates)),
      ("cost", .integer(progress.level.cost)), ("best", .number(progress.score)),
      ("mean", .number(progress.mean)),
    ])
  }

  private static let logLikelihood = Builtin(
    "card.log_likelihood(model: generator, tokens: tokens, *, label = tokens.label, steps = 20) "
      + "-> [B, K]",
    "How likely each token is after those before it: the logarithm of its density, in nats.",
    details: """
      For a flow head, the density follows from the divergence of the flow, which is integrated back \
      to the noise in `steps` Heun steps. The sum over the tokens of a picture is that of the picture. \
      Compare pictures of as many tokens only: a density has units, so its logarithm may have either \
      sign.
      """,
    example: GeneratorFunctions.tinyExample + """
      let tokens = card.sample(model, 3, count = 2, steps = 2, seed = 1)
      card.log_likelihood(model, tokens).shape   #=> [2, 16]
      """,
    body: { call in
      let model = try call.generator("model").model
      let tokens = try call.tokens("tokens")
      let steps = try call.integer("steps", in: 1...10_000)
      let condition =
        try call.isGiven("label")
        ? try LabelArgument(
          call, classCount: model.configuration.numClasses, classNames: model.classNames
        ).condition(count: tokens.count) : tokens.condition
      let task = LongTask("likelihood", call)
      let parts = try task.run {
        try call.inGroups(tokens.count, size: 8 * ThreadPool.threadCount) { range in
          let part = try call.blaming("tokens") {
            try model.logLikelihood(
              tokens.pictures(range), condition: condition.slice(range), steps: steps)
          }
          try task.report(range.upperBound, of: tokens.count, note: "pictures")
          return part
        }
      }
      return .tensor(try Tensor.cat(parts, dim: 0))
    })
}

/// The score of a script for candidates.
private struct CandidateScore {
  private let call: Call
  private let function: Value

  /// At most so many candidates are scored in one call.
  private static let groupSize = 64

  init(_ call: Call) throws {
    self.call = call
    function = try call.function(
      "score", taking: 1, "one argument, the tokens of candidates",
      example: "score = fn(t) = smap.decode(tok, t).mean(dim = [1, 2, 3])")
  }

  /// The score of each candidate.
  func scores(_ tokens: Tokens) throws -> [Double] {
    try call.inGroups(tokens.count, size: CandidateScore.groupSize) { range in
      let result = try call.invoke(
        function, [TokenSequence(tokens.pictures(range)).value])
      return try numbers(result, count: range.count)
    }.flatMap { $0 }
  }

  private func numbers(_ value: Value, count: Int) throws -> [Double] {
    let found: [Double]
    var words = value.typePhrase
    switch value {
    case .number(let number): found = [number]
    case .tensor(let tensor): found = tensor.toArray().map(Double.init)
    case .list(let list):
      words = "a list of \(counted(list.items.count, "value"))"
      found = list.items.compactMap { Conversion.number($0) }
      if let other = list.items.first(where: { Conversion.number($0) == nil }) {
        words = "a list that holds \(other.typePhrase)"
      }
    default: found = []
    }
    guard found.count == count else {
      throw call.failure(
        .value,
        "score must return a number for each of \(counted(count, "candidate")), not \(words)",
        hint: "a list or a tensor [\(count)]", argument: "score")
    }
    if let wrong = found.firstIndex(where: \.isNaN) {
      throw call.failure(
        .value, "the score of candidate \(wrong) is not a number", argument: "score")
    }
    return found
  }
}
