// SPDX-License-Identifier: Apache-2.0
//
// The training loss on pixels, a weighted sum of terms. The default is the logarithm of each
// picture's squared error, which is PSNR up to a factor, so that easy pictures go on improving
// while hard ones are far from done. The bands of the pyramid ask for edges where squared errors
// tolerate blur: a band is what is lost when 2 x 2 blocks are replaced by their mean, so it is a
// projection and its own transpose. Gradients are computed with the values, by hand.

import CKernels
import Glibc
import Tensors

/// A distance of pictures with a gradient, such as that of their features in a fixed network.
public protocol PictureDistance: Sendable {
  /// The mean distance of pixels [B, H, W, 3] to a target of that shape; `weight` times its
  /// gradient by the pixels is added to `slope`. Runs on the calling thread.
  func distance(
    _ pixels: Tensor, to target: Tensor, weight: Float, addingTo slope: Tensor
  ) throws -> Float
}

/// Weights of the terms of the loss on pixels.
public struct ReconstructionLoss: Sendable {
  /// Weight of the mean squared error.
  public var squared: Float = 0
  /// Weight of the mean absolute error.
  public var absolute: Float = 0
  /// Weight of the mean logarithm of the squared error of each picture, above `floor`.
  public var logarithmic: Float
  /// Squared error below which a picture counts as done.
  public var floor: Float = 1e-3
  /// Weight of 1 - SSIM.
  public var structural: Float = 0
  /// Weight of the mean absolute error on two bands and the rest.
  public var pyramid: Float
  /// Weight of the distance of features.
  public var features: Float = 0
  /// What measures it; needed where it has a weight.
  public var featureDistance: (any PictureDistance)?

  /// The logarithm of squared error alone, unless weights say otherwise.
  public init(logarithmic: Float = 0.02, pyramid: Float = 0) {
    self.logarithmic = logarithmic
    self.pyramid = pyramid
  }

  /// A term by the name that scripts and histories use.
  public struct Term: Sendable {
    /// The name.
    public let name: String
    /// One phrase.
    public let summary: String
    /// Its weight in a loss.
    public let weight: WritableKeyPath<ReconstructionLoss, Float> & Sendable
  }

  /// The terms, in the order in which they are reported.
  public static let terms: [Term] = [
    Term(name: "mse", summary: "squared error", weight: \.squared),
    Term(name: "log_mse", summary: "logarithm of each picture's mse", weight: \.logarithmic),
    Term(name: "l1", summary: "absolute error", weight: \.absolute),
    Term(name: "ssim", summary: "1 - SSIM", weight: \.structural),
    Term(
      name: "pyramid", summary: "absolute error on the bands of a pyramid", weight: \.pyramid),
    Term(
      name: "features", summary: "distance in the network of metrics.features",
      weight: \.features),
  ]

  /// The names of the terms that a loss reports, in order: `mse` always, then what has a weight.
  var termNames: [String] {
    ReconstructionLoss.terms.filter { $0.name == "mse" || self[keyPath: $0.weight] > 0 }
      .map(\.name)
  }

  /// What a checkpoint of a training must agree with.
  var settings: [(key: String, value: String)] {
    ReconstructionLoss.terms.map { ($0.name, "\(self[keyPath: $0.weight])") }
  }

  /// What checkpoints say by not mentioning a term: its weight was 0, and augmentation the usual.
  static var impliedSettings: [String: String] {
    terms.reduce(into: ["augmentation": Augmentation().settings]) { $0[$1.name] = "0.0" }
  }

  /// Throws a ValueError unless some term counts and pictures are large enough for it.
  func validate(side: Int) throws {
    guard ReconstructionLoss.terms.contains(where: { self[keyPath: $0.weight] > 0 }) else {
      throw TensorError.value(
        "no term of the loss on pixels has a weight above 0",
        hint: "it has " + ReconstructionLoss.terms.map(\.name).joined(separator: ", "))
    }
    guard features == 0 || featureDistance != nil else {
      throw TensorError.value("the loss term features needs a network that measures it")
    }
    guard structural == 0 || side >= ReconstructionLoss.windowSide else {
      throw TensorError.value(
        "the loss term ssim needs pictures of at least 11 x 11 pixels, not \(side) x \(side)")
    }
  }
  private static let windowSide = 11

