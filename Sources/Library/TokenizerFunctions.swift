// SPDX-License-Identifier: Apache-2.0
//
// `smap.`: making, using and measuring tokenizers. Training, files and schedules are in
// `TrainingFunctions` and `ScheduleFunctions`.

import Glibc
import Images
import Models
import Networks
import Runtime
import Tensors
import Training

/// The functions that make and use tokenizers.
enum TokenizerFunctions {
  static let functions: [Builtin] = [
    make, withQuantizer, encode, decode, reconstruct, tokens, loss,
  ]

  /// A tokenizer small enough for the examples of the manual.
  static let tinyExample = "let tok = smap.tokenizer(image_size = 16, width = 16, seed = 0)\n"

  private static let fresh = TokenizerConfiguration()

  private static let make = Builtin(
    "smap.tokenizer(*, " + fresh.signature(without: TokenizerConfiguration.importedOptions)
      + ", tail_drop = nil, seed = nil) -> tokenizer",
    "Makes an untrained tokenizer.",
    details: """
      `quantizer` is one of \(QuantizerKind.summary); help("quantizers") says when to use which, and \
      what `l2_norm`, `code_update`, `code_decay`, `dead_codes` (vq), `entropy_weight` (vq, softvq), \
      `code_temperature` (softvq) and `levels` (fsq) do. \
      With `linear_path`, the best linear code of the data set is fitted first and the \
      transformers learn what it lacks. `tail_drop` is a schedule made by smap.tail_drop, or the \
      name of one.

      \(TokenizerConfiguration.summary(without: TokenizerConfiguration.importedOptions))
      """,
    example: "smap.tokenizer(image_size = 16, num_tokens = 4, width = 16).num_tokens   #=> 4",
    choices: TokenizerConfiguration.choices.merging(["tail_drop": DropKind.words]) { $1 },
    body: { call in
      let configuration = try configuration(call)
      return try SMAPTokenizer(configuration, seed: call.seed("seed")).value
    })

  private static func configuration(_ call: Call) throws -> TokenizerConfiguration {
    var made = fresh
    try call.read(&made, without: TokenizerConfiguration.importedOptions)
    // A vector stands in place of the classes.
    if made.conditionDim > 0, try !call.isGiven("num_classes") { made.numClasses = 0 }
    if let drop = try ScheduleFunctions.optional(call, "tail_drop") {
      try call.blaming("tail_drop") { try drop.checkList(made.numTokens) }
      made.tailDrop = drop
    }
    return made
  }

  private static let withQuantizer = Builtin(
    "smap.with_quantizer(tok: tokenizer, dataset, quantizer: string, *, "
      + fresh.signature(of: TokenizerConfiguration.quantizerOptions, without: ["quantizer"])
      + ", condition = nil, seed = nil) "
      + "-> tokenizer",
    "Makes a tokenizer with the weights of a trained one and another quantizer.",
    details: """
      Codes start as the k-means of the tokens of `dataset`, so the new tokenizer works at once; \
      smap.train makes it good. Codes learned after vectors end better than codes learned from the \
      start: train with quantizer = "kl", then make codes of it. The options of quantizers are those of \
      smap.tokenizer; all others are those of `tok`, which keeps its weights. A tokenizer with a \
      linear path cannot be changed.
      """,
    example: """
      let train = data.shapes(20, size = 16)
      let tok = smap.tokenizer(image_size = 16, width = 16, quantizer = "kl", linear_path = false, seed = 0)
      smap.with_quantizer(tok, train, "vq", codebook_size = 8, seed = 0).quantizer   #=> "vq"
      """,
    choices: TokenizerConfiguration.choices,
    body: { call in
      let tokenizer = try call.tokenizer("tok")
      var made = tokenizer.configuration
      try call.read(&made, TokenizerConfiguration.quantizerOptions)
      let data = try call.conditionedData(for: tokenizer)
      let task = LongTask("encoding", call)
      return try task.run {
        try tokenizer.replacingQuantizer(
          made, fittedTo: data, seed: call.seed("seed"), onGroup: { try task.report($0, of: $1) })
      }.value
    })

  private static let encode = Builtin(
    "smap.encode(tok: tokenizer, images: [B, C, H, W], *, label = nil, condition = nil, "
      + "precision = \"f32\") -> tokens",
    "Turns pictures into their tokens.",
    details: """
      `label` is nil (no class), an index, a class name, or one of these for each picture, as a list \
      or a tensor [B]. Classes are mixed by a record, as {face: 0.5, clock: 0.5}, or by weights of \
      shape [B, C]; weights of shape [C] are one mixture for all pictures, unless there are C of \
      them: then they are one class for each. The weights of a mixture add up to 1; some may be \
      below 0, as in {face: 1.5, clock: -0.5}, which goes beyond a face. The result has the fields ids, latents, label, \
      condition, shape and length; `tokens[:k]` keeps the first k tokens of every picture. `precision` is as \
      in smap.train.

      A tokenizer made with `condition_dim` takes `condition` in place of `label`: a vector of so many \
      numbers, or one for each picture, of shape [B, condition_dim]; nil is the null condition.
      """,
    example: tinyExample + "smap.encode(tok, zeros(2, 3, 16, 16)).shape   #=> [2, 16]",
    choices: TrainingOptions.precisions,
    pictures: "images",
    body: { call in
      let tokenizer = try call.code("tok")
      let given = try call.pictures()
      let images = given.images
      let condition = try call.condition(tokenizer, of: given)
      return TokenSequence(
        try call.inPrecision { try encode(images, condition, tokenizer, call) }
      ).value
    })

