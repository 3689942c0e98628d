// SPDX-License-Identifier: Apache-2.0
//
// How many tokens a picture needs, and what tokens cost in bits.

import Glibc
import Images
import Metrics
import Models
import Runtime
import Tensors

/// The functions about lengths and rates.
enum LengthFunctions {
  static let functions: [Builtin] = [bestLength, rate]

  private static let bestLength = Builtin(
    "smap.best_length(tok: tokenizer, images: [B, C, H, W], threshold: number, *, label = nil, condition = nil, "
      + "metric = \"mse\", search = \"bisection\") -> tensor",
    "The fewest tokens with which each picture is within `threshold` of the original.",
    details: """
      `metric` is "mse" (the mean squared error is at most the threshold), "ssim" (the similarity \
      is at least the threshold) or "features" (the mean squared difference of the features of \
      metrics.features is at most the threshold). A picture that never gets there counts all \
      tokens. "bisection" assumes that a longer prefix is no worse, and decodes every picture \
      about log2(K) times, each with its own number of tokens; "linear" tries all lengths from 1.
      """,
    example: TokenizerFunctions.tinyExample
      + "smap.best_length(tok, zeros(2, 3, 16, 16), 1)   #=> tensor([1, 1])",
    choices: ["metric": FidelityMetric.words, "search": LengthSearch.words],
    pictures: "images",
    body: { call in
      let tokenizer = try call.code("tok")
      let given = try call.pictures()
      let images = given.images
      let threshold = try call.number("threshold")
      let metric = try call.choice("metric", as: FidelityMetric.self)
      guard metric.thresholds.contains(threshold) else {
        throw call.failure(
          .value,
          "the threshold of \"\(metric.rawValue)\" is \(metric.thresholdsInWords), not "
            + "\(decimal(threshold))", hint: metric.example, argument: "threshold")
      }
      let condition = try call.condition(tokenizer, of: given)
      let tokens = try TokenizerFunctions.encode(images, condition, tokenizer, call)
      let test = try FidelityTest(
        metric, threshold, images, call)
      func passes(_ lengths: [Int]) throws -> [Bool] {
        let pictures = try TokenizerFunctions.decode(
          tokens, condition, tokenizer, call,
          places: TokenPlaces(prefix: tokens.length, lengths: lengths))
        return try test.passes(pictures)
      }
      let search = try call.choice("search", as: LengthSearch.self)
      let found = try search.lengths(count: images.shape[0], most: tokens.length, passes)
      return .tensor(try Tensor(shape: [found.count], values: found.map { Float($0) }))
    })

  private static let rate = Builtin(
    "smap.rate(tok: tokenizer, tokens: tokens) -> record",
    "What tokens cost: {tokens, bits, label_bits, bits_per_pixel} for each picture.",
    details: """
      A code of a codebook of V costs log2(V) bits; the class is side information and costs at \
      most log2(C) more, which `label_bits` says and `bits` leaves out (nil where a vector is given). Continuous tokens have no \
      rate without a coder: `bits` is nil, and `numbers` says how many numbers they are.
      """,
    example: """
      let tok = smap.tokenizer(image_size = 16, width = 16, quantizer = "vq", seed = 0)
      smap.rate(tok, smap.encode(tok, zeros(1, 3, 16, 16))[:4]).bits   #=> 40
      """,
    body: { call in
      let tokenizer = try call.code("tok")
      let tokens = try call.tokens("tokens")
      guard tokens.latents.shape[2] == tokenizer.tokenDim, tokens.length <= tokenizer.numTokens
      else {
        throw call.failure(
          .shape, "these tokens are not of this tokenizer", argument: "tokens")
      }
      try call.blaming("tokens") { try tokenizer.checkCodes(of: tokens) }
      let rate = tokenizer.rate(ofPrefix: tokens.length)
      // Vectors that lie between codes, such as those of a generator, are no codes.
      let bits = tokens.ids == nil ? nil : rate.bits
      let pixels = Double(tokenizer.imageSize * tokenizer.imageSize)
      return .record([
        "tokens": .integer(tokens.length),
        "numbers": .integer(rate.numbers),
        "bits": bits.map { .number($0) } ?? .nil,
        "label_bits": tokenizer.conditionDim > 0
          ? .nil : .number(log2(Double(tokenizer.numClasses))),
        "bits_per_pixel": bits.map { .number($0 / pixels) } ?? .nil,
      ])
    })
}

/// How a reconstruction is compared with the original.
private enum FidelityMetric: String, CaseIterable {
  case mse, ssim, features

  /// The thresholds that some pictures pass and others do not.
  var thresholds: ClosedRange<Double> { self == .ssim ? -1...1 : 0 ... .infinity }

  var thresholdsInWords: String {
    self == .ssim ? "a number from -1 to 1" : "a number from 0"
  }

  /// A threshold, explained.
  var example: String {
    switch self {
    case .mse: "an mse of 0.01 is 20 dB"
    case .ssim: "equal pictures have an ssim of 1"
    case .features: "equal pictures differ by 0"
    }
  }
}

/// Whether reconstructions are good enough.
private struct FidelityTest {
  private let metric: FidelityMetric
  private let threshold: Double
  private let images: Tensor
  private let network: FeatureNetwork?
  private let wanted: Tensor?

  init(
    _ metric: FidelityMetric, _ threshold: Double, _ images: Tensor, _ call: Call
  ) throws {
    (self.metric, self.threshold, self.images) = (metric, threshold, images)
    network = metric == .features ? try FeatureFunctions.network(of: call.session) : nil
    wanted = try network?.features(of: images)
  }

  func passes(_ pictures: Tensor) throws -> [Bool] {
    if let network, let wanted {
      let found = try network.features(of: pictures)
      return try TokenizerFunctions.squaredErrors(found, wanted).map { $0 <= threshold }
    }
    if metric == .ssim { return try ssimPerPicture(pictures, images).map { $0 >= threshold } }
    return try TokenizerFunctions.squaredErrors(pictures, images).map { $0 <= threshold }
  }
}

/// How the shortest sufficient prefix is looked for.
private enum LengthSearch: String, CaseIterable {
  case bisection, linear

  /// For each picture the smallest length that passes, or `most`. `passes` tests a length for each
  /// picture.
  func lengths(count: Int, most: Int, _ passes: ([Int]) throws -> [Bool]) throws -> [Int] {
    switch self {
    case .linear:
      var found = [Int?](repeating: nil, count: count)
      for length in 1..<max(most, 1) where found.contains(nil) {
        let good = try passes([Int](repeating: length, count: count))
        for i in found.indices where good[i] && found[i] == nil { found[i] = length }
      }
      return found.map { $0 ?? most }
    case .bisection:
      // The smallest sufficient length lies in low...high; `most` is taken to be sufficient.
      var low = [Int](repeating: 1, count: count)
      var high = [Int](repeating: most, count: count)
      while zip(low, high).contains(where: { $0 < $1 }) {
        let middle = zip(low, high).map { ($0 + $1) / 2 }
        let good = try passes(middle)
        for i in 0..<count where low[i] < high[i] {
          if good[i] { high[i] = middle[i] } else { low[i] = middle[i] + 1 }
        }
      }
      return high
    }
  }
}
