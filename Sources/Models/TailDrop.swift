// SPDX-License-Identifier: Apache-2.0
//
// Tail token dropping: how many of the K tokens the decoder sees in a training step. What a
// schedule is lies here, with its table of options; the probability of each length is in
// `TailDrop+Lengths`. Origins: uniform One-D-Piece, Semanticist, FlexTok, ElasticTok; pow2 FlexTok;
// fixed ElasticTok; the delayed start Semanticist; the rest and the curricula are smap's own.

import Tensors
import Training

/// The distributions of the prefix length.
public enum DropKind: String, Sendable, CaseIterable {
  /// All tokens, always.
  case none
  /// The same number of tokens, always.
  case fixed
  /// Every length from `minKeep` to K, uniformly.
  case uniform
  /// The powers of two (times `minKeep`) up to K, and K, uniformly.
  case pow2
  /// A uniform length, rounded up to a power of two.
  case uniformPow2 = "uniform-pow2"
  /// The lengths of `sizes`, uniformly.
  case list
  /// Log-uniform lengths.
  case loguniform
  /// P(k) decreases by the same factor from each length to the next.
  case geometric
  /// A fraction of K, rounded up, whose law is Beta(`alpha`, `beta`).
  case fraction
  /// All tokens with probability `full`, else a uniform length.
  case mixture
  /// All tokens with probability `full`, else a power of two.
  case mixturePow2 = "mixture-pow2"
  /// All tokens with probability `full`, else `minKeep` times a power of two below K, each twice as
  /// likely as the one before.
  case mostlyFull = "mostly-full"

  /// Whether `full` of the steps see all tokens.
  var isMixture: Bool { self == .mixture || self == .mixturePow2 || self == .mostlyFull }
}

/// How the smallest length decreases from K to `minKeep` during training.
public enum DropCurriculum: String, Sendable, CaseIterable {
  case linear, cosine, exponential, step, power
}

/// Which side of the moving budget lengths are sampled from.
public enum DropEnvelope: String, Sendable, CaseIterable {
  /// From the budget to K: the range widens downward.
  case lower
  /// From `minKeep` to the budget: long lengths are phased out.
  case upper
  /// Exactly the budget.
  case hard
}

/// Which pictures of a step share a length.
public enum DropGranularity: String, Sendable, CaseIterable {
  /// All of a step.
  case batch
  /// Those of a micro-batch: a step sees several lengths, and tokens are really removed.
  case group
  /// None: every picture has a length of its own.
  case sample
}

/// A schedule of tail token dropping.
public struct TailDrop: Sendable, Equatable {
  /// The distribution of lengths.
  public private(set) var kind = DropKind.mixture
  /// The smallest length; for `fixed`, the length.
  public private(set) var minKeep = 1
  /// The fraction of full-length steps of a mixture.
  public private(set) var full = 0.25
  /// The ratio of the probabilities of adjacent lengths, for `geometric`.
  public private(set) var ratio = 0.9
  /// The lengths of `list`.
  public private(set) var sizes: [Int] = []
  /// The first parameter of the law of `fraction`.
  public private(set) var alpha = 1.0
  /// The second parameter of the law of `fraction`.
  public private(set) var beta = 1.0
  /// How the budget changes during training, or nil.
  public private(set) var curriculum: DropCurriculum?
  /// How the moving budget bounds the lengths.
  public private(set) var envelope = DropEnvelope.lower
  /// The exponent of the curriculum `power`.
  public private(set) var exponent = 2.0
  /// The part of training before which all tokens are kept.
  public private(set) var start = 0.0
  /// The part of training at which the budget of a curriculum has reached `minKeep`.
  public private(set) var end = 1.0
  /// Which pictures of a step share a length.
  public private(set) var granularity = DropGranularity.group

  /// smap's default: all tokens in a quarter of the steps, else a uniform length.
  public static let standard = TailDrop()

  /// The default schedule.
  init() {}

  /// A schedule of a kind with that kind's own defaults.
  public init(_ kind: DropKind) { choose(kind) }

