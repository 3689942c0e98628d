// SPDX-License-Identifier: Apache-2.0
//
// The fused operations of networks and models compared with finite differences: the gradient of a
// fixed random combination of the results, at several elements of every input.

import Networks
import Tensors
import Testing

@testable import Models

/// An operation and the shapes of its inputs.
struct FusedOperation: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let shapes: [[Int]]
  let function: @Sendable ([Tensor]) throws -> Tensor

  init(
    _ name: String, _ shapes: [[Int]], _ function: @escaping @Sendable ([Tensor]) throws -> Tensor
  ) {
    (testDescription, self.shapes, self.function) = (name, shapes, function)
  }
}

private let operations: [FusedOperation] = [
  .init("linear", [[2, 3, 4], [5, 4], [5]]) { try $0[0].linear($0[1], $0[2]) },
  .init("linear without bias", [[3, 4], [5, 4]]) { try $0[0].linear($0[1], nil) },
  .init("linear, gelu", [[3, 4], [5, 4], [5]]) {
    try $0[0].linear($0[1], $0[2], activation: .gelu)
  },
  .init("linear, silu", [[3, 4], [5, 4], [5]]) {
    try $0[0].linear($0[1], $0[2], activation: .silu)
  },
  .init("layerNorm", [[3, 6], [6], [6]]) { try $0[0].layerNorm($0[1], $0[2]) },
  .init("layerNorm, plain", [[3, 6]]) { try $0[0].layerNorm(nil, nil) },
  .init("rmsNorm", [[3, 6], [6]]) { try $0[0].rmsNorm($0[1]) },
  .init("attention, full", [[2, 5, 24]]) { try $0[0].selfAttention(heads: 2) },
  .init("attention, causal", [[2, 5, 24]]) { try $0[0].selfAttention(heads: 2, mask: .causal) },
  .init("attention, causal after 3", [[2, 6, 24]]) {
    try $0[0].selfAttention(heads: 2, mask: .causalAfter(prefix: 3))
  },
  .init("attention, of some tokens", [[2, 5, 24]]) {
    try $0[0].selfAttention(heads: 2, mask: .causalAfter(prefix: 3), for: 2..<4)
  },
  .init("swiglu", [[3, 8]]) { try $0[0].swiglu() },
  .init("convolution", [[2, 4, 3, 2], [3, 18], [3]]) {
    try $0[0].convolved3x3($0[1], $0[2], activation: .gelu)
  },
  .init("modulated", [[3, 4], [3, 12]]) { try $0[0].modulated(by: $0[1]) },
  .init("modulated", [[2, 3, 4], [2, 8]]) { try $0[0].modulated(by: $0[1]) },
  .init("gatedResidual", [[3, 4], [3, 4], [3, 12]]) { try $0[0].gatedResidual($0[1], by: $0[2]) },
  .init("unitRows", [[2, 3, 4]]) { try $0[0].unitRows() },
  .init("rows", [[4, 3]]) { try $0[0].rows(at: [1, 3, 1]) },
  .init("assembled", [[2, 3], [2, 4, 3], [1, 3]]) {
    try Tensor.assembled(batch: 2, width: 3, $0)
  },
  .init("meanRowDistance", [[2, 3, 4]]) {
    try $0[0].meanRowDistance(to: normal([2, 3, 4], seed: 40))
  },
  .init("entropyGap", [[5, 4]]) { try $0[0].entropyGap() },
  .init("reconstruction loss", [[2, 8, 8, 3]]) {
    try ReconstructionLoss()($0[0], target: normal([2, 8, 8, 3], seed: 41)).loss
  },
  .init("reconstruction loss, pyramid", [[2, 8, 8, 3]]) {
    let loss = ReconstructionLoss(logarithmic: 0, pyramid: 1)
    return try loss($0[0], target: normal([2, 8, 8, 3], seed: 41)).loss
  },
  .init("reconstruction loss, squares", [[2, 8, 8, 3]]) {
    try loss(\.squared, 1)($0[0], target: normal([2, 8, 8, 3], seed: 41)).loss
  },
  .init("reconstruction loss, absolute", [[2, 8, 8, 3]]) {
    try loss(\.absolute, 1)($0[0], target: normal([2, 8, 8, 3], seed: 41)).loss
  },
  .init("reconstruction loss, ssim", [[2, 13, 12, 3]]) {
    try loss(\.structural, 30)($0[0], target: normal([2, 13, 12, 3], seed: 41)).loss
  },
  .init("reconstruction loss, several terms", [[2, 12, 12, 3]]) {
    var sum = loss(\.structural, 20)
    (sum.squared, sum.absolute, sum.logarithmic, sum.pyramid) = (1, 2, 3, 4)
    return try sum($0[0], target: normal([2, 12, 12, 3], seed: 41)).loss
  },
]

/// A loss of one term.
private func loss(
  _ weight: WritableKeyPath<ReconstructionLoss, Float> & Sendable, _ value: Float
) -> ReconstructionLoss {
  var loss = ReconstructionLoss(logarithmic: 0)
  loss[keyPath: weight] = value
  return loss
}

@Suite struct FusedGradientTests {
  @Test(arguments: operations)
  func agreesWithFiniteDifferences(_ operation: FusedOperation) throws {
    let inputs = try operation.shapes.enumerated().map {
      try Tensor.parameter(normal($1, seed: UInt64(20 + $0)))
    }
    let result = try operation.function(inputs)
    let weights = try normal(result.shape, seed: 50)
    let gradients = try result.mul(weights).sum().gradients(for: inputs)
    let step: Float = 1e-2
    func value() throws -> Double {
      let result = try Tensor.withoutGradients { try operation.function(inputs) }
      return zip(result.toArray(), weights.toArray()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    for (input, gradient) in zip(inputs, gradients) {
      let gradient = try #require(gradient)
      #expect(gradient.shape == input.shape)
      let largest = gradient.toArray().map(abs).max() ?? 0
      for place in stride(from: 0, to: input.count, by: max(input.count / 12, 1)) {
        let kept = input.pointer[place]
        input.pointer[place] = kept + step
        let above = try value()
        input.pointer[place] = kept - step
        let below = try value()
        input.pointer[place] = kept
        let expected = Float((above - below) / Double(2 * step))
        let found = gradient.toArray()[place]
        #expect(abs(found - expected) < 0.02 * largest + 1e-4, "at \(place): \(found), \(expected)")
      }
    }
  }

  @Test func straightThroughPassesTheGradient() throws {
    let source = try Tensor.parameter(normal([2, 3], seed: 1))
    let codes = try normal([2, 3], seed: 2)
    let result = codes.straightThrough(to: source)
    #expect(distance(result, codes) == 0)
    let gradient = try #require(try result.mul(3).sum().gradients(for: [source])[0])
    #expect(gradient.toArray().allSatisfy { $0 == 3 })
  }
}
