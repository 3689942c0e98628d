// SPDX-License-Identifier: Apache-2.0
//
// What heads sample token by token, with cached keys and values, against the layers that training
// differentiates, over all tokens at once.

import Networks
import Tensors
import Testing

@testable import Models

@Suite(.serialized) struct HeadLayerTests {
  private func shaken(_ head: String) throws -> CARDGenerator {
    let model = try smallGenerator(try #require(HeadKind(rawValue: head)), lengthToken: true).model
    shake(model)
    return model
  }

  /// With temperature 0, each digit of a code is the largest logit that the layers give.
  @Test(arguments: [1 as Float, 2.5]) func codesAreThoseOfTheLayers(_ scale: Float) throws {
    let model = try shaken("categorical")
    let head = try #require(model.head as? CategoricalHead)
    var options = SamplingOptions()
    (options.temperature, options.guidanceScale, options.guidanceSchedule) = (0, scale, .constant)
    let condition = try Condition([1, 2], classCount: 3)
    let sampled = try model.sample(condition: condition, seeds: [1, 2], options: options)
    let ids = try #require(sampled.ids)
    #expect(head.digits.count == 2 && Set(ids).count > 4)
    try Tensor.withoutGradients {
      func prepared(_ condition: Condition) throws -> Tensor {
        let batch = TokenBatch(
          tokens: try model.standardized(sampled.latents), ids: ids,
          row: try model.row(condition, length: 8))
        return try head.prepare(model.contexts(batch).reshape([16, 16]))
      }
      let (known, unknown) = (
        try prepared(condition), try prepared(.null(count: 2, classCount: 3))
      )
      for digit in 0..<head.digits.count {
        let with = try head.logits(digit, known, ids: ids)
        let without = try head.logits(digit, unknown, ids: ids)
        let logits = try without + (with - without) * scale
        let size = head.digits.sizes[digit]
        for (row, chosen) in head.digits.digit(digit, of: ids).enumerated() {
          let own = (0..<size).map { logits.pointer[row * size + $0] }
          // The two paths add in another order.
          #expect(own[chosen] > (own.max() ?? 0) - 1e-4, "digit \(digit) of token \(row)")
        }
      }
    }
  }

  /// The states that `refine` keeps of both streams are those of the layers.
  @Test func statesAreThoseOfTheLayers() throws {
    let model = try shaken("refine")
    let (condition, null) = (
      try Condition([1, 2], classCount: 3), try Condition.null(count: 2, classCount: 3)
    )
    var options = SamplingOptions()
    (options.steps, options.guidanceScale) = (2, 2)
    try Tensor.withoutGradients {
      let rows = try [condition, null].map { try model.row($0, length: 8) }
      let request = SamplingRequest(
        rows: try Tensor.cat(rows, dim: 0), seeds: [5, 6], options: options, count: 8,
        prefix: nil, onToken: nil, onStep: nil)
      var initial = Initializer(seed: 3)
      let flow = try FlowHead(model.configuration, &initial)
      let path = try TokenPath(flow, pictures: 2, numTokens: 8, options: options)
      let found = try model.sampleInOrder(request, path, keepsContexts: true)
      let states = try #require(found.contexts)
      let layers = try rows.map {
        try model.contexts(TokenBatch(tokens: found.tokens, ids: [], row: $0))
      }
      #expect(distance(states, try Tensor.cat(layers, dim: 0)) < 1e-4)
    }
  }
}
