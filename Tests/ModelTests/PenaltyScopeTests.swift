// SPDX-License-Identifier: Apache-2.0
//
// The penalty of a bottleneck on kept tokens only: closed forms, and no gradient for dropped
// tokens.

import Glibc
import Networks
import Tensors
import Testing

@testable import Models

@Suite struct PenaltyScopeTests {
  /// Two pictures of eight tokens of which the first three and the first are kept.
  private let places = TokenPlaces(prefix: 8, lengths: [3, 1])
  private var rows: [Int] { places.rows(2, of: 8) }

  private func encoded(_ tokenizer: SMAPTokenizer) throws -> EncodedTokens {
    EncodedTokens(
      vectors: try .parameter(normal([2, 8, 4], seed: 3)),
      heads: try tokenizer.configuration.quantizer.type.heads.map { _ in
        try .parameter(normal([2, 8, 4], seed: 5))
      })
  }

  @Test func keptTokensAreCountedPictureByPicture() {
    #expect(rows == [0, 1, 2, 8])
    #expect(TokenPlaces(prefix: 8).rows(2, of: 8) == Array(0..<16))
  }

  @Test func klIsTheSumOverKeptTokens() throws {
    let tokenizer = try smallTokenizer("kl")
    let encoded = try encoded(tokenizer)
    var draws = RandomStream(seed: 1)
    let limited = try tokenizer.quantizer.limit(encoded, noise: 0, counting: rows, &draws)
    var sum = 0.0
    for row in rows {
      for i in row * 4..<row * 4 + 4 {
        let (mean, log) = (
          Double(encoded.vectors.pointer[i]),
          min(max(Double(encoded.heads[0].pointer[i]), -12), 4)
        )
        sum += 0.5 * (mean * mean + exp(log) - 1 - log)
      }
    }
    #expect(abs(Double(try limited.penalty.item()) - sum / 2) < 1e-4)
    // Tokens are those of a penalty on all, by the same random numbers.
    var again = RandomStream(seed: 1)
    let all = try tokenizer.quantizer.limit(encoded, noise: 0, &again)
    #expect(distance(all.tokens, limited.tokens) == 0)
  }

  @Test func commitmentIsTheMeanOverKeptTokens() throws {
    let tokenizer = try smallTokenizer("vq l2_norm=false")
    let encoded = try encoded(tokenizer)
    var draws = RandomStream(seed: 1)
    let limited = try tokenizer.quantizer.limit(encoded, noise: 0, counting: rows, &draws)
    var sum = 0.0
    for i in rows.flatMap({ $0 * 4..<$0 * 4 + 4 }) {
      let error = Double(encoded.vectors.pointer[i] - limited.tokens.pointer[i])
      sum += error * error
    }
    #expect(abs(Double(try limited.penalty.item()) - sum / 4) < 1e-4)
    // Nor do codes follow tokens that were dropped.
    let choices = try #require(limited.choices)
    #expect(choices.ids.count == 4 && choices.vectors.shape == [4, 4])
    let ids = try #require(try tokenizer.quantizer.limit(encoded.vectors.detached).ids)
    #expect(choices.ids == rows.map { ids[$0] })
  }

  @Test(arguments: [
    "kl", "vq code_update=gradient", "vq entropy_weight=0.1", "softvq entropy_weight=0.1",
  ])
  func droppedTokensArePulledNowhere(_ name: String) throws {
    let tokenizer = try smallTokenizer(name)
    let encoded = try encoded(tokenizer)
    var draws = RandomStream(seed: 1)
    try tokenizer.quantizer.limit(encoded, noise: 0, counting: rows, &draws).penalty.backward()
    for tensor in [encoded.vectors] + encoded.heads {
      let gradient = try #require(tensor.grad).toArray()
      for row in 0..<16 {
        let own = gradient[row * 4..<row * 4 + 4]
        #expect(own.contains { $0 != 0 } == rows.contains(row), "token \(row)")
      }
    }
  }

  @Test func withoutDroppingBothScopesAreTheSame() throws {
    func trained(_ scope: PenaltyScope, _ kind: DropKind) throws -> [Float] {
      var made = smallConfiguration()
      made.linearPath = false
      made.tailDrop = TailDrop(kind)
      var recipe = TokenizerRecipe(steps: 3)
      (recipe.batchSize, recipe.penaltyScope, recipe.bottleneckWeight) = (12, scope, 0.1)
      return try SMAPTokenizer(made, seed: 1).train(on: smallData(), recipe).losses
    }
    #expect(try trained(.kept, .none) == trained(.all, .none))
    #expect(try trained(.kept, .uniform) != trained(.all, .uniform))
  }
}
