// SPDX-License-Identifier: Apache-2.0
//
// Dropped tokens: every way to represent them, pictures of different lengths in one batch, tokens
// at any positions, and the masks of the encoder.

import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct TokenPlacesTests {
  private func tokenizer(
    missing: MissingTokens = .remove, mask: LatentMask = .causalLatent, linear: Bool = false,
    granularity: DropGranularity = .sample
  ) throws -> SMAPTokenizer {
    var made = smallConfiguration()
    (made.missing, made.mask, made.linearPath) = (missing, mask, linear)
    made.tailDrop = try TailDrop(.uniform, [("granularity", .word(granularity.rawValue))])
    let tokenizer = try SMAPTokenizer(made, seed: 3)
    shake(tokenizer)
    return tokenizer
  }

  private func encoded(_ tokenizer: SMAPTokenizer, _ count: Int) throws -> Tokens {
    try tokenizer.encode(
      smallPictures(count), condition: Condition([0, 2, 1].prefix(count).map { $0 }, classCount: 3))
  }

  /// A batch whose pictures keep different lengths equals each picture decoded from its prefix: for
  /// `remove` and `attn` that is masking against cutting.
  @Test(arguments: MissingTokens.allCases, [false, true])
  func lengthsInABatchEqualPrefixes(_ missing: MissingTokens, _ linear: Bool) throws {
    let tokenizer = try tokenizer(missing: missing, linear: linear)
    let tokens = try encoded(tokenizer, 3)
    let lengths = [2, 8, 5]
    let together = try tokenizer.decode(
      tokens, condition: nil, places: TokenPlaces(prefix: 8, lengths: lengths))
    for (i, length) in lengths.enumerated() {
      let alone = try tokenizer.decode(tokens.pictures(i..<i + 1).prefix(length))
      #expect(distance(alone, try together.narrow(dim: 0, start: i, count: 1)) < 1e-5)
    }
  }

  @Test(arguments: MissingTokens.allCases)
  func droppedTokensAreNeverSeen(_ missing: MissingTokens) throws {
    let tokenizer = try tokenizer(missing: missing)
    let tokens = try encoded(tokenizer, 2)
    let noise = try normal(tokens.latents.shape, seed: 9)
    let kept = try tokens.latents.narrow(dim: 1, start: 0, count: 3)
    let tail = try noise.narrow(dim: 1, start: 3, count: 5)
    let other = Tokens(
      latents: try Tensor.cat([kept, tail], dim: 1), ids: nil, condition: tokens.condition,
      maker: nil)
    let places = TokenPlaces(prefix: 8, lengths: [3, 3])
    let (a, b) = (
      try tokenizer.decode(tokens, condition: nil, places: places),
      try tokenizer.decode(other, condition: nil, places: places)
    )
    #expect(distance(a, b) < 1e-6)
  }

  @Test(arguments: MissingTokens.allCases)
  func positionsOfAPrefixAreThePrefix(_ missing: MissingTokens) throws {
    let tokenizer = try tokenizer(missing: missing)
    let tokens = try encoded(tokenizer, 2).prefix(4)
    let prefix = try tokenizer.decode(tokens)
    let same = try tokenizer.decode(
      tokens, condition: nil, places: TokenPlaces(at: [0, 1, 2, 3]))
    #expect(distance(prefix, same) == 0)
    let suffix = try tokenizer.decode(
      tokens, condition: nil, places: TokenPlaces(at: [4, 5, 6, 7]))
    // Four tokens in turn fill eight positions alike from either end.
    #expect((distance(prefix, suffix) == 0) == (missing == .redundant))
  }

  @Test func wrongPlacesAreNamed() throws {
    let tokenizer = try tokenizer()
    let tokens = try encoded(tokenizer, 2).prefix(2)
    for places in [
      TokenPlaces(at: [1, 0]), TokenPlaces(at: [0, 8]), TokenPlaces(at: [-1, 0]),
      TokenPlaces(at: [0]), TokenPlaces(prefix: 2, lengths: [0, 2]),
      TokenPlaces(prefix: 2, lengths: [1]), TokenPlaces(prefix: 2, lengths: [1, 3]),
    ] {
      #expect(throws: TensorError.self) {
        try tokenizer.decode(tokens, condition: nil, places: places)
      }
    }
  }

  @Test(arguments: DropGranularity.allCases, MissingTokens.allCases)
  func everyWayTrains(_ granularity: DropGranularity, _ missing: MissingTokens) throws {
    let tokenizer = try tokenizer(missing: missing, granularity: granularity)
    let history = try tokenizer.train(on: smallData(), TokenizerRecipe(steps: 3))
    #expect(history.losses.count == 3 && history.losses.allSatisfy(\.isFinite))
  }

  /// Queries see later queries of their group only, and with a full mask all of them.
  @Test(arguments: LatentMask.allCases)
  func masksOfTheEncoder(_ mask: LatentMask) throws {
    let tokenizer = try tokenizer(mask: mask)
    let before = try encoded(tokenizer, 1).latents
    let queries = try #require(
      tokenizer.namedParameters.first { $0.name == "encoder.queries" }?.tensor)
    let width = tokenizer.configuration.width
    // Query 6 changes: it lies in the second group of 4, with 4, 5 and 7.
    for i in 6 * width..<7 * width { queries.pointer[i] += Float(i % 5) - 2 }
    let after = try encoded(tokenizer, 1).latents
    let changed = try (0..<8).filter {
      distance(
        try before.narrow(dim: 1, start: $0, count: 1),
        try after.narrow(dim: 1, start: $0, count: 1)) > 1e-5
    }
    switch mask {
    case .causalLatent: #expect(changed == [6, 7])
    case .grouped: #expect(changed == [4, 5, 6, 7])
    case .full: #expect(changed == Array(0..<8))
    }
  }

  @Test func poolingIsCoarseToFine() throws {
    let cells = try QueryPooling.cells(queries: 16, grid: 4)
    func patches(_ query: Int) -> [Int] {
      (0..<16).filter { cells.pointer[query * 16 + $0] > 0 }
    }
    let sizes = [16, 16, 8, 8, 4, 4, 4, 4] + [Int](repeating: 2, count: 8)
    #expect((0..<16).map { patches($0).count } == sizes)
    #expect(patches(2) == [0, 1, 4, 5, 8, 9, 12, 13])
    for query in 0..<16 {
      let sum = (0..<16).reduce(Float(0)) { $0 + cells.pointer[query * 16 + $1] }
      #expect(abs(sum - 1) < 1e-6)
    }
    // More queries than patches: the last block has cells of one patch.
    let many = try QueryPooling.cells(queries: 9, grid: 1)
    #expect(many.toArray() == [Float](repeating: 1, count: 9))
  }

  @Test(arguments: InjectionForm.allCases, [1, 3])
  func everyFormTellsTheClass(_ form: InjectionForm, _ tokens: Int) throws {
    var made = smallConfiguration()
    (made.injectAs, made.conditionTokens, made.linearPath) = (form, tokens, false)
    var tokenizer = try SMAPTokenizer(made, seed: 3)
    // Before training AdaLN changes nothing: its projection is zero.
    let pictures = try smallPictures(1)
    func decoded(_ label: Int?) throws -> Tensor {
      try tokenizer.reconstruct(pictures, condition: Condition([label], classCount: 3))
    }
    #expect((distance(try decoded(0), try decoded(1)) == 0) == (form == .adaln))
    tokenizer = try SMAPTokenizer(made, seed: 3)
    shake(tokenizer)
    #expect(distance(try decoded(0), try decoded(1)) > 1e-6)
    #expect(distance(try decoded(0), try decoded(nil)) > 1e-6)
  }
}
