// SPDX-License-Identifier: Apache-2.0
//
// The training loss on pixels: the logarithm of each picture's squared error, which is PSNR up to a
// factor, so that easy pictures go on improving while hard ones are far from done; plus, if asked
// for, absolute error on the bands of a pyramid, which wants edges where squares bear blur. A band
// is what is lost when 2 x 2 blocks are replaced by their mean, so it is a projection and its own
// transpose.

import CKernels
import Glibc
import Tensors

/// Weights of the parts of the loss on pixels.
public struct ReconstructionLoss: Sendable {
  /// Weight of the mean logarithm of the squared error of each picture, above `floor`.
  public var logarithmic: Float
  /// Squared error below which a picture counts as done.
  public var floor: Float = 1e-3
  /// Weight of the mean absolute error on two bands and the rest.
  public var pyramid: Float

  /// The logarithm of squared error alone, unless weights say otherwise.
  public init(logarithmic: Float = 0.02, pyramid: Float = 0) {
    self.logarithmic = logarithmic
    self.pyramid = pyramid
  }

  /// The names of the terms that a loss reports, in order: `mse`, which is a figure and not part of
  /// the loss, then what has a weight.
  var termNames: [String] {
    ["mse"] + (logarithmic > 0 ? ["log_mse"] : []) + (pyramid > 0 ? ["pyramid"] : [])
  }

  /// The loss of pixels [B, H, W, 3] against a fixed target of that shape, and its terms before
  /// they are weighted, as `termNames` names them. Gradients are computed at once.
  func callAsFunction(_ pixels: Tensor, target: Tensor) throws -> (loss: Tensor, terms: [Float]) {
    let count = pixels.count
    let error = try Tensor(uninitialized: pixels.shape)
    smap_subtract(pixels.pointer, target.pointer, error.pointer, count)
    let slope = try Tensor(uninitialized: pixels.shape)
    let (batch, size) = (pixels.shape[0], count / max(pixels.shape[0], 1))
    var (value, mse, logarithms): (Float, Float, Float) = (0, 0, 0)
    for picture in 0..<batch {
      let start = picture * size
      let own = Float(smap_square_sum(error.pointer + start, size) / Double(max(size, 1)))
      mse += own / Float(batch)
      logarithms += logf(own + floor) / Float(batch)
      value += logarithmic * logf(own + floor) / Float(batch)
      let weight = 2 * logarithmic / ((own + floor) * Float(batch) * Float(size))
      smap_multiply_scalar(error.pointer + start, weight, slope.pointer + start, size)
    }
    var terms = logarithmic > 0 ? [mse, logarithms] : [mse]
    if pyramid > 0 {
      let bands = addPyramid(error, slope)
      value += pyramid * bands
      terms.append(bands)
    }
    let loss = try Tensor.scalar(value).recorded(from: [pixels]) { gradient in
      let dx = try Tensor(uninitialized: slope.shape)
      smap_multiply_scalar(slope.pointer, gradient.pointer[0], dx.pointer, dx.count)
      return [dx]
    }
    return (loss, terms)
  }

  /// Adds the gradient of the pyramid term to `slope` and returns its value.
  private func addPyramid(_ error: Tensor, _ slope: Tensor) -> Float {
    var level = error.toArray()
    let (batch, height, width, channels) =
      (error.shape[0], error.shape[1], error.shape[2], error.shape[3])
    var (h, w) = (height, width)
    var total: Float = 0
    var step = 1
    for bandIndex in 0..<3 {
      var gradient: [Float]
      var coarse: [Float] = []
      let isLast = bandIndex == 2 || h % 2 != 0 || w % 2 != 0
      if isLast {
        gradient = level
      } else {
        coarse = blockMeans(level, batch, h, w, channels)
        gradient = band(level, coarse, batch, h, w, channels)
      }
      let share = 1 / Float(max(level.count, 1))
      for i in gradient.indices {
        total += abs(gradient[i]) * share
        gradient[i] = (gradient[i] > 0 ? 1 : gradient[i] < 0 ? -1 : 0) * share
      }
      if !isLast {
        let means = blockMeans(gradient, batch, h, w, channels)
        gradient = band(gradient, means, batch, h, w, channels)
      }
      spread(gradient, onto: slope, batch, height, width, channels, step)
      if isLast { break }
      level = coarse
      (h, w, step) = (h / 2, w / 2, step * 2)
    }
    return total
  }

  private func blockMeans(
    _ x: [Float], _ batch: Int, _ h: Int, _ w: Int, _ channels: Int
  ) -> [Float] {
    var result = [Float](repeating: 0, count: x.count / 4)
    for b in 0..<batch {
      for y in 0..<h {
        for column in 0..<w {
          let from = ((b * h + y) * w + column) * channels
          let to = ((b * (h / 2) + y / 2) * (w / 2) + column / 2) * channels
          for c in 0..<channels { result[to + c] += 0.25 * x[from + c] }
        }
      }
    }
    return result
  }

  private func band(
    _ x: [Float], _ means: [Float], _ batch: Int, _ h: Int, _ w: Int, _ channels: Int
  ) -> [Float] {
    var result = x
    for b in 0..<batch {
      for y in 0..<h {
        for column in 0..<w {
          let from = ((b * (h / 2) + y / 2) * (w / 2) + column / 2) * channels
          let to = ((b * h + y) * w + column) * channels
          for c in 0..<channels { result[to + c] -= means[from + c] }
        }
      }
    }
    return result
  }

  /// Adds a gradient at a coarse level to the pixels that were averaged into it.
  private func spread(
    _ gradient: [Float], onto slope: Tensor, _ batch: Int, _ height: Int, _ width: Int,
    _ channels: Int, _ step: Int
  ) {
    let (h, w) = (height / step, width / step)
    let share = pyramid / Float(step * step)
    for b in 0..<batch {
      for y in 0..<height {
        for x in 0..<width {
          let from = ((b * h + y / step) * w + x / step) * channels
          let to = ((b * height + y) * width + x) * channels
          for c in 0..<channels { slope.pointer[to + c] += share * gradient[from + c] }
        }
      }
    }
  }
}
