// SPDX-License-Identifier: Apache-2.0
//
// The shipped network compared with activations of the original one, and its independence of the
// number of threads and of the other pictures in a batch.

import Metrics
import Networks
import Tensors
import Testing

@Suite(.serialized) struct FeatureNetworkTests {
  static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

  static func network() throws -> FeatureNetwork {
    let folder = root + "/Examples/Metrics/efficientnet-lite0"
    return try FeatureNetwork(weights: folder + ".safetensors", plan: folder + ".json")
  }

  @Test func agreesWithTheOriginal() throws {
    let golden = try Checkpoint.read(
      path: Self.root + "/Tests/Goldens/metrics/efficientnet-lite0.safetensors")
    func tensor(_ name: String) throws -> Tensor {
      try #require(golden.tensors.first { $0.name == name }).tensor
    }
    let found = try Self.network().activations(try tensor("x"))
    let wanted = try tensor("feat")
    #expect(found.shape == wanted.shape)
    var largest: Float = 0
    for (a, b) in zip(found.toArray(), wanted.toArray()) { largest = max(largest, abs(a - b)) }
    // The weights are stored in half precision: 11 bits. LibraryTests compares with a double
    // precision network of the same weights, to 1e-4.
    #expect(largest < 0.04, "the largest difference is \(largest)")
    let dot = zip(found.toArray(), wanted.toArray()).reduce(0.0) { $0 + Double($1.0 * $1.1) }
    func length(_ x: Tensor) -> Double {
      x.toArray().reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
    }
    #expect(dot / (length(found) * length(wanted)) > 0.9999)
  }

  @Test func doesNotDependOnThreadsOrNeighbours() throws {
    let network = try Self.network()
    let images = try Tensor.rand([3, 3, 20, 24], key: RandomKey(seed: 4))
    let before = ThreadPool.threadCount
    defer { ThreadPool.threadCount = before }
    ThreadPool.threadCount = 1
    let one = try network.features(of: images)
    ThreadPool.threadCount = 4
    let four = try network.features(of: images)
    #expect(one.toArray() == four.toArray())
    let alone = try network.features(of: images.narrow(dim: 0, start: 1, count: 1))
    #expect(alone.toArray() == Array(one.toArray()[1280..<2560]))
    #expect(try network.features(of: Tensor.zeros([0, 3, 8, 8])).shape == [0, 1280])
  }

  @Test func greyCountsAsColour() throws {
    let network = try Self.network()
    let grey = try Tensor.rand([1, 1, 16, 16], key: RandomKey(seed: 5))
    let colour = try grey.expand([1, 3, 16, 16])
    #expect(
      try network.features(of: grey).toArray() == network.features(of: colour).toArray())
    #expect(throws: (any Error).self) { try network.features(of: Tensor.zeros([2, 2, 8, 8])) }
  }

  @Test func damagedFilesAreErrors() throws {
    let folder = Self.root + "/Examples/Metrics/efficientnet-lite0"
    #expect(throws: (any Error).self) {
      try FeatureNetwork(weights: folder + ".json", plan: folder + ".json")
    }
    #expect(throws: (any Error).self) {
      try FeatureNetwork(
        weights: folder + ".safetensors", plan: Self.root + "/Tests/README.md")
    }
  }
}
