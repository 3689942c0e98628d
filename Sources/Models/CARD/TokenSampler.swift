// SPDX-License-Identifier: Apache-2.0
//
// Sampling one token after another, for heads that do: the backbone reads one token at a time
// against cached keys and values and gives the context of the next one, from which a sampler of the
// head takes it. With guidance, a second stream without the class runs in the same products.

import CKernels
import Networks
import Tensors

/// Samples one token after another for some pictures.
protocol TokenSampler: AnyObject {
  /// The latest tokens, standardised: [pictures, T].
  var token: Tensor { get }
  /// The codes of the latest tokens, or nil.
  var ids: [Int]? { get }

  /// Samples the token at a position, given contexts [streams * pictures, width]; `guidance` has an
  /// effect if there is a second stream. `onStep` hears of each step of a solver, after which
  /// `token` is where it has led.
  func sample(
    _ seeds: [UInt64], position: Int, contexts: UnsafePointer<Float>, _ guidance: TokenGuidance,
    onStep: ((SolverStep) throws -> Void)?
  ) throws
  /// Writes what the backbone reads of the latest tokens: [pictures, width].
  func embed(_ backbone: CausalBackbone, into result: UnsafeMutablePointer<Float>) throws
}

extension TokenSampler {
  var ids: [Int]? { nil }

  func embed(_ backbone: CausalBackbone, into result: UnsafeMutablePointer<Float>) throws {
    try backbone.input.apply(token.pointer, rows: token.shape[0], into: result)
  }
}

/// Tokens that were sampled in order, as the head sees them.
struct TokensInOrder {
  /// Standardised: [pictures, k, T].
  let tokens: Tensor
  /// [pictures][k], or nil.
  let ids: [[Int]]?
  /// The contexts from which they were sampled: [streams * pictures, k, width], if they are kept.
  let contexts: Tensor?

  /// The codes of the first tokens of each picture, row by row.
  func ids(first count: Int) -> [Int]? { ids.map { $0.flatMap { $0.prefix(count) } } }
}

extension CARDGenerator {
  /// Samples tokens one after another, after those of the prefix; `onToken` receives all of them
  /// with the number of those that have been sampled, `onStep` so after each step of a solver.
  func sampleInOrder(
    _ request: SamplingRequest, _ sampler: some TokenSampler, keepsContexts: Bool = false,
    onToken: ((TokensInOrder, _ count: Int) throws -> Void)? = nil,
    onStep: ((TokensInOrder, _ count: Int, SolverStep) throws -> Void)? = nil
  ) throws -> TokensInOrder {
    let (pictures, count, width) = (request.pictures, request.count, configuration.width)
    let (rows, dim) = (request.rows.shape[0], configuration.tokenDim)
    let backbone = try causal()
    let cache = try KeyValueCache(backbone, rows: rows, capacity: count)
    let context = try Tensor(uninitialized: request.rows.shape)
    let embedded = try Tensor(uninitialized: request.rows.shape)
    embedded.pointer.update(from: request.rows.pointer, count: request.rows.count)
    let sampled = try Tensor(uninitialized: [pictures, count, dim])
    let contexts = keepsContexts ? try Tensor(uninitialized: [rows, count, width]) : nil
    var ids: [[Int]]?
    func note(_ latest: [Int]?) {
      guard let latest else { return }
      ids = ids ?? [[Int]](repeating: [], count: pictures)
      for (i, id) in latest.enumerated() { ids?[i].append(id) }
    }
    func share() {
      guard request.isGuided else { return }
      let half = pictures * width
      (embedded.pointer + half).update(from: embedded.pointer, count: half)
    }
    let kept = try request.prefix.map { try keptTokens($0) } ?? []
    for j in 0..<count {
      try cache.advance(embedded.pointer, position: j, into: context.pointer)
      contexts?.store(context, at: j)
      if j < kept.count {
        sampled.store(kept[j].token, at: j)
        note(kept[j].ids)
        embedded.pointer.update(from: kept[j].embedded.pointer, count: pictures * width)
        share()
        continue
      }
      try sampler.sample(
        request.seeds, position: j, contexts: context.pointer,
        // Of all tokens, not of those kept: a shorter sample is a prefix of the full one.
        request.options.guidance(token: j + 1, of: configuration.numTokens),
        onStep: onStep.map { onStep in
          { step in
            sampled.store(sampler.token, at: j)
            try onStep(TokensInOrder(tokens: sampled, ids: ids, contexts: nil), j + 1, step)
          }
        })
      sampled.store(sampler.token, at: j)
      note(sampler.ids)
      try sampler.embed(backbone, into: embedded.pointer)
      share()
      try onToken?(TokensInOrder(tokens: sampled, ids: ids, contexts: nil), j + 1)
    }
    return TokensInOrder(tokens: sampled, ids: ids, contexts: contexts)
  }
}

/// The tokens of a prefix at one position.
private struct KeptTokens {
  /// Standardised: [pictures, T].
  let token: Tensor
  let ids: [Int]?
  /// What the backbone reads of them: [pictures, width].
  let embedded: Tensor
}

extension CARDGenerator {
  /// The tokens of a prefix, position by position.
  private func keptTokens(_ prefix: Tokens) throws -> [KeptTokens] {
    let (pictures, length, dim) = (prefix.count, prefix.length, configuration.tokenDim)
    let standard = try standardized(prefix.latents)
    let backbone = try causal()
    return try (0..<length).map { j in
      let token = try standard.narrow(dim: 1, start: j, count: 1)
      let ids = prefix.ids.map { ids in (0..<pictures).map { ids[$0 * length + j] } }
      let embedded = try head.embed(token, ids: ids ?? [], backbone)
      return KeptTokens(
        token: try token.reshape([pictures, dim]), ids: ids,
        embedded: try embedded.reshape([pictures, backbone.width]))
    }
  }
}

extension Tensor {
  /// Copies rows [n, width] to their place in [n, places, width].
  fileprivate func store(_ rows: Tensor, at place: Int) {
    let (places, width) = (shape[1], shape[2])
    for i in 0..<shape[0] {
      (pointer + (i * places + place) * width)
        .update(from: rows.pointer + i * width, count: width)
    }
  }
}
