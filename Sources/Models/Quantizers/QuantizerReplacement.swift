// SPDX-License-Identifier: Apache-2.0
//
// A trained tokenizer with another bottleneck: from vectors to codes. A codebook that starts among
// the vectors of a trained encoder needs a fraction of the steps that random codes need, and the
// transformers, which have learned pictures already, learn only to live with the codes
// (docs/Method.md, section 3.2).

import Networks
import Tensors

extension SMAPTokenizer {
  /// The most tokens that codes are fitted to.
  private static let mostFitted = 1 << 17

  /// A tokenizer with the weights of this one and the quantizer of `configuration`, which differs
  /// from its own in nothing else. Codes are fitted to the tokens of `data`; outputs of the encoder
  /// that this tokenizer lacks start as in a new one.
  ///
  /// - Throws: a `TensorError` for a linear path, which belongs to its quantizer, or for a
  ///   configuration that cannot be.
  public func replacingQuantizer(
    _ configuration: TokenizerConfiguration, fittedTo data: TrainingData, seed: UInt64,
    onGroup: (Int, Int) throws -> Void
  ) throws -> SMAPTokenizer {
    guard !self.configuration.linearPath else {
      throw TensorError.value(
        "the linear path of this tokenizer was fitted for its own quantizer",
        hint: "train a tokenizer with linear_path = false")
    }
    let made = try SMAPTokenizer(configuration, seed: seed)
    let own = Dictionary(namedParameters.map { ($0.name, $0.tensor) }) { first, _ in first }
    for parameter in made.encoder.named(under: "encoder") + made.decoder.named(under: "decoder") {
      if let trained = own[parameter.name] { parameter.tensor.assign(trained) }
    }
    made.classNames = classNames
    try made.quantizer.fit(sampledVectors(of: data, onGroup), seed: seed)
    return made
  }

  /// What the encoder makes of pictures spread evenly over a data set, before the bottleneck:
  /// [n * K, T].
  private func sampledVectors(
    of data: TrainingData, _ onGroup: (Int, Int) throws -> Void
  ) throws -> Tensor {
    let most = max(1, SMAPTokenizer.mostFitted / configuration.numTokens)
    let places = (0..<min(data.count, most)).map { $0 * data.count / min(data.count, most) }
    var parts: [Tensor] = []
    let size = 32 * picturesPerMicroBatch
    for start in stride(from: 0, to: places.count, by: size) {
      let group = Array(places[start..<min(start + size, places.count)])
      let images = try Tensor.cat(
        group.map { try data.pictures.images($0..<$0 + 1) }, dim: 0)
      let condition = try data.condition(of: group, vectorSize: configuration.conditionDim)
      parts += try inParallel(count: group.count) { range in
        let pixels = try PixelLayout.channelsLast(
          images.narrow(dim: 0, start: range.lowerBound, count: range.count))
        return try self.latents(pixels, condition: condition.slice(range)).vectors
      }
      try onGroup(start + group.count, places.count)
    }
    return try Tensor.cat(parts, dim: 0)
      .reshape([places.count * configuration.numTokens, configuration.tokenDim])
  }
}
