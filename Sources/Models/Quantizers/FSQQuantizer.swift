// SPDX-License-Identifier: Apache-2.0
//
// Finite scalar quantization (Mentzer et al., 2023): each channel is bounded and rounded to a few
// levels, and the digits of all channels make the index of a code. There is no table, no penalty
// and nothing that could collapse (docs/Method.md, 3.4).

import Glibc
import Tensors

/// Tokens whose channels are rounded to levels.
final class FSQQuantizer: Quantizer {
  static let name = "fsq"
  static let summary = "each number of a token is rounded to one of `levels`"
  static let defaultPenaltyWeight: Float = 0
  static let hasPenalty = false
  static let options = ["codebook_size", "levels"]
  static let storesSynthesis = true
  static let isDiscrete = true
  /// The most codes: a script sees an index as a 32-bit float.
  static let mostCodes = CodeDigits.mostCodes
  /// The most values of a digit that stands for several channels.
  private static let digitSize = 1024

  private let channels: [Channel]

  init(_ configuration: TokenizerConfiguration, seed: UInt64) throws {
    var place = 1
    channels = configuration.levels.map { levels in
      defer { place *= levels }
      return Channel(levels: levels, place: place)
    }
  }

  /// How one channel is bounded and rounded.
  private struct Channel {
    /// The number of levels.
    let levels: Int
    /// What one step of this digit adds to the index.
    let place: Int
    /// The half width of the bounded interval, a little over half of levels - 1.
    let reach: Float
    /// Half a level if their number is even, so that they lie on whole numbers.
    let offset: Float
    /// Makes 0 stay 0.
    let shift: Float
    /// Level 0 of the digits is -half.
    let half: Int

    init(levels: Int, place: Int) {
      (self.levels, self.place) = (levels, place)
      reach = Float(levels - 1) * 1.001 / 2
      offset = levels % 2 == 0 ? 0.5 : 0
      // With two levels the shift would put 0 where the tangent is flat.
      shift = levels == 2 ? 0 : atanhf(offset / reach)
      half = levels / 2
    }

    /// The value before rounding, and its derivative.
    func bounded(_ z: Float) -> (value: Float, slope: Float) {
      let t = tanhf(z + shift)
      return (t * reach - offset, (1 - t * t) * reach)
    }

    /// The digit of a rounded value, 0 if it is not a number.
    func digit(_ rounded: Float) -> Int {
      rounded.isNaN ? 0 : min(max(Int(rounded) + half, 0), levels - 1)
    }

    /// The number that stands for a digit: -1, ..., just below 1 or 1.
    func code(_ digit: Int) -> Float { Float(digit - half) / Float(half) }
  }

  // MARK: - Configuration

  static func complete(_ configuration: inout TokenizerConfiguration) {
    guard configuration.levels.isEmpty else { return }
    configuration.levels = evenLevels(configuration.tokenDim, most: configuration.codebookSize)
  }

  /// Levels for `count` channels, as even as can be, with at most so many codes in all, or two for
  /// each.
  static func evenLevels(_ count: Int, most: Int) -> [Int] {
    var levels = [Int](repeating: 2, count: count)
    guard var codes = product(levels), codes <= most else { return levels }
    while true {
      for i in levels.indices {
        let (more, overflow) = (codes / levels[i]).multipliedReportingOverflow(by: levels[i] + 1)
        guard !overflow, more <= most, levels[i] < 256 else { return levels }
        levels[i] += 1
        codes = more
      }
    }
  }

  private static func product(_ levels: [Int]) -> Int? {
    var codes = 1
    for level in levels {
      let (product, overflow) = codes.multipliedReportingOverflow(by: level)
      if overflow { return nil }
      codes = product
    }
    return codes
  }

