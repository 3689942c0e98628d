// SPDX-License-Identifier: Apache-2.0
//
// How close two pictures are. PSNR is the mean squared error on a logarithmic scale, computed on
// bytes, as pictures are stored. SSIM (Wang et al., "Image quality assessment", 2004) compares
// local means, variances and covariance in a Gaussian window of 11 x 11 with standard deviation
// 1.5, at all positions where the window fits, and averages them. The nearest neighbour by squared
// error shows whether a generated picture is a copy of a training picture.

import Glibc
import Tensors

/// The peak signal-to-noise ratio in decibels, averaged over the pictures of [B, C, H, W].
///
/// Values are clamped to 0...1 and rounded to bytes. Identical pictures give infinity, pictures
/// with NaN give NaN.
///
/// - Throws: `ImageError` when the shapes differ or have not four dimensions.
public func psnr(_ x: Tensor, _ y: Tensor) throws -> Double {
  let each = try psnrPerPicture(x, y)
  return each.reduce(0, +) / Double(each.count)
}

/// The peak signal-to-noise ratio of each picture of [B, C, H, W], in decibels.
///
/// - Throws: `ImageError` when the shapes differ or have not four dimensions.
public func psnrPerPicture(_ x: Tensor, _ y: Tensor) throws -> [Double] {
  let batch = try comparableBatch(x, y, "psnr")
  let size = x.count / batch
  return try x.withValues { a in
    try y.withValues { b in
      try (0..<batch).map { index in
        var sum = 0.0
        for position in index * size..<(index + 1) * size {
          try Stop.check(at: position)
          // A byte cannot be NaN; the result for such a picture is.
          if a[position].isNaN || b[position].isNaN { return .nan }
          let difference = Double(Picture.byte(a[position])) - Double(Picture.byte(b[position]))
          sum += difference * difference
        }
        let error = sum / Double(size) / (255 * 255)
        return error == 0 ? .infinity : -10 * log10(error)
      }
    }
  }
}

/// The structural similarity, averaged over the pictures and channels of [B, C, H, W]; at most 1.
///
/// - Throws: `ImageError` when the shapes differ, or the pictures are smaller than 11 x 11.
public func ssim(_ x: Tensor, _ y: Tensor) throws -> Double {
  let each = try ssimPerPicture(x, y)
  return each.reduce(0, +) / Double(each.count)
}

/// The structural similarity of each picture of [B, C, H, W], averaged over its channels.
///
/// - Throws: `ImageError` when the shapes differ, or the pictures are smaller than 11 x 11.
public func ssimPerPicture(_ x: Tensor, _ y: Tensor) throws -> [Double] {
  let batch = try comparableBatch(x, y, "ssim")
  let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
  guard height >= SSIMWindow.size, width >= SSIMWindow.size else {
    throw ImageError.shape(
      "ssim needs pictures of at least 11 x 11 pixels, not \(height) x \(width)")
  }
  let window = SSIMWindow(height: height, width: width)
  return try x.withValues { a in
    try y.withValues { b in
      try (0..<batch).map { picture in
        let planes = picture * channels..<(picture + 1) * channels
        let sum = try planes.reduce(0.0) { sum, plane in
          let range = plane * height * width..<(plane + 1) * height * width
          return try sum + window.similarity(a[range].map(Double.init), b[range].map(Double.init))
        }
        return sum / Double(channels)
      }
    }
  }
}

/// The batch size of two tensors of equal shape [B, C, H, W] with at least one pixel.
private func comparableBatch(_ x: Tensor, _ y: Tensor, _ name: String) throws -> Int {
  guard x.shape == y.shape else {
    throw ImageError.shape("\(name) compares pictures of one shape, not \(x.shape) and \(y.shape)")
  }
  guard x.rank == 4, x.count > 0 else {
    throw ImageError.shape("\(name) takes images of shape [B, C, H, W], not \(x.shape)")
  }
  return x.shape[0]
}

/// The sliding Gaussian window of SSIM over planes of one size.
struct SSIMWindow {
  static let size = 11
  private static let c1 = 0.01 * 0.01
  private static let c2 = 0.03 * 0.03
  private let weights: [Double]
  private let height, width: Int

  init(height: Int, width: Int) {
    self.height = height
    self.width = width
    let raw = (0..<SSIMWindow.size).map { index in
      let offset = Double(index - SSIMWindow.size / 2)
      return exp(-offset * offset / (2 * 1.5 * 1.5))
    }
    let total = raw.reduce(0, +)
    weights = raw.map { $0 / total }
  }

  /// The mean similarity of two planes (H, W) of values from 0 to 1.
  func similarity(_ x: [Double], _ y: [Double]) throws -> Double {
    let meanX = try smooth(x)
    let meanY = try smooth(y)
    let squareX = try smooth(zip(x, x).map(*))
    let squareY = try smooth(zip(y, y).map(*))
    let product = try smooth(zip(x, y).map(*))
    var sum = 0.0
    for index in meanX.indices {
      let (mx, my) = (meanX[index], meanY[index])
      let varianceX = squareX[index] - mx * mx
      let varianceY = squareY[index] - my * my
      let covariance = product[index] - mx * my
      let above = (2 * mx * my + SSIMWindow.c1) * (2 * covariance + SSIMWindow.c2)
      let below =
        (mx * mx + my * my + SSIMWindow.c1) * (varianceX + varianceY + SSIMWindow.c2)
      sum += above / below
    }
    return sum / Double(meanX.count)
  }

  /// Weighted means at all positions where the window fits: (H - 10, W - 10).
  private func smooth(_ plane: [Double]) throws -> [Double] {
    let outWidth = width - SSIMWindow.size + 1
    let outHeight = height - SSIMWindow.size + 1
    var rows = [Double](repeating: 0, count: height * outWidth)
    for y in 0..<height {
      try Stop.check()
      for x in 0..<outWidth {
        var sum = 0.0
        for k in 0..<SSIMWindow.size { sum += weights[k] * plane[y * width + x + k] }
        rows[y * outWidth + x] = sum
      }
    }
    var result = [Double](repeating: 0, count: outHeight * outWidth)
    for y in 0..<outHeight {
      try Stop.check()
      for k in 0..<SSIMWindow.size {
        let start = (y + k) * outWidth
        for x in 0..<outWidth { result[y * outWidth + x] += weights[k] * rows[start + x] }
      }
    }
    return result
  }
}
