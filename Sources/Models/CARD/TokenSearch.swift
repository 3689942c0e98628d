// SPDX-License-Identifier: Apache-2.0
//
// Search at test time: many candidates are sampled, scored and thinned out. Ordered tokens make it
// cheap, since the first few already give a picture that can be scored (SoTo, Gao et al., EPFL
// 2026). All methods share one scheme. At each level candidates are continued to some number of
// tokens and scored, and the best ones are continued at the next level:
//
//   best-of     one level, all tokens: the best of so many samples
//   beam        prefixes are decoded and scored as they are
//   lookahead   each prefix is first sampled to the end, perhaps in few steps, and that is scored
//
// The budget counts solver steps, as many as so many whole samples take, and every level gets an
// equal part of it: short prefixes are cheap, so that early levels have many candidates.

import Tensors
import Training

/// How candidates are searched.
public enum SearchMethod: String, Sendable, CaseIterable {
  /// Whole samples.
  case bestOf = "best-of"
  /// Prefixes, scored as they are.
  case beam
  /// Prefixes, scored by what they become.
  case lookahead
}

/// The options of a search.
public struct TokenSearch: Sendable {
  /// How candidates are searched.
  public var method = SearchMethod.bestOf
  /// The work, in whole samples.
  public var budget = 16
  /// Candidates that are continued at each level.
  public var beamWidth = 4
  /// The numbers of tokens after which candidates are scored; powers of 2 if empty.
  public var levels: [Int] = []
  /// Steps of each token that is sampled only to look ahead; as those of all others if nil.
  public var rolloutSteps: Int?

  /// The default options.
  public init() {}
}

extension TokenSearch: OptionTable {
  /// The options of a search.
  public static let options: [OptionRow<TokenSearch>] = [
    .word(
      "method", \.method,
      "\"best-of\" scores whole samples; \"beam\" scores prefixes, decoded as they are, and goes on "
        + "with the best; \"lookahead\" scores what each prefix becomes when it is sampled to the end."
    ),
    .integer(
      "budget", \.budget, 1...1_000_000,
      "`budget` is the work, in whole samples: of solver steps, where there is a solver. Every level "
        + "gets an equal part of it."),
    OptionRow<TokenSearch>.integer(
      "beam_width", \.beamWidth, 1...100_000,
      "`beam_width` prefixes are continued at each level, each by its share of the candidates."
    ).needs("method = \"beam\" or \"lookahead\"") { $0.method != .bestOf },
    OptionRow<TokenSearch>.integers(
      "levels", \.levels, each: 1...4096, atMost: 4096,
      "`levels` are the numbers of tokens after which candidates are scored; empty, they are 1, 2, 4, "
        + "8, .. and the whole length."
    ).needs("method = \"beam\" or \"lookahead\"") { $0.method != .bestOf },
    OptionRow<TokenSearch>(
      "rollout_steps", .optional(.integer(1...10_000)),
      "`rollout_steps` are the steps of each token that is sampled only to look ahead, by default as "
        + "many as for all others.",
      value: { $0.rolloutSteps.map { .integer($0) } ?? .none },
      store: { if case .integer(let count) = $1 { $0.rolloutSteps = count } }
    ).needs("method = \"lookahead\"") { $0.method == .lookahead },
  ]
}

/// A level of a search.
public struct SearchLevel: Sendable {
  /// The number of tokens of each candidate.
  public let tokens: Int
  /// The number of candidates.
  public let candidates: Int
  /// Solver steps that they take.
  public let cost: Int
}

/// What is known after a level.
public struct SearchProgress {
  /// The level.
  public let level: SearchLevel
  /// The candidate with the best score; with lookahead the whole tokens that it has become.
  public let best: Tokens
  /// Its score.
  public let score: Double
  /// The mean score of the level.
  public let mean: Double
}

/// The result of a search.
public struct SearchResult {
  /// The tokens of the best picture.
  public let tokens: Tokens
  /// Its score.
  public let score: Double
  /// What was known after each level.
  public let history: [SearchProgress]
}

extension TokenSearch {
  /// Tokens of several candidates: their seeds, what they continue, and to which length.
  public struct Request {
    /// A seed for each candidate.
    public let seeds: [UInt64]
    /// A prefix for each candidate, one for all, or nil.
    public let prefix: Tokens?
    /// How tokens are sampled; `keep` is the length.
    public let options: SamplingOptions
  }

