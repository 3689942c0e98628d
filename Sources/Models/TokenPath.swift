// SPDX-License-Identifier: Apache-2.0
//
// From noise to a token: the solver that follows the velocity field from t = 0 to t = 1, for
// several pictures at once, with or without guidance (method 6.4 and 6.5).

import CKernels
import Networks
import Tensors

/// The way of one token for each picture, and the buffers for it.
final class TokenPath {
  /// Where the tokens are: [pictures, tokenDim].
  let token: Tensor

  private let pictures: Int
  private let dim: Int
  private let options: SamplingOptions
  private let field: FlowField
  private let times: [Float]
  private let streams: Int
  private let point: Tensor
  private let velocities: Tensor
  private let slope: Tensor
  private let ahead: Tensor

  /// Paths for so many pictures; with guidance each runs in two streams.
  init(_ model: CARDGenerator, pictures: Int, options: SamplingOptions) throws {
    self.pictures = pictures
    self.options = options
    dim = model.configuration.tokenDim
    streams = options.guidanceScale != 1 ? 2 : 1
    times = (0...options.steps).map { Float($0) / Float(options.steps) }
    // Euler never asks for the velocity at the end.
    let asked = options.solver == .heun ? times : times.dropLast()
    field = try FlowField(model.head, rows: pictures * streams, times: asked)
    token = try Tensor(uninitialized: [pictures, dim])
    point = try Tensor(uninitialized: [streams * pictures, dim])
    velocities = try Tensor(uninitialized: [streams * pictures, dim])
    slope = try Tensor(uninitialized: [pictures, dim])
    ahead = try Tensor(uninitialized: [pictures, dim])
  }

  /// Puts the tokens at the noise of this position, one row a seed.
  func start(_ seeds: [UInt64], position: Int) {
    for (i, seed) in seeds.enumerated() {
      var draws = RandomStream(seed: seed, 0xCA2D, position)
      for d in 0..<dim { token.pointer[i * dim + d] = options.temperature * draws.normal() }
    }
  }

  /// Moves the tokens to t = 1 in contexts [streams * pictures, width].
  func follow(_ contexts: UnsafePointer<Float>, strength: Float) throws {
    try field.prepare(contexts)
    let count = pictures * dim
    for i in 0..<options.steps {
      let step = times[i + 1] - times[i]
      try velocity(at: i, from: nil, 0, strength, into: slope)
      if options.solver == .heun {
        try velocity(at: i + 1, from: slope, step, strength, into: ahead)
        smap_accumulate(slope.pointer, ahead.pointer, count)
        smap_axpy(step / 2, slope.pointer, token.pointer, count)
      } else {
        smap_axpy(step, slope.pointer, token.pointer, count)
      }
    }
  }

  /// Copies the tokens to their place in [pictures, tokens, tokenDim].
  func store(into drawn: Tensor, position: Int) {
    let length = drawn.shape[1]
    for i in 0..<pictures {
      (drawn.pointer + (i * length + position) * dim)
        .update(from: token.pointer + i * dim, count: dim)
    }
  }

  /// The guided velocity at token + step * shift.
  private func velocity(
    at time: Int, from shift: Tensor?, _ step: Float, _ strength: Float, into result: Tensor
  ) throws {
    let count = pictures * dim
    for stream in 0..<streams {
      let to = point.pointer + stream * count
      to.update(from: token.pointer, count: count)
      if let shift { smap_axpy(step, shift.pointer, to, count) }
    }
    try field.velocity(at: time, point.pointer, into: velocities.pointer)
    let (known, to) = (velocities.pointer, result.pointer)
    guard streams == 2 else {
      to.update(from: known, count: count)
      return
    }
    let unknown = known + count
    for i in 0..<count { to[i] = unknown[i] + strength * (known[i] - unknown[i]) }
  }
}
