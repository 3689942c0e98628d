// SPDX-License-Identifier: Apache-2.0
//
// The codebook: nearest codes, moving averages compared with NumPy, what becomes of unused codes.

import Foundation
import Networks
import Tensors
import Testing

@testable import Models

@Suite struct CodebookTests {
  private func codebook() throws -> Codebook {
    try #require(try smallTokenizer("vq").quantizer as? VQQuantizer).codebook
  }

  @Test func codesAreUnitVectorsNearestToThemselves() throws {
    let codebook = try codebook()
    let lengths = try codebook.codes.square().sum(dim: 1).toArray()
    #expect(lengths.allSatisfy { abs($0 - 1) < 1e-5 })
    #expect(try codebook.nearest(codebook.codes) == Array(0..<32))
  }

  @Test func codesFollowTheirRows() throws {
    let codebook = try codebook()
    let target = try Tensor(shape: [1, 4], values: [0, 0, 0, 1])
    func overlap() -> Float { codebook.codes.pointer[5 * 4 + 3] }
    let before = overlap()
    for _ in 0..<50 { try codebook.follow(target, ids: [5]) }
    #expect(overlap() > before)
    #expect(codebook.codes.toArray().allSatisfy { $0.isFinite })
  }

  @Test func unusedCodesMoveOntoTokens() throws {
    let codebook = try codebook()
    for i in 0..<4 { codebook.sizes.pointer[i] = 0 }
    let rows = try Tensor(shape: [1, 4], values: [0, 1, 0, 0])
    var draws = RandomStream(seed: 1)
    #expect(codebook.restartDead(from: rows, &draws) == 4)
    #expect(codebook.codes.pointer[1] > 0.99)
    #expect(codebook.restartDead(from: rows, &draws) == 0)
  }

  @Test func offTheSphereTheNearestCodeIsTheClosest() throws {
    let codebook = try Codebook(size: 40, dim: 3, seed: 4, isOnSphere: false)
    let rows = try normal([300, 3], seed: 5, scale: 2)
    let ids = try codebook.nearest(rows)
    for (n, id) in ids.enumerated() {
      func square(_ v: Int) -> Float {
        (0..<3).reduce(0) {
          let difference = rows.pointer[n * 3 + $1] - codebook.codes.pointer[v * 3 + $1]
          return $0 + difference * difference
        }
      }
      let least = (0..<40).map(square).min() ?? 0
      #expect(square(id) <= least + 1e-5)
    }
  }

  /// Sixteen rounds of assignment and moving average, as `make_codebook_goldens.py` computes them.
  @Test(arguments: ["sphere", "flat"])
  func movingAveragesAgreeWithNumPy(_ kind: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let golden = try Checkpoint.read(
      path: root.path(percentEncoded: false) + "/Goldens/models/codebook.safetensors")
    func tensor(_ name: String) throws -> Tensor {
      try #require(golden.tensors.first { $0.name == kind + "." + name }?.tensor)
    }
    let initial = try tensor("initial")
    let codebook = try Codebook(
      size: initial.shape[0], dim: initial.shape[1], seed: 0, decay: 0.9,
      isOnSphere: kind == "sphere")
    codebook.codes.assign(initial)
    codebook.resetSums()
    let (rounds, expected) = (try tensor("rows"), try tensor("ids").toArray().map { Int($0) })
    let n = rounds.shape[1]
    for round in 0..<rounds.shape[0] {
      let rows = try rounds.narrow(dim: 0, start: round, count: 1).reshape([n, rounds.shape[2]])
      let ids = try codebook.nearest(rows)
      #expect(ids == Array(expected[round * n..<(round + 1) * n]))
      try codebook.follow(rows, ids: ids)
    }
    #expect(try distance(codebook.codes, tensor("codes")) < 1e-5)
    #expect(try distance(codebook.sizes, tensor("sizes")) < 1e-4)
    #expect(try distance(codebook.sums, tensor("sums")) < 1e-4)
  }

  @Test(arguments: [true, false])
  func theLessACodeIsUsedTheFurtherItMoves(_ isOnSphere: Bool) throws {
    let codebook = try Codebook(size: 4, dim: 2, seed: 2, isOnSphere: isOnSphere)
    let before = codebook.codes.toArray()
    let anchor: [Float] = isOnSphere ? [0.6, 0.8] : [3, 4]
    let rows = try Tensor(shape: [1, 2], values: anchor)
    // Shares of the tokens so far, of which this step keeps 99 %; the last code is used now.
    let shares: [Float] = [0, 0.0002, 0.5, 0]
    for v in 0..<4 { codebook.usage.pointer[v] = shares[v] }
    var draws = RandomStream(seed: 1)
    codebook.anchorUnused(to: rows, ids: [3], &draws)
    #expect(abs(codebook.usage.pointer[3] - 0.01) < 1e-6)
    for v in 0..<4 {
      let usage = 0.99 * shares[v] + (v == 3 ? 0.01 : 0)
      let share = exp(-10 * 4 * usage / 0.01 - 1e-3)
      var expected = (0..<2).map { before[v * 2 + $0] + share * (anchor[$0] - before[v * 2 + $0]) }
      if isOnSphere {
        let length = (expected[0] * expected[0] + expected[1] * expected[1]).squareRoot()
        expected = expected.map { $0 / length }
      }
      for d in 0..<2 { #expect(abs(codebook.codes.pointer[v * 2 + d] - expected[d]) < 1e-4) }
    }
    // Another step without tokens for a code leaves it where it was put.
    let placed = codebook.codes.toArray()
    try codebook.follow(rows, ids: [3])
    for i in 0..<6 { #expect(abs(codebook.codes.pointer[i] - placed[i]) < 1e-3) }
  }

  @Test(arguments: [true, false])
  func kMeansFindsSeparateClusters(_ isOnSphere: Bool) throws {
    let centres: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1, -1, 0, 0]
    let rows = try normal([200, 3], seed: 7, scale: 0.02)
    for n in 0..<200 { for d in 0..<3 { rows.pointer[n * 3 + d] += centres[n % 4 * 3 + d] } }
    let codebook = try Codebook(size: 16, dim: 3, seed: 3, isOnSphere: isOnSphere)
    var draws = RandomStream(seed: 6)
    let ids = try codebook.fit(isOnSphere ? rows.unitRows() : rows, &draws)
    for (n, id) in ids.enumerated() {
      for d in 0..<3 {
        #expect(abs(codebook.codes.pointer[id * 3 + d] - centres[n % 4 * 3 + d]) < 0.15)
      }
    }
  }

  /// A step of SimVQ moves codes that no token has chosen.
  @Test func oneMapMovesAllCodes() throws {
    let tokenizer = try smallTokenizer("vq code_update=simvq l2_norm=false")
    let quantizer = try #require(tokenizer.quantizer as? VQQuantizer)
    let map = try #require(quantizer.map)
    let before = try quantizer.vectors(of: Array(0..<32)).detached
    var draws = RandomStream(seed: 4)
    let encoded = EncodedTokens(vectors: try normal([1, 1, 4], seed: 3), heads: [])
    let limited = try quantizer.limit(encoded, noise: 0, &draws)
    let gradient = try #require(try limited.penalty.gradients(for: [map])[0])
    for i in 0..<16 { map.pointer[i] -= 0.1 * gradient.pointer[i] }
    let moved = try quantizer.vectors(of: Array(0..<32)).sub(before).abs().sum(dim: 1)
    #expect(moved.toArray().allSatisfy { $0 > 0 })
    #expect(try quantizer.limit(encoded, noise: 0, &draws).penalty.item() < limited.penalty.item())
  }
}
