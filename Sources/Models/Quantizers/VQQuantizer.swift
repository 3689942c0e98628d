// SPDX-License-Identifier: Apache-2.0
//
// The discrete bottleneck: every token becomes the nearest of V codes (docs/Method.md, section 3).
// The gradient passes straight through, and a commitment pulls vectors towards their codes. How the
// codes learn, what becomes of codes that nobody uses, and whether tokens and codes are compared as
// unit vectors are options.

import Networks
import Tensors

/// How the codes of `vq` learn.
enum CodeUpdate: String, CaseIterable {
  /// A moving average of the tokens that chose them.
  case ema
  /// The gradient of their distance to those tokens.
  case gradient
  /// As `gradient`, through one linear map of a fixed random basis (SimVQ: Zhu et al., 2024): a
  /// step moves all codes, so none is left behind.
  case simvq
}

/// What becomes of the codes of `vq` that nobody uses.
enum DeadCodes: String, CaseIterable {
  /// From time to time they move onto tokens of the batch.
  case restart
  /// In each step they move towards tokens of the batch, the less used the further.
  case anchor
  /// They stay.
  case keep
}

/// Tokens from a codebook.
final class VQQuantizer: Quantizer {
  static let name = "vq"
  static let summary = "tokens are indices into a table of `codebook_size` codes"
  static let defaultPenaltyWeight: Float = 0.003
  static let options = [
    "codebook_size", "l2_norm", "code_update", "code_decay", "dead_codes", "entropy_weight",
  ]
  static let storesSynthesis = true
  static let isDiscrete = true
  /// The distance of codes to their tokens over that of tokens to their codes: 1 / 0.25, as in
  /// VQ-VAE.
  private static let codeShare: Float = 4
  /// The temperature of the softmax in the entropy term.
  private static let entropyTemperature: Float = 0.01

  /// The codes; of `simvq` the basis, which `map` turns into them.
  let codebook: Codebook
  /// The linear map [T, T] of `simvq`.
  let map: Tensor?
  private let learning: CodeUpdate
  private let unused: DeadCodes
  private let entropyWeight: Float

  init(_ configuration: TokenizerConfiguration, seed: UInt64) throws {
    (learning, unused) = (configuration.codeUpdate, configuration.deadCodes)
    entropyWeight = Float(configuration.entropyWeight)
    codebook = try Codebook(
      size: configuration.codebookSize, dim: configuration.tokenDim, seed: seed,
      decay: Float(configuration.codeDecay), isOnSphere: configuration.l2Norm,
      areTrained: learning == .gradient)
    map = learning == .simvq ? try .parameter(.eye(configuration.tokenDim)) : nil
  }

  static func codeDigits(_ configuration: TokenizerConfiguration) -> [Int] {
    [configuration.codebookSize]
  }

  static func validate(_ configuration: TokenizerConfiguration) throws {
    if configuration.l2Norm { try requireSphere(configuration) }
    guard configuration.codeUpdate != .simvq || configuration.deadCodes != .anchor else {
      throw TensorError.value(
        "dead_codes = \"anchor\" moves codes one by one, which those of simvq cannot",
        hint: "leave dead_codes out: the linear map moves all codes")
    }
  }

  static func sizes(_ configuration: TokenizerConfiguration) -> [SizePart] {
    [SizePart(configuration.codebookSize * configuration.tokenDim, "codebook_size", "token_dim")]
  }

  var namedParameters: [NamedParameter] {
    switch learning {
    case .ema: []
    case .gradient: [NamedParameter("codes", codebook.codes)]
    case .simvq: map.map { [NamedParameter("map", $0)] } ?? []
    }
  }

  var state: [NamedParameter] {
    let sizes = NamedParameter("codebook.sizes", codebook.sizes)
    return learning == .gradient
      ? [sizes] : [NamedParameter("codebook.codes", codebook.codes), sizes]
  }

  var trainingState: [NamedParameter] {
    [NamedParameter("codebook.sums", codebook.sums)]
      + (unused == .anchor ? [NamedParameter("codebook.usage", codebook.usage)] : [])
  }

  var codeCount: Int? { codebook.count }

  var description: String {
    let name = learning == .simvq ? "simvq" : "vq"
    return "\(name) with \(codebook.count) codes"
  }

  // MARK: - The bottleneck

