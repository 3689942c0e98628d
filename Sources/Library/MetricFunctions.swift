// SPDX-License-Identifier: Apache-2.0
//
// `metrics.`: the similarity of pictures.

import Images
import Runtime
import Tensors

/// The functions of `metrics`.
enum MetricFunctions {
  static let functions: [Builtin] =
    [psnr, ssim, nearest]
    + FeatureFunctions.functions + SampleMeasures.functions

  private static let psnr = Builtin(
    "metrics.psnr(x: tensor, y: tensor) -> number", purity: .pure,
    "The peak signal-to-noise ratio in decibels, averaged over the pictures.",
    details: "Values are rounded to bytes first; equal pictures give inf.",
    example: "metrics.psnr(zeros(1, 3, 8, 8), ones(1, 3, 8, 8))   #=> 0",
    body: { call in
      try noteBytes(call)
      return .number(try Images.psnr(call.tensor("x"), call.tensor("y")) + 0)
    })

  private static let ssim = Builtin(
    "metrics.ssim(x: tensor, y: tensor) -> number", purity: .pure,
    "The structural similarity, at most 1, averaged over pictures and channels.",
    example: "metrics.ssim(ones(1, 3, 16, 16), ones(1, 3, 16, 16))   #=> 1",
    body: { call in
      try noteBytes(call)
      return .number(try Images.ssim(call.tensor("x"), call.tensor("y")))
    })

  /// Values beyond this are bytes, not what a network makes of pixels from 0 to 1.
  private static let largestOfFloats: Float = 16

  /// Says that bytes are no pixels from 0 to 1, which these measures are defined for.
  private static func noteBytes(_ call: Call) throws {
    for name in ["x", "y"] {
      let largest = try call.tensor(name).withValues { $0.max() } ?? 0
      guard largest > largestOfFloats else { continue }
      return call.session.note(
        "this measure is of pixels from 0 to 1, and \(name) has values up to \(largest.inWords): "
          + "divide bytes by 255", isRepeated: false)
    }
  }

  private static let nearest = Builtin(
    "metrics.nearest(images: tensor, dataset) -> record",
    "The nearest picture of a data set for each picture: {indices, distances}.",
    details: """
      The distance is the mean squared error. `dataset` is a data set, a record with `images`, or a tensor \
      [N, C, H, W]. It tells whether a generator merely repeats what it was trained on.
      """,
    example: "metrics.nearest(zeros(1, 3, 4, 4), zeros(2, 3, 4, 4)).indices   #=> tensor([0])",
    body: { call in
      let queries = try call.tensor("images")
      guard queries.rank == 4 else {
        throw call.failure(
          .shape, "pictures have the shape [B, C, H, W], not \(queries.shape)", argument: "images")
      }
      try call.checkPixels(queries, "images")
      let found = try nearest(queries, call)
      return .record([
        "indices": .tensor(
          try Tensor(shape: [found.count], values: found.map { Float($0.index) })),
        "distances": .tensor(
          try Tensor(shape: [found.count], values: found.map { Float($0.error) })),
      ])
    })

  /// The nearest picture of the argument `dataset` for each of the queries, other than the one
  /// whose index `own` has. A data set gives floats for a group at a time.
  static func nearest(
    _ queries: Tensor, _ call: Call, excluding own: [Int]? = nil, skipsEqual: Bool = false
  ) throws -> [(index: Int, error: Double)] {
    guard let dataset = try call.datasetIfGiven("dataset") else {
      let pool = try call.pictureTensor("dataset")
      if pool.rank == 4 { try call.checkPixels(pool, "dataset") }
      return try call.inGroups(queries.shape[0], size: 256) { range in
        try nearestNeighbors(
          of: queries.narrow(dim: 0, start: range.lowerBound, count: range.count), in: pool,
          excluding: own.map { Array($0[range]) }, skipsEqual: skipsEqual)
      }.flatMap { $0 }
    }
    guard dataset.count > 0 else {
      throw call.failure(.value, "this data set has no pictures", argument: "dataset")
    }
    var best: [(index: Int, error: Double)] = []
    _ = try call.inGroups(dataset.count, size: 512) { range in
      let found = try nearestNeighbors(
        of: queries, in: dataset.images(range),
        excluding: own?.map { $0 - range.lowerBound }, skipsEqual: skipsEqual
      )
      .map { (index: $0.index + range.lowerBound, error: $0.error) }
      best = best.isEmpty ? found : zip(best, found).map { $0.error <= $1.error ? $0 : $1 }
    }
    return best
  }
}
