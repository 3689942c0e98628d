// SPDX-License-Identifier: Apache-2.0
//
// Parts with a closed form: principal components of a known spectrum, the linear path, the
// codebook.

import Tensors
import Testing

@testable import Models

@Suite struct LinearPathTests {
  /// Gaussian rows with the given variances along the axes.
  private func rows(_ variances: [Float], count: Int) throws -> Tensor {
    let scales = try Tensor(shape: [variances.count], values: variances.map { $0.squareRoot() })
    return try normal([count, variances.count], seed: 21).mul(scales)
  }

  @Test func componentsOfAKnownSpectrum() throws {
    let spectrum: [Float] = [9, 6, 4, 2.5, 1.5, 1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02]
    let found = try PrincipalComponents(of: rows(spectrum, count: 4000), count: 6, seed: 1)
    for (i, variance) in found.variances.enumerated() {
      #expect(abs(variance - spectrum[i]) < 0.08 * spectrum[i])
      #expect(abs(found.directions.pointer[i * 12 + i]) > 0.98)
    }
    let gram = try found.directions.matmul(found.directions.transpose(0, 1))
    #expect(distance(gram, try Tensor.eye(6)) < 1e-4)
  }

  @Test func moreComponentsThanRows() throws {
    let found = try PrincipalComponents(of: rows([3, 2, 1], count: 2), count: 5, seed: 1)
    #expect(found.directions.shape == [5, 3])
    #expect(found.variances[2...] == [0, 0, 0])
    #expect(found.directions.toArray().allSatisfy { $0.isFinite })
  }

