// SPDX-License-Identifier: Apache-2.0
//
// The tokens of a batch of pictures, with the conditions they were made under.

import Tensors

/// Token sequences: the output of encoding and of CARD, and the input of decoding.
public struct Tokens {
  /// [B, k, T].
  public let latents: Tensor
  /// The code indices of a discrete tokenizer, row by row [B * k]; nil if tokens are continuous.
  public let ids: [Int]?
  /// The class of each picture.
  public let condition: Condition
  /// The tokenizer that made them, or that of the generator that sampled them; nil if it is not
  /// known.
  public let maker: TokenMaker?

  /// Collects latents, indices and conditions of the same pictures.
  public init(latents: Tensor, ids: [Int]?, condition: Condition, maker: TokenMaker?) {
    self.latents = latents
    self.ids = ids
    self.condition = condition
    self.maker = maker
  }

  /// The number of pictures.
  public var count: Int { latents.shape[0] }
  /// The number of tokens per picture (k).
  public var length: Int { latents.shape[1] }

  /// The first `keep` tokens of every picture; a ValueError for 0 or more than there are.
  public func prefix(_ keep: Int) throws -> Tokens {
    guard keep >= 1, keep <= length else {
      throw TensorError.value(
        "cannot keep \(counted(keep, "token")): there are \(length)", hint: "from 1 to \(length)")
    }
    let kept = ids.map { ids in
      (0..<count).flatMap { ids[$0 * length..<$0 * length + keep] }
    }
    return Tokens(
      latents: try latents.narrow(dim: 1, start: 0, count: keep), ids: kept, condition: condition,
      maker: maker)
  }

  /// The tokens of some of the pictures.
  public func pictures(_ range: Range<Int>) throws -> Tokens {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw TensorError.index("pictures \(range) of \(count)")
    }
    return Tokens(
      latents: try latents.narrow(dim: 0, start: range.lowerBound, count: range.count),
      ids: ids.map { Array($0[range.lowerBound * length..<range.upperBound * length]) },
      condition: try condition.slice(range), maker: maker)
  }

  /// The tokens of the pictures at the given places, which may repeat.
  public func picked(_ places: [Int]) throws -> Tokens {
    if let wrong = places.first(where: { !(0..<count).contains($0) }) {
      throw TensorError.index("there is no picture \(wrong) among \(count)")
    }
    return Tokens(
      latents: try latents.taking(places, dim: 0),
      ids: ids.map { ids in places.flatMap { ids[$0 * length..<($0 + 1) * length] } },
      condition: try condition.picked(places), maker: maker)
  }
}

extension Tokens: Equatable {
  /// Whether the vectors, the code indices and the conditions are equal element by element; who
  /// made them does not matter.
  public static func == (a: Tokens, b: Tokens) -> Bool {
    a.latents.shape == b.latents.shape && a.ids == b.ids && a.condition == b.condition
      && a.latents.toArray() == b.latents.toArray()
  }
}

extension SMAPTokenizer {
  /// The tokens of `count` pictures from the indices of their codes, row by row.
  ///
  /// Throws a ValueError if tokens are not codes, an IndexError for a code that is not there.
  public func tokens(ids: [Int], count: Int, condition: Condition) throws -> Tokens {
    if let wrong = ids.first(where: { !(0..<(codeCount ?? .max)).contains($0) }) {
      throw TensorError.index("there is no code \(wrong) among \(codeCount ?? 0)")
    }
    guard count > 0, !ids.isEmpty, ids.count % count == 0 else {
      throw TensorError.shape(misfit(ids.count, "code", count, "picture"))
    }
    let latents = try Tensor.withoutGradients { try quantizer.vectors(of: ids) }
      .reshape([count, ids.count / count, configuration.tokenDim])
    return Tokens(
      latents: latents, ids: ids, condition: try condition.repeated(count), maker: maker)
  }
}
