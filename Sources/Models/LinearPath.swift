// SPDX-License-Identifier: Apache-2.0
//
// The linear path: a linear encoder and decoder that run beside the transformers.
//
// For linear maps, squared error and any schedule of tail dropping that shows every length, the
// best ordered code is known in closed form: subtract what the class explains (its mean picture),
// then keep the principal components of the rest in order of variance (nested dropout: Rippel,
// Gelbart and Adams, 2014). smap starts there instead of spending the first thousand steps on
// finding it; the transformers then learn what a linear code cannot do. The path is fitted once,
// before training, and kept fixed.

import Glibc
import Tensors

/// Mean pictures by class, and one direction for each channel of each token.
final class LinearPath {
  /// Mean picture of each class, the last row of all: [classes + 1, pixels].
  let means: Tensor
  /// Unit directions read by the encoder: [K * T, pixels].
  let directions: Tensor
  /// What a direction is divided by in the encoder: [K * T]; zero while nothing is fitted.
  let scales: Tensor
  /// What one unit of a channel adds to the picture: [K * T, pixels]. Where tokens are what the
  /// encoder says, it is the direction times its scale and is not stored.
  private(set) var synthesis: Tensor
  /// A channel that is constant before normalisation, on the sphere; else zero: [K * T].
  let offsets: Tensor
  private var analysis: Tensor

  init(_ configuration: TokenizerConfiguration) throws {
    // A tokenizer without this path keeps empty tables: those of large pictures take gigabytes.
    let channels = configuration.linearPath ? configuration.numTokens * configuration.tokenDim : 0
    let pixels = configuration.linearPath ? configuration.pixelCount : 0
    means = try Tensor.zeros([configuration.numClasses + 1, pixels])
    directions = try Tensor.zeros([channels, pixels])
    scales = try Tensor.zeros([channels])
    offsets = try Tensor.zeros([channels])
    synthesis = try Tensor.zeros([channels, pixels])
    analysis = synthesis
  }

  /// Whether `fit` has run, here or before the checkpoint was written.
  var isFitted: Bool { scales.withValues { $0.contains { $0 != 0 } } }

  /// z += (x - mean of the class) · directions / scales. x: [B, pixels]; result: [B, K * T].
  func encode(_ flat: Tensor, condition: Condition) throws -> Tensor {
    try flat.sub(condition.look(up: means)).matmul(analysis.transpose(0, 1)).add(offsets)
  }

  /// The mean picture of the class plus what the first `k` tokens say: [B, pixels].
  ///
  /// latents: [B, k * T].
  func decode(_ latents: Tensor, condition: Condition) throws -> Tensor {
    let used = try synthesis.narrow(dim: 0, start: 0, count: latents.shape[1])
    return try latents.matmul(used).add(condition.look(up: means))
  }

  /// Brings the derived tables up to date after the stored ones changed.
  func refresh(synthesis stored: Tensor? = nil) throws {
    let pixels = directions.shape[1]
    analysis = try directions.mapped { $0 }
    synthesis = try (stored ?? directions).mapped { $0 }
    for i in 0..<scales.count {
      let scale = scales.pointer[i]
      for p in i * pixels..<(i + 1) * pixels {
        analysis.pointer[p] *= scale > 0 ? 1 / scale : 0
        if stored == nil { synthesis.pointer[p] *= scale }
      }
    }
  }

  /// Fits means and directions to pictures with classes, for continuous tokens.
  ///
  /// Every channel gets unit variance. A picture without a label uses the mean of all pictures.
  func fit(_ pictures: RowGroups, labels: [Int?], classCount: Int, seed: UInt64) throws {
    try fitMeans(pictures, labels: labels, classCount: classCount)
    let condition = try Condition(labels, classCount: classCount)
    let residual = try residual(pictures, condition)
    let components = try PrincipalComponents(
      of: residual, count: directions.shape[0], seed: seed)
    let variances = LinearPath.carried(components.variances)
    directions.assign(components.directions)
    for (i, variance) in variances.enumerated() { setScale(i, variance) }
    try refresh()
  }

  /// What the components that a token reads are divided by.
  enum Scaling {
    /// Each by its own deviation.
    case channels
    /// All of a token by their joint deviation, so that distances mean the same in all of them.
    case tokens
    /// As `tokens`, beside a constant as the last channel: on the unit sphere its share tells how
    /// far the rest is from zero.
    case sphere
  }

