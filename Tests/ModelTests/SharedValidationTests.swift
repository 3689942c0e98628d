// SPDX-License-Identifier: Apache-2.0
//
// The pictures of a validation are divided among the workers of a training.

import Tensors
import Testing
import Training

@testable import Models

@Suite struct SharedValidationTests {
  /// A worker that meets nobody.
  private final class Worker: GradientExchange {
    let worker: Int
    let workerCount: Int
    init(_ worker: Int, of count: Int) { (self.worker, workerCount) = (worker, count) }

    func total(
      _ parameters: [Tensor], isReady: (_ index: Int) throws -> Bool,
      adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
    ) -> [Tensor?] { [] }
    func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
    func agree(on facts: [(key: String, value: String)]) {}
  }

  @Test(arguments: [1, 2, 3, 4])
  func sharesAreWholeMicroBatches(_ workers: Int) {
    for count in [0, 1, 7, 8, 9, 35, 48, 600] {
      let shares = (0..<workers).map { Worker($0, of: workers).pictures(of: count) }
      #expect(shares.flatMap { Array($0) } == Array(0..<count))
      let groups = shares.flatMap { TrainingData.groups(of: $0) }
      #expect(groups.flatMap { Array($0) } == Array(0..<count))
      #expect(groups.allSatisfy { $0.lowerBound % picturesPerMicroBatch == 0 })
    }
  }
}