  func limit(
    _ encoded: EncodedTokens, noise: Float, counting counted: [Int]?, _ draws: inout RandomStream
  ) throws -> LimitedTokens {
    let all = try compared(encoded.vectors)
    // The entropy term alone differentiates with respect to all codes.
    let table = try entropyWeight > 0 ? table() : Tensor.withoutGradients { try self.table() }
    let everyID = try codebook.nearest(all, in: table)
    let codes = try table.detached.rows(at: everyID).reshape(encoded.vectors.shape)
    let rows = try all.tokens(at: counted)
    let ids = counted.map { $0.map { everyID[$0] } } ?? everyID
    var penalty = try rows.meanRowDistance(to: codes.tokens(at: counted))
    if learning != .ema {
      let distance = try chosen(ids).meanRowDistance(to: rows.detached)
      penalty = try penalty.add(distance.mul(VQQuantizer.codeShare))
    }
    if entropyWeight > 0 {
      penalty = try penalty.add(scores(rows, table).entropyGap().mul(entropyWeight))
    }
    return LimitedTokens(
      tokens: codes.straightThrough(to: all), penalty: penalty,
      choices: CodeChoices(vectors: rows.detached, ids: ids), unquantized: { all })
  }

  func limit(_ vectors: Tensor) throws -> (tokens: Tensor, ids: [Int]?) {
    let table = try table()
    let ids = try codebook.nearest(compared(vectors), in: table)
    return (try table.rows(at: ids).reshape(vectors.shape), ids)
  }

  func vectors(of ids: [Int]) throws -> Tensor { try table().rows(at: ids) }

  /// Tokens as they are compared with codes.
  private func compared(_ vectors: Tensor) throws -> Tensor {
    codebook.isOnSphere ? try vectors.unitRows() : vectors
  }

  /// All codes: [V, T].
  private func table() throws -> Tensor {
    learning == .ema ? codebook.codes : try mapped(codebook.codes)
  }

  /// The codes of tokens [n, T], through which gradients reach what is trained.
  private func chosen(_ ids: [Int]) throws -> Tensor {
    try mapped(codebook.codes.rows(at: ids))
  }

  private func mapped(_ rows: Tensor) throws -> Tensor {
    let rows = try map.map { try rows.matmul($0) } ?? rows
    return codebook.isOnSphere ? try rows.unitRows() : rows
  }

  /// -‖z - e‖² / 0.01 for each token and code, up to a constant for each token: [n, V].
  private func scores(_ rows: Tensor, _ table: Tensor) throws -> Tensor {
    let scale = 1 / VQQuantizer.entropyTemperature
    let products = try rows.reshape([rows.count / codebook.dim, codebook.dim]).mul(2 * scale)
      .matmul(table.transposed())
    guard !codebook.isOnSphere else { return products }
    return try products.sub(table.square().sum(dim: 1).mul(scale))
  }

  // MARK: - After a step

  func update(_ choices: CodeChoices, at step: QuantizerStep) throws {
    try codebook.follow(choices.vectors, ids: choices.ids, movesCodes: learning == .ema)
    // The decoder has the last tenth of training to get used to the codes that there are then.
    guard step.restartEvery > 0, step.index + 1 < step.total * 9 / 10, learning != .simvq else {
      return
    }
    switch unused {
    case .keep: break
    case .anchor:
      var draws = RandomStream(seed: step.seed, 0xA2C0, step.index)
      codebook.anchorUnused(to: choices.vectors, ids: choices.ids, &draws)
    case .restart where (step.index + 1) % step.restartEvery == 0:
      var draws = RandomStream(seed: step.seed, 0xDEAD, step.index)
      _ = codebook.restartDead(from: choices.vectors, &draws)
    case .restart: break
    }
  }

  func fit(_ vectors: Tensor, seed: UInt64) throws {
    var draws = RandomStream(seed: seed, 0xC0DE)
    _ = try Tensor.withoutGradients { try codebook.fit(compared(vectors), &draws) }
  }

  func fitLinearPath(
    _ path: LinearPath, _ pictures: RowGroups, labels: [Int?],
    _ configuration: TokenizerConfiguration, seed: UInt64
  ) throws {
    let scaling: LinearPath.Scaling = codebook.isOnSphere ? .sphere : .tokens
    try path.fit(pictures, labels: labels, configuration, scaling: scaling, seed: seed) { rows in
      var draws = RandomStream(seed: seed, 0xC0DE)
      let ids = try self.codebook.fit(self.compared(rows), &draws)
      return try self.vectors(of: ids)
    }
  }

  func refresh() { codebook.resetSums() }
}

extension Quantizer {
  /// Unit vectors need a second number beside a linear path.
  static func requireSphere(_ configuration: TokenizerConfiguration) throws {
    guard !configuration.linearPath || configuration.tokenDim >= 2 else {
      throw TensorError.value("\(name) beside a linear path needs token_dim from 2")
    }
  }
}
