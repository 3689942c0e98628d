// SPDX-License-Identifier: Apache-2.0
//
// Pictures as an argument of what uses a tokenizer: a tensor [B, C, H, W], a data set, or an
// element of one. A data set also knows the class, or the vector, of each picture, which holds
// unless the call gives another. Which parameter takes pictures is said by `Builtin.pictures`.

import Images
import Models
import Runtime
import Syntax
import Tensors

/// The pictures of a call.
struct GivenPictures {
  /// The pictures [B, 3, H, W], at least one.
  let images: Tensor
  /// Where the classes and vectors of the pictures are.
  fileprivate let origin: Origin

  fileprivate enum Origin {
    case tensor, dataset
    case element(Record)
  }

  /// The number of pictures.
  var count: Int { images.shape[0] }
}

extension Call {
  /// The pictures of the parameter that takes them, checked.
  func pictures() throws -> GivenPictures {
    let name = builtin.pictures ?? receiver
    if let dataset = try datasetIfGiven(name) {
      guard dataset.count > 0 else {
        throw failure(.value, "this data set has no pictures", argument: name)
      }
      return GivenPictures(
        images: try blaming(name) { try dataset.images() }, origin: .dataset)
    }
    guard case .record(let record) = try self[name] else {
      return GivenPictures(images: try pictures(tensor(name), name), origin: .tensor)
    }
    let isElement = record["image"] != nil && record["images"] == nil
    let field = isElement ? "image" : "images"
    guard record[field] != nil else {
      throw failure(
        .value, "this record has no `images`",
        hint: "\(name) is a tensor, a data set or an element of one", argument: name)
    }
    return GivenPictures(
      images: try pictures(tensorField(field, of: record, name), name),
      origin: isElement ? .element(record) : .dataset)
  }

  /// One picture.
  func picture() throws -> GivenPictures {
    let pictures = try pictures()
    guard pictures.count == 1 else {
      throw failure(
        .value, "\(builtin.pictures ?? receiver) is one picture, and these are \(pictures.count)",
        hint: "d[0] is the first picture of a data set d", argument: builtin.pictures)
    }
    return pictures
  }

  private func pictures(_ images: Tensor, _ name: String) throws -> Tensor {
    guard images.rank == 4, images.shape[0] > 0 else {
      throw failure(
        .shape, "pictures have the shape [B, C, H, W] with B from 1, not \(images.shape)",
        argument: name)
    }
    guard images.shape[1] == 3 else {
      throw failure(
        .shape, "tokenizers take pictures of 3 channels, not \(images.shape[1])",
        hint: channelHint(images.shape[1]), argument: name)
    }
    try checkPixels(images, name)
    return images
  }

  /// What a tokenizer is told of pictures: `label` or `condition` if the call gives it, else what
  /// their data set knows.
  ///
  /// - Throws: a ScriptError if the data set has other classes, or no vectors where the tokenizer
  ///   takes them.
  func condition(_ code: any PictureCode, of pictures: GivenPictures) throws -> Condition {
    let takesVectors = takes("condition")
    let isTold = try isGiven("label") || takesVectors && isGiven("condition")
    if !isTold, code.numClasses > 0 || code.conditionDim > 0, let name = builtin.pictures {
      switch pictures.origin {
      case .tensor: break
      case .dataset: return try condition(code, ofDataset: name, count: pictures.count)
      case .element(let record): return try condition(code, of: record, name)
      }
    }
    guard takesVectors else {
      return try LabelArgument(self, classCount: code.numClasses, classNames: code.classNames)
        .condition(count: pictures.count)
    }
    return try condition(code, count: pictures.count)
  }

  private func condition(
    _ code: any PictureCode, ofDataset name: String, count: Int
  ) throws -> Condition {
    let known = code.knownClasses
    if code.conditionDim == 0 {
      try checkClasses(of: name, against: [known], remedy: "label = nil leaves the class out")
    }
    let data = try trainingData(name, for: known, side: code.imageSize)
    return try blaming(name) {
      try data.condition(of: Array(0..<count), vectorSize: code.conditionDim)
    }
  }

  /// The condition of one element of a data set: {image, label, class, condition}.
  private func condition(
    _ code: any PictureCode, of element: Record, _ name: String
  ) throws -> Condition {
    guard code.conditionDim == 0 else {
      guard let vector = element["condition"], !vector.isNil else {
        throw failure(
          .value,
          "this tokenizer is conditioned by \(code.conditionInWords), which this record lacks",
          hint: "condition = nil is the null condition", argument: name)
      }
      return try vectorCondition(
        tensorField("condition", of: element, name), size: code.conditionDim, count: 1,
        argument: name)
    }
    guard let value = element["label"], !value.isNil else {
      return try .null(count: 1, classCount: code.numClasses)
    }
    guard let label = Conversion.integer(value), (0..<code.numClasses).contains(label) else {
      throw failure(
        .value, "the label of this record is no class of the \(code.knownClasses.owner)",
        hint: "classes go from 0 to \(code.numClasses - 1)", argument: name)
    }
    if let own = element["class"]?.asString, code.classNames.indices.contains(label),
      code.classNames[label] != own
    {
      throw failure(
        .value,
        "class \(label) of this record is \"\(own)\", that of the \(code.knownClasses.owner) "
          + "\"\(code.classNames[label])\"", hint: "label = .. says the class", argument: name)
    }
    return try Condition([label], classCount: code.numClasses)
  }
}