  private static let decode = Builtin(
    "smap.decode(tok: tokenizer, tokens: tokens, *, label = tokens.label, "
      + "condition = tokens.condition, lengths = nil, positions = nil, precision = \"f32\") -> [B, 3, H, W]",
    "Turns tokens, or any prefix of them, into pictures.",
    details: """
      Without `label`, pictures are decoded as what their tokens were made for, which is \
      `tokens.label`; `label = nil` takes the class away, another label, as in smap.encode, puts \
      it in place of the first. `condition` is the same for tokenizers that take vectors. The weights of a mixture of classes add up to 1. `lengths` says \
      how many of its tokens each picture keeps, as smap.best_length finds them; `positions` are \
      the places among all tokens that these tokens come from, such as [8, 9, 10] for three from \
      the tail: tokens at the first places are what the decoder is trained with.
      """,
    example: tinyExample + "let tokens = smap.encode(tok, zeros(1, 3, 16, 16))\n"
      + "smap.decode(tok, tokens[:4]).shape   #=> [1, 3, 16, 16]",
    choices: TrainingOptions.precisions,
    body: { call in
      let tokenizer = try call.code("tok")
      let tokens = try call.tokens("tokens")
      let condition =
        try call.changesCondition(of: tokenizer)
        ? try call.condition(tokenizer, count: tokens.count) : tokens.condition
      let places = try places(of: tokens, call)
      return .tensor(
        try call.inPrecision { try decode(tokens, condition, tokenizer, call, places: places) })
    })

  /// Where the tokens of a call belong, if it says so.
  private static func places(of tokens: Tokens, _ call: Call) throws -> TokenPlaces? {
    let lengths = try call["lengths"].isNil ? nil : call.integers("lengths")
    if let lengths, lengths.count != tokens.count {
      throw call.failure(
        .value, misfit(lengths.count, "length", tokens.count, "picture"),
        argument: "lengths")
    }
    let positions = try call["positions"].isNil ? nil : call.integers("positions")
    if lengths != nil, positions != nil {
      throw call.failure(
        .value, "lengths and positions cannot be given together",
        hint: "index the tokens instead: tokens[:k]", argument: "positions")
    }
    return positions.map { TokenPlaces(at: $0) }
      ?? lengths.map { TokenPlaces(prefix: tokens.length, lengths: $0) }
  }

  private static let reconstruct = Builtin(
    "smap.reconstruct(tok: tokenizer, images: [B, C, H, W], *, label = nil, condition = nil, "
      + "keep = nil, precision = \"f32\") -> [B, 3, H, W]",
    "Encodes pictures and decodes them from their first `keep` tokens, or from all.",
    example: tinyExample
      + "smap.reconstruct(tok, zeros(1, 3, 16, 16), keep = 2).shape   #=> [1, 3, 16, 16]",
    choices: TrainingOptions.precisions,
    pictures: "images",
    body: { call in
      let tokenizer = try call.code("tok")
      let given = try call.pictures()
      let images = given.images
      let condition = try call.condition(tokenizer, of: given)
      return .tensor(
        try call.inPrecision {
          let tokens = try encode(images, condition, tokenizer, call)
          let kept = try call.optionalInteger("keep").map { try tokens.prefix($0) } ?? tokens
          return try decode(kept, condition, tokenizer, call)
        })
    })

  private static let tokens = Builtin(
    "smap.tokens(tok: tokenizer, latents: [B, K, T], *, label = nil, condition = nil) -> tokens",
    "Makes tokens of vectors, such as a mixture of the latents of two pictures.",
    example: tinyExample + "smap.tokens(tok, zeros(1, 4, 6)).length   #=> 4",
    body: { call in
      let tokenizer = try call.code("tok")
      let latents = try call.tensor("latents")
      guard latents.shape[2] == tokenizer.tokenDim, latents.shape[1] <= tokenizer.numTokens,
        latents.count > 0
      else {
        throw call.failure(
          .shape,
          "tokens have the shape [B, k, \(tokenizer.tokenDim)] with k from 1 to \(tokenizer.numTokens), "
            + "not \(latents.shape)", argument: "latents")
      }
      guard latents.isFinite else {
        throw call.failure(.value, "tokens are finite numbers", argument: "latents")
      }
      let condition = try call.condition(tokenizer, count: latents.shape[0])
      return TokenSequence(
        Tokens(latents: latents.detached, ids: nil, condition: condition, maker: tokenizer.maker)
      ).value
    })
}

// MARK: - Measures

