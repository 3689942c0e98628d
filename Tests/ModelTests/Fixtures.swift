// SPDX-License-Identifier: Apache-2.0
//
// Small models and random tensors for the tests of this folder.

import Networks
import Tensors
import Testing
import Training

@testable import Models

/// Standard normal numbers from a seed.
func normal(_ shape: [Int], seed: UInt64, scale: Float = 1) throws -> Tensor {
  var draws = RandomStream(seed: seed, 0x7E57)
  let count = try Tensor.elementCount(shape)
  return try Tensor(shape: shape, values: (0..<count).map { _ in scale * draws.normal() })
}

/// Perturbs all parameters a little, so that no part of a model is inactive at zero.
func shake(_ model: some Module, seed: UInt64 = 9, scale: Float = 0.15) {
  var draws = RandomStream(seed: seed, 0x5A)
  for parameter in model.parameters {
    for i in 0..<parameter.count { parameter.pointer[i] += scale * draws.normal() }
  }
}

/// Every quantizer of the registry, and the variants of those that have options: words after the
/// name are options with their values.
let bottlenecks =
  QuantizerKind.allCases.map(\.rawValue) + [
    "vq l2_norm=false", "vq code_update=gradient dead_codes=anchor",
    "vq code_update=gradient l2_norm=false", "vq code_update=simvq entropy_weight=0.1",
    "vq code_update=simvq l2_norm=false", "vq dead_codes=anchor code_decay=0.9",
    "vq dead_codes=anchor l2_norm=false", "vq dead_codes=keep entropy_weight=0.1",
    "vq code_update=gradient entropy_weight=0.1 l2_norm=false",
    "softvq entropy_weight=0.1 code_temperature=0.3", "fsq levels=3,4,2,5",
  ]

/// Those that trainings in tests try: every quantizer of the registry, and variants with every way
/// in which codes learn and move.
let trainedBottlenecks =
  QuantizerKind.allCases.map(\.rawValue) + [
    "vq code_update=gradient dead_codes=anchor l2_norm=false",
    "vq code_update=simvq entropy_weight=0.1",
  ]

/// A tokenizer of 8 tokens over pictures of 16 x 16 pixels with 3 classes, as a configuration.
func smallConfiguration() -> TokenizerConfiguration {
  var made = TokenizerConfiguration()
  (made.imageSize, made.patchSize, made.numTokens, made.tokenDim) = (16, 8, 8, 4)
  (made.width, made.depth, made.decoderDepth, made.heads) = (16, 2, 2, 2)
  (made.numClasses, made.pixelChannels, made.codebookSize) = (3, 4, 32)
  return made
}

/// A tokenizer of 8 tokens over pictures of 16 x 16 pixels with 3 classes.
///
/// `quantizer` is one of `bottlenecks`, or is written as they are.
func smallTokenizer(
  _ quantizer: String = "kl", linearPath: Bool = false, inject: Injection = .both
) throws -> SMAPTokenizer {
  var made = smallConfiguration()
  let words = quantizer.split(separator: " ").map(String.init)
  made.quantizer = try #require(QuantizerKind(rawValue: words[0]))
  for word in words.dropFirst() {
    let parts = word.split(separator: "=").map(String.init)
    let option = try #require(TokenizerConfiguration.options.first { $0.name == parts[0] })
    switch option.type {
    case .integer: option.store(&made, .integer(try #require(Int(parts[1]))))
    case .number: option.store(&made, .number(try #require(Double(parts[1]))))
    case .flag: option.store(&made, .flag(parts[1] == "true"))
    case .word: option.store(&made, .word(parts[1]))
    case .integers:
      option.store(&made, .integers(parts[1].split(separator: ",").compactMap { Int($0) }))
    default: Issue.record("no text for \(parts[0])")
    }
  }
  (made.linearPath, made.inject) = (linearPath, inject)
  return try SMAPTokenizer(made, seed: 1)
}

/// A generator for the tokens of `smallTokenizer`.
func smallGenerator() throws -> CARDGenerator {
  var made = GeneratorConfiguration(for: try smallTokenizer().configuration)
  (made.width, made.depth, made.heads, made.headWidth, made.headDepth) = (16, 2, 2, 16, 2)
  return try CARDGenerator(made, seed: 2)
}

/// Random pictures of 16 x 16 pixels.
func smallPictures(_ count: Int) throws -> Tensor {
  try normal([count, 3, 16, 16], seed: 3, scale: 0.2).add(0.5).clamp(min: 0, max: 1)
}

/// Twenty pictures in three classes.
func smallData() throws -> TrainingData {
  try TrainingData(images: smallPictures(20), labels: (0..<20).map { $0 % 3 }, classCount: 3)
}

/// Runs `body` with a number of threads and restores the number.
func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
  let before = ThreadPool.threadCount
  ThreadPool.threadCount = count
  defer { ThreadPool.threadCount = before }
  return try body()
}

/// The largest difference between two tensors.
func distance(_ a: Tensor, _ b: Tensor) -> Float {
  guard a.shape == b.shape else { return .infinity }
  return zip(a.toArray(), b.toArray()).map { abs($0 - $1) }.max() ?? 0
}
