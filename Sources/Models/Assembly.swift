// SPDX-License-Identifier: Apache-2.0
//
// The token streams of the tokenizer are put together from shared tables (positions, queries, the
// mask token) and per-picture parts (patches, conditions, latents): one step on the tape instead of
// a chain of expands and concatenations.

import CKernels
import Tensors

extension Tensor {
  /// Joins parts along the token axis: [n, D] parts are shared by all pictures, [B, n, D] parts
  /// belong to each. The result is [B, tokens, D].
  static func assembled(batch: Int, width: Int, _ parts: [Tensor]) throws -> Tensor {
    let lengths = parts.map { $0.shape[$0.rank - 2] }
    let tokens = lengths.reduce(0, +)
    let result = try Tensor(uninitialized: [batch, tokens, width])
    copyParts(parts, lengths, tokens, width, batch) { part, offset, length in
      (result.pointer + offset).update(from: part, count: length)
    }
    let shapes = parts.map(\.shape)
    let tracked = parts.map(\.requiresGradient)
    return result.recorded(from: parts) { gradient in
      var gradients: [Tensor?] = []
      var start = 0
      for (i, shape) in shapes.enumerated() {
        defer { start += lengths[i] }
        guard tracked[i] else {
          gradients.append(nil)
          continue
        }
        let size = lengths[i] * width
        let part = try shape.count == 2 ? Tensor.zeros(shape) : Tensor(uninitialized: shape)
        for b in 0..<batch {
          let from = gradient.pointer + (b * tokens + start) * width
          if shape.count == 2 {
            smap_accumulate(part.pointer, from, size)
          } else {
            (part.pointer + b * size).update(from: from, count: size)
          }
        }
        gradients.append(part)
      }
      return gradients
    }
  }

  private static func copyParts(
    _ parts: [Tensor], _ lengths: [Int], _ tokens: Int, _ width: Int, _ batch: Int,
    _ copy: (UnsafePointer<Float>, Int, Int) -> Void
  ) {
    var start = 0
    for (part, length) in zip(parts, lengths) {
      let size = length * width
      for b in 0..<batch {
        let from = part.rank == 2 ? part.pointer : part.pointer + b * size
        copy(UnsafePointer(from), (b * tokens + start) * width, size)
      }
      start += length
    }
  }
}

/// Pictures as the models see them inside: channels last, [B, H, W, 3].
enum PixelLayout {
  /// [B, 3, H, W] to [B, H, W, 3].
  static func channelsLast(_ images: Tensor) throws -> Tensor {
    try images.detached.permute([0, 2, 3, 1])
  }

  /// [B, H, W, 3] to [B, 3, H, W].
  static func channelsFirst(_ pixels: Tensor) throws -> Tensor {
    try pixels.permute([0, 3, 1, 2])
  }

  /// [B, H, W, C] to patches [B, N, p * p * C], row by row.
  static func patches(_ pixels: Tensor, side: Int) throws -> Tensor {
    let (batch, height, width, channels) =
      (pixels.shape[0], pixels.shape[1], pixels.shape[2], pixels.shape[3])
    return try pixels.reshape([
      batch, height / side, side, width / side, side, channels,
    ])
    .permute([0, 1, 3, 2, 4, 5])
    .reshape([batch, height / side * (width / side), side * side * channels])
  }

  /// The inverse of `patches`.
  static func pixels(_ patches: Tensor, grid: Int, side: Int, channels: Int) throws -> Tensor {
    let batch = patches.shape[0]
    return try patches.reshape([batch, grid, grid, side, side, channels])
      .permute([0, 1, 3, 2, 4, 5])
      .reshape([batch, grid * side, grid * side, channels])
  }
}
