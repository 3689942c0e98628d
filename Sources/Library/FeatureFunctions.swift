// SPDX-License-Identifier: Apache-2.0
//
// Metrics on features: `metrics.features` and comparisons of two sets of them. Where features are
// expected, pictures [N, C, H, W] may be passed, too.

import Metrics
import Runtime
import Tensors

/// The functions of `metrics` that compare sets of pictures.
enum FeatureFunctions {
  static let functions: [Builtin] =
    [features, frechet, kid, precisionRecall, linearProbe]
    + ClassifierFunctions.functions + CodeMeasures.functions + StyleMeasure.functions

  private static let features = Builtin(
    "metrics.features(images) -> [B, F]",
    "Describes each picture by 1,280 numbers from the network EfficientNet-Lite0.",
    details: "`images` is a tensor [B, C, H, W] of values from 0 to 1, or a data set. Pictures are "
      + "resized to 112 x 112.",
    example: "metrics.features(zeros(2, 3, 32, 32)).shape   #=> [2, 1280]",
    body: { call in .tensor(try features(call, "images")) })

  private static let frechet = Builtin(
    "metrics.frechet(x, y, *, components = nil) -> number", purity: .untried,
    "The Fréchet distance of two sets of pictures, data sets or features [N, F].",
    details: """
      Both sets are summed up by mean and covariance of their features; equal sets have distance \
      0. With `components`, features are first projected on so many principal components of `x`. \
      The value depends on the sizes of the sets: compare equal sizes only, and call it FD-Lite0, \
      not FID.
      """,
    example: "metrics.frechet([0, 0; 2, 2], [3, 0; 5, 2])   #=> 9",
    body: { call in
      let components = try call.optionalInteger("components")
      return .number(
        try FeatureDistances.frechet(rows(call, "x"), rows(call, "y"), components: components))
    })

  private static let kid = Builtin(
    "metrics.kid(x, y) -> number", purity: .untried,
    "The kernel distance of two sets of pictures, data sets or features [N, F].",
    details: "The unbiased squared maximum mean discrepancy under the kernel (x.y / F + 1) ** 3, "
      + "over all pairs. It does not depend on the sizes of the sets, and may come out slightly "
      + "below 0.",
    example: "metrics.kid([1, 0; 1, 0], [0, 1; 0, 1])   #=> 4.75",
    body: { call in
      .number(try FeatureDistances.kernel(rows(call, "x"), rows(call, "y")))
    })

  private static let precisionRecall = Builtin(
    "metrics.precision_recall(x, y, *, k = 3) -> record", purity: .untried,
    "The fraction of `y` that looks like `x`, and the fraction of `x` that `y` covers.",
    details: "`x` is the real set, `y` the generated one. An element counts if it is not farther "
      + "from some element of the other set than that element's `k`-th nearest neighbour.",
    example: "metrics.precision_recall([0; 1; 2], [0; 1; 9], k = 1).precision   "
      + "#=> 0.6666666666666666",
    body: { call in
      let found = try FeatureDistances.precisionRecall(
        rows(call, "x"), rows(call, "y"), neighbours: call.integer("k", in: 1...1_000_000))
      return .record(["precision": .number(found.precision), "recall": .number(found.recall)])
    })

  private static let linearProbe = Builtin(
    "metrics.linear_probe(features: tensor, labels: tensor, test_features: tensor, "
      + "test_labels: tensor, *, penalty = 0.1) -> record",
    "How well a linear map predicts classes from features: {accuracy, predictions}.",
    details: """
      Ridge regression on one-hot targets, in closed form: the features are standardised, and \
      `penalty` is added to the diagonal of their covariance.
      """,
    example: "metrics.linear_probe([0; 1; 4; 5], [0, 0, 1, 1], [0; 6], [0, 1]).accuracy   #=> 1",
    body: { call in
      let probe = try LinearProbe(
        features: flat(call, "features"), labels: call.tensor("labels"),
        penalty: call.number("penalty", in: 0...Double.greatestFiniteMagnitude))
      let (features, labels) = (try flat(call, "test_features"), try call.tensor("test_labels"))
      guard labels.shape == [features.shape[0]] else {
        throw call.failure(
          .shape, "\(features.shape[0]) rows do not have labels of shape \(labels.shape)",
          argument: "test_labels")
      }
      let found = try probe.predict(features)
      let right = zip(found, labels.toArray()).filter { $0 == $1 }.count
      return .record([
        "accuracy": .number(found.isEmpty ? .nan : Double(right) / Double(found.count)),
        "predictions": .tensor(try Tensor(shape: [found.count], values: found)),
      ])
    })

  /// Features, one row each; pictures are passed through the network.
  private static func rows(_ call: Call, _ name: String) throws -> Tensor {
    if try call.datasetIfGiven(name) != nil { return try features(call, name) }
    let tensor = try call.tensor(name)
    return tensor.rank == 4 ? try features(call, name) : tensor
  }

  /// Features, one row each; dimensions after the first are flattened.
  private static func flat(_ call: Call, _ name: String) throws -> Tensor {
    let tensor = try call.tensor(name)
    guard tensor.rank >= 2 else {
      throw call.failure(
        .shape, "features have the shape [N, F], not \(tensor.shape)", argument: name)
    }
    return try tensor.flatten(start: 1)
  }

  /// The network, loaded on first use.
  static func network(of session: Session) throws -> FeatureNetwork {
    try HeldNetwork.of(session)
  }

  /// Features of pictures, or of a data set, whose floats exist 64 pictures at a time.
  private static func features(_ call: Call, _ name: String) throws -> Tensor {
    if let dataset = try call.datasetIfGiven(name) {
      let network = try network(of: call.session)
      guard dataset.count > 0 else { return try Tensor.zeros([0, network.width]) }
      return try Tensor.cat(
        call.inGroups(dataset.count, size: 64) { try network.features(of: dataset.images($0)) })
    }
    let images = try call.tensor(name)
    guard images.rank == 4 else {
      throw call.failure(
        .shape, "pictures have the shape [B, C, H, W], not \(images.shape)", argument: name)
    }
    try call.checkPixels(images, name)
    let network = try network(of: call.session)
    guard images.shape[0] > 0 else { return try network.features(of: images) }
    let parts = try call.inGroups(images.shape[0], size: 32) { range in
      try network.features(
        of: images.narrow(dim: 0, start: range.lowerBound, count: range.count))
    }
    return try Tensor.cat(parts)
  }
}

/// The network of a session, loaded on first use.
private final class HeldNetwork {
  private let network: FeatureNetwork

  private init() throws {
    network = try FeatureNetwork(
      weights: ResourceLocator.metric("efficientnet-lite0.safetensors"),
      plan: ResourceLocator.metric("efficientnet-lite0.json"))
  }

  static func of(_ session: Session) throws -> FeatureNetwork {
    if let known = session.attachments["feature network"] as? HeldNetwork { return known.network }
    let fresh = try HeldNetwork()
    session.attachments["feature network"] = fresh
    return fresh.network
  }
}
