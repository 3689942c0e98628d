// SPDX-License-Identifier: Apache-2.0
//
// Blocks that compute only some of the tokens.

import Tensors
import Testing

@testable import Networks

@Suite struct TransformerTests {
  /// The other tokens are not computed, and the selected ones have the same bits as without
  /// selection.
  @Test(arguments: [0..<21, 0..<5, 5..<21, 7..<8, 20..<21, 3..<3])
  func someTokensAreTheSameAmongAll(_ wanted: Range<Int>) throws {
    var initial = Initializer(seed: 3)
    let stack = try Transformer(width: 24, depth: 2, heads: 3, &initial)
    shake(stack)
    let x = try normal([2, 21, 24], seed: 4)
    for mask in [AttentionMask.full, .causal, .causalAfter(prefix: 5)] {
      let whole = try stack(x, mask: mask)
      let part = try stack(x, mask: mask, for: wanted)
      let cut = try whole.narrow(dim: 1, start: wanted.lowerBound, count: wanted.count)
      #expect(part.shape == cut.shape)
      #expect(part.toArray() == cut.toArray(), "\(mask)")
    }
  }

  @Test func gradientsAreThoseOfAllTokens() throws {
    var initial = Initializer(seed: 5)
    let stack = try Transformer(width: 24, depth: 2, heads: 3, &initial)
    shake(stack)
    let weights = try normal([2, 6, 24], seed: 6)
    func gradients(_ pick: (Tensor) throws -> Tensor) throws -> [Tensor?] {
      let x = try Tensor.parameter(normal([2, 21, 24], seed: 7))
      return try pick(x).mul(weights).sum().gradients(for: [x] + stack.parameters)
    }
    let whole = try gradients {
      try stack($0, mask: .causalAfter(prefix: 15)).narrow(dim: 1, start: 15, count: 6)
    }
    let part = try gradients { try stack($0, mask: .causalAfter(prefix: 15), for: 15..<21) }
    #expect(whole.count == part.count)
    for (a, b) in zip(whole, part) {
      let (a, b) = (try #require(a), try #require(b))
      #expect(distance(a, b) < 1e-4)
      #expect(a.toArray().contains { $0 != 0 })
    }
  }

  /// The MLP half as one operation on the tape, and as separate operations.
  @Test func feedForwardIsWhatItsStepsAre() throws {
    var initial = Initializer(seed: 10)
    let norm = try LayerNorm(24, initial)
    let (expand, contract) = (
      try Linear(24, 96, &initial), try Linear(96, 24, bias: false, &initial)
    )
    for module in [norm, expand, contract] as [any Module] { shake(module) }
    let parameters = norm.parameters + expand.parameters + contract.parameters
    let weights = try normal([2, 7, 24], seed: 11)
    func run(_ body: (Tensor) throws -> Tensor) throws -> (Tensor, [Tensor?]) {
      let x = try Tensor.parameter(normal([2, 7, 24], seed: 12))
      let result = try body(x)
      return (result, try result.mul(weights).sum().gradients(for: [x] + parameters))
    }
    let (whole, slopes) = try run { try $0.feedForward(norm, expand, contract) }
    let (steps, wanted) = try run {
      try contract(expand(norm($0), activation: .gelu), addedTo: $0)
    }
    #expect(whole.toArray() == steps.toArray())
    #expect(slopes.count == wanted.count)
    for (a, b) in zip(slopes, wanted) {
      #expect(distance(try #require(a), try #require(b)) < 1e-5)
    }
    let plain = try Tensor.withoutGradients {
      try normal([2, 7, 24], seed: 12).feedForward(norm, expand, contract)
    }
    #expect(plain.toArray() == whole.toArray())
  }

  @Test func tokensThatAreNotThereAreRefused() throws {
    var initial = Initializer(seed: 8)
    let stack = try Transformer(width: 24, depth: 1, heads: 3, &initial)
    #expect(throws: TensorError.self) { try stack(normal([1, 4, 24], seed: 9), for: 2..<5) }
  }
}