  /// A schedule of a kind, with options by their names in the table.
  ///
  /// - Throws: a ValueError for an option out of range.
  public init(_ kind: DropKind, _ options: [(name: String, value: OptionValue)]) throws {
    self.init(kind)
    for (name, value) in options {
      TailDrop.options.first { $0.name == name }?.store(&self, value)
    }
    try validate()
  }

  private mutating func choose(_ kind: DropKind) {
    self = TailDrop.standard
    self.kind = kind
    if kind == .mostlyFull { (full, minKeep) = (0.8, 4) }
  }

  /// Throws a ValueError that names the first option that cannot be.
  public func validate() throws {
    try validateOptions()
    for (name, value) in [
      ("ratio", ratio), ("alpha", alpha), ("beta", beta), ("exponent", exponent),
    ] where value <= 0 {
      throw TensorError.value("\(name) must be above 0, not \(value.inWords)")
    }
    guard start < end else {
      throw TensorError.value("start \(start) must be below end \(end)")
    }
    guard kind != .list || !sizes.isEmpty else {
      throw TensorError.value(
        "the kind \"list\" needs the lengths to choose from", hint: "sizes = [1, 4, 16]")
    }
  }
}

extension TailDrop: OptionTable {
  /// The options in the order of signatures and checkpoints. The kind comes first: it resets the
  /// others to its own defaults.
  public static let options: [OptionRow<TailDrop>] = [
    OptionRow<TailDrop>.word("kind", \.kindThatResets, "The distribution of lengths.")
      .stored(as: "tail_drop"),
    OptionRow<TailDrop>.integer(
      "min_keep", \.minKeep, 1...4096, "The smallest length; nil: 4 for mostly-full, else 1."
    ).decidedByOthers().needs("a kind that drops tokens") { $0.kind != .none },
    OptionRow<TailDrop>.number(
      "full", \.full, 0...1,
      "The fraction of full-length steps of a mixture; nil: 0.8 for mostly-full, else 0.25."
    ).decidedByOthers().needs("a kind that is a mixture") { $0.kind.isMixture },
    OptionRow<TailDrop>.number(
      "ratio", \.ratio, 0...1, "The ratio of adjacent probabilities of \"geometric\"."
    ).needs("kind = \"geometric\"") { $0.kind == .geometric },
    OptionRow<TailDrop>.integers(
      "sizes", \.sizes, each: 1...4096, atMost: 64, "The lengths of \"list\".", since: 3
    ).needs("kind = \"list\"") { $0.kind == .list },
    OptionRow<TailDrop>.number(
      "alpha", \.alpha, 0...1000, "The law of \"fraction\" is Beta(alpha, beta).", since: 3
    ).needs("kind = \"fraction\"") { $0.kind == .fraction },
    OptionRow<TailDrop>.number(
      "beta", \.beta, 0...1000, "The second parameter of that law.", since: 3
    ).needs("kind = \"fraction\"") { $0.kind == .fraction },
    OptionRow<TailDrop>.optionalWord(
      "curriculum", \.curriculum, "How the budget changes during training, or nil."
    ).needs("a kind that drops tokens") { $0.kind != .none },
    OptionRow<TailDrop>.word(
      "envelope", \.envelope, "How the budget bounds the lengths."
    ).needs("a curriculum") { $0.curriculum != nil },
    OptionRow<TailDrop>.number(
      "exponent", \.exponent, 0...100, "The exponent of the curriculum \"power\".", since: 3
    ).needs("curriculum = \"power\"") { $0.curriculum == .power },
    OptionRow<TailDrop>.number(
      "start", \.start, 0...1, "The part of training before which all tokens are kept.", since: 3
    ).needs("a kind that drops tokens", orIs: .number(0)) { $0.kind != .none },
    OptionRow<TailDrop>.number(
      "end", \.end, 0...1, "The part of training at which a curriculum ends.", since: 3
    ).needs("a curriculum", orIs: .number(1)) { $0.curriculum != nil },
    OptionRow<TailDrop>.word(
      "granularity", \.granularity, "Which pictures of a step share a length.", since: 3
    ).needs("a kind that drops tokens") { $0.kind != .none },
  ]

  /// The kind; storing it makes all other options that kind's own.
  private var kindThatResets: DropKind {
    get { kind }
    set { choose(newValue) }
  }
}
