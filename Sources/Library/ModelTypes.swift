// SPDX-License-Identifier: Apache-2.0
//
// The objects of `smap` and `card` as scripts see them: their names, fields and how they print.

import Models
import Networks
import Runtime
import Tensors

/// A schedule of tail dropping, as an object.
final class Schedule {
  let drop: TailDrop
  init(_ drop: TailDrop) { self.drop = drop }
}

/// The tokens of some pictures, as an object.
final class TokenSequence {
  let tokens: Tokens
  init(_ tokens: Tokens) { self.tokens = tokens }

  var value: Value { .object(ForeignObject(ModelTypes.tokens, self)) }
}

/// A generator together with the tokenizer that it was made for, if that is known.
final class Generator {
  let model: CARDGenerator
  var tokenizer: SMAPTokenizer?

  init(_ model: CARDGenerator, tokenizer: SMAPTokenizer? = nil) {
    self.model = model
    self.tokenizer = tokenizer
  }

  var value: Value { .object(ForeignObject(ModelTypes.generator, self)) }
}

extension SMAPTokenizer {
  var value: Value { .object(ForeignObject(ModelTypes.tokenizer, self)) }
}

/// The descriptors of the models' objects.
enum ModelTypes {
  static let schedule = ForeignType(
    "schedule", "How many tokens survive in a training step.",
    fields: TailDrop.fields { try $0.payload(as: Schedule.self).drop },
    display: { object in
      guard let drop = (object.payload as? Schedule)?.drop else { return "schedule" }
      let curriculum = drop.curriculum.map { ", curriculum = \"\($0.rawValue)\"" } ?? ""
      return "schedule(\"\(drop.kind.rawValue)\", min_keep = \(drop.minKeep)\(curriculum))"
    },
    equals: { a, b in
      (a.payload as? Schedule)?.drop == (b.payload as? Schedule)?.drop
    })

  static let tokens = ForeignType(
    "tokens", "Token sequences of some pictures; `tokens[:k]` keeps the first k of each.",
    fields: [
      tokens("shape", "The number of pictures and of tokens per picture.") {
        .numbers([Double($0.count), Double($0.length)])
      },
      tokens("length", "The number of tokens per picture.") { .integer($0.length) },
      tokens("latents", "The vectors of the tokens: [B, k, token_dim].") { .tensor($0.latents) },
      tokens("ids", "The code indices [B, k] of a discrete tokenizer, else nil.") { tokens in
        guard let ids = tokens.ids else { return .nil }
        return .tensor(
          try Tensor(shape: [tokens.count, tokens.length], values: ids.map { Float($0) }))
      },
      tokens("label", "What the pictures were said to be: nil, classes [B] or weights.") {
        try $0.condition.scriptValue()
      },
      tokens("condition", "The vectors that the pictures were conditioned by [B, D], or nil.") {
        guard let (vectors, areNull) = $0.condition.vectors, areNull.contains(false) else {
          return .nil
        }
        return .tensor(vectors)
      },
    ],
    display: { object in
      guard let tokens = (object.payload as? TokenSequence)?.tokens else { return "tokens" }
      let pictures = counted(tokens.count, "picture")
      let kind =
        tokens.ids == nil ? "\(counted(tokens.latents.shape[2], "number")) each" : "code indices"
      return "tokens(\(pictures) of \(tokens.length), \(kind))"
    },
    index: { object, subscripts, _ in
      let tokens = try object.payload(as: TokenSequence.self).tokens
      do {
        return TokenSequence(try TokenSubscript(subscripts, of: tokens).result()).value
      } catch {
        throw ScriptError(anything: error)
      }
    },
    bytes: { object in
      guard let tokens = (object.payload as? TokenSequence)?.tokens else { return 0 }
      return tokens.latents.count * 4 + (tokens.ids?.count ?? 0) * MemoryLayout<Int>.stride
    },
    equals: { a, b in
      guard let a = a.payload as? TokenSequence, let b = b.payload as? TokenSequence else {
        return false
      }
      return a.tokens == b.tokens
    })

