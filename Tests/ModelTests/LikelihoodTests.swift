// SPDX-License-Identifier: Apache-2.0
//
// The likelihood of tokens: densities that are known, and densities that must add up to 1.

import Glibc
import Networks
import Tensors
import Testing

@testable import Models

@Suite struct LikelihoodTests {
  /// A generator of one token of so many channels.
  private func generator(dim: Int) throws -> CARDGenerator {
    var tokenizer = smallConfiguration()
    (tokenizer.numTokens, tokenizer.tokenDim) = (1, dim)
    var made = GeneratorConfiguration(for: tokenizer)
    (made.width, made.depth, made.heads, made.headWidth, made.headDepth) = (16, 1, 2, 16, 2)
    return try CARDGenerator(made, seed: 3)
  }

  private func tokens(_ latents: Tensor) throws -> Tokens {
    Tokens(
      latents: latents, ids: nil,
      condition: try Condition([1], classCount: 3).repeated(latents.shape[0]), maker: nil)
  }

  /// A head that has not learned has velocity 0: tokens are noise, in the units of the tokenizer.
  @Test func noiseHasItsOwnDensity() throws {
    let model = try smallGenerator()
    for i in 0..<model.mean.count {
      (model.mean.pointer[i], model.deviation.pointer[i]) = (Float(i) / 9, 1 + Float(i) / 10)
    }
    let latents = try normal([3, 8, 4], seed: 6)
    let given = try tokens(latents)
    let found = try model.logLikelihood(given, condition: given.condition, steps: 3)
    #expect(found.shape == [3, 8])
    for i in 0..<24 {
      var expected = -2 * log(2 * Double.pi)
      for d in 0..<4 {
        let place = i % 8 * 4 + d
        let (mean, deviation) = (
          Double(model.mean.pointer[place]), Double(model.deviation.pointer[place])
        )
        let x = (Double(latents.pointer[i * 4 + d]) - mean) / deviation
        expected -= x * x / 2 + log(deviation)
      }
      #expect(abs(Double(found.pointer[i]) - expected) < 1e-3)
    }
  }

  /// The density of all tokens is 1, whatever the head has become: the trace of the derivative is
  /// that of the flow itself.
  @Test func densitiesAddUpToOne() throws {
    let model = try generator(dim: 1)
    shake(model)
    (model.mean.pointer[0], model.deviation.pointer[0]) = (0.5, 1.5)
    let count = 400
    let places = (0..<count).map { -12 + 24 * (Float($0) + 0.5) / Float(count) }
    let given = try tokens(Tensor(shape: [count, 1, 1], values: places))
    let found = try model.logLikelihood(given, condition: given.condition, steps: 60)
    let sum = found.toArray().reduce(0.0) { $0 + exp(Double($1)) } * 24 / Double(count)
    #expect(abs(sum - 1) < 0.01, "\(sum)")
    // It is not simply the density of the noise.
    let peak = found.toArray().max() ?? 0
    #expect(abs(Double(peak) + log(1.5 * (2 * Double.pi).squareRoot())) > 1e-3)
  }

  @Test func densitiesOfTwoChannelsAddUpToOne() throws {
    let model = try generator(dim: 2)
    shake(model)
    let side = 36
    let places = (0..<side * side).flatMap { i -> [Float] in
      [i / side, i % side].map { -6 + 12 * (Float($0) + 0.5) / Float(side) }
    }
    let given = try tokens(Tensor(shape: [side * side, 1, 2], values: places))
    let found = try model.logLikelihood(given, condition: given.condition, steps: 40)
    let area = 12.0 / Double(side) * 12 / Double(side)
    let sum = found.toArray().reduce(0.0) { $0 + exp(Double($1)) } * area
    #expect(abs(sum - 1) < 0.02, "\(sum)")
  }

  @Test func threadsAndPrefixesChangeNothing() throws {
    let model = try smallGenerator()
    shake(model)
    let given = try tokens(normal([11, 8, 4], seed: 6))
    func found(_ tokens: Tokens) throws -> Tensor {
      try model.logLikelihood(tokens, condition: tokens.condition, steps: 4)
    }
    let (one, two) = (
      try withThreads(1) { try found(given) }, try withThreads(2) { try found(given) }
    )
    #expect(one.toArray() == two.toArray())
    let few = try found(given.prefix(3))
    #expect(distance(few, try one.narrow(dim: 1, start: 0, count: 3)) < 1e-4)
    #expect(throws: TensorError.self) { try found(tokens(Tensor.zeros([1, 8, 3]))) }
  }
}
