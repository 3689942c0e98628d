// SPDX-License-Identifier: Apache-2.0
//
// The gradient that a bottleneck passes is that of its surrogate: what it computes with the choice
// of codes held fixed and rounding left out. The surrogates are written here a second time, in
// double precision, and differentiated by finite differences.

import Foundation
import Networks
import Tensors
import Testing

@testable import Models

/// Rows of T numbers in double precision.
private struct Rows {
  var values: [Double]
  let width: Int

  init(_ tensor: Tensor, width: Int) {
    (values, self.width) = (tensor.toArray().map(Double.init), width)
  }

  init(_ values: [Double], width: Int) { (self.values, self.width) = (values, width) }

  var count: Int { values.count / width }

  subscript(row: Int) -> [Double] { Array(values[row * width..<(row + 1) * width]) }

  func map(_ body: ([Double]) -> [Double]) -> Rows {
    Rows((0..<count).flatMap { body(self[$0]) }, width: width)
  }

  func picked(_ ids: [Int]) -> Rows { Rows(ids.flatMap { self[$0] }, width: width) }

  var unit: Rows {
    map { row in
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / length }
    }
  }

  func times(_ matrix: Rows) -> Rows {
    map { row in
      (0..<matrix.width).map { column in
        (0..<matrix.count).reduce(0) { $0 + row[$1] * matrix[$1][column] }
      }
    }
  }

  /// The mean over rows of the squared distance.
  func distance(_ other: Rows) -> Double {
    zip(values, other.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(count)
  }
}

