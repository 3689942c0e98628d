// SPDX-License-Identifier: Apache-2.0
//
// `smap.`: the codes of discrete tokenizers: how much of a codebook is used, and tokens from the
// indices of their codes.

import Models
import Runtime
import Tensors

/// The functions on codes.
enum CodebookFunctions {
  static let functions: [Builtin] = [usage, statistics, searchCodes, fromIDs]

  private static let example =
    "let tok = smap.tokenizer(image_size = 16, width = 16, quantizer = \"vq\", seed = 0)\n"

  private static let usage = Builtin(
    "smap.codebook_usage(tok: tokenizer, tokens: tokens) -> number",
    "The fraction of a tokenizer's codes that occur in these tokens.",
    example: example
      + "smap.codebook_usage(tok, smap.encode(tok, zeros(1, 3, 16, 16))) <= 16 / 1024   #=> true",
    body: { call in
      let (ids, codes) = try call.codes()
      return .number(CodeStatistics(ids: ids.ids, codeCount: codes).usage)
    })

  private static let statistics = Builtin(
    "smap.codebook_stats(tok: tokenizer, tokens: tokens) -> record",
    "How tokens use the codes of a tokenizer: usage, perplexity and entropy, also by position.",
    details: """
      The record has `tokens` (how many), `codes` (V), `used`, `usage` (used / V), `entropy` in bits \
      (at most log2 V), `perplexity` (2 to the power of the entropy) and `counts`, a tensor [V]. \
      `positions` is a table with a row for each position in the sequence: {position, used, usage, \
      entropy, perplexity}. A position sees one code for each picture, so its figures are bounded by \
      their number.
      """,
    example: example + """
      let stats = smap.codebook_stats(tok, smap.encode(tok, zeros(1, 3, 16, 16)))
      [stats.codes, stats.tokens, len(stats.positions)]   #=> [1024, 16, 16]
      """,
    body: { call in
      let (found, codes) = try call.codes()
      let all = CodeStatistics(ids: found.ids, codeCount: codes)
      let record = figures(all)
      record["tokens"] = .integer(all.total)
      record["codes"] = .integer(codes)
      record["counts"] = .tensor(
        try Tensor(shape: [codes], values: all.counts.map { Float($0) }))
      var polling = Polling(call.session)
      let rows = try (0..<found.length).map { position in
        try polling.turn()
        let ids = stride(from: position, to: found.ids.count, by: found.length)
        let row = Record()
        row["position"] = .integer(position)
        let own = figures(CodeStatistics(ids: ids.lazy.map { found.ids[$0] }, codeCount: codes))
        for key in own.keys { row[key] = own[key] }
        return Value.record(row)
      }
      record["positions"] = try TableFunctions.table(of: rows, call)
      return .record(record)
    })

  private static func figures(_ statistics: CodeStatistics) -> Record {
    let record = Record()
    record["used"] = .integer(statistics.used)
    record["usage"] = .number(statistics.usage)
    record["entropy"] = .number(statistics.entropy)
    record["perplexity"] = .number(statistics.perplexity)
    return record
  }

  private static let searchCodes = Builtin(
    "smap.search_codes(tok: tokenizer, tokens: tokens, images: [B, C, H, W], *, lengths = nil, "
      + "candidates = 8, rounds = 2) -> tokens",
    "Moves codes to neighbours that reconstruct the pictures better.",
    details: """
      The encoder chooses all codes at once. The search visits one token after another, decodes \
      the picture with its code and with the nearest ones, `candidates` in all, and keeps the best; \
      `rounds` says how often. The same bits then reconstruct better, for the time of `candidates` \
      decodings of each token. `lengths` lists the prefix lengths that count, each by its PSNR: \
      by default 1, 2, 4, 8 ... and all tokens, so that every prefix gets better.
      """,
    example: example + """
      let pictures = data.shapes(4, size = 16, seed = 1).images
      let found = smap.search_codes(tok, smap.encode(tok, pictures), pictures)
      found.length   #=> 16
      """,
    pictures: "images",
    body: { call in
      let tokenizer = try call.tokenizer("tok")
      _ = try call.codes()
      let tokens = try call.tokens("tokens")
      let images = try call.pictures().images
      let lengths =
        try call["lengths"].isNil
        ? doublings(to: tokens.length) : call.integers("lengths")
      guard !lengths.isEmpty, lengths.allSatisfy({ (1...tokens.length).contains($0) }) else {
        throw call.failure(
          .value, "lengths are whole numbers from 1 to \(tokens.length)", argument: "lengths")
      }
      let search = CodeSearch(
        lengths: lengths, candidates: try call.integer("candidates", in: 2...4096),
        rounds: try call.integer("rounds", in: 1...1000))
      let task = LongTask("searching codes", call)
      return TokenSequence(
        try task.run {
          try tokenizer.searchCodes(tokens, for: images, search) { try task.report($0, of: $1) }
        }
      ).value
    })

  /// 1, 2, 4, ... and the length itself.
  private static func doublings(to length: Int) -> [Int] {
    Array(sequence(first: 1) { $0 * 2 }.prefix { $0 < length }) + [length]
  }

  private static let fromIDs = Builtin(
    "smap.from_ids(tok: tokenizer, ids: [B, K], *, label = nil, condition = nil) -> tokens",
    "Makes tokens of the indices of their codes, as `tokens.ids` gives them.",
    details: "So the tokens of a discrete tokenizer can be stored as indices and decoded later. "
      + "Fewer than all positions make a prefix; `label` is as in smap.encode.",
    example: example + """
      let tokens = smap.encode(tok, zeros(2, 3, 16, 16))
      smap.from_ids(tok, tokens.ids) == tokens   #=> true
      """,
    body: { call in
      let tokenizer = try call.tokenizer("tok")
      let given = try call.tensor("ids")
      guard let codes = tokenizer.codeCount else { throw call.continuous() }
      let most = tokenizer.configuration.numTokens
      guard given.count > 0, given.shape[1] <= most else {
        throw call.failure(
          .shape, "ids have the shape [B, k] with k from 1 to \(most), not \(given.shape)",
          argument: "ids")
      }
      let ids = try given.toArray().map { number in
        guard let id = Int(exactly: number), (0..<codes).contains(id) else {
          throw call.failure(
            .index, "there is no code \(number.inWords) among \(codes)",
            hint: "codes count from 0", argument: "ids")
        }
        return id
      }
      let condition = try call.condition(tokenizer, count: given.shape[0])
      return TokenSequence(
        try tokenizer.tokens(ids: ids, count: given.shape[0], condition: condition)
      ).value
    })
}

extension Call {
  /// The code indices of the tokens, row by row, with their number per picture and that of codes.
  fileprivate func codes() throws -> (found: (ids: [Int], length: Int), codes: Int) {
    let tokenizer = try tokenizer("tok")
    let tokens = try tokens("tokens")
    guard let codes = tokenizer.codeCount else { throw continuous() }
    guard let ids = tokens.ids else {
      throw failure(
        .value, "these tokens are vectors, not codes of the tokenizer",
        hint: "smap.encode gives tokens with ids", argument: "tokens")
    }
    guard ids.allSatisfy({ $0 < codes }) else {
      throw failure(
        .value, "these tokens have codes beyond the \(codes) of this tokenizer",
        hint: "were they made by another tokenizer?", argument: "tokens")
    }
    return ((ids, tokens.length), codes)
  }

  /// That a tokenizer has no codes.
  fileprivate func continuous() -> ScriptError {
    failure(
      .value, "only the tokens of a discrete tokenizer, such as vq or fsq, are codes",
      argument: "tok")
  }
}
