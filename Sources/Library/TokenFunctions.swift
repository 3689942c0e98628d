// SPDX-License-Identifier: Apache-2.0
//
// Editing tokens: the first tokens of one picture with the rest of another, points between two
// pictures, other classes. Since the order of tokens is one of importance, the first ones decide
// what a picture is and the rest how it looks in detail.

import Models
import Runtime
import Tensors

/// The functions of `smap` that make tokens of tokens.
enum TokenFunctions {
  static let functions: [Builtin] = [mix, interpolate, relabel]

  private static let twoPictures =
    TokenizerFunctions.tinyExample
    + "let a = smap.encode(tok, zeros(1, 3, 16, 16)); let b = smap.encode(tok, ones(1, 3, 16, 16))\n"

  private static let mix = Builtin(
    "smap.mix(a: tokens, b: tokens, keep: number) -> tokens",
    "The first `keep` tokens of `a`, followed by the other tokens of `b`.",
    details: """
      The label is that of `a`. Tokens of one picture go with each of several. \
      card.sample(model, prefix = a[:keep]) samples the other tokens instead.
      """,
    example: twoPictures + "smap.mix(a, b, 2)[:2] == a[:2]   #=> true",
    body: { call in
      let (a, b) = try pair(call)
      guard (a.ids == nil) == (b.ids == nil) else {
        throw call.failure(
          .value, "tokens with codes and tokens without are of different tokenizers",
          hint: "smap.tokens(tok, x.latents) drops codes", argument: "b")
      }
      let keep = try call.integer("keep", in: 1...max(min(a.length, b.length), 1))
      guard keep < b.length else { return TokenSequence(try a.prefix(keep)).value }
      let rest = try b.latents.narrow(dim: 1, start: keep, count: b.length - keep)
      var ids: [Int]?
      if let first = a.ids, let second = b.ids {
        ids = []
        for i in 0..<a.count {
          ids? += first[i * a.length..<i * a.length + keep]
          ids? += second[i * b.length + keep..<(i + 1) * b.length]
        }
      }
      return TokenSequence(
        Tokens(
          latents: try Tensor.cat(
            [a.latents.narrow(dim: 1, start: 0, count: keep), rest], dim: 1),
          ids: ids, condition: a.condition, maker: a.maker)
      ).value
    })

  private static let interpolate = Builtin(
    "smap.interpolate(a: tokens, b: tokens, at) -> tokens",
    "Tokens between those of two pictures: `a` at 0, `b` at 1.",
    details: """
      `at` is a number, or a list of numbers with a picture for each; numbers below 0 and above 1 go \
      beyond. Where the labels differ, they are mixed in the same shares. Points between codes are no \
      codes, so the result has no `ids`.
      """,
    example: twoPictures + "smap.interpolate(a, b, [0, 0.5, 1]).shape   #=> [3, 16]",
    body: { call in
      var (a, b) = try pair(call)
      var shares = try call.numbers("at").map(Float.init)
      guard shares.allSatisfy(\.isFinite), !shares.isEmpty else {
        throw call.failure(
          .value, shares.isEmpty ? "at is an empty list" : "at must hold finite numbers",
          hint: "0.5, or a list such as [0, 0.5, 1]", argument: "at")
      }
      guard a.length == b.length else {
        throw call.failure(
          .shape, "pictures of \(a.length) and \(b.length) tokens have nothing between them",
          hint: "cut both to one length: a[:k], b[:k]", argument: "b")
      }
      if a.count == 1, shares.count > 1 {
        let places = [Int](repeating: 0, count: shares.count)
        (a, b) = (try a.picked(places), try b.picked(places))
      } else if shares.count == 1 {
        shares = [Float](repeating: shares[0], count: a.count)
      }
      guard shares.count == a.count else {
        throw call.failure(
          .shape, misfit(shares.count, "number", a.count, "picture"), argument: "at")
      }
      let weight = try Tensor(shape: [a.count, 1, 1], values: shares)
      let latents = try a.latents.mul(weight.mul(-1).add(1)).add(b.latents.mul(weight))
      let condition = try call.blaming("b") {
        try Condition.mixed(a.condition, b.condition, at: shares)
      }
      return TokenSequence(
        Tokens(latents: latents, ids: nil, condition: condition, maker: a.maker)
      ).value
    })

  private static let relabel = Builtin(
    "smap.relabel(tok: tokenizer, tokens: tokens, label) -> tokens",
    "The same tokens as those of another class.",
    details: """
      With a list of labels, the tokens of one picture become those of as many pictures, one of each \
      class: decoded, they are one design in all classes, and card.sample(model, prefix = ..) samples \
      more tokens for each.
      """,
    example: TokenizerFunctions.tinyExample
      + "smap.relabel(tok, smap.encode(tok, zeros(1, 3, 16, 16)), [0, 1, 2]).shape   #=> [3, 16]",
    body: { call in
      let tokenizer = try call.code("tok")
      let tokens = try call.tokens("tokens")
      guard tokenizer.conditionDim == 0 else {
        throw call.failure(
          .value, "this tokenizer is conditioned by vectors, not by classes", argument: "tok")
      }
      let condition = try LabelArgument(
        call, classCount: tokenizer.numClasses, classNames: tokenizer.classNames
      ).conditions()
      let count = max(tokens.count, condition.count)
      let places = [Int](repeating: 0, count: count)
      guard [1, count].contains(tokens.count), [1, count].contains(condition.count) else {
        throw call.failure(
          .shape, misfit(condition.count, "label", tokens.count, "picture"),
          hint: "give one label, or one for each picture", argument: "label")
      }
      let all = tokens.count == count ? tokens : try tokens.picked(places)
      return TokenSequence(
        Tokens(
          latents: all.latents, ids: all.ids, condition: try condition.repeated(count),
          maker: all.maker)
      ).value
    })

  /// The arguments `a` and `b`, one picture repeated for each of the other's.
  private static func pair(_ call: Call) throws -> (Tokens, Tokens) {
    let (a, b) = (try call.tokens("a"), try call.tokens("b"))
    guard a.latents.shape[2] == b.latents.shape[2] else {
      throw call.failure(
        .shape,
        "tokens of \(a.latents.shape[2]) and of \(b.latents.shape[2]) numbers are of different "
          + "tokenizers", argument: "b")
    }
    guard a.condition.classCount == b.condition.classCount else {
      throw call.failure(
        .shape,
        "tokens of \(counted(a.condition.classCount, "class")) and of "
          + "\(b.condition.classCount) are of different tokenizers", argument: "b")
    }
    if let first = a.maker, let second = b.maker, first != second {
      call.session.note(
        "a and b are tokens of two tokenizers, or of one before and after training: together they "
          + "mean little", isRepeated: false)
    }
    let count = max(a.count, b.count)
    guard [1, count].contains(a.count), [1, count].contains(b.count) else {
      throw call.failure(
        .shape, misfit(b.count, "picture", a.count, "picture"), argument: "b")
    }
    let places = [Int](repeating: 0, count: count)
    return (
      a.count == count ? a : try a.picked(places), b.count == count ? b : try b.picked(places)
    )
  }
}
