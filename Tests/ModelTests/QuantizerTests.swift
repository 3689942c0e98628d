// SPDX-License-Identifier: Apache-2.0
//
// Every quantizer keeps the promises of the protocol, refuses what it cannot serve, and a tokenizer
// with it survives a file.

import Foundation
import Networks
import Tensors
import Testing

@testable import Models

@Suite struct QuantizerTests {
  @Test(arguments: bottlenecks)
  func whatPassesIsWhatEvaluationSees(_ name: String) throws {
    let tokenizer = try smallTokenizer(name)
    let vectors = try normal([3, 8, 4], seed: 2)
    let (tokens, ids) = try tokenizer.quantizer.limit(vectors)
    #expect(tokens.shape == [3, 8, 4])
    #expect((ids == nil) == (tokenizer.quantizer.codeCount == nil))
    if let ids, let count = tokenizer.quantizer.codeCount {
      #expect(ids.count == 24 && ids.allSatisfy { (0..<count).contains($0) })
      #expect(
        try distance(tokenizer.quantizer.vectors(of: ids).reshape([3, 8, 4]), tokens) == 0)
      // Every code is the token of its own index.
      let all = try tokenizer.quantizer.vectors(of: Array(0..<count))
      #expect(all.shape == [count, 4] && all.isFinite)
      if name.hasPrefix("vq") {
        #expect(try tokenizer.quantizer.limit(all).ids == Array(0..<count))
      }
    } else {
      #expect(throws: TensorError.self) { try tokenizer.quantizer.vectors(of: [0]) }
    }
  }

  @Test(arguments: bottlenecks)
  func gradientsReachTheEncoder(_ name: String) throws {
    let tokenizer = try smallTokenizer(name)
    var draws = RandomStream(seed: 4)
    let encoded = EncodedTokens(
      vectors: try .parameter(normal([2, 8, 4], seed: 3)),
      heads: try tokenizer.configuration.quantizer.type.heads.map { _ in
        try .parameter(normal([2, 8, 4], seed: 5))
      })
    let limited = try tokenizer.quantizer.limit(encoded, noise: 0, &draws)
    #expect(limited.tokens.shape == [2, 8, 4] && limited.penalty.count == 1)
    #expect((limited.choices == nil) == (tokenizer.quantizer.codeCount == nil))
    try limited.tokens.mul(normal([2, 8, 4], seed: 9)).sum().add(limited.penalty).backward()
    for tensor in [encoded.vectors] + encoded.heads {
      let gradient = try #require(tensor.grad)
      #expect(gradient.toArray().contains { $0 != 0 } && gradient.isFinite)
    }
  }

  @Test(arguments: bottlenecks)
  func checkpointsHoldTheState(_ name: String) throws {
    let tokenizer = try smallTokenizer(name)
    let vectors = try normal([24, 4], seed: 6).unitRows()
    if tokenizer.quantizer.codeCount != nil {
      let ids = try #require(try tokenizer.quantizer.limit(vectors).ids)
      try tokenizer.quantizer.update(
        CodeChoices(vectors: vectors, ids: ids),
        at: QuantizerStep(index: 1, total: 10, restartEvery: 2, seed: 1))
    }
    let stored = Checkpoint(metadata: [], tensors: tokenizer.stateTensors)
    let other = try smallTokenizer(name)
    try stored.load(into: other.stateTensors, path: "x")
    other.quantizer.refresh()
    #expect(
      try distance(other.quantizer.limit(vectors).tokens, tokenizer.quantizer.limit(vectors).tokens)
        == 0)
  }

  @Test func everyQuantizerHasItsOwnName() {
    let names = QuantizerRegistry.all.map { $0.name }
    #expect(Set(names).count == names.count)
    #expect(QuantizerKind(rawValue: "unheard of") == nil)
    #expect(QuantizerKind.allCases.map(\.rawValue) == names)
    let options = TokenizerConfiguration.options.map(\.name)
    for type in QuantizerRegistry.all { #expect(type.options.allSatisfy(options.contains)) }
  }

  @Test(arguments: bottlenecks, [true, false])
  func aFileHoldsTheTokenizer(_ name: String, _ linear: Bool) throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let tokenizer = try smallTokenizer(name, linearPath: linear)
    var recipe = TokenizerRecipe(steps: 2)
    (recipe.batchSize, recipe.seed) = (20, 3)
    try tokenizer.train(on: smallData(), recipe)
    try tokenizer.save(path: path)
    let loaded = try SMAPTokenizer.load(path: path)
    #expect(loaded.configuration == tokenizer.configuration)
    #expect(loaded.bottleneck == tokenizer.bottleneck && loaded.codeCount == tokenizer.codeCount)
    let condition = try Condition([0, 1, 2], classCount: 3)
    let (a, b) = (
      try tokenizer.encode(smallPictures(3), condition: condition),
      try loaded.encode(smallPictures(3), condition: condition)
    )
    #expect(a == b)
    #expect(try distance(tokenizer.decode(a), loaded.decode(b)) == 0)
    guard let ids = a.ids else { return }
    #expect(try loaded.tokens(ids: ids, count: 3, condition: condition) == a)
  }

  @Test(arguments: [
    ("fsq levels=3,3", "levels has 2, token_dim is 4"),
    ("fsq levels=256,256,256,256", "2^24"),
    ("fsq codebook_size=8", "at least 16 codes"),
    ("vq codebook_size=1", "codebook_size must be between 2"),
    ("vq code_update=simvq dead_codes=anchor", "simvq"),
    ("softvq code_temperature=0", "code_temperature must be between 0.001"),
    ("vq code_decay=1.5", "code_decay must be between 0 and 1"),
    ("fsq levels=1,2,3,4", "each number of levels must be between 2"),
  ])
  func whatCannotBeIsNamed(_ name: String, _ words: String) throws {
    let error = #expect(throws: TensorError.self) { try smallTokenizer(name) }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: ["vq", "softvq"])
  func unitVectorsBesideALinearPathNeedTwoNumbers(_ name: String) throws {
    #expect(throws: TensorError.self) {
      try smallTokenizer(name + " token_dim=1", linearPath: true)
    }
    _ = try smallTokenizer(name + " token_dim=1")
    guard name == "vq" else { return }
    _ = try smallTokenizer(name + " token_dim=1 l2_norm=false", linearPath: true)
  }

  @Test func noiseIsForHalfOfThePictures() throws {
    for name in ["none", "softvq"] {
      let quantizer = try smallTokenizer(name).quantizer
      var draws = RandomStream(seed: 8)
      let encoded = EncodedTokens(vectors: try normal([64, 8, 4], seed: 3), heads: [])
      let clean = try quantizer.limit(encoded.vectors).tokens
      let noisy = try quantizer.limit(encoded, noise: 0.4, &draws).tokens
      let changes = try noisy.sub(clean).abs().reshape([64, 32]).sum(dim: 1).toArray()
      let changed = changes.count { $0 > 0 }
      #expect(changed > 20 && changed < 44)
      #expect(try distance(quantizer.limit(encoded, noise: 0, &draws).tokens, clean) == 0)
    }
  }

  @Test func statisticsOfKnownDistributions() {
    let even = CodeStatistics(ids: (0..<64).map { $0 % 8 }, codeCount: 16)
    #expect(even.used == 8 && even.usage == 0.5 && even.total == 64)
    #expect(abs(even.entropy - 3) < 1e-12 && abs(even.perplexity - 8) < 1e-9)
    let one = CodeStatistics(ids: [5, 5, 5], codeCount: 16)
    #expect(one.entropy == 0 && one.perplexity == 1 && one.used == 1 && one.counts[5] == 3)
    let skewed = CodeStatistics(ids: [0, 0, 0, 1], codeCount: 2)
    #expect(abs(skewed.entropy - 0.811278124459) < 1e-9)
    #expect(CodeStatistics(ids: [], codeCount: 4).entropy == 0)
  }
}

