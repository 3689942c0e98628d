// SPDX-License-Identifier: Apache-2.0
//
// The distance of pictures in the network: its gradient against finite differences, zero for equal
// pictures, and a mean over pictures.

import Metrics
import Tensors
import Testing

@Suite struct FeatureDistanceTests {
  private func pictures(_ seed: UInt64, count: Int = 2) throws -> Tensor {
    var draws = RandomStream(seed: seed)
    return try Tensor(
      shape: [count, 24, 20, 3],
      values: (0..<count * 24 * 20 * 3).map { _ in Float(draws.uniform()) })
  }

  @Test func theGradientIsThatOfFiniteDifferences() throws {
    let network = try FeatureNetworkTests.network()
    let (x, target) = (try pictures(1), try pictures(2))
    func distance(_ x: Tensor) throws -> Double {
      Double(try network.distance(x, to: target, weight: 0, addingTo: Tensor.zeros(x.shape)))
    }
    let slope = try Tensor.zeros(x.shape)
    let value = try network.distance(x, to: target, weight: 3, addingTo: slope)
    #expect(abs(Double(value) - (try distance(x))) < 1e-6)
    // Along the gradient, where the difference is largest against rounding; the weights of the
    // network are rounded to half precision, and ReLU6 has kinks.
    let length = try slope.square().sum().item().squareRoot()
    let step: Float = 0.02 / length
    let expected = Double(2 * step * length * length) / 3
    let found =
      try distance(x.add(slope.mul(step))) - distance(x.sub(slope.mul(step)))
    #expect(abs(found - expected) < 0.03 * abs(expected), "\(found) and \(expected)")
    // And along a direction that has nothing to do with it.
    let direction = try pictures(3).sub(0.5).mul(0.004)
    let across = try Double(slope.mul(direction).sum().item()) * 2 / 3
    let seen = try distance(x.add(direction)) - distance(x.sub(direction))
    #expect(abs(seen - across) < 0.03 * abs(expected), "\(seen) and \(across)")
  }

  @Test func itIsZeroForEqualPicturesAndAMeanOverPictures() throws {
    let network = try FeatureNetworkTests.network()
    let (x, target) = (try pictures(1), try pictures(2))
    let slope = try Tensor.zeros(x.shape)
    #expect(try network.distance(x, to: x, weight: 1, addingTo: slope) == 0)
    #expect(slope.toArray().allSatisfy { $0 == 0 })
    func one(_ index: Int) throws -> Float {
      let (a, b) = (
        try x.narrow(dim: 0, start: index, count: 1),
        try target.narrow(dim: 0, start: index, count: 1)
      )
      return try network.distance(a, to: b, weight: 0, addingTo: Tensor.zeros(a.shape))
    }
    let both = try network.distance(x, to: target, weight: 0, addingTo: slope)
    #expect(abs(both - (try one(0) + one(1)) / 2) < 1e-6)
    #expect(both > 0)
  }
}
