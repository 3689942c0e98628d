// SPDX-License-Identifier: Apache-2.0
//
// What every head that integrates a flow has in common: points between noise and data with the
// velocity that leads from one to the other, and the error of a velocity (method 6.3).

import Glibc
import Networks
import Tensors

/// The options of sampling that heads with a flow read, and what their checkpoints say.
enum FlowSampling {
  static let options = ["steps", "solver", "time_shift"]
  static let conventions = [(key: "flow_convention", value: "x_t = (1-t) noise + t data")]
}

/// Points x_t = (1 - t) noise + t data at random times, with the velocity data - noise.
struct FlowSample {
  /// [rows, T].
  let point: Tensor
  /// [rows, T].
  let target: Tensor
  /// The times, one for `timesEach` successive rows each: t = sigmoid(n), n ~ N(0, 1).
  let times: [Float]

  /// Samples `repeats` points for each token of [.., T]; `timesEach` successive tokens share a
  /// time.
  init(_ tokens: Tensor, repeats: Int, timesEach: Int, _ draws: inout RandomStream) throws {
    let dim = tokens.shape[tokens.rank - 1]
    let count = tokens.count / dim
    let point = try Tensor(uninitialized: [repeats * count, dim])
    let target = try Tensor(uninitialized: [repeats * count, dim])
    var times: [Float] = []
    var t: Float = 0
    for row in 0..<repeats * count {
      if row % timesEach == 0 {
        t = 1 / (1 + expf(-draws.normal()))
        times.append(t)
      }
      let token = tokens.pointer + row % count * dim
      for d in 0..<dim {
        let noise = draws.normal()
        point.pointer[row * dim + d] = (1 - t) * noise + t * token[d]
        target.pointer[row * dim + d] = token[d] - noise
      }
    }
    (self.point, self.target, self.times) = (point, target, times)
  }
}

/// The mean squared error of a velocity over rows and channels.
struct FlowLoss {
  /// A scalar, on the tape.
  let value: Tensor
  private let velocity: Tensor
  private let target: Tensor

  /// The error of velocities [rows, T] at the points of a sample.
  init(_ velocity: Tensor, _ sample: FlowSample) throws {
    value = try velocity.meanRowDistance(to: sample.target)
      .mul(1 / Float(sample.target.shape[1]))
    (self.velocity, target) = (velocity.detached, sample.target)
  }

  /// The mean of each position, where row r is at position r modulo `count`.
  func positions(_ count: Int) -> [Float] {
    let (rows, dim) = (target.shape[0], target.shape[1])
    var sums = [Double](repeating: 0, count: count)
    for row in 0..<rows {
      for i in row * dim..<(row + 1) * dim {
        let error = Double(velocity.pointer[i] - target.pointer[i])
        sums[row % count] += error * error
      }
    }
    let each = Double(max(rows / max(count, 1), 1) * dim)
    return sums.map { Float($0 / each) }
  }
}

extension Tensor {
  /// Tokens [B, k, T] mixed with noise, up to the share `most`, so that what reads them tolerates
  /// the errors of its own samples.
  func disturbed(_ most: Float, _ draws: inout RandomStream) throws -> Tensor {
    guard most > 0 else { return self }
    let result = try Tensor(uninitialized: shape)
    let size = count / max(shape[0], 1)
    for i in 0..<shape[0] {
      let share = draws.uniform(0, most)
      for j in i * size..<(i + 1) * size {
        result.pointer[j] = (1 - share) * pointer[j] + share * draws.normal()
      }
    }
    return result
  }
}
