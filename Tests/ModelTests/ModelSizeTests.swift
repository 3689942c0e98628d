// SPDX-License-Identifier: Apache-2.0
//
// The size of a model by its options, against models that are made, and the refusal of models that
// memory has no room for.

import Tensors
import Testing

@testable import Models

@Suite struct ModelSizeTests {
  private func total(_ parts: [SizePart]) -> Int { parts.reduce(0) { $0 + $1.count } }

  @Test func sizesOfSampledTokenizersAreLowerBounds() throws {
    var draws = RandomStream(seed: 11)
    for _ in 0..<40 {
      let made = try sampledConfiguration(&draws)
      let tokenizer = try SMAPTokenizer(made, seed: 0)
      let held = tokenizer.stateTensors.reduce(0) { $0 + $1.tensor.count }
      let estimate = total(tokenizer.configuration.storedSizes)
      #expect(estimate <= held, "\(made)")
      #expect(estimate > held / 2, "\(made)")
    }
  }

  @Test(arguments: bottlenecks) func theEstimateOfATokenizerIsClose(_ bottleneck: String) throws {
    var made = try smallTokenizer(bottleneck).configuration
    (made.width, made.depth, made.linearPath) = (64, 4, true)
    let held = try SMAPTokenizer(made, seed: 0).stateTensors.reduce(0) { $0 + $1.tensor.count }
    let estimate = total(made.storedSizes)
    #expect(estimate <= held)
    #expect(estimate > held / 100 * 95)
  }

  @Test(arguments: [(16, 1, 16, 1), (64, 3, 32, 5), (96, 2, 160, 2)])
  func theEstimateOfAGeneratorIsClose(_ sizes: (Int, Int, Int, Int)) throws {
    var made = GeneratorConfiguration(for: smallConfiguration())
    (made.width, made.depth, made.headWidth, made.headDepth) = sizes
    let held = try CARDGenerator(made, seed: 0).stateTensors.reduce(0) { $0 + $1.tensor.count }
    let estimate = total(made.sizes)
    #expect(estimate <= held)
    // The embedding of time, of 128 numbers, is not counted.
    #expect(estimate + 128 * made.headWidth > held / 100 * 95)
  }

  @Test(arguments: HeadKind.allCases) func theEstimateOfAHeadIsClose(_ head: HeadKind) throws {
    var made = try smallGenerator(head, lengthToken: true).model.configuration
    (made.width, made.depth, made.headWidth, made.headDepth) = (64, 3, 48, 4)
    let held = try CARDGenerator(made, seed: 0).stateTensors.reduce(0) { $0 + $1.tensor.count }
    let estimate = total(made.sizes)
    #expect(estimate <= held)
    #expect(estimate + 128 * (made.headWidth + made.width) > held / 100 * 95)
  }

  /// The largest values of the options ask for more than any machine has.
  @Test func nothingIsAllocatedForAModelThatIsTooLarge() throws {
    var made = smallConfiguration()
    (made.width, made.depth, made.decoderDepth, made.linearPath) = (8192, 128, 128, false)
    (made.injectAs, made.conditionTokens) = (.adaln, 256)
    let error = try #require(throws: TensorError.self) { try SMAPTokenizer(made, seed: 0) }
    #expect(error.kind == "LimitError")
    #expect(error.message.contains("condition_tokens = 256 and width = 8192"))
    #expect(error.hint.hasPrefix("reduce condition_tokens or width"))
  }
}