  /// The loss of pixels [B, H, W, 3] against a fixed target of that shape, and its terms before
  /// they are weighted, as `termNames` names them. Gradients are computed at once.
  func callAsFunction(_ pixels: Tensor, target: Tensor) throws -> (loss: Tensor, terms: [Float]) {
    let count = pixels.count
    let error = try Tensor(uninitialized: pixels.shape)
    smap_subtract(pixels.pointer, target.pointer, error.pointer, count)
    let slope = try Tensor(uninitialized: pixels.shape)
    var (value, terms) = squaredErrors(error, slope)
    if absolute > 0 {
      let mean = addAbsolute(error, slope)
      value += absolute * mean
      terms.append(mean)
    }
    if structural > 0 {
      let loss = try addStructural(pixels, target, slope)
      value += structural * loss
      terms.append(loss)
    }
    if pyramid > 0 {
      let bands = addPyramid(error, slope)
      value += pyramid * bands
      terms.append(bands)
    }
    if features > 0, let featureDistance {
      let distance = try featureDistance.distance(
        pixels, to: target, weight: features, addingTo: slope)
      value += features * distance
      terms.append(distance)
    }
    let loss = try Tensor.scalar(value).recorded(from: [pixels]) { gradient in
      let dx = try Tensor(uninitialized: slope.shape)
      smap_multiply_scalar(slope.pointer, gradient.pointer[0], dx.pointer, dx.count)
      return [dx]
    }
    return (loss, terms)
  }

  /// Sets `slope` to the gradient of the terms of squared error, and returns their weighted sum and
  /// their values.
  private func squaredErrors(_ error: Tensor, _ slope: Tensor) -> (Float, [Float]) {
    let (batch, size) = (error.shape[0], error.count / max(error.shape[0], 1))
    var (value, mse, logarithms): (Float, Float, Float) = (0, 0, 0)
    for picture in 0..<batch {
      let start = picture * size
      let own = Float(smap_square_sum(error.pointer + start, size) / Double(max(size, 1)))
      mse += own / Float(batch)
      logarithms += logf(own + floor) / Float(batch)
      value += logarithmic * logf(own + floor) / Float(batch)
      value += squared * own / Float(batch)
      let weight =
        2 * logarithmic / ((own + floor) * Float(batch) * Float(size))
        + 2 * squared / (Float(batch) * Float(size))
      smap_multiply_scalar(error.pointer + start, weight, slope.pointer + start, size)
    }
    return (value, logarithmic > 0 ? [mse, logarithms] : [mse])
  }

  /// Adds the gradient of the mean absolute error to `slope` and returns the error.
  private func addAbsolute(_ error: Tensor, _ slope: Tensor) -> Float {
    let share = absolute / Float(max(error.count, 1))
    var sum = 0.0
    for i in 0..<error.count {
      let own = error.pointer[i]
      sum += Double(abs(own))
      slope.pointer[i] += own > 0 ? share : own < 0 ? -share : 0
    }
    return Float(sum / Double(max(error.count, 1)))
  }

  /// Adds the gradient of 1 - SSIM to `slope` and returns it.
  private func addStructural(_ pixels: Tensor, _ target: Tensor, _ slope: Tensor) throws -> Float {
    let (batch, height, width, channels) =
      (pixels.shape[0], pixels.shape[1], pixels.shape[2], pixels.shape[3])
    let size = height * width * channels
    let scratch = try Storage(uninitialized: 7 * size)
    var sum = 0.0
    for picture in 0..<batch {
      sum += smap_similarity(
        pixels.pointer + picture * size, target.pointer + picture * size, height, width, channels,
        -structural / Float(batch), slope.pointer + picture * size, scratch.pointer)
    }
    return Float(1 - sum / Double(max(batch, 1)))
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
