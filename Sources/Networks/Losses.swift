// SPDX-License-Identifier: Apache-2.0
//
// Losses as compositions of operations that have gradients. Shapes must agree exactly: broadcasting
// [256, 1] against [256] would average a matrix of differences that nobody asked for.

import Tensors

/// Losses, averaged to a single number.
public enum Losses {
  /// The mean of the negative log-probabilities of the right classes.
  ///
  /// logits: [..., C]; target: [...] with class numbers, or [..., C] with class probabilities.
  /// Throws an IndexError for a number that is not a class.
  public static func crossEntropy(_ logits: Tensor, target: Tensor) throws -> Tensor {
    guard logits.rank >= 1, let classes = logits.shape.last, classes > 0 else {
      throw TensorError.shape("cross_entropy takes logits [..., classes], not \(logits.shape)")
    }
    let logProbabilities = try logits.logSoftmax(dim: -1)
    if target.shape == logits.shape {
      return try -(target * logProbabilities).sum(dim: -1).mean()
    }
    guard target.shape == Array(logits.shape.dropLast()) else {
      throw TensorError.shape(
        "targets of shape \(target.shape) do not fit logits of shape \(logits.shape)",
        hint: "give class numbers \(Array(logits.shape.dropLast())), "
          + "or probabilities \(logits.shape)")
    }
    let indices = try classIndices(target, classes)
    let rows = try logProbabilities.reshape([target.count, classes])
    return try -rows.gather(dim: 1, index: indices).mean()
  }

  private static func classIndices(_ target: Tensor, _ classes: Int) throws -> Tensor {
    try target.withValues { values in
      for value in values {
        guard let number = Int(exactly: value), number >= 0, number < classes else {
          throw TensorError.index(
            "\(Int(exactly: value).map { "\($0)" } ?? "\(value)") is not one of \(classes) classes",
            hint: "classes count from 0")
        }
      }
    }
    return try target.detached.reshape([target.count, 1])
  }

  /// The mean of the squared differences.
  public static func meanSquaredError(_ input: Tensor, target: Tensor) throws -> Tensor {
    try requireEqualShapes(input, target, "mse_loss")
    return try (input - target).square().mean()
  }

  /// The mean of the sizes of the differences.
  public static func meanAbsoluteError(_ input: Tensor, target: Tensor) throws -> Tensor {
    try requireEqualShapes(input, target, "l1_loss")
    return try (input - target).abs().mean()
  }

  private static func requireEqualShapes(_ a: Tensor, _ b: Tensor, _ name: String) throws {
    guard a.shape != b.shape else { return }
    throw TensorError.shape(
      "\(name) compares tensors of one shape, not \(a.shape) and \(b.shape)",
      hint: a.count == b.count ? "reshape one of them" : "")
  }
}
