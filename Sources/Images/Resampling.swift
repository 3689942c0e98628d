// SPDX-License-Identifier: Apache-2.0
//
// Resizing pictures. A new pixel is a weighted mean of old ones around its position; rows and
// columns are resampled one after the other with the same code. When a picture shrinks, the kernel
// is widened by the same factor, so that every old pixel counts and fine detail is averaged instead
// of aliased. When it grows, the kernel keeps its width and interpolates. Weights are normalised,
// so flat areas stay flat, also at the edges, where the kernel is cut off.

import Glibc
import Tensors

/// The kernel that weighs neighbouring pixels.
public enum ResamplingFilter: String, Sendable, CaseIterable {
  /// The one pixel that contains the position: keeps the hard edges of enlarged pixel art.
  case nearest
  /// The mean over the area of a new pixel.
  case area
  /// A triangle: linear interpolation between pixels.
  case bilinear
  /// A windowed sinc over three pixels to each side: the sharpest, and may overshoot.
  case lanczos

  /// Half the width of the kernel in pixels.
  var radius: Double {
    switch self {
    case .nearest, .area: 0.5
    case .bilinear: 1
    case .lanczos: 3
    }
  }

  /// The weight at a distance from the centre, in pixels.
  func weight(_ distance: Double) -> Double {
    switch self {
    case .nearest, .area: return distance >= -0.5 && distance < 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - abs(distance))
    case .lanczos:
      guard abs(distance) < 3 else { return 0 }
      return sinc(distance) * sinc(distance / 3)
    }
  }

  private func sinc(_ x: Double) -> Double {
    x == 0 ? 1 : sin(.pi * x) / (.pi * x)
  }
}

extension Picture {
  /// The picture resized.
  ///
  /// Colours are weighted by alpha, so invisible pixels do not bleed into their surroundings.
  ///
  /// - Throws: `ImageError` when the size is not positive or too large.
  public func resized(
    width newWidth: Int, height newHeight: Int, filter: ResamplingFilter = .lanczos
  ) throws -> Picture {
    try Picture.checkSize(width: newWidth, height: newHeight)
    if newWidth == width && newHeight == height { return self }
    let across = AxisWeights(from: width, to: newWidth, filter: filter)
    let down = AxisWeights(from: height, to: newHeight, filter: filter)
    var result = [UInt8](repeating: 255, count: newWidth * newHeight * channels)
    let alpha = hasAlpha ? down.applyToColumns(across.applyToRows(plane(3))) : nil
    for channel in 0..<3 {
      try Stop.check()
      let rows =
        hasAlpha
        ? across.applyToRows(premultipliedPlane(channel))
        : across.applyToRows(of: self, channel: channel)
      let scaled = down.applyToColumns(rows)
      for index in scaled.values.indices {
        var value = scaled.values[index]
        if let alpha { value = alpha.values[index] > 0 ? value / alpha.values[index] : 0 }
        result[index * channels + channel] = Picture.byte(value)
      }
    }
    if let alpha {
      for (index, value) in alpha.values.enumerated() {
        result[index * 4 + 3] = Picture.byte(value)
      }
    }
    return Picture(trusted: result, width: newWidth, height: newHeight, channels: channels)
  }

  /// The picture with every pixel drawn as a square of `factor` x `factor`.
  ///
  /// - Throws: `ImageError` when the factor is not positive or the result too large.
  public func enlarged(by factor: Int) throws -> Picture {
    guard factor > 0 else { throw ImageError.value("a scale must be at least 1, not \(factor)") }
    let (newWidth, wide) = width.multipliedReportingOverflow(by: factor)
    let (newHeight, high) = height.multipliedReportingOverflow(by: factor)
    guard !wide, !high else {
      throw ImageError.limit("a scale of \(factor) makes the picture too large")
    }
    return try resized(width: newWidth, height: newHeight, filter: .nearest)
  }