private func inner(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

private func softmax(_ logits: [Double]) -> [Double] {
  let largest = logits.max() ?? 0
  let powers = logits.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}

private func entropy(_ shares: [Double]) -> Double {
  -shares.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
}

/// The mean entropy of the rows less the entropy of the mean row.
private func entropyGap(_ shares: [[Double]]) -> Double {
  let n = Double(shares.count)
  let mean = shares[0].indices.map { v in shares.reduce(0) { $0 + $1[v] } / n }
  return shares.map(entropy).reduce(0, +) / n - entropy(mean)
}

@Suite struct QuantizerGradientTests {
  private let dim = 4

  /// Compares the gradient at every element with finite differences of `surrogate`.
  private func expect(
    _ gradient: Tensor?, of surrogate: ([Double]) -> Double, at values: [Double],
    _ what: Comment
  ) throws {
    let found = try #require(gradient, what).toArray()
    let largest = Double(found.map(abs).max() ?? 0)
    #expect(largest > 0, what)
    for i in values.indices {
      var moved = values
      moved[i] += 1e-6
      let above = surrogate(moved)
      moved[i] -= 2e-6
      let expected = (above - surrogate(moved)) / 2e-6
      let tolerance = 2e-3 * largest + 1e-5
      #expect(
        abs(Double(found[i]) - expected) < tolerance, "\(what) at \(i): \(found[i]), \(expected)")
    }
  }

  /// Quantizer, vectors [2, 8, 4], weights of the tokens, and the tape's value.
  private func limited(_ name: String) throws -> (
    quantizer: any Quantizer, vectors: Tensor, heads: [Tensor], weights: [Double], value: Tensor,
    ids: [Int]
  ) {
    let quantizer = try smallTokenizer(name).quantizer
    let vectors = try Tensor.parameter(normal([2, 8, 4], seed: 31))
    let heads = try type(of: quantizer).heads.map { _ in
      try Tensor.parameter(normal([2, 8, 4], seed: 32, scale: 0.5))
    }
    var draws = RandomStream(seed: 7)
    let limited = try quantizer.limit(
      EncodedTokens(vectors: vectors, heads: heads), noise: 0, &draws)
    let weights = try normal([2, 8, 4], seed: 33)
    let value = try limited.tokens.mul(weights).sum().add(limited.penalty.mul(3))
    return (
      quantizer, vectors, heads, weights.toArray().map(Double.init), value,
      limited.choices?.ids ?? []
    )
  }

  @Test(arguments: bottlenecks.filter { $0.hasPrefix("vq") })
  func straightThroughCodes(_ name: String) throws {
    let (quantizer, vectors, _, weights, value, ids) = try limited(name)
    let vq = try #require(quantizer as? VQQuantizer)
    let isOnSphere = !name.contains("l2_norm=false")
    let learns = name.contains("gradient") || name.contains("simvq")
    let weight = name.contains("entropy_weight=0.1") ? 0.1 : 0
    let source = Rows(vectors, width: dim)
    let base = Rows(vq.codebook.codes, width: dim)
    let map = vq.map.map { Rows($0, width: dim) }
    func compared(_ rows: Rows) -> Rows { isOnSphere ? rows.unit : rows }
    func codes(_ base: Rows, _ map: Rows?) -> Rows { compared(map.map(base.times) ?? base) }
    let fixedCodes = codes(base, map).picked(ids)
    let fixedRows = compared(source)
    func surrogate(_ source: Rows, _ base: Rows, _ map: Rows?) -> Double {
      let rows = compared(source)
      var penalty = rows.distance(fixedCodes)
      let table = codes(base, map)
      if learns { penalty += 4 * table.picked(ids).distance(fixedRows) }
      if weight > 0 {
        let shares = (0..<rows.count).map { n in
          softmax(
            (0..<table.count).map { v in
              let code = table[v]
              let square = isOnSphere ? 0 : inner(code, code)
              return (2 * inner(rows[n], code) - square) / 0.01
            })
        }
        penalty += weight * entropyGap(shares)
      }
      return inner(rows.values, weights) + 3 * penalty
    }
    let parameters = quantizer.namedParameters.map(\.tensor)
    let gradients = try value.gradients(for: [vectors] + parameters)
    try expect(
      gradients[0], of: { surrogate(Rows($0, width: dim), base, map) }, at: source.values, "vectors"
    )
    #expect(parameters.count == (learns ? 1 : 0))
    if let map {
      try expect(
        gradients[1], of: { surrogate(source, base, Rows($0, width: dim)) }, at: map.values, "map")
    } else if learns {
      try expect(
        gradients[1], of: { surrogate(source, Rows($0, width: dim), nil) }, at: base.values, "codes"
      )
    }
  }

  @Test(arguments: ["softvq", "softvq entropy_weight=0.1 code_temperature=0.3"])
  func mixturesOfCodes(_ name: String) throws {
    let (quantizer, vectors, _, weights, value, _) = try limited(name)
    let soft = try #require(quantizer as? SoftVQQuantizer)
    let temperature = name.contains("0.3") ? 0.3 : 0.07
    let weight = name.contains("entropy_weight") ? 0.1 : 0
    let (source, base) = (Rows(vectors, width: dim), Rows(soft.codes, width: dim))
    let directions = base.unit
    func surrogate(_ source: Rows, _ codes: Rows) -> Double {
      let rows = source.unit
      let shares = (0..<rows.count).map { n in
        softmax((0..<base.count).map { inner(rows[n], directions[$0]) / temperature })
      }
      let tokens = shares.flatMap { share in
        (0..<dim).map { d in (0..<base.count).reduce(0) { $0 + share[$1] * codes[$1][d] } }
      }
      return inner(tokens, weights) + 3 * weight * entropyGap(shares)
    }
    let gradients = try value.gradients(for: [vectors, soft.codes])
    try expect(
      gradients[0], of: { surrogate(Rows($0, width: dim), base) }, at: source.values, "vectors")
    // In the weights of the mixture the codes are constants.
    try expect(
      gradients[1], of: { surrogate(source, Rows($0, width: dim)) }, at: base.values, "codes")
  }

  @Test(arguments: [[3, 4, 2, 5], [3, 2, 2, 2], [8, 8, 8, 8]])
  func boundedRounding(_ levels: [Int]) throws {
    let text = levels.map(String.init).joined(separator: ",")
    let (_, vectors, _, weights, value, _) = try limited("fsq levels=\(text)")
    func surrogate(_ values: [Double]) -> Double {
      let tokens = values.enumerated().map { i, z in
        let level = levels[i % 4]
        let reach = Double(level - 1) * 1.001 / 2
        let offset = level % 2 == 0 ? 0.5 : 0
        let shift = level == 2 ? 0 : atanh(offset / reach)
        return (tanh(z + shift) * reach - offset) / Double(level / 2)
      }
      return inner(tokens, weights)
    }
    try expect(
      value.gradients(for: [vectors])[0], of: surrogate,
      at: vectors.toArray().map(Double.init), "vectors")
  }

  @Test func gaussianTokens() throws {
    let (_, vectors, heads, weights, value, _) = try limited("kl")
    // The same random numbers as in the quantizer.
    var draws = RandomStream(seed: 7)
    var noise: [Double] = []
    for _ in 0..<2 {
      if draws.uniform() < 0.5 { _ = draws.uniform(0, 0) }
      for _ in 0..<32 {
        noise.append(Double(draws.normal()))
        _ = draws.normal()
      }
    }
    func surrogate(_ means: [Double], _ logs: [Double]) -> Double {
      var (sum, penalty) = (0.0, 0.0)
      for i in means.indices {
        sum += weights[i] * (means[i] + exp(logs[i] / 2) * noise[i])
        penalty += 0.5 * (means[i] * means[i] + exp(logs[i]) - 1 - logs[i]) / 2
      }
      return sum + 3 * penalty
    }
    let (means, logs) = (
      vectors.toArray().map(Double.init), heads[0].toArray().map(Double.init)
    )
    let gradients = try value.gradients(for: [vectors, heads[0]])
    try expect(gradients[0], of: { surrogate($0, logs) }, at: means, "means")
    try expect(gradients[1], of: { surrogate(means, $0) }, at: logs, "log variances")
  }

  @Test func unlimitedTokens() throws {
    let (_, vectors, _, weights, value, _) = try limited("none")
    let gradient = try #require(try value.gradients(for: [vectors])[0])
    #expect(gradient.toArray().map(Double.init) == weights)
  }

  @Test func entropiesOfKnownRows() throws {
    func gap(_ rows: Int, _ width: Int, _ logit: (Int, Int) -> Float) throws -> Float {
      let values = (0..<rows * width).map { logit($0 / width, $0 % width) }
      return try Tensor(shape: [rows, width], values: values).entropyGap().item()
    }
    // All rows alike, sharp or flat: nothing to gain.
    #expect(try abs(gap(6, 8) { _, _ in 0 }) < 1e-6)
    #expect(try abs(gap(6, 8) { _, v in v == 2 ? 80 : 0 }) < 1e-6)
    #expect(try abs(gap(6, 8) { _, v in Float(v) }) < 1e-6)
    // Every row sure of its code, codes equally often: the least there is.
    #expect(try abs(gap(16, 8) { n, v in n % 8 == v ? 80 : 0 } + log(8)) < 1e-6)
    // Half of the codes.
    #expect(try abs(gap(16, 8) { n, v in n % 4 == v ? 80 : 0 } + log(4)) < 1e-6)
    // Rows undecided between two codes: ln 2 - ln 8.
    #expect(try abs(gap(16, 8) { n, v in n % 4 == v / 2 ? 0 : -80 } + log(4)) < 1e-6)
  }
}