  private static func tokens(
    _ name: String, _ summary: String, _ get: @escaping @Sendable (Tokens) throws -> Value
  ) -> ForeignType.Field {
    .init(
      name, summary,
      get: { object, _ in try get(try object.payload(as: TokenSequence.self).tokens) })
  }

  static let tokenizer = ForeignType(
    "tokenizer", "Turns pictures into ordered tokens and any prefix of them into pictures.",
    fields: tokenizerFields,
    display: { object in
      guard let tokenizer = object.payload as? SMAPTokenizer else { return "tokenizer" }
      let made = tokenizer.configuration
      return
        "tokenizer(\(made.imageSize) x \(made.imageSize) pixels, \(counted(made.numTokens, "token")) of "
        + "\(made.tokenDim), \(tokenizer.bottleneck), "
        + "\(tokenizer.conditionDim > 0 ? tokenizer.conditionInWords : counted(made.numClasses, "class")), "
        + "\(shortCount(tokenizer.parameterCount)) parameters)"
    },
    bytes: { (($0.payload as? SMAPTokenizer)?.parameterCount ?? 0) * 4 })

  private static let tokenizerFields: [ForeignType.Field] =
    TokenizerConfiguration.fields(without: ["codebook_size"]) { object in
      try object.payload(as: SMAPTokenizer.self).configuration
    } + [
      tokenizer("codebook_size", "The number of codes (V), nil if tokens are continuous.") {
        $0.codeCount.map { .integer($0) } ?? .nil
      },
      tokenizer("classes", "The names of the classes.") { .strings($0.classNames) },
      tokenizer("tail_drop", "The schedule of tail dropping.") {
        .object(ForeignObject(schedule, Schedule($0.configuration.tailDrop)))
      },
      tokenizer("parameters", "The number of trainable numbers.") { .integer($0.parameterCount) },
      tokenizer("notes", "Metadata stored in the checkpoint, as a record.") {
        noteRecord($0.notes)
      },
    ]

  private static func tokenizer(
    _ name: String, _ summary: String, _ get: @escaping @Sendable (SMAPTokenizer) -> Value
  ) -> ForeignType.Field {
    .init(name, summary, get: { object, _ in get(try object.payload(as: SMAPTokenizer.self)) })
  }

  static let generator = ForeignType(
    "generator", "Samples the tokens of a picture, by its head: `help(\"heads\")`.",
    fields: GeneratorConfiguration.fields { object in
      try object.payload(as: Generator.self).model.configuration
    } + [
      generator("classes", "The names of the classes.") { .strings($0.classNames) },
      generator("parameters", "The number of trainable numbers.") { .integer($0.parameterCount) },
      generator("notes", "Metadata stored in the checkpoint, as a record.") {
        noteRecord($0.notes)
      },
    ],
    display: { object in
      guard let model = (object.payload as? Generator)?.model else { return "generator" }
      let made = model.configuration
      return
        "generator(\(made.head.rawValue), \(counted(made.numTokens, "token")) of \(made.tokenDim), "
        + "width \(made.width), \(counted(made.numClasses, "class")), \(shortCount(model.parameterCount)) parameters)"
    },
    bytes: { (($0.payload as? Generator)?.model.parameterCount ?? 0) * 4 })

  private static func generator(
    _ name: String, _ summary: String, _ get: @escaping @Sendable (CARDGenerator) -> Value
  ) -> ForeignType.Field {
    .init(name, summary, get: { object, _ in get(try object.payload(as: Generator.self).model) })
  }

  static func noteRecord(_ notes: [(key: String, value: String)]) -> Value {
    let record = Record()
    for note in notes { record[note.key] = .string(note.value) }
    return .record(record)
  }

  /// 950, 12.3k, 1.2M.
  private static func shortCount(_ count: Int) -> String {
    if count < 1000 { return "\(count)" }
    let (unit, name) = count < 1_000_000 ? (100, "k") : (100_000, "M")
    return "\(count / unit / 10).\(count / unit % 10)\(name)"
  }
}