  /// The largest square in the middle of the picture.
  public func centerSquare() -> Picture {
    let side = min(width, height)
    let part = try? cropped(
      x: (width - side) / 2, y: (height - side) / 2, width: side, height: side)
    return part ?? self
  }

  private func plane(_ channel: Int) -> Plane {
    Plane(
      values: (0..<width * height).map { Float(pixels[$0 * channels + channel]) / 255 },
      width: width, height: height)
  }

  private func premultipliedPlane(_ channel: Int) -> Plane {
    guard hasAlpha else { return plane(channel) }
    let opacity = plane(3).values
    var color = plane(channel)
    for index in color.values.indices { color.values[index] *= opacity[index] }
    return color
  }
}

/// Resizes the pictures of a tensor [B, C, H, W] to [B, C, `height`, `width`].
///
/// Any number of channels is accepted; values are not clamped.
///
/// - Throws: `ImageError` when the shape has not four dimensions or a size is not positive.
public func resize(
  _ images: Tensor, height: Int, width: Int, filter: ResamplingFilter = .lanczos
) throws -> Tensor {
  guard images.rank == 4 else {
    throw ImageError.shape("resize takes images of shape [B, C, H, W], not \(images.shape)")
  }
  try Picture.checkSize(width: width, height: height)
  let (oldHeight, oldWidth) = (images.shape[2], images.shape[3])
  try Picture.checkSize(width: oldWidth, height: oldHeight)
  let across = AxisWeights(from: oldWidth, to: width, filter: filter)
  let down = AxisWeights(from: oldHeight, to: height, filter: filter)
  let shape = [images.shape[0], images.shape[1], height, width]
  let result = try images.mappingPlanes(to: shape) { down.applyToColumns(across.applyToRows($0)) }
  let oldShape = images.shape
  return result.recorded(from: [images]) { gradient in
    // The backward pass applies the transposed weights.
    [
      try gradient.mappingPlanes(to: oldShape) {
        across.returnToRows(down.returnToColumns($0, oldHeight), oldWidth)
      }
    ]
  }
}

extension Tensor {
  /// A tensor [B, C, H', W'] of the planes of this one mapped by `change`, without a gradient.
  fileprivate func mappingPlanes(to shape: [Int], _ change: (Plane) -> Plane) throws -> Tensor {
    let (height, width) = (self.shape[2], self.shape[3])
    let result = try Tensor(uninitialized: shape)
    let out = result.pointer
    try withValues { source in
      for plane in 0..<shape[0] * shape[1] {
        try Stop.check()
        let start = plane * height * width
        let old = Plane(
          values: Array(source[start..<start + height * width]), width: width, height: height)
        let new = change(old).values
        (out + plane * shape[2] * shape[3]).update(from: new, count: new.count)
      }
    }
    return result
  }
}

// MARK: - Weights

/// One channel of a picture.
struct Plane {
  var values: [Float]
  let width, height: Int
}

/// Which old positions contribute to each new one along an axis, and by how much.
struct AxisWeights {
  private let starts: [Int]
  private let weights: [[Float]]

  init(from oldSize: Int, to newSize: Int, filter: ResamplingFilter) {
    let scale = Double(oldSize) / Double(newSize)
    // Shrinking widens the kernel; `nearest` alone reads a single pixel.
    let stretch = filter == .nearest ? 1 : max(1, scale)
    let reach = filter.radius * stretch
    var starts: [Int] = []
    var weights: [[Float]] = []
    for position in 0..<newSize {
      let center = (Double(position) + 0.5) * scale
      if filter == .nearest {
        starts.append(min(Int(center), oldSize - 1))
        weights.append([1])
        continue
      }
      let first = max(0, Int((center - reach).rounded(.down)))
      let last = min(oldSize, Int((center + reach).rounded(.up)))
      var row = (first..<last).map { old in
        AxisWeights.weight(old, center: center, stretch: stretch, filter: filter)
      }
      let total = row.reduce(0, +)
      if total == 0 { row = [1] }
      starts.append(total == 0 ? min(Int(center), oldSize - 1) : first)
      weights.append(row.map { Float($0 / (total == 0 ? 1 : total)) })
    }
    self.starts = starts
    self.weights = weights
  }

