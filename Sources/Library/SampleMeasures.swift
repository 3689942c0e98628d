// SPDX-License-Identifier: Apache-2.0
//
// Measures of samples of a generator: whether they repeat pictures of the training set, and how
// much those of one class differ from each other.

import Glibc
import Images
import Metrics
import Models
import Runtime
import Tensors

/// The functions of `metrics` that measure samples.
enum SampleMeasures {
  static let functions: [Builtin] = [memorisation, diversity]

  private static let memorisation = Builtin(
    "metrics.memorisation(images: tensor, dataset, *, threshold = nil, queries = 1000, seed = 0) "
      + "-> record",
    "The share of pictures that are copies of pictures of a data set.",
    details: """
      A picture counts as a copy if its distance to the nearest picture of the data set is below \
      `threshold`: unless given, half the median distance of a picture of the data set to its nearest \
      other one, measured on `queries` of them that are chosen by `seed`; a duplicate of the same \
      pixels is no other picture. Distances are root mean squared differences of pixels. The result has `share`, `threshold`, and of each picture \
      `indices` and `distances` of the nearest. Held-out pictures give the share to compare with.
      """,
    example: """
      let set = data.shapes(50, size = 8, seed = 1)
      metrics.memorisation(set.images[:10], set).share   #=> 1
      """,
    body: { call in
      let images = try call.tensor("images")
      guard images.rank == 4, images.shape[0] > 0 else {
        throw call.failure(
          .shape, "pictures have the shape [B, C, H, W], not \(images.shape)", argument: "images")
      }
      try call.checkPixels(images, "images")
      let threshold =
        try call["threshold"].isNil
        ? halfOfMedian(call) : call.number("threshold", in: 0...Double.greatestFiniteMagnitude)
      let found = try MetricFunctions.nearest(images, call)
      let distances = found.map { $0.error.squareRoot() }
      let copies = distances.filter { $0 < threshold }.count
      return .record(
        Record([
          ("share", .number(Double(copies) / Double(found.count))),
          ("threshold", .number(threshold)),
          ("indices", .tensor(try row(found.map { Float($0.index) }))),
          ("distances", .tensor(try row(distances.map { Float($0) }))),
        ]))
    })

  /// Half the median distance of pictures of the argument `dataset` to their nearest others.
  private static func halfOfMedian(_ call: Call) throws -> Double {
    let pictures = try call.datasetIfGiven("dataset")
    let tensor = try pictures == nil ? call.pictureTensor("dataset") : nil
    let count = pictures?.count ?? tensor?.shape[0] ?? 0
    guard count >= 2 else {
      throw call.failure(
        .value, "a threshold needs two pictures to compare, not \(count)",
        hint: "pass threshold = ..", argument: "dataset")
    }
    var stream = RandomStream(seed: try call.seed("seed"), 0x3E30)
    let most = try call.integer("queries", in: 1...1_000_000)
    let places = Array(try stream.permutation(count).prefix(most)).sorted()
    let distances = try call.inGroups(places.count, size: 256) { range in
      let chosen = Array(places[range])
      let queries = try pictures?.images(at: chosen) ?? tensor?.taking(chosen, dim: 0)
      guard let queries else { return [Double]() }
      return try MetricFunctions.nearest(queries, call, excluding: chosen, skipsEqual: true)
        .map { $0.error.squareRoot() }
    }.flatMap { $0 }.filter(\.isFinite).sorted()
    guard !distances.isEmpty else {
      throw call.failure(
        .value, "a threshold needs two different pictures, and these are all equal",
        hint: "pass threshold = ..", argument: "dataset")
    }
    let middle = distances.count / 2
    let median =
      distances.count % 2 == 1
      ? distances[middle] : (distances[middle - 1] + distances[middle]) / 2
    return median / 2
  }

  private static func row(_ values: [Float]) throws -> Tensor {
    try Tensor(shape: [values.count], values: values)
  }

  private static let diversity = Builtin(
    "metrics.diversity(dataset, reference = nil) -> table",
    "How much the pictures of each class differ from each other: a row for each class.",
    details: """
      `distance` is the mean distance of two pictures of the class in the features of \
      metrics.features, nil where there are less than two; it does not depend on their number. With a \
      `reference`, such as real pictures, there are also its distance and the `ratio` of both: 1 for \
      samples as different as real pictures, 0 for one picture again and again, nil if those of the reference are \
      all the same. `summary` has the means over the classes that have one. A record {images: samples, labels: their classes} is a data set, too.
      """,
    example: """
      let set = data.shapes(40, size = 8, num_classes = 2, seed = 1)
      metrics.diversity(set, set).summary.ratio   #=> 1
      """,
    body: { call in
      let own = try distances("dataset", call)
      let other = try call["reference"].isNil ? nil : distances("reference", call)
      if let other, other.count != own.count {
        throw call.failure(
          .value,
          "the reference has \(counted(other.count, "class")), and the pictures have \(own.count)",
          argument: "reference")
      }
      let names = try call.classNames("dataset") ?? own.indices.map { "\($0)" }
      if other != nil, let known = try call.classNames("dataset") {
        try call.checkClasses(
          of: "reference",
          against: [KnownClasses(owner: "pictures", names: known, count: own.count)])
      }
      var (means, references, ratios) = (Average(), Average(), Average())
      let rows = zip(names, own).enumerated().map { label, entry in
        let (name, (count, distance)) = entry
        var fields: [(String, Value)] = [
          ("class", .string(name)), ("pictures", .integer(count)), ("distance", optional(distance)),
        ]
        means.add(distance.map { [$0] } ?? [])
        guard let other else { return Record(fields) }
        let reference = other[label].distance
        let ratio = distance.flatMap { own in reference.flatMap { $0 > 0 ? own / $0 : nil } }
        references.add(reference.map { [$0] } ?? [])
        ratios.add(ratio.map { [$0] } ?? [])
        fields += [("reference", optional(reference)), ("ratio", optional(ratio))]
        return Record(fields)
      }
      var summary: [(String, Value)] = [("distance", optional(means.optionalValue))]
      if other != nil {
        summary += [
          ("reference", optional(references.optionalValue)),
          ("ratio", optional(ratios.optionalValue)),
        ]
      }
      return try TableFunctions.table(rows, summary: Record(summary), call.session)
    })

  private static func optional(_ number: Double?) -> Value { number.map { .number($0) } ?? .nil }

  /// The number of pictures of each class, and the mean distance of two of them.
  private static func distances(
    _ argument: String, _ call: Call
  ) throws -> [(count: Int, distance: Double?)] {
    let data = try call.ownData(argument)
    let network = try FeatureFunctions.network(of: call.session)
    let features = try call.inGroups(data.count, size: 64) { range in
      try network.features(of: data.pictures.images(range))
    }
    let all = try features.isEmpty ? Tensor.zeros([0, network.width]) : Tensor.cat(features)
    return try (0..<data.classCount).map { label in
      let places = data.labels.indices.filter { data.labels[$0] == label }
      return (places.count, try FeatureDistances.spread(all.taking(places, dim: 0)))
    }
  }
}

extension Call {
  /// The pictures of an argument that is a tensor or a record with `images`.
  func pictureTensor(_ name: String) throws -> Tensor {
    if case .record = try self[name] {
      return try tensorField("images", of: datasetRecord(name), name)
    }
    return try tensor(name)
  }
}
