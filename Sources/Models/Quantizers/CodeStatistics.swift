// SPDX-License-Identifier: Apache-2.0
//
// How the tokens of pictures use the codes of a discrete bottleneck, overall and for each place in
// the sequence. Tails starve first, so figures over all places alone hide a dead tail.

import Glibc

/// How often each code occurs among some tokens.
public struct CodeStatistics: Sendable {
  /// How many of the V codes there are, by index.
  public let counts: [Int]

  /// Counts indices, each below `codeCount`.
  public init(ids: some Sequence<Int>, codeCount: Int) {
    var counts = [Int](repeating: 0, count: codeCount)
    for id in ids where counts.indices.contains(id) { counts[id] += 1 }
    self.counts = counts
  }

  /// The number of tokens.
  public var total: Int { counts.reduce(0, +) }
  /// The number of codes that occur.
  public var used: Int { counts.count { $0 > 0 } }
  /// The share of the codes that occur.
  public var usage: Double { Double(used) / Double(max(counts.count, 1)) }

  /// The entropy of the distribution of codes, in bits: -Σ f log2 f.
  public var entropy: Double {
    let total = Double(max(total, 1))
    return counts.reduce(0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / total
      return sum - share * log2(share)
    }
  }

  /// 2 to the power of the entropy: the number of codes that would be as hard to guess if all were
  /// equally frequent.
  public var perplexity: Double { exp2(entropy) }
}