  /// The area filter weights by exact overlap, the others by the kernel at the pixel's centre.
  private static func weight(
    _ old: Int, center: Double, stretch: Double, filter: ResamplingFilter
  ) -> Double {
    guard filter == .area else {
      return filter.weight((Double(old) + 0.5 - center) / stretch)
    }
    let left = max(Double(old), center - stretch / 2)
    let right = min(Double(old + 1), center + stretch / 2)
    return max(0, right - left)
  }

  /// Resizes every row of a channel of a picture, without a copy of its pixels as floats: a
  /// photograph has millions of them.
  func applyToRows(of picture: Picture, channel: Int) -> Plane {
    let values = (0...255).map { Float($0) / 255 }
    let (width, height, channels) = (picture.width, picture.height, picture.channels)
    let result = [Float](unsafeUninitializedCapacity: starts.count * height) { out, count in
      picture.pixels.withUnsafeBufferPointer { pixels in
        values.withUnsafeBufferPointer { values in
          for x in starts.indices {
            weights[x].withUnsafeBufferPointer { weights in
              for y in 0..<height {
                var (sum, place): (Float, Int) = (0, (y * width + starts[x]) * channels + channel)
                for weight in weights {
                  sum += weight * values[Int(pixels[place])]
                  place += channels
                }
                out[y * starts.count + x] = sum
              }
            }
          }
        }
      }
      count = starts.count * height
    }
    return Plane(values: result, width: starts.count, height: height)
  }

  /// Resizes every row.
  func applyToRows(_ plane: Plane) -> Plane {
    var result = [Float](repeating: 0, count: starts.count * plane.height)
    for y in 0..<plane.height {
      for x in starts.indices {
        var sum: Float = 0
        let start = y * plane.width + starts[x]
        for (offset, weight) in weights[x].enumerated() {
          sum += weight * plane.values[start + offset]
        }
        result[y * starts.count + x] = sum
      }
    }
    return Plane(values: result, width: starts.count, height: plane.height)
  }

  /// The transpose of `applyToRows`: maps new rows back to `size` old positions.
  func returnToRows(_ plane: Plane, _ size: Int) -> Plane {
    var result = [Float](repeating: 0, count: size * plane.height)
    for y in 0..<plane.height {
      for x in starts.indices {
        let start = y * size + starts[x]
        let value = plane.values[y * starts.count + x]
        for (offset, weight) in weights[x].enumerated() { result[start + offset] += weight * value }
      }
    }
    return Plane(values: result, width: size, height: plane.height)
  }

  /// The transpose of `applyToColumns`.
  func returnToColumns(_ plane: Plane, _ size: Int) -> Plane {
    var result = [Float](repeating: 0, count: plane.width * size)
    for y in starts.indices {
      for (offset, weight) in weights[y].enumerated() {
        let start = (starts[y] + offset) * plane.width
        for x in 0..<plane.width {
          result[start + x] += weight * plane.values[y * plane.width + x]
        }
      }
    }
    return Plane(values: result, width: plane.width, height: size)
  }

  /// Resizes every column.
  func applyToColumns(_ plane: Plane) -> Plane {
    var result = [Float](repeating: 0, count: plane.width * starts.count)
    for y in starts.indices {
      for (offset, weight) in weights[y].enumerated() {
        let start = (starts[y] + offset) * plane.width
        for x in 0..<plane.width {
          result[y * plane.width + x] += weight * plane.values[start + x]
        }
      }
    }
    return Plane(values: result, width: plane.width, height: starts.count)
  }
}
