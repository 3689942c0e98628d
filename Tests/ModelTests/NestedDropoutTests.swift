// SPDX-License-Identifier: Apache-2.0
//
// The theory behind ordered tokens (docs/Method.md, 4.7), on linear autoencoders that gradients
// train: where every length occurs, nested dropout finds the principal components in order of
// variance; where the class is given to both halves, those of what the class leaves unexplained.

import Glibc
import Networks
import Tensors
import Testing

@testable import Models

@Suite struct NestedDropoutTests {
  private let dim = 6
  private let tokens = 4

  /// A linear autoencoder x -> x E + c F -> x̂ = z D + c G, with one-hot classes c [n, C] if there
  /// are any. Returns the rows of D at unit length: what each token says.
  private func decoder(
    of rows: Tensor, classes: Tensor? = nil, dropping drop: TailDrop
  ) throws -> Tensor {
    let encode = try Tensor.parameter(normal([dim, tokens], seed: 1, scale: 0.3))
    let decode = try Tensor.parameter(normal([tokens, dim], seed: 2, scale: 0.3))
    let classCount = classes?.shape[1] ?? 1
    let encodeClass = try Tensor.parameter(.zeros([classCount, tokens]))
    let decodeClass = try Tensor.parameter(.zeros([classCount, dim]))
    let parameters = [encode, decode] + (classes == nil ? [] : [encodeClass, decodeClass])
    let optimizer = try AdamW(parameters, learningRate: 0, betas: (0.9, 0.99), weightDecay: 0)
    var draws = RandomStream(seed: 3)
    let steps = 1500
    for step in 0..<steps {
      let progress = Double(step) / Double(steps)
      optimizer.learningRate = 0.04 * Float(pow(1 - progress, 2)) + 1e-4
      var codes = try rows.matmul(encode)
      if let classes { codes = try codes.add(classes.matmul(encodeClass)) }
      // Four micro-batches of a step see four lengths.
      var loss = try Tensor.scalar(0)
      for _ in 0..<4 {
        let kept = try drop.length(for: draws.uniform(), numTokens: tokens, progress: progress)
        var made = try codes.narrow(dim: 1, start: 0, count: kept)
          .matmul(decode.narrow(dim: 0, start: 0, count: kept))
        if let classes { made = try made.add(classes.matmul(decodeClass)) }
        loss = try loss.add(made.meanRowDistance(to: rows))
      }
      try optimizer.step(gradients: loss.gradients(for: parameters), scale: 0.25)
    }
    return try decode.detached.unitRows()
  }

  /// |cos| between row i of one and row i of the other.
  private func overlaps(_ a: Tensor, _ b: Tensor) -> [Float] {
    (0..<tokens).map { row in
      let products = (0..<dim).map { a.pointer[row * dim + $0] * b.pointer[row * dim + $0] }
      return abs(products.reduce(0, +))
    }
  }

  /// Centred rows with the given deviations along the axes of a random rotation.
  private func rows(_ deviations: [Float], count: Int = 256) throws -> Tensor {
    let turned = try PrincipalComponents(of: normal([64, dim], seed: 6), count: dim, seed: 1)
    let scales = try Tensor(shape: [dim], values: deviations)
    let made = try normal([count, dim], seed: 5).mul(scales).matmul(turned.directions)
    return try made.sub(made.mean(dim: 0))
  }

  @Test(arguments: [DropKind.uniform, .mixture, .geometric])
  func tokensAreThePrincipalComponentsInOrder(_ kind: DropKind) throws {
    let rows = try rows([3, 2.2, 1.5, 1, 0.4, 0.2])
    let components = try PrincipalComponents(of: rows, count: tokens, seed: 1)
    let found = try overlaps(decoder(of: rows, dropping: TailDrop(kind)), components.directions)
    #expect(found.allSatisfy { $0 > 0.985 }, "\(found)")
  }

  @Test func withoutDroppingThereIsNoOrder() throws {
    let rows = try rows([3, 2.2, 1.5, 1, 0.4, 0.2])
    let components = try PrincipalComponents(of: rows, count: tokens, seed: 1)
    let decoder = try decoder(of: rows, dropping: TailDrop(.none))
    #expect(overlaps(decoder, components.directions).contains { $0 < 0.9 })
    // The tokens span the components all the same.
    let inside = try decoder.matmul(components.directions.transposed()).square().sum(dim: 1)
    #expect(inside.toArray().allSatisfy { $0 > 0.98 })
  }

  @Test func aGivenClassLeavesTheTokensToTheRest() throws {
    let within = try rows([1.2, 0.9, 0.6, 0.4, 0.2, 0.1])
    let components = try PrincipalComponents(of: within, count: tokens, seed: 1)
    // Two classes far apart along the direction in which pictures of a class differ least.
    let all = try PrincipalComponents(of: within, count: dim, seed: 1)
    let apart = try all.directions.narrow(dim: 0, start: dim - 1, count: 1).mul(4)
    let count = within.shape[0]
    let signs = try Tensor(
      shape: [count, 1], values: (0..<count).map { $0 % 2 == 0 ? -1 : 1 })
    let rows = try within.add(signs.matmul(apart))
    let classes = try Tensor(
      shape: [count, 2], values: (0..<2 * count).map { $0 / 2 % 2 == $0 % 2 ? 1 : 0 })
    let drop = TailDrop(.uniform)
    let told = try decoder(of: rows, classes: classes, dropping: drop)
    #expect(overlaps(told, components.directions)[0] > 0.985)
    // Without the class, the first token has to say which it is.
    let untold = try decoder(of: rows, dropping: drop)
    let direction = try apart.unitRows()
    let first = (0..<dim).map { untold.pointer[$0] * direction.pointer[$0] }.reduce(0, +)
    #expect(abs(first) > 0.985)
  }
}
