// SPDX-License-Identifier: Apache-2.0
//
// Analysis by synthesis: the encoder chooses the codes of all tokens at once, each as if the others
// were exact, so their errors add up. The search decodes what the neighbours of a code would give
// and keeps the best, token after token, so that later tokens make up for the errors of earlier
// ones. It costs time, no bits and no training (docs/Method.md, section 3.2).

import CKernels
import Glibc
import Networks
import Tensors

/// How codes are searched.
public struct CodeSearch: Sendable {
  /// The prefix lengths whose errors count, each as the logarithm of its mean squared error.
  public var lengths: [Int]
  /// How many codes are tried for each token: its own and its nearest neighbours.
  public var candidates: Int
  /// How often all tokens are visited.
  public var rounds: Int

  /// A search that is limited to what is given.
  public init(lengths: [Int], candidates: Int, rounds: Int) {
    (self.lengths, self.candidates, self.rounds) = (lengths, candidates, rounds)
  }
}

extension SMAPTokenizer {
  /// Tokens whose codes reconstruct `images` [B, 3, H, W] no worse than those given, at the lengths
  /// of the search; `onGroup` hears how many pictures are done.
  ///
  /// - Throws: a `TensorError` for pictures of another size or number, and what `onGroup` throws.
  public func searchCodes(
    _ tokens: Tokens, for images: Tensor, _ search: CodeSearch,
    onGroup: (Int, Int) throws -> Void
  ) throws -> Tokens {
    guard let count = codeCount, let ids = tokens.ids else {
      throw TensorError.value("tokens of \(bottleneck) are vectors, not codes")
    }
    try check(images)
    _ = try checkedPlaces(nil, for: tokens)
    let condition = try checkedCondition(nil, for: tokens)
    guard images.shape[0] == tokens.count else {
      throw TensorError.shape(
        misfit(tokens.count, "token sequence", images.shape[0], "picture"))
    }
    let table = try Tensor.withoutGradients { try quantizer.vectors(of: Array(0..<count)) }
    let neighbours = CodeNeighbours(table, most: min(search.candidates, count))
    let length = tokens.length
    var found: [Int] = []
    let group = 4 * picturesPerMicroBatch
    for start in stride(from: 0, to: tokens.count, by: group) {
      let some = start..<min(start + group, tokens.count)
      found += try inParallel(count: some.count, size: 1) { part in
        let picture = start + part.lowerBound
        let pixels = try PixelLayout.channelsLast(
          images.narrow(dim: 0, start: picture, count: 1))
        return try self.searchedCodes(
          Array(ids[picture * length..<(picture + 1) * length]), pixels,
          condition.slice(picture..<picture + 1), search, neighbours)
      }.flatMap { $0 }
      try onGroup(some.upperBound, tokens.count)
    }
    return try self.tokens(ids: found, count: tokens.count, condition: tokens.condition)
  }

  /// The codes of one picture [1, H, W, 3] after all rounds.
  private func searchedCodes(
    _ start: [Int], _ pixels: Tensor, _ condition: Condition, _ search: CodeSearch,
    _ neighbours: CodeNeighbours
  ) throws -> [Int] {
    var ids = start
    for _ in 0..<search.rounds {
      let before = ids
      for place in ids.indices {
        let counted = search.lengths.filter { $0 > place }
        guard !counted.isEmpty else { break }
        let tried = neighbours.nearest(to: ids[place])
        let rows = tried.flatMap { code in
          ids.indices.map { $0 == place ? code : ids[$0] }
        }
        let latents = try quantizer.vectors(of: rows)
          .reshape([tried.count, ids.count, configuration.tokenDim])
        let scores = try scores(latents, pixels, condition, counted)
        // The code itself is the first, so equals change nothing.
        let best = scores.indices.min { scores[$0] < scores[$1] } ?? 0
        ids[place] = tried[best]
      }
      if ids == before { break }
    }
    return ids
  }

  /// The sum over prefix lengths of the logarithm of the error, for each sequence of [n, k, T].
  private func scores(
    _ latents: Tensor, _ pixels: Tensor, _ condition: Condition, _ lengths: [Int]
  ) throws -> [Double] {
    let count = latents.shape[0]
    let condition = try condition.repeated(count)
    let difference = try Tensor(uninitialized: [pixels.count])
    var scores = [Double](repeating: 0, count: count)
    for length in lengths {
      let decoded = try self.pixels(
        latents.narrow(dim: 1, start: 0, count: length), condition: condition
      ).clamp(min: 0, max: 1)
      for i in 0..<count {
        smap_subtract(
          decoded.pointer + i * pixels.count, pixels.pointer, difference.pointer, pixels.count)
        let sum = smap_square_sum(difference.pointer, pixels.count)
        scores[i] += log(max(sum / Double(pixels.count), 1e-10))
      }
    }
    return scores
  }
}

/// Which codes are near a code.
private struct CodeNeighbours {
  private let table: Tensor
  private let most: Int

  /// The neighbours among codes [V, T], at most `most` of them with the code itself.
  init(_ table: Tensor, most: Int) { (self.table, self.most) = (table, most) }

  /// The code and its nearest neighbours, in order of distance, then of index.
  func nearest(to code: Int) -> [Int] {
    let (count, dim) = (table.shape[0], table.shape[1])
    let own = table.pointer + code * dim
    var distances = [Float](repeating: 0, count: count)
    for v in 0..<count {
      let other = table.pointer + v * dim
      for d in 0..<dim { distances[v] += (own[d] - other[d]) * (own[d] - other[d]) }
    }
    var nearest: [Int] = []
    for v in 0..<count where v != code {
      guard nearest.count == most - 1 else {
        nearest.append(v)
        if nearest.count == most - 1 { nearest.sort { (distances[$0], $0) < (distances[$1], $1) } }
        continue
      }
      guard let last = nearest.last, distances[v] < distances[last] else { continue }
      let place = nearest.firstIndex { distances[v] < distances[$0] } ?? nearest.count - 1
      nearest.insert(v, at: place)
      nearest.removeLast()
    }
    return [code] + nearest
  }
}