  /// The levels of a search for so many tokens, of which the first `start` are given.
  ///
  /// Throws a ValueError for levels that cannot be, or a budget that leaves a level without
  /// candidates.
  public func plan(
    tokens count: Int, after start: Int, numTokens: Int, _ sampling: SamplingOptions
  ) throws -> [SearchLevel] {
    try validateOptions()
    func cost(_ range: Range<Int>) -> Int { sampling.cost(range, of: numTokens) }
    let rollout = rolloutSteps.map(sampling.withSteps) ?? sampling
    let ends = try ends(tokens: count, after: start)
    let (whole, overflows) = budget.multipliedReportingOverflow(by: cost(start..<count))
    guard !overflows else { throw TensorError.value("budget = \(budget) is too large") }
    var (rest, before, least) = (whole, start, 0)
    var levels: [SearchLevel] = []
    for (number, end) in ends.enumerated() {
      let ahead = method == .lookahead ? rollout.cost(end..<count, of: numTokens) : 0
      let each = max(cost(before..<end) + ahead, 1)
      least = max(least, (each * ends.count + whole / budget - 1) / max(whole / budget, 1))
      let candidates = rest / (ends.count - number) / each
      rest -= candidates * each
      levels.append(SearchLevel(tokens: end, candidates: candidates, cost: candidates * each))
      before = end
    }
    guard levels.allSatisfy({ $0.candidates > 0 }) else {
      throw TensorError.value(
        "budget = \(budget) leaves a level of this search without candidates",
        hint: "budget = \(max(least, budget + 1)) is enough for \(ends.count) levels")
    }
    return levels
  }

  private func ends(tokens count: Int, after start: Int) throws -> [Int] {
    guard start < count else {
      throw TensorError.value("the prefix has all \(count) tokens: there is nothing to search")
    }
    if method == .bestOf { return [count] }
    if levels.isEmpty {
      let powers = (0..<13).map { 1 << $0 }.filter { $0 > start && $0 < count }
      return powers + [count]
    }
    guard zip(levels, levels.dropFirst()).allSatisfy({ $0 < $1 }), levels[0] > start,
      levels[levels.count - 1] <= count
    else {
      throw TensorError.value(
        "levels must rise and lie above \(start) and at most at \(count)",
        hint: "the whole length is always the last level")
    }
    return levels.last == count ? levels : levels + [count]
  }

  /// Searches for one picture: `sample` samples candidates, `score` gives each a number, the higher
  /// the better, and `onLevel` hears of each level.
  ///
  /// With one level, the candidates are those of `card.sample(count = budget)`.
  public func run(
    seed: UInt64, tokens count: Int, numTokens: Int, prefix: Tokens?, _ sampling: SamplingOptions,
    sample: (Request) throws -> Tokens, score: (Tokens) throws -> [Double],
    onLevel: (SearchProgress) throws -> Void
  ) throws -> SearchResult {
    let plan = try plan(
      tokens: count, after: prefix?.length ?? 0, numTokens: numTokens, sampling)
    var parents = prefix
    var history: [SearchProgress] = []
    var whole: (tokens: Tokens, score: Double)?
    for (number, level) in plan.enumerated() {
      let seeds = try seeds(seed, level: number, count: level.candidates)
      let width = parents?.count ?? 1
      let families = try parents.map { parents in
        width == 1 ? parents : try parents.picked(seeds.indices.map { $0 % width })
      }
      var options = sampling
      options.keep = level.tokens
      let candidates = try sample(Request(seeds: seeds, prefix: families, options: options))
      var complete = candidates
      if method == .lookahead, level.tokens < count {
        options = rolloutSteps.map(options.withSteps) ?? options
        options.keep = count
        complete = try sample(Request(seeds: seeds, prefix: candidates, options: options))
      }
      let scores = try score(complete)
      // Equal scores keep their order, so that the result is one.
      let ranking = scores.indices.sorted { (scores[$0], -$0) > (scores[$1], -$1) }
      let best = try complete.picked([ranking[0]])
      if complete.length == count, whole.map({ scores[ranking[0]] > $0.score }) ?? true {
        whole = (best, scores[ranking[0]])
      }
      let progress = SearchProgress(
        level: level, best: best, score: scores[ranking[0]],
        mean: scores.reduce(0, +) / Double(scores.count))
      history.append(progress)
      try onLevel(progress)
      parents = try candidates.picked(Array(ranking.prefix(beamWidth)))
    }
    guard let whole else { throw TensorError.value("the search has no levels") }
    return SearchResult(tokens: whole.tokens, score: whole.score, history: history)
  }

  /// At the first level the seeds of `card.sample`, later ones of their own.
  private func seeds(_ seed: UInt64, level: Int, count: Int) throws -> [UInt64] {
    if level == 0, count == 1 { return [seed] }
    let key = RandomKey(seed: seed)
    return try (level == 0 ? key : key.fold(level)).split(count).map(\.seed)
  }
}

extension SamplingOptions {
  /// The work for tokens at some positions of so many: steps of the solver that the head runs.
  func cost(_ range: Range<Int>, of count: Int) -> Int {
    guard !range.isEmpty else { return 0 }
    return (head?.type ?? FlowHead.self).cost(range, of: count, self)
  }

  /// These options with the same number of steps for each token.
  func withSteps(_ count: Int) -> SamplingOptions {
    var options = self
    (options.steps, options.stepsOfTokens, options.stepSchedule) = (count, [], .constant)
    return options
  }
}