  @Test func prefixErrorsAreTheRestOfTheSpectrum() throws {
    var made = TokenizerConfiguration()
    (made.imageSize, made.patchSize, made.numTokens, made.tokenDim) = (4, 4, 4, 1)
    made.numClasses = 2
    let spectrum = (0..<48).map { $0 < 6 ? [9, 6, 4, 2.5, 1.5, 1][$0] : Float(0.01) }
    let plain = try rows(spectrum, count: 3000)
    // The second class is the first, shifted by a constant that its mean explains.
    let labels = (0..<3000).map { $0 % 2 }
    let moved = try Tensor(
      shape: plain.shape,
      values: plain.toArray().enumerated().map { $1 + 5 * Float($0 / 48 % 2) })
    let path = try LinearPath(made)
    #expect(!path.isFitted)
    try path.fit(RowGroups(moved), labels: labels.map { $0 }, classCount: 2, seed: 1)
    #expect(path.isFitted)
    let condition = try Condition(labels.map { $0 }, classCount: 2)
    let latents = try path.encode(moved, condition: condition)
    let variance = try latents.square().mean(dim: 0).toArray()
    for value in variance { #expect(abs(value - 1) < 0.02) }
    for keep in 1...4 {
      let prefix = try latents.narrow(dim: 1, start: 0, count: keep)
      let error = try moved.sub(path.decode(prefix, condition: condition)).square().sum().item()
      let expected = spectrum[keep...].reduce(0, +)
      #expect(abs(error / 3000 - expected) < 0.08 * expected)
    }
  }

  /// Where the pictures do not vary, a component carries no variance: the path is fitted all
  /// the same.
  @Test(arguments: [1, 5, 300], trainedBottlenecks)
  func identicalPictures(_ count: Int, _ quantizer: String) throws {
    let tokenizer = try smallTokenizer(quantizer, linearPath: true)
    let (path, made) = (tokenizer.linearPath, tokenizer.configuration)
    let picture = try smallPictures(1).reshape([1, made.pixelCount])
    let pictures = try Tensor.cat([Tensor](repeating: picture, count: count), dim: 0)
    let labels = [Int?](repeating: 1, count: count)
    try tokenizer.quantizer.fitLinearPath(
      path, RowGroups(pictures), labels: labels, made, seed: 1)
    #expect(path.isFitted)
    let none = try Condition([nil], classCount: made.numClasses)
    let other = try normal([1, made.pixelCount], seed: 9)
    let offsets = try path.offsets.reshape([1, path.offsets.count])
    #expect(distance(try path.encode(other, condition: none), offsets) == 0)
    let latents = try normal([1, made.numTokens * made.tokenDim], seed: 8)
    let drawn = try path.decode(tokenizer.codeCount == nil ? latents : offsets, condition: none)
    #expect(distance(drawn, picture) < 0.01)
  }

  /// A large data set is read in groups, and gives the same path up to rounding.
  @Test(arguments: trainedBottlenecks)
  func groupsOfPictures(_ quantizer: String) throws {
    let tokenizers = try (0..<2).map { _ in try smallTokenizer(quantizer, linearPath: true) }
    let made = tokenizers[0].configuration
    let images = try smallPictures(300)
    let classes = (0..<300).map { $0 % made.numClasses }
    let data = try TrainingData(images: images, labels: classes, classCount: made.numClasses)
    let groups = [
      try RowGroups(of: data), try RowGroups(of: data, largest: 70 * made.pixelCount),
    ]
    var counts = [0, 0]
    for (i, tokenizer) in tokenizers.enumerated() {
      try groups[i].forEach { _, _ in counts[i] += 1 }
      try tokenizer.quantizer.fitLinearPath(
        tokenizer.linearPath, groups[i], labels: classes.map { $0 }, made, seed: 1)
    }
    #expect(counts == [1, 5])
    let paths = tokenizers.map(\.linearPath)
    #expect(distance(paths[0].means, paths[1].means) == 0)
    for (a, b) in zip(paths[0].scales.toArray(), paths[1].scales.toArray()) {
      #expect(abs(a - b) <= 1e-3 * a)
    }
    let condition = try Condition(classes.map { $0 }, classCount: made.numClasses)
    let errors = try zip(tokenizers, paths).map { tokenizer, path in
      let flat = try PixelLayout.channelsLast(images).reshape([300, made.pixelCount])
      let rows = try path.encode(flat, condition: condition)
        .reshape([300, made.numTokens, made.tokenDim])
      let tokens = try tokenizer.quantizer.limit(rows).tokens.reshape([300, rows.count / 300])
      return try flat.sub(path.decode(tokens, condition: condition)).square().mean().item()
    }
    #expect(abs(errors[0] - errors[1]) < 0.02 * errors[0])
  }

  /// What each channel adds is the least-squares answer to what the tokens before leave.
  @Test func synthesisLeavesNothingThatATokenCouldAdd() throws {
    let tokenizer = try smallTokenizer("fsq", linearPath: true)
    let (path, made) = (tokenizer.linearPath, tokenizer.configuration)
    let flat = try normal([400, made.pixelCount], seed: 3)
    let labels = [Int?](repeating: nil, count: 400)
    try tokenizer.quantizer.fitLinearPath(path, RowGroups(flat), labels: labels, made, seed: 1)
    let condition = try Condition(labels, classCount: made.numClasses)
    let rows = try path.encode(flat, condition: condition)
      .reshape([400, made.numTokens, made.tokenDim])
    let tokens = try tokenizer.quantizer.limit(rows).tokens
      .reshape([400, made.numTokens * made.tokenDim])
    for keep in 1...made.numTokens {
      let width = keep * made.tokenDim
      let left = try flat.sub(
        path.decode(tokens.narrow(dim: 1, start: 0, count: width), condition: condition))
      let own = try tokens.narrow(dim: 1, start: width - made.tokenDim, count: made.tokenDim)
      // The gradient of the squares, which the ridge of 1 leaves at the size of the weights.
      let gradient = try own.transpose(0, 1).matmul(left)
      let weights = try path.synthesis.narrow(
        dim: 0, start: width - made.tokenDim, count: made.tokenDim)
      #expect(distance(gradient, weights) < 2e-3)
    }
  }

  @Test func fewPicturesSpanFewDirections() throws {
    var made = TokenizerConfiguration()
    (made.imageSize, made.patchSize, made.numTokens, made.tokenDim) = (4, 4, 4, 4)
    made.numClasses = 2
    let few = try normal([8, 48], seed: 5)
    let path = try LinearPath(made)
    try path.fit(RowGroups(few), labels: (0..<8).map { $0 % 2 }, classCount: 2, seed: 1)
    let lengths = try path.directions.square().sum(dim: 1).toArray()
    // Eight pictures less two means.
    for (i, length) in lengths.enumerated() { #expect(abs(length - (i < 6 ? 1 : 0)) < 1e-4) }
    let none = try Condition([nil], classCount: 2)
    let latents = try path.encode(normal([1, 48], seed: 6), condition: none).toArray()
    #expect(latents.allSatisfy { abs($0) < 10 })
    #expect(latents[6...].allSatisfy { $0 == 0 })
  }
}
