// SPDX-License-Identifier: Apache-2.0
//
// Sampling of codes: temperature, the most likely ones alone (top-k, top-p), guidance on logits. A
// code is the inverse of the cumulative distribution at a number that depends on the picture's seed
// and the position alone.

import Glibc
import Networks
import Tensors

/// How a value is chosen from logits.
struct CodeChoice {
  /// Logits are divided by it; 0 takes the most likely value.
  let temperature: Float
  /// Only so many of the most likely values, all if nil.
  let topK: Int?
  /// Only the most likely values whose probabilities add up to this share, one at least.
  let topP: Double

  init(_ options: SamplingOptions) {
    (temperature, topK, topP) = (options.temperature, options.topK, options.topP)
  }

  /// The value that a uniform number from 0..<1 selects.
  ///
  /// If no logit is finite, that is value 0.
  func value(_ logits: UnsafeBufferPointer<Float>, _ draw: Double) -> Int {
    guard let best = logits.indices.max(by: { logits[$0] < logits[$1] }) else { return 0 }
    guard temperature > 0, logits[best].isFinite else { return best }
    let weights = logits.map { exp(Double($0 - logits[best]) / Double(temperature)) }
    let kept = kept(weights)
    let total = kept.reduce(0) { $0 + weights[$1] }
    var sum = 0.0
    for value in kept {
      sum += weights[value]
      if sum > draw * total { return value }
    }
    return kept.last ?? best
  }

  /// The values that may be sampled, in their order.
  private func kept(_ weights: [Double]) -> [Int] {
    guard (topK ?? weights.count) < weights.count || topP < 1 else { return Array(weights.indices) }
    // Equal weights stay in their order, so that the result is determined.
    let sorted = weights.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
    var chosen = sorted.prefix(topK ?? sorted.count)
    if topP < 1 {
      let total = chosen.reduce(0) { $0 + weights[$1] }
      var (sum, count) = (0.0, 0)
      for value in chosen {
        guard count == 0 || sum < topP * total else { break }
        sum += weights[value]
        count += 1
      }
      chosen = chosen.prefix(count)
    }
    return chosen.sorted()
  }
}

/// Samples codes one after another for some pictures.
final class CodeSampler: TokenSampler {
  let token: Tensor
  private(set) var ids: [Int]?

  private let head: CategoricalHead
  private let model: CARDGenerator
  private let rows: Int
  private let choice: CodeChoice

  init(_ head: CategoricalHead, _ model: CARDGenerator, _ request: SamplingRequest) throws {
    (self.head, self.model, rows) = (head, model, request.rows.shape[0])
    choice = CodeChoice(request.options)
    token = try Tensor.zeros([request.pictures, model.configuration.tokenDim])
  }

  func sample(
    _ seeds: [UInt64], position: Int, contexts: UnsafePointer<Float>, _ guidance: TokenGuidance,
    onStep: ((SolverStep) throws -> Void)?
  ) throws {
    let (width, pictures) = (model.configuration.width, seeds.count)
    let context = try Tensor(uninitialized: [rows, width])
    context.pointer.update(from: contexts, count: context.count)
    let prepared = try head.prepare(context)
    var streams = seeds.map { RandomStream(seed: $0, 0xCA2D, position) }
    var codes = [Int](repeating: 0, count: pictures)
    for digit in 0..<head.digits.count {
      let size = head.digits.sizes[digit]
      let told = rows > pictures ? codes + codes : codes
      let logits = try head.logits(digit, prepared, ids: told)
      if rows > pictures { guide(logits, pictures * size, guidance.strength) }
      for picture in 0..<pictures {
        let value = choice.value(
          UnsafeBufferPointer(start: logits.pointer + picture * size, count: size),
          streams[picture].uniform())
        codes[picture] += value * head.digits.places[digit]
      }
    }
    ids = codes
    try settle(codes, position)
  }

  /// Replaces the logits with the class by guided ones; those without it follow.
  private func guide(_ logits: Tensor, _ count: Int, _ strength: Float) {
    let known = logits.pointer
    let unknown = known + count
    for i in 0..<count { known[i] = unknown[i] + strength * (known[i] - unknown[i]) }
  }

  /// Sets the latest tokens to the vectors of codes, standardised.
  private func settle(_ codes: [Int], _ position: Int) throws {
    let vectors = try head.vectors(of: codes)
    let dim = token.shape[1]
    for i in 0..<token.count {
      let place = position * dim + i % dim
      token.pointer[i] =
        (vectors.pointer[i] - model.mean.pointer[place]) / model.deviation.pointer[place]
    }
  }

  func embed(_ backbone: CausalBackbone, into result: UnsafeMutablePointer<Float>) throws {
    let embedded = try head.embed(token, ids: ids ?? [], backbone)
    result.update(from: embedded.pointer, count: embedded.count)
  }
}
