// SPDX-License-Identifier: Apache-2.0
//
// The differentiable operations of bottlenecks: unit vectors, the straight-through gradient, the
// distance to codes, the entropy term, and noise on continuous tokens.

import CKernels
import Glibc
import Tensors

extension Tensor {
  /// Every row of the last dimension divided by its length.
  func unitRows() throws -> Tensor {
    let width = shape[rank - 1]
    let rows = count / max(width, 1)
    let result = try Tensor(uninitialized: shape)
    let lengths = try Tensor(uninitialized: [rows])
    for r in 0..<rows {
      var sum: Float = 0
      for d in 0..<width { sum += pointer[r * width + d] * pointer[r * width + d] }
      let length = max(sum.squareRoot(), 1e-12)
      lengths.pointer[r] = length
      for d in 0..<width { result.pointer[r * width + d] = pointer[r * width + d] / length }
    }
    let y = Tensor(storage: result.storage, shape: shape)
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor(uninitialized: y.shape)
      for r in 0..<rows {
        var overlap: Float = 0
        for d in 0..<width { overlap += gradient.pointer[r * width + d] * y.pointer[r * width + d] }
        for d in 0..<width {
          let i = r * width + d
          dx.pointer[i] = (gradient.pointer[i] - overlap * y.pointer[i]) / lengths.pointer[r]
        }
      }
      return [dx]
    }
  }

  /// Some of the rows of the last dimension, counted over all others: [n, T]; all as they are if
  /// `places` is nil.
  func tokens(at places: [Int]?) throws -> Tensor {
    guard let places else { return self }
    let width = shape[rank - 1]
    return try reshape([count / max(width, 1), width]).rows(at: places)
  }

  /// The values of `self` with the gradient going to `source` instead (straight-through).
  func straightThrough(to source: Tensor) -> Tensor {
    Tensor(storage: storage, shape: source.shape).recorded(from: [source]) { [$0] }
  }

  /// The mean over rows of the squared distance to fixed rows.
  func meanRowDistance(to target: Tensor) throws -> Tensor {
    let rows = max(count / max(shape[rank - 1], 1), 1)
    let difference = try Tensor(uninitialized: shape)
    smap_subtract(pointer, target.pointer, difference.pointer, count)
    let sum = smap_square_sum(difference.pointer, count)
    let result = try Tensor.scalar(Float(sum / Double(rows)))
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor(uninitialized: difference.shape)
      smap_multiply_scalar(
        difference.pointer, 2 * gradient.pointer[0] / Float(rows), dx.pointer, dx.count)
      return [dx]
    }
  }

  /// For logits [n, V] with r = softmax of each row: the mean entropy of the r minus the entropy of
  /// their mean, in nats, a scalar.
  ///
  /// It is 0 if all rows are alike and -ln V, its least, if each row chooses one code and all codes
  /// are chosen equally often.
  func entropyGap() throws -> Tensor {
    let (n, width) = (shape[0], shape[1])
    let logs = try detached.logSoftmax()
    let shares = try logs.exp()
    var means = [Double](repeating: 0, count: width)
    var rowEntropies = [Double](repeating: 0, count: n)
    for i in 0..<n {
      for v in 0..<width {
        let share = shares.pointer[i * width + v]
        means[v] += Double(share)
        if share > 0 { rowEntropies[i] -= Double(share) * Double(logs.pointer[i * width + v]) }
      }
    }
    let logMeans = means.map { $0 > 0 ? Glibc.log($0 / Double(n)) : 0 }
    let meanEntropy = rowEntropies.reduce(0, +) / Double(n)
    var entropyOfMean = 0.0
    for v in 0..<width { entropyOfMean -= means[v] / Double(n) * logMeans[v] }
    let result = try Tensor.scalar(Float(meanEntropy - entropyOfMean))
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor(uninitialized: shares.shape)
      let scale = Double(gradient.pointer[0]) / Double(n)
      for i in 0..<n {
        let share = shares.pointer + i * width
        let log = logs.pointer + i * width
        // The sums of r ln r and of r ln(mean r) make the gradient orthogonal to a shift.
        var cross = 0.0
        for v in 0..<width { cross += Double(share[v]) * logMeans[v] }
        for v in 0..<width {
          let slope = logMeans[v] - cross - (share[v] > 0 ? Double(log[v]) : 0) - rowEntropies[i]
          dx.pointer[i * width + v] = Float(scale * Double(share[v]) * slope)
        }
      }
      return [dx]
    }
  }

  /// Tokens [B, K, T] with noise for half of the pictures: up to `most` deviations of each channel
  /// of each token over the batch. A single picture has no deviation and stays as it is.
  func withLatentNoise(_ most: Float, _ draws: inout RandomStream) throws -> Tensor {
    let (pictures, size) = (shape[0], count / max(shape[0], 1))
    guard most > 0, pictures > 1 else { return self }
    let noise = try Tensor(uninitialized: shape)
    for picture in 0..<pictures {
      let amount = draws.uniform() < 0.5 ? draws.uniform(0, most) : 0
      for i in picture * size..<(picture + 1) * size { noise.pointer[i] = amount * draws.normal() }
    }
    for i in 0..<size {
      var (sum, squares) = (0.0, 0.0)
      for picture in 0..<pictures {
        let value = Double(pointer[picture * size + i])
        sum += value
        squares += value * value
      }
      let mean = sum / Double(pictures)
      let deviation = Float(max(squares / Double(pictures) - mean * mean, 0).squareRoot())
      for picture in 0..<pictures { noise.pointer[picture * size + i] *= deviation }
    }
    return try add(noise)
  }
}
