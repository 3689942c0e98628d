// SPDX-License-Identifier: Apache-2.0
//
// The distance of two pictures in the network, with its gradient by the first, for training. The
// pictures run at their own size, not at that of the features: a 32 x 32 picture costs a twelfth
// of one at 112 x 112. What is compared are the maps before each reduction of the resolution: those
// at a half, a quarter, an eighth and a sixteenth of it. Each counts by its squared error as a
// share of the mean square of the target's map (after LPIPS, Zhang et al., 2018, without learned
// weights).

import CKernels
import Networks
import Tensors

extension FeatureNetwork {
  /// The mean over pictures of the distance of pixels [B, H, W, 3], with values from 0 to 1, to a
  /// target of that shape; its gradient by the pixels, times `weight`, is added to `slope`.
  ///
  /// Runs on the calling thread.
  ///
  /// - Throws: `TensorError` when memory is short, or what a stop throws.
  public func distance(
    _ pixels: Tensor, to target: Tensor, weight: Float, addingTo slope: Tensor
  ) throws -> Float {
    let (batch, height, width) = (pixels.shape[0], pixels.shape[1], pixels.shape[2])
    let size = height * width * 3
    let (found, goal) = (
      try FeatureTrace(self, height, width), try FeatureTrace(self, height, width)
    )
    var sum = 0.0
    for picture in 0..<batch {
      try Stop.check()
      goal.run(target.pointer + picture * size)
      found.run(pixels.pointer + picture * size)
      sum += found.addDistance(to: goal)
      found.propagate()
      // Values from 0 to 1 enter as -1 to 1.
      found.addInputGradient(
        to: slope.pointer + picture * size, scale: 2 * weight / Float(max(batch, 1)))
    }
    return Float(sum / Double(max(batch, 1)))
  }

  /// The steps whose maps are compared: those before the blocks that halve the resolution.
  fileprivate var comparedSteps: [Int] {
    steps.indices.filter { index in
      guard index >= 4, case .convolution(let layer) = steps[index] else { return false }
      return layer.isDepthwise && layer.step == 2
    }.map { $0 - 2 }
  }
}

/// The maps of one picture after each step of a network, and the gradients by them.
private final class FeatureTrace {
  /// Values [channels, height, width] and the gradient of that shape.
  private struct Map {
    let (channels, height, width): (Int, Int, Int)
    let values: Storage
    let gradient: Storage

    init(_ channels: Int, _ height: Int, _ width: Int) throws {
      (self.channels, self.height, self.width) = (channels, height, width)
      values = try Storage(uninitialized: channels * height * width)
      gradient = try Storage(uninitialized: channels * height * width)
    }

    var count: Int { channels * height * width }
  }

  private let steps: ArraySlice<FeatureNetwork.Step>
  private let compared: [Int]
  /// The input, then the map after each step.
  private let maps: [Map]
  private let scratch: Storage

  /// Room for a picture of a size, and its steps up to the last one that is compared.
  init(_ network: FeatureNetwork, _ height: Int, _ width: Int) throws {
    compared = network.comparedSteps
    steps = network.steps.prefix((compared.last ?? -1) + 1)
    var maps = [try Map(3, height, width)]
    var room = 1
    for step in steps {
      let last = maps[maps.count - 1]
      guard case .convolution(let layer) = step else {
        maps.append(try Map(last.channels, last.height, last.width))
        continue
      }
      room = max(room, layer.scratchSize(height: last.height, width: last.width))
      let (h, w) = layer.outputSize(height: last.height, width: last.width)
      maps.append(try Map(layer.outChannels, h, w))
    }
    self.maps = maps
    scratch = try Storage(uninitialized: room)
  }

  /// Computes all maps of pixels [height, width, 3].
  func run(_ pixels: UnsafePointer<Float>) {
    let (input, plane) = (maps[0].values.pointer, maps[0].height * maps[0].width)
    for pixel in 0..<plane {
      for channel in 0..<3 { input[channel * plane + pixel] = 2 * pixels[3 * pixel + channel] - 1 }
    }
    var saved = 0
    for (index, step) in steps.enumerated() {
      let (from, to) = (maps[index], maps[index + 1])
      switch step {
      case .convolution(let layer):
        layer.run(
          from.values.pointer, height: from.height, width: from.width, scratch.pointer,
          to.values.pointer)
      case .add:
        smap_add(from.values.pointer, maps[saved].values.pointer, to.values.pointer, to.count)
      case .save, .pool:
        to.values.pointer.update(from: from.values.pointer, count: to.count)
        saved = index + 1
      }
    }
  }

  /// The distance to another picture; the gradients by the compared maps become its own, all others
  /// zero.
  func addDistance(to goal: FeatureTrace) -> Double {
    for map in maps { map.gradient.pointer.update(repeating: 0, count: map.count) }
    var sum = 0.0
    for index in compared {
      let (own, wanted) = (maps[index + 1], goal.maps[index + 1].values.pointer)
      let square = smap_square_sum(wanted, own.count) + 1e-6 * Double(own.count)
      let scale = 1 / (square * Double(compared.count))
      let gradient = own.gradient.pointer
      smap_subtract(own.values.pointer, wanted, gradient, own.count)
      sum += scale * smap_square_sum(gradient, own.count)
      smap_multiply_scalar(gradient, Float(2 * scale), gradient, own.count)
    }
    return sum
  }

  /// Carries the gradients back to the input.
  func propagate() {
    var saved: Int?
    for (index, step) in steps.enumerated().reversed() {
      let (to, from) = (maps[index], maps[index + 1])
      switch step {
      case .convolution(let layer):
        layer.addInputGradient(
          from.gradient.pointer, output: from.values.pointer, height: to.height, width: to.width,
          scratch.pointer, to.gradient.pointer)
      case .add:
        smap_accumulate(to.gradient.pointer, from.gradient.pointer, to.count)
        saved = index + 1
      case .save, .pool:
        smap_accumulate(to.gradient.pointer, from.gradient.pointer, to.count)
        // What a later step added is this map once more.
        if let saved {
          smap_accumulate(to.gradient.pointer, maps[saved].gradient.pointer, to.count)
        }
        saved = nil
      }
    }
  }

  /// Adds the gradient by the input, times `scale`, to that by pixels [height, width, 3].
  func addInputGradient(to slope: UnsafeMutablePointer<Float>, scale: Float) {
    let (gradient, plane) = (maps[0].gradient.pointer, maps[0].height * maps[0].width)
    for pixel in 0..<plane {
      for channel in 0..<3 {
        slope[3 * pixel + channel] += scale * gradient[channel * plane + pixel]
      }
    }
  }
}
