// SPDX-License-Identifier: Apache-2.0
//
// Laws and closed forms of the distances between sets of features; NumPy's and SciPy's numbers
// are in LibraryTests, where the archive that holds them is read by `data.load`.

import Metrics
import Tensors
import Testing

@Suite struct DistanceTests {
  private func set(_ rows: Int, _ seed: UInt64, scale: Float = 1, shift: Float = 0) throws -> Tensor
  {
    try Tensor.randn([rows, 5], key: RandomKey(seed: seed)) * scale + shift
  }

  @Test func equalSetsHaveDistanceZero() throws {
    let x = try set(20, 1)
    #expect(try FeatureDistances.frechet(x, x) < 1e-9)
    let wide = try Tensor.randn([4, 30], key: RandomKey(seed: 2))
    #expect(try FeatureDistances.frechet(wide, wide) < 1e-9)
    let both = try FeatureDistances.precisionRecall(x, x, neighbours: 1)
    #expect(both.precision == 1 && both.recall == 1)
  }

  @Test func isSymmetric() throws {
    let (x, y) = (try set(12, 3), try set(9, 4, scale: 2, shift: 1))
    let there = try FeatureDistances.frechet(x, y)
    #expect(abs(there - (try FeatureDistances.frechet(y, x))) < 1e-9 * there)
    #expect(
      abs(try FeatureDistances.kernel(x, y) - FeatureDistances.kernel(y, x)) < 1e-9)
  }

  @Test func shiftAndScaleInClosedForm() throws {
    let x = try set(50, 5)
    // The same set shifted by 2 in each of five directions: 5 * 4.
    #expect(abs(try FeatureDistances.frechet(x, x + 2) - 20) < 1e-4)
    // Scaled by 3: tr (1 + 9 - 2 * 3) S, and the mean moves by twice itself.
    let variance = try x.variance(dims: [0]).sum().item()
    let mean = try (x.mean(dim: 0) * 2).square().sum().item()
    let wanted = Double(4 * variance + mean)
    #expect(abs(try FeatureDistances.frechet(x, x * 3) - wanted) < 1e-4 * wanted)
  }

  @Test func oneDimensionInClosedForm() throws {
    let x = try Tensor(shape: [3, 1], values: [0, 1, 2])
    let y = try Tensor(shape: [3, 1], values: [10, 12, 14])
    // Means 1 and 12, deviations 1 and 2: 121 + 1.
    #expect(abs(try FeatureDistances.frechet(x, y) - 122) < 1e-9)
    let apart = try FeatureDistances.precisionRecall(x, y, neighbours: 1)
    #expect(apart.precision == 0 && apart.recall == 0)
  }

  @Test func refusesWhatCannotBeCompared() throws {
    let x = try set(5, 6)
    #expect(throws: (any Error).self) { try FeatureDistances.frechet(x, Tensor.zeros([5, 4])) }
    #expect(throws: (any Error).self) { try FeatureDistances.frechet(x, Tensor.zeros([1, 5])) }
    #expect(throws: (any Error).self) {
      try FeatureDistances.kernel(x, Tensor(repeating: .nan, shape: [5, 5]))
    }
    #expect(throws: (any Error).self) {
      try FeatureDistances.precisionRecall(x, x, neighbours: 5)
    }
    #expect(throws: (any Error).self) { try FeatureDistances.frechet(x, x, components: 6) }
  }

  @Test func probeSeparatesWhatIsSeparable() throws {
    let features = try Tensor.cat([set(30, 7, shift: 2), set(30, 8, shift: -2)])
    let labels = try Tensor.cat([Tensor.zeros([30]), Tensor(repeating: 1, shape: [30])])
    let probe = try LinearProbe(features: features, labels: labels, penalty: 0.1)
    #expect(try probe.predict(features) == labels.toArray())
    // Fewer rows than features use the other factorisation, with the same result.
    let few = try features.taking([0, 1, 30, 31], dim: 0)
    let narrow = try LinearProbe(
      features: few, labels: labels.taking([0, 1, 30, 31], dim: 0), penalty: 0.1)
    #expect(try narrow.predict(few) == [0, 0, 1, 1])
  }
}
