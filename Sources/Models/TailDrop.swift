// SPDX-License-Identifier: Apache-2.0
//
// Tail token dropping: how many of the K tokens the decoder sees in a training step. Every schedule
// is the probability of each length 1...K at a point of training; sampling a length, the
// probability that a token is kept and the expected budget all derive from that one table. Origins:
// uniform One-D-Piece, Semanticist, FlexTok, ElasticTok; pow2 FlexTok; fixed ElasticTok; the rest
// and the curricula are smap's own.

import Glibc
import Tensors

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
  /// Log-uniform lengths.
  case loguniform
  /// P(k) decreases by the same factor from each length to the next.
  case geometric
  /// All tokens with probability `full`, else a uniform length.
  case mixture
  /// All tokens with probability `full`, else a power of two.
  case mixturePow2 = "mixture-pow2"
}

/// How the smallest length decreases from K to `minKeep` during training.
public enum DropCurriculum: String, Sendable, CaseIterable {
  case linear, cosine, exponential, step
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

/// A schedule of tail token dropping.
public struct TailDrop: Sendable, Equatable {
  /// The distribution of lengths.
  public var kind: DropKind
  /// The smallest length; for `fixed`, the length.
  public var minKeep: Int
  /// The fraction of full-length steps of a mixture.
  public var full: Double
  /// The ratio of the probabilities of adjacent lengths, for `geometric`.
  public var ratio: Double
  /// How the budget changes during training, or nil.
  public var curriculum: DropCurriculum?
  /// How the moving budget bounds the lengths.
  public var envelope: DropEnvelope

  /// Makes a schedule; the default is smap's default mixture.
  public init(
    _ kind: DropKind = TailDrop.standard.kind, minKeep: Int = TailDrop.standard.minKeep,
    full: Double = TailDrop.standard.full, ratio: Double = TailDrop.standard.ratio,
    curriculum: DropCurriculum? = nil, envelope: DropEnvelope = .lower
  ) throws {
    guard minKeep >= 1 else {
      throw TensorError.value("min_keep is at least 1 token, not \(minKeep)")
    }
    guard full >= 0, full <= 1 else {
      throw TensorError.value("full is a probability from 0 to 1, not \(full)")
    }
    guard ratio > 0, ratio <= 1 else {
      throw TensorError.value("ratio lies above 0 and is at most 1, not \(ratio)")
    }
    self.init(kind, minKeep, full, ratio, curriculum, envelope)
  }

  private init(
    _ kind: DropKind, _ minKeep: Int, _ full: Double, _ ratio: Double,
    _ curriculum: DropCurriculum?, _ envelope: DropEnvelope
  ) {
    self.kind = kind
    self.minKeep = minKeep
    self.full = full
    self.ratio = ratio
    self.curriculum = curriculum
    self.envelope = envelope
  }

  /// smap's default: all tokens in a quarter of the steps, else a uniform length.
  public static let standard = TailDrop(.mixture, 1, 0.25, 0.9, nil, .lower)

  /// The probability of each length 1...K (element k - 1) when `progress` (0...1) of the
  /// training is done.
  public func lengthProbabilities(numTokens: Int, progress: Double = 1) throws -> [Double] {
    guard numTokens >= 1, minKeep <= numTokens else {
      throw TensorError.value(
        "min_keep \(minKeep) does not fit into \(numTokens) tokens")
    }
    let (low, high) = bounds(numTokens: numTokens, progress: progress)
    var weights = [Double](repeating: 0, count: numTokens)
    for k in low...high { weights[k - 1] = weight(k, low: low, high: high) }
    let sum = weights.reduce(0, +)
    weights = weights.map { $0 / sum }
    if kind == .mixture || kind == .mixturePow2 {
      weights = weights.map { $0 * (1 - full) }
      weights[numTokens - 1] += full
    }
    return weights
  }

  /// The probability that each token is kept: token j is kept when the length is at least j.
  public func keepProbabilities(numTokens: Int, progress: Double = 1) throws -> [Double] {
    var tail = 0.0
    return try lengthProbabilities(numTokens: numTokens, progress: progress).reversed().map {
      tail += $0
      return min(tail, 1)
    }.reversed()
  }

  /// The length for a uniform sample from 0..<1.
  public func length(for draw: Double, numTokens: Int, progress: Double = 1) throws -> Int {
    var tail = draw
    let probabilities = try lengthProbabilities(numTokens: numTokens, progress: progress)
    for (i, probability) in probabilities.enumerated() {
      if tail < probability { return i + 1 }
      tail -= probability
    }
    return (probabilities.lastIndex { $0 > 0 } ?? numTokens - 1) + 1
  }

  /// The moving budget b(u), from K at u = 0 to `minKeep` at u = 1.
  public func budget(numTokens: Int, progress: Double) -> Int {
    let u = min(max(progress, 0), 1)
    let (top, bottom) = (Double(numTokens), Double(minKeep))
    let value: Double
    switch curriculum {
    case nil: value = bottom
    case .linear: value = top - (top - bottom) * u
    case .cosine: value = bottom + (top - bottom) * 0.5 * (1 + cos(u * .pi))
    case .exponential: value = top * pow(bottom / top, u)
    case .step:
      var halvings = 0
      while numTokens >> (halvings + 1) >= minKeep { halvings += 1 }
      let step = min(Int(u * Double(halvings + 1)), halvings)
      value = Double(numTokens >> step)
    }
    return min(max(Int(value.rounded()), minKeep), numTokens)
  }

  private func bounds(numTokens: Int, progress: Double) -> (Int, Int) {
    guard curriculum != nil else { return (minKeep, numTokens) }
    let moving = budget(numTokens: numTokens, progress: progress)
    switch envelope {
    case .lower: return (moving, numTokens)
    case .upper: return (minKeep, moving)
    case .hard: return (moving, moving)
    }
  }

  private func weight(_ k: Int, low: Int, high: Int) -> Double {
    switch kind {
    case .none: return k == high ? 1 : 0
    case .fixed: return k == low ? 1 : 0
    case .uniform, .mixture: return 1
    case .pow2, .mixturePow2: return k == high || isPowerOfTwo(k, times: low) ? 1 : 0
    case .uniformPow2:
      guard k == high || isPowerOfTwo(k, times: 1) else { return 0 }
      var below = 1
      while below * 2 < k { below *= 2 }
      return Double(k - (k == 1 ? 0 : max(below, low - 1)))
    case .loguniform: return log(Double(k + 1) / Double(k))
    case .geometric: return pow(ratio, Double(k - low))
    }
  }

  private func isPowerOfTwo(_ k: Int, times base: Int) -> Bool {
    k % base == 0 && (k / base) & (k / base - 1) == 0
  }
}
