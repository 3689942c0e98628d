// SPDX-License-Identifier: Apache-2.0
//
// The likelihood of tokens under CARD. For the flow head it follows from the change of variables
// along the flow (FFJORD, Grathwohl et al., 2019): with dx/dt = v(x, t),
//
//   log p(z) = log N(x_0; 0, 1) - integral over t from 0 to 1 of the divergence of v at x_t,
//
// where x_t is the path that ends in z. Tokens have few channels, so the divergence is computed
// exactly: T copies of every token give its T diagonal entries in one backward pass.

import Glibc
import Networks
import Tensors

extension CARDGenerator {
  /// The logarithm of the density of each token given those before it and the condition, in nats:
  /// [B, k]. Densities are in the units of the tokenizer's tokens.
  ///
  /// Heads with a flow integrate it in so many Heun steps. Throws a ValueError for a head without
  /// likelihood, a ShapeError for tokens that do not fit.
  public func logLikelihood(
    _ tokens: Tokens, condition: Condition, steps: Int = 20
  ) throws -> Tensor {
    guard tokens.latents.shape[2] == configuration.tokenDim,
      tokens.length <= configuration.numTokens, condition.count == tokens.count,
      condition.classCount == configuration.numClasses
    else {
      throw TensorError.shape(
        "these tokens are of another tokenizer",
        hint: "this generator samples \(counted(configuration.numTokens, "token")) of "
          + "\(configuration.tokenDim) numbers in "
          + counted(configuration.numClasses, "class"))
    }
    guard tokens.ids == nil || !configuration.codeDigits.isEmpty else {
      throw TensorError.value(
        "these tokens are codes, and this generator was trained on tokens without codes",
        hint: "encode the pictures with the tokenizer of the generator")
    }
    let parts = try inParallel(count: tokens.count) { range in
      try Stop.check()
      let own = try tokens.pictures(range)
      let row = try row(condition.slice(range), length: tokens.length)
      let batch = TokenBatch(
        tokens: try standardized(own.latents.detached), ids: own.ids ?? [], row: row)
      return try head.logLikelihood(batch, of: self, steps: steps)
    }
    return try Tensor.cat(parts, dim: 0)
  }
}

extension FlowHead {
  func logLikelihood(_ batch: TokenBatch, of model: CARDGenerator, steps: Int) throws -> Tensor {
    let (rows, dim) = (batch.count * batch.length, batch.tokens.shape[2])
    let contexts = try model.contexts(batch).reshape([rows, model.configuration.width])
    let (noise, change) = try unrolled(
      batch.tokens.reshape([rows, dim]), prepared: prepare(contexts).detached, steps: steps)
    let result = try Tensor(uninitialized: [batch.count, batch.length])
    for row in 0..<rows {
      var sum = -Double(change[row]) - 0.5 * Double(dim) * log(2 * Double.pi)
      for d in 0..<dim {
        let x = Double(noise.pointer[row * dim + d])
        // Standardised tokens are the tokens divided by these deviations.
        sum -= x * x / 2 + log(Double(model.deviation.pointer[row % batch.length * dim + d]))
      }
      result.pointer[row] = Float(sum)
    }
    return result
  }

  /// The noise [rows, T] from which the flow leads to tokens, and for each of them the integral of
  /// the divergence on the way, by Heun's method backwards.
  private func unrolled(
    _ tokens: Tensor, prepared: Tensor, steps: Int
  ) throws -> (noise: Tensor, change: [Double]) {
    var x = tokens
    var change = [Double](repeating: 0, count: tokens.shape[0])
    let length = 1 / Float(steps)
    for step in (0..<steps).reversed() {
      try Stop.check()
      let (slope, spread) = try velocityAndDivergence(
        x, time: Float(step + 1) * length, prepared)
      let before = try x.sub(slope.mul(length))
      let (other, otherSpread) = try velocityAndDivergence(
        before, time: Float(step) * length, prepared)
      x = try x.sub(slope.add(other).mul(length / 2))
      for row in change.indices {
        change[row] += Double(length / 2) * (Double(spread[row]) + Double(otherSpread[row]))
      }
    }
    return (x, change)
  }

  /// The velocity at x [rows, T], and for each row the trace of its derivative.
  private func velocityAndDivergence(
    _ x: Tensor, time: Float, _ prepared: Tensor
  ) throws -> (velocity: Tensor, divergence: [Float]) {
    let (rows, dim) = (x.shape[0], x.shape[1])
    let condition = try prepared.add(embed(times: [time])).detached
    // Copy d of all rows gives entry d of the diagonal.
    let mask = try Tensor.zeros([dim * rows, dim])
    for i in 0..<dim * rows { mask.pointer[i * dim + i / rows] = 1 }
    return try Tensor.recording {
      let copies = try Tensor.parameter(
        Tensor.cat([Tensor](repeating: x.detached, count: dim), dim: 0))
      let conditions = try Tensor.cat([Tensor](repeating: condition, count: dim), dim: 0)
      let velocity = try velocity(copies, condition: conditions)
      let gradient = try velocity.mul(mask).sum().gradients(for: [copies])[0]
      var divergence = [Float](repeating: 0, count: rows)
      if let gradient {
        for i in 0..<dim * rows { divergence[i % rows] += gradient.pointer[i * dim + i / rows] }
      }
      return (try velocity.detached.narrow(dim: 0, start: 0, count: rows), divergence)
    }
  }
}
