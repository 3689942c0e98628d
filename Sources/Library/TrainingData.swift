// SPDX-License-Identifier: Apache-2.0
//
// The data of a training call: a data set, whose bytes stay bytes, or a record {images, labels,
// classes} of a script. Invalid data is rejected with the argument named, before anything is
// changed: pictures of another size, values that are no pixels, labels that are no classes, classes
// whose names differ from the model's.

import Images
import Models
import Runtime
import Tensors

extension Call {
  /// The pictures, classes and vectors of a data set for what knows classes, or is told none if
  /// their number is 0, and pictures of `side` x `side` pixels.
  ///
  /// - Throws: a ScriptError if the classes, or the size, are others.
  func trainingData(_ argument: String, for known: KnownClasses, side: Int) throws -> TrainingData {
    let data = try trainingData(argument, classCount: known.count, side: side, of: known.owner)
    try checkClasses(of: argument, against: [known])
    return data
  }

  private func trainingData(
    _ argument: String, classCount: Int, side: Int, of owner: String
  ) throws -> TrainingData {
    if let dataset = try datasetIfGiven(argument) {
      try checkSize(width: dataset.size, height: dataset.size, side: side, of: owner, argument)
      return try blaming(argument) {
        try TrainingData(
          pictures: dataset, labels: dataset.labels,
          classCount: classCount == 0 ? dataset.classNames.count : classCount,
          vectors: dataset.vectorTensor())
      }
    }
    return try trainingData(
      of: datasetRecord(argument), argument, classCount: classCount, side: side, owner: owner)
  }

  /// The pictures and classes of a data set as they are, for what is fitted to it.
  func ownData(_ argument: String) throws -> TrainingData {
    if let dataset = try datasetIfGiven(argument) {
      return try trainingData(
        argument, classCount: dataset.classNames.count, side: dataset.size, of: "data set")
    }
    let dataset = try datasetRecord(argument)
    let images = try tensorField("images", of: dataset, argument)
    let labels = try tensorField("labels", of: dataset, argument)
    let highest = labels.toArray().max().flatMap { Int(exactly: $0.rounded()) } ?? 0
    let count = try classNames(argument)?.count ?? max(highest, 0) + 1
    return try trainingData(
      of: dataset, argument, classCount: count, side: images.shape.last ?? 0, owner: "data set")
  }

  private func trainingData(
    of dataset: Record, _ argument: String, classCount: Int, side: Int, owner: String
  ) throws -> TrainingData {
    let images = try tensorField("images", of: dataset, argument)
    // Whoever is told vectors needs no classes.
    let isClassless = classCount == 0 && dataset["labels"] == nil
    let labels =
      isClassless
      ? try Tensor.zeros([images.shape.first ?? 0])
      : try tensorField("labels", of: dataset, argument)
    guard images.rank == 4, images.shape[1] == 3, labels.rank == 1 else {
      let isFlat = images.rank == 4 && labels.rank == 1
      throw failure(
        .shape,
        "a data set has images [N, 3, H, W] and labels [N], not \(images.shape) and "
          + "\(labels.shape)",
        hint: isFlat ? channelHint(images.shape[1]) : "as data.shapes(100) gives",
        argument: argument)
    }
    guard images.shape[0] == labels.shape[0] else {
      throw failure(
        .shape, misfit(labels.shape[0], "label", images.shape[0], "picture"),
        argument: argument)
    }
    try checkSize(
      width: images.shape[3], height: images.shape[2], side: side, of: owner, argument)
    let classes = try labels.toArray().map { label -> Int in
      guard let label = Int(exactly: label) else {
        throw failure(
          .value, "the labels are class indices, not \(decimal(Double(label)))", argument: argument)
      }
      return label
    }
    let vectors = try dataset["condition"].map {
      $0.isNil ? nil : try tensorField("condition", of: dataset, argument)
    }
    return try blaming(argument) {
      try TrainingData(
        images: images, labels: classes,
        classCount: classCount == 0 ? max((classes.max() ?? 0) + 1, 1) : classCount,
        vectors: vectors ?? nil)
    }
  }

