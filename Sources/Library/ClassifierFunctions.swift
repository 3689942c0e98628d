// SPDX-License-Identifier: Apache-2.0
//
// `metrics.classifier`: a fixed judge of what class a picture shows, for reconstructions under the
// right class, none and another. It is a linear probe, so it is fitted in closed form.

import Images
import Metrics
import Models
import Runtime
import Tensors

/// A linear classifier of pictures.
final class PictureClassifier {
  /// What it reads off a picture.
  enum Input: String, CaseIterable {
    case network, pixels
  }

  let input: Input
  let classNames: [String]
  let side: Int
  private let probe: LinearProbe
  private let network: FeatureNetwork?

  init(_ data: TrainingData, _ classNames: [String], _ input: Input, penalty: Double, _ call: Call)
    throws
  {
    (self.input, self.classNames, side) = (input, classNames, data.pictures.side)
    network = input == .network ? try FeatureFunctions.network(of: call.session) : nil
    let task = LongTask("classifier", call)
    let network = network
    let features = try task.run {
      let parts = try stride(from: 0, to: data.count, by: 128).map { start in
        let range = start..<min(start + 128, data.count)
        try task.report(start, of: data.count)
        return try PictureClassifier.features(data.pictures.images(range), network)
      }
      return try Tensor.cat(parts)
    }
    probe = try LinearProbe(
      features: features,
      labels: Tensor(shape: [data.count], values: data.labels.map { Float($0) }), penalty: penalty)
  }

  private static func features(_ images: Tensor, _ network: FeatureNetwork?) throws -> Tensor {
    try network?.features(of: images) ?? images.flatten(start: 1)
  }

  /// How much a classifier speaks for each class, row by row [B, classes]: a softmax of the linear
  /// map's estimates, sharpened so that an estimate of 1 against 0 is nearly certain.
  func probabilities(_ images: Tensor, _ call: Call) throws -> Tensor {
    let count = classNames.count
    let rows = try call.inGroups(images.shape[0], size: 128) { range in
      try probe.scores(
        PictureClassifier.features(
          images.narrow(dim: 0, start: range.lowerBound, count: range.count), network))
    }.flatMap { $0 }
    // A class without pictures has no estimate, and no probability.
    let logits = try Tensor(
      repeating: -.infinity, shape: [images.shape[0], count])
    for (row, scores) in rows.enumerated() {
      for (label, score) in zip(probe.labels, scores) {
        logits.pointer[row * count + Int(label)] = Float(PictureClassifier.sharpness * score)
      }
    }
    return try logits.softmax(dim: 1)
  }

  /// The factor on estimates before the softmax.
  private static let sharpness = 10.0

  /// The class of each picture [B, 3, H, W].
  func classes(_ images: Tensor, _ call: Call) throws -> [Int] {
    try call.inGroups(images.shape[0], size: 128) { range in
      try probe.predict(
        PictureClassifier.features(
          images.narrow(dim: 0, start: range.lowerBound, count: range.count), network))
    }.flatMap { $0.map { Int($0) } }
  }
}

/// The functions of `metrics` about classifiers.
enum ClassifierFunctions {
  static let functions: [Builtin] = [make, accuracy, probabilities]

  static let type = ForeignType(
    "classifier", "Tells the class of pictures; `c(images)` gives one number for each.",
    fields: [
      .init("input", "What it reads: \"network\" features or \"pixels\".") { object, _ in
        .string(try object.payload(as: PictureClassifier.self).input.rawValue)
      },
      .init("classes", "The names of the classes.") { object, _ in
        .strings(try object.payload(as: PictureClassifier.self).classNames)
      },
    ],
    display: { object in
      guard let classifier = object.payload as? PictureClassifier else { return "classifier" }
      return
        "classifier(\(counted(classifier.classNames.count, "class")), by \(classifier.input.rawValue))"
    })

  private static let make = Builtin(
    "metrics.classifier(dataset, *, input = \"network\", per_class = 100, penalty = 0.1, seed = 0) "
      + "-> classifier",
    "Fits a linear classifier to pictures, a fixed judge of reconstructions.",
    details: """
      It is metrics.linear_probe on the features of metrics.features (`input = "network"`), or on \
      "pixels". At most `per_class` pictures of each class are used, chosen at random by `seed`. \
      metrics.accuracy measures it, metrics.reliance uses it.
      """,
    example: """
      let set = data.shapes(40, size = 8)
      metrics.accuracy(metrics.classifier(set, input = "pixels"), set) > 0.9   #=> true
      """,
    choices: ["input": PictureClassifier.Input.words],
    body: { call in
      let data = try call.ownData("dataset")
      let names = try call.classNames("dataset") ?? (0..<data.classCount).map { "\($0)" }
      let input = try call.choice("input", as: PictureClassifier.Input.self)
      let chosen = try chosen(data, call)
      let penalty = try call.number("penalty", in: 0...Double.greatestFiniteMagnitude)
      let classifier = try PictureClassifier(chosen, names, input, penalty: penalty, call)
      return .object(ForeignObject(type, classifier))
    })

