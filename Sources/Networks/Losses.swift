// SPDX-License-Identifier: Apache-2.0
//
// Losses as compositions of differentiable operations. Shapes must agree exactly: broadcasting
// [256, 1] with [256] would silently average a matrix of differences.

import Tensors

/// Losses, averaged to a single number.
public enum Losses {
  /// The mean of the negative log-probabilities of the correct classes.
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

  /// The mean of the absolute differences.
  public static func meanAbsoluteError(_ input: Tensor, target: Tensor) throws -> Tensor {
    try requireEqualShapes(input, target, "l1_loss")
    return try (input - target).abs().mean()
  }

  /// Quadratic up to `beta`, linear beyond: the mean of 0.5 d² / beta, and |d| - 0.5 beta.
  public static func smoothMeanAbsoluteError(
    _ input: Tensor, target: Tensor, beta: Float = 1
  ) throws -> Tensor {
    try requireEqualShapes(input, target, "smooth_l1_loss")
    guard beta > 0 else { throw TensorError.value("beta must be above 0") }
    let distance = try (input - target).abs()
    let isNear = try Tensor.combine(.less, distance.detached, beta)
    return try Tensor.select(
      isNear, distance.square() * (0.5 / beta), distance - 0.5 * beta
    ).mean()
  }

  /// The mean of the negative log-probabilities of the correct classes, from log-probabilities.
  public static func negativeLogLikelihood(
    _ logProbabilities: Tensor, target: Tensor
  ) throws -> Tensor {
    guard let classes = logProbabilities.shape.last, classes > 0,
      target.shape == Array(logProbabilities.shape.dropLast())
    else {
      throw TensorError.shape(
        "targets of shape \(target.shape) do not fit log-probabilities of shape "
          + "\(logProbabilities.shape)", hint: "the last dimension holds the classes")
    }
    let indices = try classIndices(target, classes)
    let rows = try logProbabilities.reshape([target.count, classes])
    return try -rows.gather(dim: 1, index: indices).mean()
  }

  /// The mean of -t log p - (1 - t) log (1 - p) with p the sigmoid of the logits.
  public static func binaryCrossEntropy(_ logits: Tensor, target: Tensor) throws -> Tensor {
    try requireEqualShapes(logits, target, "bce_with_logits")
    return try (logits.applying(.softplus) - logits * target).mean()
  }

  /// The divergence sum(t (log t - input)) of target probabilities from log-probabilities, divided
  /// by the number of rows.
  public static func divergence(_ logProbabilities: Tensor, target: Tensor) throws -> Tensor {
    try requireEqualShapes(logProbabilities, target, "kl_div")
    let isPossible = try Tensor.combine(.greater, target.detached, 0)
    let logTarget = try Tensor.select(isPossible, target, 1).log()
    let rows = max(target.rank > 1 ? target.shape[0] : 1, 1)
    return try (target * (logTarget - logProbabilities)).sum() / Float(rows)
  }

  private static func requireEqualShapes(_ a: Tensor, _ b: Tensor, _ name: String) throws {
    guard a.shape != b.shape else { return }
    throw TensorError.shape(
      "\(name) compares tensors of one shape, not \(a.shape) and \(b.shape)",
      hint: a.count == b.count ? "reshape one of them" : "")
  }
}
