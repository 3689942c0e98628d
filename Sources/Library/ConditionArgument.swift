// SPDX-License-Identifier: Apache-2.0
//
// What a script says about pictures: `label` for tokenizers that know classes (`Labels.swift`),
// `condition` for those that take vectors. Each refuses the other's argument.

import Models
import Runtime
import Tensors

extension Call {
  /// The argument `label`, or `condition` where a tokenizer takes vectors, for `count` pictures.
  func condition(_ tokenizer: any PictureCode, count: Int) throws -> Condition {
    guard tokenizer.conditionDim > 0 else {
      guard try self["condition"].isNil else {
        throw failure(
          .value, "this tokenizer is conditioned by \(tokenizer.conditionInWords), not by vectors",
          hint: "label = .. says the class", argument: "condition")
      }
      return try LabelArgument(
        self, classCount: tokenizer.numClasses, classNames: tokenizer.classNames
      ).condition(count: count)
    }
    guard try !isGiven("label") || self["label"].isNil else {
      throw failure(
        .value, "this tokenizer is conditioned by \(tokenizer.conditionInWords), not by classes",
        hint: "condition = x, of shape [B, \(tokenizer.conditionDim)]", argument: "label")
    }
    guard try !self["condition"].isNil else { return try .null(count: count, classCount: 0) }
    return try vectorCondition(
      tensor("condition"), size: tokenizer.conditionDim, count: count, argument: "condition")
  }

  /// Whether a call that decodes tokens says what to decode them as: the argument that the
  /// tokenizer takes is given, or the other one is and not nil, which is an error.
  func changesCondition(of tokenizer: any PictureCode) throws -> Bool {
    let own = tokenizer.conditionDim > 0 ? "condition" : "label"
    let other = own == "label" ? "condition" : "label"
    return try isGiven(own) || (isGiven(other) && !self[other].isNil)
  }

  /// A vector [D] or [1, D] for all pictures, or one for each [B, D], as an argument gives it.
  func vectorCondition(
    _ given: Tensor, size: Int, count: Int, argument: String
  ) throws -> Condition {
    var vectors = given
    if vectors.rank == 1 { vectors = try vectors.reshape([1, vectors.count]) }
    guard vectors.rank == 2, vectors.shape[1] == size, [1, count].contains(vectors.shape[0]) else {
      throw failure(
        .shape,
        "the condition of \(count) pictures has the shape [\(count), \(size)] or [\(size)], not "
          + "\(vectors.shape)", argument: argument)
    }
    return try blaming(argument) { try Condition(vectors: vectors).repeated(count) }
  }
}
