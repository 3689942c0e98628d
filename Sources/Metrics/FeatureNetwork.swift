// SPDX-License-Identifier: Apache-2.0
//
// A fixed convolutional network that turns pictures into features: layers from a plan (a list in
// JSON), weights from a checkpoint. Only inference is needed, so a picture runs through plain
// buffers of planes: 1 x 1 convolutions are matrix products [out, in] x [in, pixels], depthwise
// ones a loop over the 9 or 25 neighbours. Each thread runs whole pictures, so features have the
// same bits on any number of threads.

import CKernels
import Files
import Images
import Networks
import Tensors

/// A network whose features describe pictures.
public final class FeatureNetwork: @unchecked Sendable {
  /// The side of the pictures that the network was made for.
  public static let side = 112
  /// The number of features of a picture.
  public let width: Int
  let steps: [Step]

  /// What is done to the maps of a picture.
  enum Step {
    case convolution(FeatureConvolution)
    case save
    case add
    case pool
  }

  /// Reads a network from its weights and its plan.
  ///
  /// - Throws: `FileError` or `CheckpointError` if a file is missing or damaged.
  public init(weights: String, plan: String) throws {
    let checkpoint = try Checkpoint.read(path: weights)
    var tensors: [String: Tensor] = [:]
    for entry in checkpoint.tensors { tensors[entry.name] = entry.tensor }
    let layers: JSON
    do {
      layers = try JSON.parse(FileReader.read(path: plan))
    } catch let error as JSON.ParseError {
      throw CheckpointError(path: plan, message: "\(error.message) at byte \(error.offset)")
    }
    var (steps, channels) = ([Step](), 3)
    for layer in layers.elements ?? [] {
      switch layer["op"]?.text {
      case "conv":
        guard let convolution = FeatureConvolution(layer, tensors, channels) else {
          throw CheckpointError(
            path: plan, message: "layer \(steps.count) does not fit the weights")
        }
        channels = convolution.outChannels
        steps.append(.convolution(convolution))
      case "save": steps.append(.save)
      case "add": steps.append(.add)
      case "gap": steps.append(.pool)
      default:
        throw CheckpointError(path: plan, message: "layer \(steps.count) is of no known kind")
      }
    }
    guard case .pool? = steps.last else {
      throw CheckpointError(path: plan, message: "the network does not end in a mean")
    }
    self.steps = steps
    width = channels
  }

  /// The features of pictures with values from 0 to 1: [B, C, H, W] gives [B, width].
  ///
  /// Grey pictures are repeated to three equal channels; transparency is ignored.
  ///
  /// - Throws: `ImageError` or `TensorError` when the shape is not that of pictures.
  public func features(of images: Tensor) throws -> Tensor {
    guard images.rank == 4, [1, 3, 4].contains(images.shape[1]) else {
      throw ImageError.shape("pictures have the shape [B, 3, H, W], not \(images.shape)")
    }
    let (side, count) = (FeatureNetwork.side, images.shape[0])
    guard count > 0 else { return try Tensor.zeros([0, width]) }
    let scaled = try resize(images, height: side, width: side, filter: .bilinear)
    let colours = images.shape[1] == 1 ? try scaled.expand([count, 3, side, side]) : scaled
    return try activations(try colours.narrow(dim: 1, start: 0, count: 3) * 2 - 1)
  }

  /// The features of preprocessed input: [B, 3, H, W] with values from -1 to 1 gives [B, width].
  package func activations(_ input: Tensor) throws -> Tensor {
    let (count, height, breadth) = (input.shape[0], input.shape[2], input.shape[3])
    let result = try Tensor(uninitialized: [count, width])
    let size = 3 * height * breadth
    let largest = largestPlanes(height: height, width: breadth)
    // Each chunk allocates its buffers before the work starts, because allocation can fail.
    let chunks = min(count, 64)
    let buffers = try (0..<chunks).map { _ in try FeatureBuffers(planes: largest) }
    ThreadPool.forEach(chunks: chunks) { chunk in
      // A chunk of many pictures takes long, so it polls for a stop.
      for index in stride(from: chunk, to: count, by: chunks) where !Stop.isRequested {
        run(
          input.pointer + index * size, height: height, width: breadth, buffers[chunk],
          result.pointer + index * width)
      }
    }
    try Stop.check()
    return result
  }

  /// The sizes of the largest maps and of the largest padded or unfolded input, in floats.
  private func largestPlanes(height: Int, width: Int) -> (maps: Int, scratch: Int) {
    var (h, w) = (height, width)
    var (maps, scratch) = (3 * h * w, 0)
    for case .convolution(let layer) in steps {
      scratch = max(scratch, layer.scratchSize(height: h, width: w))
      (h, w) = layer.outputSize(height: h, width: w)
      maps = max(maps, layer.outChannels * h * w)
    }
    return (maps, scratch)
  }

  private func run(
    _ input: UnsafePointer<Float>, height: Int, width: Int, _ buffers: FeatureBuffers,
    _ output: UnsafeMutablePointer<Float>
  ) {
    var (h, w, channels) = (height, width, 3)
    var (current, other) = (buffers.first.pointer, buffers.second.pointer)
    current.update(from: input, count: 3 * h * w)
    for step in steps {
      switch step {
      case .convolution(let layer):
        layer.run(current, height: h, width: w, buffers.scratch.pointer, other)
        (h, w) = layer.outputSize(height: h, width: w)
        channels = layer.outChannels
        swap(&current, &other)
      case .save: buffers.saved.pointer.update(from: current, count: channels * h * w)
      case .add: smap_add(current, buffers.saved.pointer, current, channels * h * w)
      case .pool:
        for channel in 0..<channels {
          output[channel] = Float(smap_sum(current + channel * h * w, h * w) / Double(h * w))
        }
      }
    }
  }
}

/// The buffers for one picture.
private struct FeatureBuffers {
  let first: Storage
  let second: Storage
  let saved: Storage
  let scratch: Storage

  init(planes: (maps: Int, scratch: Int)) throws {
    first = try Storage(uninitialized: planes.maps)
    second = try Storage(uninitialized: planes.maps)
    saved = try Storage(uninitialized: planes.maps)
    scratch = try Storage(uninitialized: planes.scratch)
  }
}
