// SPDX-License-Identifier: Apache-2.0
//
// What encoding, decoding and measuring need of a code: a tokenizer with transformers and a linear
// code look alike from there, so every measure compares them by the same steps.

import Glibc
import Tensors

/// A code that turns pictures into ordered tokens and any prefix of them into pictures.
public protocol PictureCode: AnyObject {
  /// The width and height of the pictures in pixels.
  var imageSize: Int { get }
  /// The number of tokens (K).
  var numTokens: Int { get }
  /// The channels of a token (T).
  var tokenDim: Int { get }
  /// The number of classes (C); 0 if it is conditioned by vectors.
  var numClasses: Int { get }
  /// The numbers of the vectors that it is conditioned by; 0 if it is conditioned by classes.
  var conditionDim: Int { get }
  /// Names of the classes, in order of index; may be empty.
  var classNames: [String] { get }
  /// The number of codes of a discrete bottleneck, or nil.
  var codeCount: Int? { get }
  /// The identity of its weights as they are now, which tokens carry.
  var maker: TokenMaker { get }

  /// The tokens of pictures [B, 3, H, W] with values from 0 to 1.
  ///
  /// - Throws: a `TensorError` when pictures or conditions do not fit.
  func encode(_ images: Tensor, condition: Condition) throws -> Tokens

  /// Pictures [B, 3, H, W] from any prefix of tokens, or from tokens at other places, clamped to
  /// 0...1; as the tokens' own condition, or as another.
  ///
  /// - Throws: a `TensorError` when tokens, conditions or places do not fit.
  func decode(_ tokens: Tokens, condition: Condition?, places: TokenPlaces?) throws -> Tensor
}

extension PictureCode {
  /// None: most codes are conditioned by classes.
  public var conditionDim: Int { 0 }

  /// Pictures [B, 3, H, W] from any prefix of tokens, clamped to 0...1.
  public func decode(_ tokens: Tokens, condition: Condition? = nil) throws -> Tensor {
    try decode(tokens, condition: condition, places: nil)
  }
}

extension SMAPTokenizer: PictureCode {
  /// The width and height of the pictures in pixels.
  public var imageSize: Int { configuration.imageSize }
  /// The number of tokens (K).
  public var numTokens: Int { configuration.numTokens }
  /// The channels of a token (T).
  public var tokenDim: Int { configuration.tokenDim }
  /// The number of classes (C).
  public var numClasses: Int { configuration.numClasses }
  /// The numbers of the vectors that it is conditioned by.
  public var conditionDim: Int { configuration.conditionDim }
}

extension PictureCode {
  /// Rejects pictures that are not [B, 3, side, side].
  func checkShape(_ images: Tensor) throws {
    let side = imageSize
    guard images.rank == 4, images.shape[1] == 3, images.shape[2] == side, images.shape[3] == side
    else {
      throw TensorError.shape(
        "this tokenizer takes pictures of shape [B, 3, \(side), \(side)], not \(images.shape)",
        hint: "image.resize(x, \(side), \(side)) makes them fit")
    }
  }

  /// The condition for each of the pictures of `tokens`, and the checks of decoding.
  func checkedCondition(_ condition: Condition?, for tokens: Tokens) throws -> Condition {
    let (batch, kept) = (tokens.count, tokens.length)
    guard tokens.latents.shape[2] == tokenDim else {
      throw TensorError.shape(
        "this tokenizer has \(tokenDim) channels a token, not \(tokens.latents.shape[2])")
    }
    try checkCodes(of: tokens)
    guard kept >= 1, kept <= numTokens else {
      throw TensorError.value(
        "cannot decode \(counted(kept, "token"))", hint: "from 1 to \(numTokens)")
    }
    return try checkedCondition(condition ?? tokens.condition, count: batch)
  }

  /// Throws a ValueError if tokens are codes that this code does not have.
  public func checkCodes(of tokens: Tokens) throws {
    guard let largest = tokens.ids?.max() else { return }
    guard let codeCount else {
      throw TensorError.value(
        "these tokens are codes of another tokenizer; the tokens of this one are vectors",
        hint: "smap.tokens(tok, tokens.latents) makes tokens of their vectors")
    }
    guard largest < codeCount else {
      throw TensorError.value(
        "these tokens have codes up to \(largest), but this tokenizer has \(codeCount), from 0",
        hint: "were they made by another tokenizer?")
    }
  }

  /// The places of tokens, which are the first ones unless something else is said.
  func checkedPlaces(_ places: TokenPlaces?, for tokens: Tokens) throws -> TokenPlaces {
    guard let places else { return TokenPlaces(prefix: tokens.length) }
    try places.check(batch: tokens.count, kept: tokens.length, of: numTokens)
    return places
  }

  /// The condition for each of `count` pictures.
  func checkedCondition(_ condition: Condition, count: Int) throws -> Condition {
    let size = condition.vectors?.values.shape[1] ?? conditionDim
    guard condition.classCount == numClasses, size == conditionDim else {
      throw TensorError.shape(
        "this code is conditioned by \(conditionInWords), not by "
          + (condition.vectors == nil
            ? counted(condition.classCount, "class") : "vectors of \(size)"))
    }
    let condition = try condition.repeated(count)
    guard condition.count == count else {
      throw TensorError.shape(misfit(condition.count, "label", count, "picture"))
    }
    return condition
  }

  /// What a prefix of `length` tokens of a picture costs; without codes, what its numbers cost is
  /// not known.
  public func rate(ofPrefix length: Int) -> (numbers: Int, bits: Double?) {
    (length * tokenDim, codeCount.map { Double(length) * log2(Double($0)) })
  }

  /// What the code is conditioned by, such as "22 classes" or "vectors of 512".
  public var conditionInWords: String {
    conditionDim > 0
      ? "vectors of \(conditionDim)" : counted(numClasses, "class")
  }
}