extension TokenizerFunctions {
  private static let loss = Builtin(
    "smap.loss(tok: tokenizer, images: [B, C, H, W], *, label = nil, condition = nil, "
      + "keep = nil, seed = nil) -> record",
    "Measures reconstruction as training does: {loss, mse, psnr, keep}.",
    details: """
      `keep` is the number of tokens; without it, it is sampled from the tokenizer's own schedule. \
      The loss is the mean over pictures of 0.02 log(mse + 0.001), the psnr is in decibels. These \
      are numbers without gradient; smap.train is what learns.
      """,
    example: tinyExample + "keys(smap.loss(tok, zeros(1, 3, 16, 16), keep = 4))"
      + "   #=> [\"loss\", \"mse\", \"psnr\", \"keep\"]",
    pictures: "images",
    body: { call in
      let tokenizer = try call.code("tok")
      let given = try call.pictures()
      let images = given.images
      let condition = try call.condition(tokenizer, of: given)
      var keep = try call.optionalInteger("keep")
      if keep == nil {
        var draws = RandomStream(seed: try call.seed("seed"))
        keep = try drop(of: tokenizer).length(
          for: draws.uniform(), numTokens: tokenizer.numTokens)
      }
      let tokens = try encode(images, condition, tokenizer, call).prefix(
        keep ?? tokenizer.numTokens)
      let pictures = try decode(tokens, condition, tokenizer, call)
      let errors = try squaredErrors(pictures, images)
      let recipe = ReconstructionLoss()
      let logs = errors.map { Double(recipe.logarithmic) * log($0 + Double(recipe.floor)) }
      return .record([
        "loss": .number(mean(logs)), "mse": .number(mean(errors)),
        "psnr": .number(try psnr(pictures, images)), "keep": .integer(tokens.length),
      ])
    })

  /// The schedule of a tokenizer; that of new ones for a code that is not trained.
  private static func drop(of code: any PictureCode) -> TailDrop {
    (code as? SMAPTokenizer)?.configuration.tailDrop ?? .standard
  }

  /// The mean squared error of each picture.
  static func squaredErrors(_ a: Tensor, _ b: Tensor) throws -> [Double] {
    let squares = try a.sub(b.detached).square().reshape([a.shape[0], -1])
    return try squares.mean(dim: 1).toArray().map(Double.init)
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }

  /// Encodes group by group, so that an interrupt need not wait for all.
  static func encode(
    _ images: Tensor, _ condition: Condition, _ tokenizer: any PictureCode, _ call: Call
  ) throws -> Tokens {
    let parts = try call.inGroups(images.shape[0]) { range in
      try tokenizer.encode(
        images.narrow(dim: 0, start: range.lowerBound, count: range.count),
        condition: condition.slice(range))
    }
    let ids = parts.compactMap(\.ids).flatMap { $0 }
    ModelUse.note(call.session, tokenizer, tokens: tokenizer.numTokens)
    return Tokens(
      latents: try Tensor.cat(parts.map(\.latents), dim: 0),
      ids: parts.first?.ids == nil ? nil : ids, condition: condition, maker: tokenizer.maker)
  }

  /// Decodes group by group, so that an interrupt need not wait for all.
  static func decode(
    _ tokens: Tokens, _ condition: Condition, _ tokenizer: any PictureCode, _ call: Call,
    places: TokenPlaces? = nil
  ) throws -> Tensor {
    guard condition.classCount == tokenizer.numClasses else {
      throw ScriptError.shape(
        condition.classCount > 0 && tokenizer.numClasses > 0
          ? "these tokens know \(counted(condition.classCount, "class")), this tokenizer "
            + "\(tokenizer.numClasses)"
          : "these tokens are of another tokenizer: this one is conditioned by "
            + tokenizer.conditionInWords,
        hint:
          "say what to decode them as: \(tokenizer.conditionDim > 0 ? "condition" : "label") = ..")
    }
    try places?.check(batch: tokens.count, kept: tokens.length, of: tokenizer.numTokens)
    if let maker = tokens.maker, maker != tokenizer.maker {
      call.session.note(
        "these tokens are not of this tokenizer, or it was trained since it made them: what it "
          + "decodes from them means little", isRepeated: false)
    }
    ModelUse.note(call.session, tokenizer, tokens: tokens.length)
    let parts = try call.inGroups(tokens.count) { range in
      try tokenizer.decode(
        tokens.pictures(range), condition: condition.slice(range), places: places?.pictures(range))
    }
    return try Tensor.cat(parts, dim: 0)
  }
}

// MARK: - Arguments

extension Call {
  func tokenizer(_ name: String) throws -> SMAPTokenizer {
    try object(name, ModelTypes.tokenizer, as: SMAPTokenizer.self)
  }

  /// A tokenizer or a linear code.
  func code(_ name: String) throws -> any PictureCode {
    guard case .object(let object) = try self[name], object.type === ModelTypes.linearCode else {
      return try tokenizer(name)
    }
    return try object.payload(as: LinearCode.self)
  }

  func tokens(_ name: String) throws -> Tokens {
    try object(name, ModelTypes.tokens, as: TokenSequence.self).tokens
  }
}