  static func validate(_ configuration: TokenizerConfiguration) throws {
    var made = configuration
    complete(&made)
    guard made.levels.count == made.tokenDim else {
      throw TensorError.value(
        "fsq needs a number of levels for each number of a token: levels has "
          + "\(made.levels.count), token_dim is \(made.tokenDim)",
        hint: "levels = \(evenLevels(made.tokenDim, most: 1024)), for instance")
    }
    guard let codes = product(made.levels), codes <= mostCodes else {
      throw TensorError.value(
        "fsq has at most 2^24 codes, fewer than levels = \(made.levels) make",
        hint: "take fewer levels or a smaller token_dim")
    }
    guard !configuration.levels.isEmpty || codes <= made.codebookSize else {
      throw TensorError.value(
        "fsq with token_dim \(made.tokenDim) has at least \(codes) codes, more than codebook_size "
          + "\(made.codebookSize)", hint: "reduce token_dim, or give levels = [..]")
    }
  }

  static func codeDigits(_ configuration: TokenizerConfiguration) -> [Int] {
    var made = configuration
    complete(&made)
    return CodeDigits.grouping(made.levels, most: digitSize)
  }

  // MARK: - The bottleneck

  var codeCount: Int? { channels.reduce(1) { $0 * $1.levels } }

  var description: String {
    "fsq with \(channels.map { "\($0.levels)" }.joined(separator: " x ")) levels"
  }

  func limit(
    _ encoded: EncodedTokens, noise: Float, counting rows: [Int]?, _ draws: inout RandomStream
  ) throws -> LimitedTokens {
    let source = encoded.vectors
    let (codes, ids, slopes) = try rounded(source)
    let tokens = codes.recorded(from: [source]) { gradient in [try gradient.mul(slopes)] }
    return LimitedTokens(
      tokens: tokens, penalty: try Tensor.scalar(0),
      choices: CodeChoices(
        vectors: try codes.detached.reshape([ids.count, channels.count]), ids: ids),
      unquantized: { try self.bounded(source, slopes: slopes) })
  }

  /// The numbers before rounding, in the scale of the codes.
  private func bounded(_ source: Tensor, slopes: Tensor) throws -> Tensor {
    let result = try Tensor(uninitialized: source.shape)
    for i in 0..<result.count {
      let channel = channels[i % channels.count]
      result.pointer[i] = channel.bounded(source.pointer[i]).value / Float(channel.half)
    }
    return result.recorded(from: [source]) { gradient in [try gradient.mul(slopes)] }
  }

  func limit(_ vectors: Tensor) throws -> (tokens: Tensor, ids: [Int]?) {
    let (codes, ids, _) = try rounded(vectors)
    return (codes, ids)
  }

  /// The codes, their indices, and the slope of each number before rounding.
  private func rounded(_ vectors: Tensor) throws -> (codes: Tensor, ids: [Int], slopes: Tensor) {
    let codes = try Tensor(uninitialized: vectors.shape)
    let slopes = try Tensor(uninitialized: vectors.shape)
    let dim = channels.count
    var ids = [Int](repeating: 0, count: vectors.count / dim)
    for n in ids.indices {
      for (d, channel) in channels.enumerated() {
        let (value, slope) = channel.bounded(vectors.pointer[n * dim + d])
        let level = value.rounded(.toNearestOrEven)
        ids[n] += channel.digit(level) * channel.place
        codes.pointer[n * dim + d] = level / Float(channel.half)
        slopes.pointer[n * dim + d] = slope / Float(channel.half)
      }
    }
    return (codes, ids, slopes)
  }

  func vectors(of ids: [Int]) throws -> Tensor {
    let dim = channels.count
    let result = try Tensor(uninitialized: [ids.count, dim])
    for (n, id) in ids.enumerated() {
      for (d, channel) in channels.enumerated() {
        result.pointer[n * dim + d] = channel.code(id / channel.place % channel.levels)
      }
    }
    return result
  }

  func fitLinearPath(
    _ path: LinearPath, _ pictures: RowGroups, labels: [Int?],
    _ configuration: TokenizerConfiguration, seed: UInt64
  ) throws {
    try path.fit(pictures, labels: labels, configuration, scaling: .channels, seed: seed) {
      try self.limit($0).tokens
    }
  }
}
