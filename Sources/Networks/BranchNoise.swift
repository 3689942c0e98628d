// SPDX-License-Identifier: Apache-2.0
//
// Noise on the branches of a transformer while it is trained: stochastic depth, which leaves out
// whole blocks (Huang et al., "Deep networks with stochastic depth", 2016), and dropout of the
// elements that a block adds to its stream (Srivastava et al., 2014). What stays is scaled up, so
// nothing changes at evaluation.

import Tensors

/// Random changes to the blocks of one micro-batch, which one thread computes.
public final class BranchNoise {
  private let dropout: Float
  private let depth: Float
  private var draws: RandomStream

  /// `dropout` is the fraction of elements that are dropped; `depth` the probability that the last
  /// block is left out, those before it in proportion to their depth. Both are below 1.
  public init(dropout: Float, depth: Float, _ draws: RandomStream) {
    (self.dropout, self.depth, self.draws) = (dropout, depth, draws)
  }

  /// What block `index` of `count` makes of `stream`, of which `block` computes the tokens of
  /// `wanted`, or all.
  func applied(
    _ index: Int, of count: Int, to stream: Tensor, for wanted: Range<Int>?,
    _ block: () throws -> Tensor
  ) throws -> Tensor {
    let before =
      try wanted.map { try stream.narrow(dim: 1, start: $0.lowerBound, count: $0.count) } ?? stream
    let skipped = depth * Float(index + 1) / Float(max(count, 1))
    if skipped > 0, Float(draws.uniform()) < skipped { return before }
    let after = try block()
    let scale = 1 / ((1 - skipped) * (1 - dropout))
    guard scale != 1 else { return after }
    let branch = try after.sub(before)
    guard dropout > 0 else { return try before.add(branch.mul(scale)) }
    let kept = try Tensor(uninitialized: branch.shape)
    for i in 0..<kept.count { kept.pointer[i] = Float(draws.uniform()) < dropout ? 0 : scale }
    return try before.add(branch.mul(kept))
  }
}
