// SPDX-License-Identifier: Apache-2.0
//
// What tokens attend to, as numbers to look at. Training and encoding never hold these
// probabilities; here they are computed once more, plainly, from the same queries and keys.

import Tensors

extension Transformer {
  /// The attention of a block's tokens `wanted` to all tokens: probabilities [B, wanted, tokens],
  /// means over the heads.
  ///
  /// x: [B, tokens, width]; `modulation` as in a forward pass.
  package func attention(
    ofBlock index: Int, _ x: Tensor, mask: AttentionMask, for wanted: Range<Int>,
    modulation: Tensor? = nil
  ) throws -> Tensor {
    guard blocks.indices.contains(index) else {
      throw TensorError.index("there is no block \(index) among \(blocks.count)")
    }
    let size = 4 * x.shape[2]
    var stream = x
    for (i, block) in blocks.prefix(index).enumerated() {
      stream = try block(
        stream, mask: mask,
        modulation: modulation?.narrow(dim: 1, start: i * size, count: size))
    }
    return try blocks[index].attention(
      stream, mask: mask, for: wanted,
      modulation: modulation?.narrow(dim: 1, start: index * size, count: size))
  }
}

extension TransformerBlock {
  fileprivate func attention(
    _ x: Tensor, mask: AttentionMask, for wanted: Range<Int>, modulation: Tensor?
  ) throws -> Tensor {
    let (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    var normal = try norm1(x)
    if let modulation { normal = try normal.modulated(by: modulation) }
    let rows = try queryKeyValue(normal)
    let size = width / heads
    func part(_ index: Int) throws -> Tensor {
      // [B, tokens, width] to [B, heads, tokens, size].
      try rows.narrow(dim: 2, start: index * width, count: width)
        .reshape([batch, tokens, heads, size]).permute([0, 2, 1, 3])
    }
    let queries = try part(0).narrow(dim: 2, start: wanted.lowerBound, count: wanted.count)
    let scores = try queries.matmul(part(1).transpose(2, 3)).mul(1 / Float(size).squareRoot())
    let hidden = try mask.hidden(from: wanted, of: tokens)
    return try scores.add(hidden).softmax(dim: 3).mean(dim: 1)
  }
}

extension AttentionMask {
  /// [queries, tokens]: 0 where a query sees a token, else a number whose exponential is 0.
  fileprivate func hidden(from queries: Range<Int>, of tokens: Int) throws -> Tensor {
    let mask = kernelMask(tokens, lengths: nil)
    var values = [Float](repeating: 0, count: queries.count * tokens)
    for (row, query) in queries.enumerated() {
      let behind = query - mask.prefix
      let seen =
        behind < 0
        ? mask.prefix
        : behind >= mask.group
          ? mask.prefix + (behind / mask.group + 1) * mask.group : query + 1
      for token in min(seen, tokens)..<tokens { values[row * tokens + token] = -1e9 }
    }
    return try Tensor(shape: [queries.count, tokens], values: values)
  }
}