  private func checkSize(
    width: Int, height: Int, side: Int, of owner: String, _ argument: String
  ) throws {
    guard width == side, height == side else {
      let these = argument == "validation" ? "the pictures of `validation`" : "these pictures"
      throw failure(
        .shape,
        "\(these) have \(width) x \(height) pixels, the \(owner) takes \(side) x \(side)",
        hint: "image.resize(x, \(side), \(side)) makes them fit", argument: argument)
    }
  }

  /// The data set for a tokenizer that goes by `names`, or by its own, with the vectors of
  /// `condition` if it is given.
  func conditionedData(
    for tokenizer: SMAPTokenizer, naming names: [String]? = nil
  ) throws -> TrainingData {
    let made = tokenizer.configuration
    let known = KnownClasses(
      owner: "tokenizer", names: names ?? tokenizer.classNames, count: made.numClasses)
    let data = try trainingData("dataset", for: known, side: made.imageSize)
    guard try !self["condition"].isNil else { return data }
    guard made.conditionDim > 0 else {
      throw failure(
        .value, "this tokenizer is conditioned by \(tokenizer.conditionInWords), not by vectors",
        hint: "smap.tokenizer(condition_dim = ..) makes one that is", argument: "condition")
    }
    guard data.vectors == nil else {
      throw failure(
        .value, "this data set has vectors of its own, which condition would replace",
        hint: "leave condition out, or data.with_condition(dataset, vectors) replaces them",
        argument: "condition")
    }
    return try blaming("condition") {
      try TrainingData(
        pictures: data.pictures, labels: data.labels, classCount: data.classCount,
        vectors: tensor("condition"))
    }
  }

  /// The data set `validation`, or nil if none was given, whose classes are those that the model
  /// is trained for.
  func validationData(for known: KnownClasses, side: Int) throws -> TrainingData? {
    guard try !self["validation"].isNil else { return nil }
    return try trainingData("validation", for: known, side: side)
  }

  /// Rejects pictures whose values cannot be those of pixels.
  func checkPixels(_ images: Tensor, _ argument: String) throws {
    try blaming(argument) { try TrainingData.checkPixels(images) }
  }

  /// Runs `body`; its errors are attributed to an argument.
  func blaming<Result>(_ argument: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as TensorError {
      throw failure(
        .init(rawValue: error.kind), error.message, hint: error.hint, argument: argument)
    }
  }

  /// The tensor in a field of a data set.
  func tensorField(_ name: String, of dataset: Record, _ argument: String) throws -> Tensor {
    guard let value = dataset[name] else {
      throw failure(
        .value, "this record has no `\(name)`",
        hint: "a data set is {images, labels}, as data.shapes(100) gives", argument: argument)
    }
    do {
      return try Conversion.tensor(value)
    } catch {
      throw failure(
        .type, "the field `\(name)` of a data set is a tensor, not \(value.typePhrase)",
        argument: argument)
    }
  }

  /// The hint on converting pictures to three channels.
  func channelHint(_ channels: Int) -> String {
    switch channels {
    case 1: "grey pictures become coloured by x.expand(-1, 3, -1, -1)"
    case 4: "image.flatten(x) puts pictures with transparency on white"
    default: "as data.shapes(100) gives"
    }
  }
}

/// A data set gives floats for one picture at a time.
extension ImageDataset: PictureSource {
  /// The width and height of every picture in pixels.
  public var side: Int { size }

  /// Runs `body` with the planes [3, side, side] of one picture.
  public func withPlanes<Result>(
    of index: Int, _ body: (UnsafePointer<Float>) throws -> Result
  ) throws -> Result {
    let planes = UnsafeMutablePointer<Float>.allocate(capacity: 3 * side * side)
    defer { planes.deallocate() }
    try writePlanes(of: index, into: planes)
    return try body(planes)
  }
}
