// SPDX-License-Identifier: Apache-2.0
//
// One convolution of a feature network: 1 x 1, of small neighbourhoods over all channels, or
// depthwise. Padding is TensorFlow's SAME: the output has a pixel for each stride, and if the
// padding is odd, the extra pixel goes right and below.

import CKernels
import Files
import Tensors

/// A convolution with a bias, followed by ReLU6 or nothing.
struct FeatureConvolution {
  let outChannels: Int
  let inChannels: Int
  let step: Int
  let isDepthwise: Bool
  private let size: Int
  private let isLimited: Bool
  private let weight: Tensor
  private let bias: Tensor

  /// A layer of a plan with its weights; nil unless all shapes agree.
  init?(_ layer: JSON, _ tensors: [String: Tensor], _ channels: Int) {
    guard let name = layer["name"]?.text, let size = layer["k"]?.integer,
      let step = layer["stride"]?.integer, let groups = layer["groups"]?.integer,
      let inputs = layer["cin"]?.integer, let outputs = layer["cout"]?.integer,
      let weight = tensors["\(name).w"], let bias = tensors["\(name).b"]
    else { return nil }
    guard (1...15).contains(size), (1...8).contains(step), inputs == channels, outputs > 0,
      groups == 1 || (groups == inputs && inputs == outputs),
      weight.shape == [outputs, groups == 1 ? inputs : 1, size, size], bias.shape == [outputs]
    else { return nil }
    (self.size, self.step, self.weight, self.bias) = (size, step, weight, bias)
    (inChannels, outChannels, isDepthwise) = (inputs, outputs, groups > 1)
    isLimited = layer["relu6"] == .bool(true)
  }

  /// The size of the output maps of this layer.
  func outputSize(height: Int, width: Int) -> (Int, Int) {
    ((height + step - 1) / step, (width + step - 1) / step)
  }

  /// The buffer, in floats, for padded input or for neighbourhoods as columns.
  func scratchSize(height: Int, width: Int) -> Int {
    if isDepthwise { return (height + size + step) * (width + size + step) }
    if size == 1 && step == 1 { return 0 }
    let (h, w) = outputSize(height: height, width: width)
    return inChannels * size * size * h * w
  }

  /// The padding before and after a side, in pixels.
  private func padding(_ side: Int) -> (before: Int, after: Int) {
    let steps = (side + step - 1) / step
    let missing = max((steps - 1) * step + size - side, 0)
    return (missing / 2, missing - missing / 2)
  }

  /// The range of the output: that of ReLU6, or all numbers.
  private var limits: (Float, Float) { isLimited ? (0, 6) : (-.infinity, .infinity) }

  /// Maps [in, height, width] to [out, ...].
  func run(
    _ input: UnsafePointer<Float>, height: Int, width: Int,
    _ scratch: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    let (h, w) = outputSize(height: height, width: width)
    let (low, high) = limits
    if isDepthwise {
      for channel in 0..<inChannels {
        let length = pad(input + channel * height * width, height, width, scratch)
        smap_depthwise(
          scratch, length, weight.pointer + channel * size * size, size, step, 0,
          output + channel * h * w, h, w)
      }
    } else {
      var columns = input
      if size > 1 || step > 1 {
        unfold(input, height, width, scratch)
        columns = UnsafePointer(scratch)
      }
      let depth = inChannels * size * size
      BLAS.multiply(
        transposeA: false, transposeB: false, m: outChannels, n: h * w, k: depth,
        a: weight.pointer, lda: depth, b: columns, ldb: h * w, c: output, ldc: h * w)
    }
    smap_bias_clamp(output, bias.pointer, outChannels, h * w, low, high)
  }

  /// Copies a map into the middle of zeros and returns the row stride there.
  private func pad(
    _ map: UnsafePointer<Float>, _ height: Int, _ width: Int,
    _ padded: UnsafeMutablePointer<Float>
  ) -> Int {
    let (top, left) = (padding(height), padding(width))
    let length = left.before + width + left.after
    padded.update(repeating: 0, count: (top.before + height + top.after) * length)
    for y in 0..<height {
      (padded + (top.before + y) * length + left.before).update(from: map + y * width, count: width)
    }
    return length
  }

  /// The neighbourhoods of all output pixels: [in * size * size, pixels].
  private func unfold(
    _ maps: UnsafePointer<Float>, _ height: Int, _ width: Int,
    _ columns: UnsafeMutablePointer<Float>
  ) {
    let (h, w) = outputSize(height: height, width: width)
    let (top, left) = (padding(height).before, padding(width).before)
    var target = columns
    for channel in 0..<inChannels {
      for dy in 0..<size {
        for dx in 0..<size {
          for y in 0..<h {
            let row = y * step + dy - top
            for x in 0..<w {
              let column = x * step + dx - left
              let isInside = row >= 0 && row < height && column >= 0 && column < width
              target[x] = isInside ? maps[(channel * height + row) * width + column] : 0
            }
            target += w
          }
        }
      }
    }
  }
}

extension FeatureConvolution {
  /// Adds to `inner` [in, height, width] the gradient by the input, from `outer`, that by the
  /// output [out, ...], which is used up.
  ///
  /// `scratch` is that of `run`.
  func addInputGradient(
    _ outer: UnsafeMutablePointer<Float>, output: UnsafePointer<Float>, height: Int, width: Int,
    _ scratch: UnsafeMutablePointer<Float>, _ inner: UnsafeMutablePointer<Float>
  ) {
    let (h, w) = outputSize(height: height, width: width)
    let (top, left) = (padding(height).before, padding(width).before)
    let (low, high) = limits
    if isLimited { smap_clipped_gradient(outer, output, outChannels * h * w, low, high) }
    if isDepthwise {
      for channel in 0..<inChannels {
        smap_depthwise_gradient(
          outer + channel * h * w, h, w, weight.pointer + channel * size * size, size, step, top,
          left, inner + channel * height * width, height, width)
      }
      return
    }
    let depth = inChannels * size * size
    let isPointwise = size == 1 && step == 1
    let columns = isPointwise ? inner : scratch
    BLAS.multiply(
      transposeA: true, transposeB: false, m: depth, n: h * w, k: outChannels,
      a: weight.pointer, lda: depth, b: outer, ldb: h * w,
      beta: isPointwise ? 1 : 0, c: columns, ldc: h * w)
    guard !isPointwise else { return }
    // Each row of a neighbourhood goes back to where it was read: a filter of one tap.
    var one: Float = 1
    for channel in 0..<inChannels {
      for tap in 0..<size * size {
        smap_depthwise_gradient(
          scratch + (channel * size * size + tap) * h * w, h, w, &one, 1, step, top - tap / size,
          left - tap % size, inner + channel * height * width, height, width)
      }
    }
  }
}
