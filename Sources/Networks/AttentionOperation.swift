// SPDX-License-Identifier: Apache-2.0
//
// Multi-head self-attention as one step on the tape. The probabilities are recomputed in the
// backward from the log-sum-exp of each row, so memory grows with T, not with T².

import CKernels
import Tensors

/// Which tokens a token may attend to.
public enum AttentionMask: Sendable, Equatable {
  /// Everything sees everything.
  case full
  /// Token i sees tokens up to and including i.
  case causal
  /// The first `prefix` tokens see each other; each later token sees them and all up to itself.
  case causalAfter(prefix: Int)

  /// Token i sees tokens below max(prefix, i + 1).
  func prefixLength(_ tokens: Int) -> Int {
    switch self {
    case .full: tokens
    case .causal: 0
    case .causalAfter(let prefix): prefix
    }
  }

  /// How many pairs of a token and one that it sees there are: what attention costs.
  func pairsSeen(_ tokens: Int) -> Int {
    let prefix = min(prefixLength(tokens), tokens)
    return prefix &* prefix &+ (tokens - prefix) &* (tokens &+ prefix &+ 1) / 2
  }
}

extension Tensor {
  /// Self-attention over rows of [q | k | v].
  ///
  /// self: [batch, tokens, 3 * width]; the result is [batch, tokens, width]. The softmax scale is
  /// 1 / sqrt(width / heads).
  public func selfAttention(heads: Int, mask: AttentionMask = .full) throws -> Tensor {
    guard rank == 3, heads > 0, shape[2] % (3 * heads) == 0 else {
      throw TensorError.shape(
        "attention takes [batch, tokens, 3 * width] with width a multiple of \(heads) heads, "
          + "not \(shape)")
    }
    let (batch, tokens, width) = (shape[0], shape[1], shape[2] / 3)
    let headWidth = width / heads
    let prefix = mask.prefixLength(tokens)
    let out = try Tensor(uninitialized: [batch, tokens, width])
    let logSumExp = try Tensor(uninitialized: [batch * heads, tokens])
    let pairs = batch * heads
    let seen = mask.pairsSeen(tokens)
    let perChunk = Tensor.attentionPairsPerChunk(pairs)
    let scratchSize = smap_attention_scratch(tokens, headWidth)
    let scratch = try Tensor(uninitialized: [(pairs + perChunk - 1) / perChunk, scratchSize])
    let (x, o, l) = (detached, out, logSumExp)
    Profile.measure(
      .attention, operations: pairs &* seen &* headWidth &* 4, bytes: 16 &* batch &* tokens &* width
    ) {
      ThreadPool.forEachBlock(rows: pairs, rowsPerBlock: perChunk) { block in
        smap_attention(
          x.pointer, tokens, heads, headWidth, prefix, block.lowerBound, block.upperBound,
          o.pointer, l.pointer, scratch.pointer + block.lowerBound / perChunk * scratchSize)
      }
    }
    let y = Tensor(storage: out.storage, shape: out.shape)
    return out.recorded(from: [self]) { gradient in
      let dx = try Tensor(uninitialized: x.shape)
      let scratch = try Tensor(uninitialized: [(pairs + perChunk - 1) / perChunk, scratchSize])
      Profile.measure(
        .attentionGradient, operations: pairs &* seen &* headWidth &* 10,
        bytes: 32 &* batch &* tokens &* width
      ) {
        ThreadPool.forEachBlock(rows: pairs, rowsPerBlock: perChunk) { block in
          smap_attention_backward(
            x.pointer, y.pointer, l.pointer, gradient.pointer, tokens, heads, headWidth, prefix,
            block.lowerBound, block.upperBound, dx.pointer,
            scratch.pointer + block.lowerBound / perChunk * scratchSize)
        }
      }
      return [dx]
    }
  }

  /// Few pairs are shared out singly, so that one picture has work for several threads.
  private static func attentionPairsPerChunk(_ pairs: Int) -> Int { max(1, min(16, pairs / 8)) }
}
