// SPDX-License-Identifier: Apache-2.0
//
// The SMAP tokenizer: a picture and its class become K tokens whose order carries meaning; any
// prefix of them, with the class, becomes a picture again.
//
// Encoder: [class slot | patches | condition | queries] through a pre-LN transformer; the outputs
// of the queries become tokens of T channels. Queries see everything before them and the queries
// up to themselves, so the first k tokens do not depend on how many follow. Decoder: [mask tokens |
// condition | k tokens] through a second transformer; the outputs of the mask tokens become pixels
// through convolutions, which leave no patch grid. The condition is never dropped.
// After TiTok (Yu et al., 2024), One-D-Piece, TA-TiTok; docs/Method.md, sections 2 to 5.

import Networks
import Tensors
import Training

/// A tokenizer with semantic-aware prefix tokens.
public final class SMAPTokenizer: TrainedModel {
  /// The architecture.
  public let configuration: TokenizerConfiguration
  let encoder: TokenizerEncoder
  let decoder: TokenizerDecoder
  let linearPath: LinearPath
  let quantizer: any Quantizer
  /// Names of the classes, in order of index; may be empty.
  public var classNames: [String] = []
  /// Notes that travel with the checkpoint, such as command, seed and scores.
  public var notes: [(key: String, value: String)] = []
  var training: WeightsInTraining?

  /// A tokenizer with random initial weights from `seed`.
  ///
  /// - Throws: a ValueError for a configuration that cannot be, a LimitError before anything is
  ///   allocated if memory has no room for it.
  public init(_ configuration: TokenizerConfiguration, seed: UInt64) throws {
    var configuration = configuration
    try configuration.validate()
    configuration.quantizer.type.complete(&configuration)
    try configuration.requireRoom(
      for: configuration.sizes, of: "tokenizer", work: configuration.attentionOfOnePicture)
    self.configuration = configuration
    var initial = Initializer(seed: seed)
    encoder = try TokenizerEncoder(configuration, &initial)
    decoder = try TokenizerDecoder(configuration, &initial)
    linearPath = try LinearPath(configuration)
    quantizer = try configuration.quantizer.type.init(configuration, seed: seed)
  }

  /// The trained parameters.
  public var namedParameters: [NamedParameter] {
    encoder.named(under: "encoder") + decoder.named(under: "decoder")
      + quantizer.namedParameters.map { NamedParameter("quantizer." + $0.name, $0.tensor) }
  }

  /// Everything that a checkpoint holds: parameters, linear path, codebook.
  package var stateTensors: [NamedParameter] {
    var state = namedParameters
    if configuration.linearPath {
      state += [
        NamedParameter("linear.means", linearPath.means),
        NamedParameter("linear.directions", linearPath.directions),
        NamedParameter("linear.scales", linearPath.scales),
      ]
      if configuration.quantizer.type.storesSynthesis {
        state += [
          NamedParameter("linear.offsets", linearPath.offsets),
          NamedParameter("linear.synthesis", linearPath.synthesis),
        ]
      }
    }
    return state + quantizer.state
  }

  /// What training changes or has fitted beside the parameters.
  var trainingState: [NamedParameter] {
    stateTensors.dropFirst(namedParameters.count)
      + quantizer.trainingState
  }

  /// Brings what is derived from the state tensors up to date after they were read from a file.
  func refreshAfterLoading() throws {
    guard configuration.linearPath else { return }
    let isStored = configuration.quantizer.type.storesSynthesis
    try linearPath.refresh(synthesis: isStored ? linearPath.synthesis : nil)
  }

  /// The number of codes of a discrete bottleneck, or nil.
  public var codeCount: Int? { quantizer.codeCount }

  /// The bottleneck in a few words, such as "vq with 1024 codes".
  public var bottleneck: String { quantizer.description }

  // MARK: - Steps on the tape

  /// The condition that a half of the tokenizer is told: the given one, or null if that half is
  /// not injected.
  private func seen(_ condition: Condition, _ reaches: Bool) throws -> Condition {
    guard !reaches else { return condition }
    var null = try Condition.null(count: condition.count, classCount: configuration.numClasses)
    null.hints = condition.hints
    return null
  }

  /// Parameters that only training uses: how the augmentation of a picture is told. They start at
  /// zero and are kept in checkpoints of a training, not in those of the tokenizer.
  var hintParameters: [NamedParameter] {
    [
      NamedParameter("encoder.condition.augmentation", encoder.augmentation),
      NamedParameter("decoder.condition.augmentation", decoder.augmentation),
    ]
  }

  /// Tokens before the bottleneck: [B, K, T], with the outputs of the quantizer's heads.
  ///
  /// The transformer sees `shown` in place of the pixels, if it is given.
  func latents(
    _ pixels: Tensor, shown: Tensor? = nil, condition: Condition
  ) throws -> EncodedTokens {
    let told = try seen(condition, configuration.inject.reachesEncoder)
    let learned = try encoder(shown ?? pixels, condition: told)
    guard configuration.linearPath else { return learned }
    let flat = try pixels.reshape([pixels.shape[0], configuration.pixelCount])
    let linear = try linearPath.encode(flat, condition: told).reshape(learned.vectors.shape)
    return EncodedTokens(vectors: try learned.vectors.add(linear), heads: learned.heads)
  }

  /// Pixels [B, H, W, 3] from k tokens [B, k, T], which are the first ones unless `places` says
  /// otherwise.
  func pixels(
    _ tokens: Tensor, at places: TokenPlaces? = nil, condition: Condition
  ) throws -> Tensor {
    try drawn(tokens, at: places, condition: condition).pixels
  }

