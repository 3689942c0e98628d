// SPDX-License-Identifier: Apache-2.0
//
// Which of the K positions the tokens of a batch fill, and what stands at the others when the
// decoder wants K tokens whatever was dropped (docs/Method.md, 4.5).

import Tensors

/// Where tokens [B, k, T] belong among K positions.
public struct TokenPlaces: Sendable {
  /// The position of each token, ascending.
  public let positions: [Int]
  /// For each picture how many of its tokens were kept; nil if all k.
  public let lengths: [Int]?

  /// Prefixes: all k tokens of every picture, or for each picture its first `lengths`.
  public init(prefix count: Int, lengths: [Int]? = nil) {
    positions = Array(0..<count)
    let isShared = lengths?.allSatisfy { $0 == count } ?? true
    self.lengths = isShared ? nil : lengths
  }

  /// Tokens at any positions, the same for every picture.
  public init(at positions: [Int]) {
    self.positions = positions
    lengths = nil
  }

  /// Throws a ValueError if these are no places of `kept` tokens for `batch` pictures.
  public func check(batch: Int, kept: Int, of total: Int) throws {
    let isAscending = zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }
    guard positions.count == kept, isAscending, (positions.first ?? 0) >= 0,
      (positions.last ?? 0) < total
    else {
      throw TensorError.value(
        "positions must be \(kept) ascending whole numbers from 0 to \(total - 1), one for each token"
      )
    }
    if let lengths, lengths.count != batch || lengths.contains(where: { $0 < 1 || $0 > kept }) {
      throw TensorError.value(
        "lengths must be \(batch) whole numbers from 1 to \(kept), one for each picture")
    }
  }

  /// The places of some of the pictures.
  public func pictures(_ range: Range<Int>) -> TokenPlaces {
    guard let lengths else { return self }
    return TokenPlaces(prefix: positions.count, lengths: Array(lengths[range]))
  }

  /// The tokens without those that no picture keeps, and their places.
  func trimmed(_ tokens: Tensor) throws -> (tokens: Tensor, places: TokenPlaces) {
    guard let lengths, let most = lengths.max() else { return (tokens, self) }
    return (
      try tokens.narrow(dim: 1, start: 0, count: most), TokenPlaces(prefix: most, lengths: lengths)
    )
  }

  /// Whether they are the first tokens.
  var isPrefix: Bool { positions == Array(0..<positions.count) }

  /// How many tokens each picture has.
  func counts(_ batch: Int) -> [Int] {
    lengths ?? [Int](repeating: positions.count, count: batch)
  }

  /// The rows, among batch * total, of the tokens that were kept, picture by picture.
  func rows(_ batch: Int, of total: Int) -> [Int] {
    counts(batch).enumerated().flatMap { picture, count in
      positions[..<count].map { picture * total + $0 }
    }
  }

  /// The tokens of pictures [B, k, T] at their places among K: [B, K, T], zero elsewhere, or copies
  /// of the kept tokens in turn if they are to repeat.
  func spread(_ tokens: Tensor, over total: Int, repeating: Bool = false) throws -> Tensor {
    let (batch, kept) = (tokens.shape[0], positions.count)
    guard repeating || lengths != nil || !isPrefix || kept < total else { return tokens }
    let choice = try Tensor.zeros([batch, total, kept])
    for (picture, count) in counts(batch).enumerated() {
      let row = choice.pointer + picture * total * kept
      let places = Set(positions[..<count])
      for (i, position) in positions[..<count].enumerated() { row[position * kept + i] = 1 }
      guard repeating else { continue }
      for (turn, position) in (0..<total).filter({ !places.contains($0) }).enumerated() {
        row[position * kept + turn % count] = 1
      }
    }
    return try choice.matmul(tokens)
  }

  /// 1 where nothing was kept, else 0: [B, K, 1].
  func missing(_ batch: Int, of total: Int) throws -> Tensor {
    let result = try Tensor(repeating: 1, shape: [batch, total, 1])
    for (picture, count) in counts(batch).enumerated() {
      for position in positions[..<count] { result.pointer[picture * total + position] = 0 }
    }
    return result
  }
}