@Suite struct FSQTests {
  private func quantizer(_ levels: [Int]) throws -> FSQQuantizer {
    let text = levels.map(String.init).joined(separator: ",")
    let made = try smallTokenizer("fsq token_dim=\(levels.count) levels=\(text)")
    return try #require(made.quantizer as? FSQQuantizer)
  }

  @Test(arguments: [[8, 5, 5, 5], [2, 2, 3], [8, 8, 8, 5, 5, 5], [256, 3], [4], [7, 6, 2]])
  func indicesOfAllCodesRoundTrip(_ levels: [Int]) throws {
    let quantizer = try quantizer(levels)
    let count = levels.reduce(1, *)
    #expect(quantizer.codeCount == count)
    let codes = try quantizer.vectors(of: Array(0..<count))
    let inputs = try Tensor(uninitialized: codes.shape)
    for id in 0..<count {
      // The index is the number whose digits are the levels, the first channel the lowest.
      var place = 1
      var index = 0
      for (d, level) in levels.enumerated() {
        let half = level / 2
        let code = codes.pointer[id * levels.count + d]
        let n = (Double(code) * Double(half)).rounded()
        index += (Int(n) + half) * place
        place *= level
        // A number that is bounded to n, in double precision.
        let reach = Double(level - 1) * 1.001 / 2
        let offset = level % 2 == 0 ? 0.5 : 0
        let shift = level == 2 ? 0 : atanh(offset / reach)
        inputs.pointer[id * levels.count + d] = Float(atanh((n + offset) / reach) - shift)
      }
      guard index == id else {
        Issue.record("code \(id) has the digits of \(index)")
        return
      }
    }
    let (tokens, ids) = try quantizer.limit(inputs)
    #expect(ids == Array(0..<count))
    #expect(distance(tokens, codes) == 0)
  }

  @Test func extremesStayWithinTheLevels() throws {
    let quantizer = try quantizer([3, 4, 2, 256])
    let values: [Float] = [
      -.infinity, -1e30, -1e30, -1e30, .infinity, 1e30, 1e30, .infinity, .nan, .nan, .nan, .nan,
    ]
    let (tokens, ids) = try quantizer.limit(Tensor(shape: [3, 4], values: values))
    let found = try #require(ids)
    #expect(found[0] == 0 && found[1] == 6143)
    let expected: [Float] = [-1, -1, -1, -1, 1, 0.5, 0, 0.9921875]
    #expect(Array(tokens.toArray().prefix(8)) == expected)
    #expect(found.allSatisfy { $0 >= 0 && $0 < 6144 })
  }

  @Test func levelsFollowFromTheNumberOfCodes() throws {
    #expect(FSQQuantizer.evenLevels(6, most: 1024) == [4, 3, 3, 3, 3, 3])
    #expect(FSQQuantizer.evenLevels(4, most: 32) == [3, 2, 2, 2])
    #expect(FSQQuantizer.evenLevels(1, most: 1000) == [256])
    #expect(FSQQuantizer.evenLevels(3, most: 4) == [2, 2, 2])
    for most in [64, 100, 1000, 1 << 18] {
      let codes = FSQQuantizer.evenLevels(6, most: most).reduce(1, *)
      #expect(codes <= most && 3 * codes > most)
    }
    #expect(try smallTokenizer("fsq").configuration.levels == [3, 2, 2, 2])
  }
}
