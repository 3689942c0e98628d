// SPDX-License-Identifier: Apache-2.0
//
// The training loss on pixels: squared error, which decides PSNR, plus absolute error on the bands
// of a pyramid, which asks for edges where squared error is content with blur. A band is what is
// lost when 2 x 2 blocks are replaced by their mean, so it is a projection and its own transpose.

import CKernels
import Tensors

/// Weights of the parts of the loss on pixels.
public struct ReconstructionLoss: Sendable {
  /// Weight of the mean squared error.
  public var squared: Float
  /// Weight of the mean absolute error on two bands and the rest.
  public var pyramid: Float

  /// Squared error, with a little of the pyramid.
  public init(squared: Float = 1, pyramid: Float = 0) {
    self.squared = squared
    self.pyramid = pyramid
  }

  /// The loss of pixels [B, H, W, 3] against a fixed target of that shape, and the plain mean
  /// squared error. Gradients are worked out at once.
  func callAsFunction(_ pixels: Tensor, target: Tensor) throws -> (loss: Tensor, mse: Float) {
    let count = pixels.count
    let error = try Tensor(uninitialized: pixels.shape)
    smap_sub(pixels.pointer, target.pointer, error.pointer, count)
    let mse = Float(smap_square_sum(error.pointer, count) / Double(max(count, 1)))
    let slope = try Tensor(uninitialized: pixels.shape)
    smap_mul_scalar(error.pointer, 2 * squared / Float(count), slope.pointer, count)
    var value = squared * mse
    if pyramid > 0 { value += pyramid * addPyramid(error, slope) }
    let loss = try Tensor.scalar(value).recorded(from: [pixels]) { gradient in
      let dx = try Tensor(uninitialized: slope.shape)
      smap_mul_scalar(slope.pointer, gradient.pointer[0], dx.pointer, dx.count)
      return [dx]
    }
    return (loss, mse)
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