  /// Fits means, directions and what each channel adds, for tokens that `limit` lets through.
  ///
  /// `limit` gets the tokens of all pictures [N * K, T], may fit a codebook to them, and returns
  /// what passes. Synthesis directions come by least squares on what the tokens before have left
  /// over, token after token, so prefixes stay good.
  func fit(
    _ pictures: RowGroups, labels: [Int?], _ configuration: TokenizerConfiguration,
    scaling: Scaling,
    seed: UInt64, through limit: (Tensor) throws -> Tensor
  ) throws {
    let (tokens, dim) = (configuration.numTokens, configuration.tokenDim)
    let own = scaling == .sphere ? dim - 1 : dim
    guard own >= 1 else {
      throw TensorError.value("unit vectors beside a linear path need token_dim from 2")
    }
    try fitMeans(pictures, labels: labels, classCount: configuration.numClasses)
    let condition = try Condition(labels, classCount: configuration.numClasses)
    let residual = try residual(pictures, condition)
    let components = try PrincipalComponents(of: residual, count: tokens * own, seed: seed)
    let variances = LinearPath.carried(components.variances)
    let pixels = pictures.width
    for token in 0..<tokens {
      let first = token * own
      let joint = variances[first..<first + own].reduce(0, +)
      for channel in 0..<dim {
        let i = token * dim + channel
        if channel == own {
          offsets.pointer[i] = LinearPath.constantChannel
        } else if variances[first + channel] > 0 {
          (directions.pointer + i * pixels).update(
            from: components.directions.pointer + (first + channel) * pixels, count: pixels)
        }
        setScale(i, scaling == .channels ? variances[first + channel] : joint)
      }
    }
    try refresh()
    try Tensor.withoutGradients {
      var parts: [Tensor] = []
      try pictures.forEach { range, rows in
        parts.append(try encode(rows, condition: condition.slice(range)))
      }
      let inputs = try Tensor.cat(parts, dim: 0).reshape([pictures.count * tokens, dim])
      try fitSynthesis(residual, limit(inputs).reshape([pictures.count, tokens, dim]))
    }
  }

  /// What the class means leave of pictures.
  private func residual(_ pictures: RowGroups, _ condition: Condition) throws -> RowGroups {
    let means = means
    return try pictures.mapped { range, rows in
      try rows.sub(condition.slice(range).look(up: means))
    }
  }

  private static var constantChannel: Float { 2 }

  /// The variances, zero where the pictures do not vary but for rounding.
  ///
  /// N pictures span at most N - 1 directions. To divide by the deviation along any other would
  /// turn rounding, or a picture that is not among the N, into a latent of thousands. A variance
  /// of 1e-6 is a deviation of 0.001 over the whole picture, a quarter of one level of one pixel.
  private static func carried(_ variances: [Float]) -> [Float] {
    let least = 1e-6 * max(variances.first ?? 0, 1)
    return variances.map { $0 < least ? 0 : $0 }
  }

  /// Sets what direction `i` is divided by; a direction without variance carries nothing.
  ///
  /// Its scale is then 1 and the direction zero, since a scale of zero means that nothing is
  /// fitted.
  private func setScale(_ i: Int, _ variance: Float) {
    scales.pointer[i] = variance > 0 ? variance.squareRoot() : 1
    guard variance <= 0 else { return }
    let pixels = directions.shape[1]
    (directions.pointer + i * pixels).update(repeating: 0, count: pixels)
  }

  /// Fits what each channel adds by least squares with a slight ridge, token after token, to what
  /// the tokens before have left over.
  ///
  /// The pictures are read once: what is left after some tokens differs from the pictures by a
  /// linear map of these tokens, so products of the tokens with each other and with the pictures
  /// suffice.
  private func fitSynthesis(_ residual: RowGroups, _ codes: Tensor) throws {
    let (tokens, dim) = (codes.shape[1], codes.shape[2])
    let channels = try codes.reshape([codes.shape[0], tokens * dim])
    let gram = try channels.transpose(0, 1).matmul(channels)
    let right = try residual.sum { range, rows in
      try channels.narrow(dim: 0, start: range.lowerBound, count: range.count)
        .transpose(0, 1).matmul(rows)
    }
    var found: [Tensor] = []
    for token in 0..<tokens {
      let first = token * dim
      let products = try gram.narrow(dim: 0, start: first, count: dim)
      var left = try right.narrow(dim: 0, start: first, count: dim)
      if token > 0 {
        left = try left.sub(
          products.narrow(dim: 1, start: 0, count: first).matmul(Tensor.cat(found, dim: 0)))
      }
      var own = try DoubleMatrix(products.narrow(dim: 1, start: first, count: dim))
      for i in 0..<dim { own[i, i] += 1 }
      let weights = try Tensor(uninitialized: left.shape)
      try own.eliminated().solve(DoubleMatrix(left)).write(to: weights, index: 0)
      found.append(weights)
    }
    try refresh(synthesis: Tensor.cat(found, dim: 0))
  }

  private func fitMeans(_ pictures: RowGroups, labels: [Int?], classCount: Int) throws {
    let pixels = pictures.width
    var sizes = [Float](repeating: 0, count: classCount + 1)
    for i in 0..<(classCount + 1) * pixels { means.pointer[i] = 0 }
    try pictures.forEach { range, values in
      for (i, picture) in range.enumerated() {
        let rows = [classCount] + (labels[picture].map { [$0] } ?? [])
        for row in rows {
          sizes[row] += 1
          for p in 0..<pixels { means.pointer[row * pixels + p] += values.pointer[i * pixels + p] }
        }
      }
    }
    for row in 0...classCount where sizes[row] > 0 {
      for p in 0..<pixels { means.pointer[row * pixels + p] /= sizes[row] }
    }
    // A class that the data lacks looks like nothing in particular.
    for row in 0..<classCount where sizes[row] == 0 {
      let all = means.pointer + classCount * pixels
      (means.pointer + row * pixels).update(from: all, count: pixels)
    }
  }
}