  /// Pixels as `pixels` gives them, and how the last layer made them.
  func drawn(
    _ tokens: Tensor, at places: TokenPlaces? = nil, condition: Condition
  ) throws -> DrawnPixels {
    let told = try seen(condition, configuration.inject.reachesDecoder)
    let places = places ?? TokenPlaces(prefix: tokens.shape[1])
    guard configuration.linearPath else {
      return try decoder(tokens, at: places, base: nil, condition: told)
    }
    let isWhole = places.isPrefix && places.lengths == nil
    let linear = isWhole ? tokens : try places.spread(tokens, over: configuration.numTokens)
    let (batch, side) = (tokens.shape[0], configuration.imageSize)
    let base = try linearPath.decode(
      try linear.reshape([batch, linear.shape[1] * configuration.tokenDim]), condition: told
    ).reshape([batch, side, side, 3])
    return try decoder(tokens, at: places, base: base, condition: told)
  }

  // MARK: - Whole batches

  /// The tokens of pictures [B, 3, H, W] with values from 0 to 1.
  public func encode(_ images: Tensor, condition: Condition) throws -> Tokens {
    try check(images)
    let condition = try checkedCondition(condition, count: images.shape[0])
    let parts = try inParallel(count: images.shape[0], size: picturesAtATime) { range in
      let pixels = try PixelLayout.channelsLast(
        images.narrow(dim: 0, start: range.lowerBound, count: range.count))
      let latents = try self.latents(pixels, condition: condition.slice(range))
      return try self.quantizer.limit(latents.vectors)
    }
    let ids = parts.compactMap(\.ids).flatMap { $0 }
    return Tokens(
      latents: try Tensor.cat(parts.map(\.tokens), dim: 0), ids: codeCount == nil ? nil : ids,
      condition: condition, maker: maker)
  }

  /// How each token attends to the patches of pictures [B, 3, H, W] in a block of the encoder: [B,
  /// K, grid, grid], means over the heads.
  public func attention(
    _ images: Tensor, condition: Condition, block: Int
  ) throws -> Tensor {
    try check(images)
    let condition = try checkedCondition(condition, count: images.shape[0])
    let parts = try inParallel(count: images.shape[0], size: picturesAtATime) { range in
      let pixels = try PixelLayout.channelsLast(
        images.narrow(dim: 0, start: range.lowerBound, count: range.count))
      let told = try self.seen(
        condition.slice(range), self.configuration.inject.reachesEncoder)
      return try self.encoder.attention(ofBlock: block, pixels, condition: told)
    }
    let (side, count) = (configuration.imageSize / configuration.patchSize, images.shape[0])
    return try Tensor.cat(parts, dim: 0).reshape([count, configuration.numTokens, side, side])
  }

  /// Pictures [B, 3, H, W] from any prefix of tokens, or from tokens at other places, clamped to
  /// 0...1; as the tokens' own condition, or as another.
  public func decode(
    _ tokens: Tokens, condition: Condition?, places: TokenPlaces?
  ) throws -> Tensor {
    let condition = try checkedCondition(condition, for: tokens)
    let places = try checkedPlaces(places, for: tokens)
    let parts = try inParallel(count: tokens.count, size: picturesAtATime) { range in
      let part = try tokens.latents.narrow(dim: 0, start: range.lowerBound, count: range.count)
      let (kept, own) = try places.pictures(range).trimmed(part)
      return try PixelLayout.channelsFirst(
        self.pixels(kept, at: own, condition: condition.slice(range)).clamp(min: 0, max: 1))
    }
    return try Tensor.cat(parts, dim: 0)
  }

  /// Encodes and decodes with the first `keep` tokens (all if nil).
  public func reconstruct(
    _ images: Tensor, condition: Condition, keep: Int? = nil
  ) throws -> Tensor {
    let tokens = try encode(images, condition: condition)
    return try decode(keep.map { try tokens.prefix($0) } ?? tokens)
  }

  /// Pictures that one thread encodes or decodes at a time: fewer if they are large. The tokens and
  /// pixels of one do not depend on the others.
  private var picturesAtATime: Int {
    let pixels = configuration.imageSize * configuration.imageSize
    return max(1, min(picturesPerMicroBatch, picturesPerMicroBatch * 1024 / max(1, pixels)))
  }

  func check(_ images: Tensor) throws {
    let side = configuration.imageSize
    guard images.rank == 4, images.shape[1] == 3, images.shape[2] == side, images.shape[3] == side
    else {
      throw TensorError.shape(
        "this tokenizer takes pictures of shape [B, 3, \(side), \(side)], not \(images.shape)",
        hint: "image.resize(x, \(side), \(side)) makes them fit")
    }
  }
}

/// The number of small pictures that one thread works on at a time: few enough to stay in cache.
let picturesPerMicroBatch = 8

/// Runs `body` without recording for blocks of pictures, on all threads, and collects in order.
func inParallel<Part>(
  count: Int, size: Int = picturesPerMicroBatch, _ body: (Range<Int>) throws -> Part
) throws -> [Part] {
  let chunks = (count + size - 1) / size
  var results = [Result<Part, any Error>?](repeating: nil, count: chunks)
  results.withUnsafeMutableBufferPointer { slots in
    let slots = slots
    ThreadPool.forEach(chunks: chunks) { i in
      slots[i] = Result {
        try Tensor.withoutGradients { try body(i * size..<min(count, (i + 1) * size)) }
      }
    }
  }
  return try results.compactMap { try $0?.get() }
}

extension GradientExchange {
  /// The pictures, out of `count`, that this worker measures: whole micro-batches, so that they are
  /// measured in the same company whatever the number of workers.
  func pictures(of count: Int) -> Range<Int> {
    let size = picturesPerMicroBatch
    let own = share(of: (count + size - 1) / size)
    return min(own.lowerBound * size, count)..<min(own.upperBound * size, count)
  }
}