  /// At most `per_class` pictures of each class.
  private static func chosen(_ data: TrainingData, _ call: Call) throws -> TrainingData {
    let most = try call.integer("per_class", in: 1...1_000_000)
    var draws = RandomStream(seed: try call.seed("seed"), 0xC1A5)
    var counts = [Int](repeating: 0, count: data.classCount)
    let kept = try draws.permutation(data.count).filter { index in
      counts[data.labels[index]] += 1
      return counts[data.labels[index]] <= most
    }.sorted()
    return try TrainingData(
      pictures: SelectedPictures(data.pictures, kept), labels: kept.map { data.labels[$0] },
      classCount: data.classCount)
  }

  private static let accuracy = Builtin(
    "metrics.accuracy(classifier: classifier, dataset) -> number",
    "The fraction of the pictures of a data set whose class a classifier finds.",
    details: "A record {images: reconstructions, labels: their classes} is a data set, too.",
    example: """
      let set = data.shapes(40, size = 8)
      metrics.accuracy(metrics.classifier(set, input = "pixels"), set) <= 1   #=> true
      """,
    body: { call in
      let classifier = try call.object("classifier", type, as: PictureClassifier.self)
      let data = try call.trainingData(
        "dataset", for: classifier.knownClasses, side: classifier.side)
      var right = 0
      for start in stride(from: 0, to: data.count, by: 256) {
        let range = start..<min(start + 256, data.count)
        let found = try classifier.classes(data.pictures.images(range), call)
        right += zip(found, data.labels[range]).filter { $0 == $1 }.count
      }
      return .number(Double(right) / Double(data.count))
    })
}

extension ClassifierFunctions {
  fileprivate static let probabilities = Builtin(
    "metrics.probabilities(classifier: classifier, images: [B, C, H, W]) -> [B, N]",
    "How probable a classifier finds each class for each picture.",
    details: """
      The softmax of ten times the estimates of its linear map. The rows add up to 1 and their largest \
      number is that of the class that metrics.accuracy counts; as probabilities they are not \
      calibrated. A column of them is a score for card.search.
      """,
    example: """
      let set = data.shapes(40, size = 8)
      let judge = metrics.classifier(set, input = "pixels")
      metrics.probabilities(judge, set.images[:2]).shape   #=> [2, 10]
      """,
    pictures: "images",
    body: { call in
      let classifier = try call.object("classifier", type, as: PictureClassifier.self)
      let images = try call.pictures().images
      guard images.shape[2] == classifier.side, images.shape[3] == classifier.side else {
        throw call.failure(
          .shape,
          "this classifier was fitted to pictures of \(classifier.side) x \(classifier.side), not "
            + "\(images.shape[2]) x \(images.shape[3])", argument: "images")
      }
      return .tensor(try classifier.probabilities(images, call))
    })
}

/// Some pictures of a source.
struct SelectedPictures: PictureSource {
  private let pictures: any PictureSource
  private let places: [Int]

  init(_ pictures: any PictureSource, _ places: [Int]) {
    (self.pictures, self.places) = (pictures, places)
  }

  var count: Int { places.count }
  var side: Int { pictures.side }

  func withPlanes<Result>(
    of index: Int, _ body: (UnsafePointer<Float>) throws -> Result
  ) throws -> Result {
    try pictures.withPlanes(of: places[index], body)
  }

  func willUse(_ indices: [Int]) { pictures.willUse(indices.map { places[$0] }) }
}

extension Call {
  /// The argument `classifier` for pictures as a code makes them, or nil.
  ///
  /// - Throws: a ScriptError if its pictures or its classes are others than those of the test.
  func classifier(for test: CodeTest) throws -> PictureClassifier? {
    let name = "classifier"
    guard try !self[name].isNil else { return nil }
    let classifier = try object(name, ClassifierFunctions.type, as: PictureClassifier.self)
    let side = test.code.imageSize
    guard classifier.side == side else {
      throw failure(
        .shape,
        "this classifier was fitted to pictures of \(classifier.side) x \(classifier.side), those of "
          + "the \(test.code.knownClasses.owner) have \(side) x \(side)", argument: name)
    }
    let names = try classNames("dataset") ?? []
    try checkClasses(
      named: classifier.classNames, "this classifier", name,
      against: [
        test.code.knownClasses, KnownClasses(owner: "data set", names: names, count: names.count),
      ])
    if let label = test.data.labels.max(), label >= classifier.classNames.count {
      throw failure(
        .value,
        "this classifier knows \(counted(classifier.classNames.count, "class")), and the data set "
          + "has pictures of class \(label)", hint: "fit it to pictures of all classes",
        argument: name)
    }
    return classifier
  }
}
