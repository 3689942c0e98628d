// SPDX-License-Identifier: Apache-2.0
//
// Multi-head self-attention as one operation on the tape. The backward pass recomputes the
// probabilities from the log-sum-exp of each row, so memory grows with T, not with T².

import CKernels
import Tensors

/// Which tokens a token may attend to.
public enum AttentionMask: Sendable, Equatable {
  /// Every token attends to every other.
  case full
  /// Token i attends to tokens up to and including i.
  case causal
  /// The first `prefix` tokens attend to each other; each later token to them and all up to itself.
  case causalAfter(prefix: Int)
  /// As `causalAfter`, but behind the first `size` of the later tokens, groups of `size` attend to
  /// all of their group (DetailFlow).
  case grouped(prefix: Int, size: Int)

  /// The mask as the kernels take it: the prefix and the size of groups.
  func kernelMask(_ tokens: Int, lengths: UnsafePointer<Int>?) -> SMAPMask {
    switch self {
    case .full: SMAPMask(prefix: tokens, group: 1, lengths: lengths)
    case .causal: SMAPMask(prefix: 0, group: 1, lengths: lengths)
    case .causalAfter(let prefix): SMAPMask(prefix: prefix, group: 1, lengths: lengths)
    case .grouped(let prefix, let size):
      SMAPMask(prefix: prefix, group: max(size, 1), lengths: lengths)
    }
  }

  /// The number of (query, key) pairs that are not masked, which is the cost of attention; groups
  /// count as causal.
  func pairsSeen(by queries: Range<Int>, of tokens: Int) -> Int {
    let prefix = min(kernelMask(tokens, lengths: nil).prefix, tokens)
    let early = queries.clamped(to: 0..<prefix).count
    let late = queries.clamped(to: prefix..<tokens)
    return early &* prefix &+ late.count &* (late.lowerBound &+ late.upperBound &+ 1) / 2
  }
}

extension Tensor {
  /// Self-attention over rows of [q | k | v].
  ///
  /// self: [batch, tokens, 3 * width]; the result is [batch, tokens, width], or only the rows of
  /// the tokens in `wanted`. The softmax scale is 1 / sqrt(width / heads). With `lengths`, one for
  /// each of the batch, only so many of its first tokens are attended to.
  public func selfAttention(
    heads: Int, mask: AttentionMask = .full, for wanted: Range<Int>? = nil, lengths: [Int]? = nil
  ) throws -> Tensor {
    guard rank == 3, heads > 0, shape[2] % (3 * heads) == 0 else {
      throw TensorError.shape(
        "attention takes [batch, tokens, 3 * width] with width a multiple of \(heads) heads, "
          + "not \(shape)")
    }
    let tokens = shape[1]
    let queries = wanted ?? 0..<tokens
    guard queries.lowerBound >= 0, queries.upperBound <= tokens else {
      throw TensorError.index("there are no tokens \(queries) among \(tokens)")
    }
    if let lengths, lengths.count != shape[0] || lengths.contains(where: { $0 < 1 || $0 > tokens })
    {
      throw TensorError.index("lengths \(lengths) do not fit \(shape[0]) rows of \(tokens) tokens")
    }
    let attention = AttentionWork(
      batch: shape[0], tokens: tokens, width: shape[2] / 3, heads: heads, queries: queries,
      mask: mask, lengths: lengths)
    let (out, logSumExp) = try attention.forward(self)
    let (x, y) = (detached, Tensor(storage: out.storage, shape: out.shape))
    return out.recorded(from: [self]) { gradient in
      [try attention.backward(x, y, logSumExp, gradient)]
    }
  }
}

/// What attention takes, before it runs.
package enum AttentionSize {
  /// Numbers that the attention over one sequence of so many tokens holds at once: its rows of
  /// [q | k | v] and the workspace of its kernels.
  package static func ofSequence(tokens: Int, width: Int, heads: Int) -> Int {
    let work = AttentionWork(
      batch: 1, tokens: tokens, width: width, heads: heads, queries: 0..<tokens, mask: .full,
      lengths: nil)
    return 3 * tokens * width + work.chunkCount * work.scratchSize
  }
}

/// The sizes of one attention, with its forward and backward pass.
private struct AttentionWork {
  let batch: Int
  let tokens: Int
  let width: Int
  let heads: Int
  let queries: Range<Int>
  let mask: AttentionMask
  let lengths: [Int]?

  private var pairs: Int { batch * heads }
  private var headWidth: Int { width / heads }
  var scratchSize: Int { smap_attention_scratch(tokens, headWidth) }
  private var multiplications: Int {
    pairs &* mask.pairsSeen(by: queries, of: tokens) &* headWidth
  }
  /// If there are few (batch, head) pairs, each is a chunk of its own, so that one picture has work
  /// for several threads.
  private var pairsPerChunk: Int { max(1, min(16, pairs / 8)) }
  var chunkCount: Int { (pairs + pairsPerChunk - 1) / pairsPerChunk }

  /// The attended rows [batch, queries, width], and the log-sum-exp of each of them.
  func forward(_ x: Tensor) throws -> (Tensor, Tensor) {
    let out = try Tensor(uninitialized: [batch, queries.count, width])
    let logSumExp = try Tensor(uninitialized: [pairs, queries.count])
    try forEachBlock(.attention, operations: 4, bytes: 16) { mask, block, scratch in
      smap_attention(
        x.pointer, tokens, heads, headWidth, mask, queries.lowerBound, queries.count,
        block.lowerBound, block.upperBound, out.pointer, logSumExp.pointer, scratch)
    }
    return (out, logSumExp)
  }

  /// The gradient of the rows of [q | k | v].
  func backward(_ x: Tensor, _ y: Tensor, _ logSumExp: Tensor, _ gradient: Tensor) throws -> Tensor
  {
    let dx = try Tensor(uninitialized: x.shape)
    try forEachBlock(.attentionGradient, operations: 10, bytes: 32) { mask, block, scratch in
      smap_attention_backward(
        x.pointer, y.pointer, logSumExp.pointer, gradient.pointer, tokens, heads, headWidth, mask,
        queries.lowerBound, queries.count, block.lowerBound, block.upperBound, dx.pointer, scratch)
    }
    return dx
  }

  private func forEachBlock(
    _ stage: Profile.Stage, operations: Int, bytes: Int,
    _ body: (SMAPMask, Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) throws {
    let (size, perChunk) = (scratchSize, pairsPerChunk)
    let scratch = try Tensor(uninitialized: [chunkCount, size])
    (lengths ?? []).withUnsafeBufferPointer { counts in
      let seen = mask.kernelMask(tokens, lengths: lengths == nil ? nil : counts.baseAddress)
      Profile.measure(
        stage, operations: operations &* multiplications, bytes: bytes &* batch &* tokens &* width
      ) {
        ThreadPool.forEachBlock(rows: pairs, rowsPerBlock: perChunk) { block in
          body(seen, block, scratch.pointer + block.lowerBound / perChunk * size)
        }
      }
    }
  }
}
