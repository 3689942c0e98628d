// SPDX-License-Identifier: Apache-2.0
//
// Two hundred random tokenizers over all options: each encodes, decodes prefixes, takes a step of
// training with random options, and comes back from a file with the same bits.

import Foundation
import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct OptionSpaceTests {
  /// A tokenizer and a training, with pictures and what they are told.
  private struct Sample: CustomStringConvertible {
    let configuration: TokenizerConfiguration
    let recipe: TokenizerRecipe
    let data: TrainingData
    let images: Tensor

    init(_ seed: Int) throws {
      var draws = RandomStream(seed: 0x0975, seed)
      configuration = try sampledConfiguration(&draws)
      recipe = sampledRecipe(for: configuration, &draws)
      let (count, side) = (5, configuration.imageSize)
      images = try normal([count, 3, side, side], seed: UInt64(seed), scale: 0.2).add(0.5)
        .clamp(min: 0, max: 1)
      let (dim, classes) = (configuration.conditionDim, max(configuration.numClasses, 1))
      data = try TrainingData(
        images: images, labels: (0..<count).map { $0 % classes }, classCount: classes,
        vectors: dim > 0 ? normal([count, dim], seed: UInt64(seed) + 1) : nil)
    }

    /// The options, to make a failure again.
    var description: String {
      (configuration.metadata + recipe.settings + recipe.plan.settings).map {
        "\($0.key)=\($0.value)"
      }
      .joined(separator: " ") + " "
        + recipe.loss.settings.map { "\($0.key)=\($0.value)" }
        .joined(separator: " ")
    }

    /// What the pictures are told; one of them nothing.
    func condition() throws -> Condition {
      try data.condition(
        of: Array(0..<data.count), vectorSize: configuration.conditionDim,
        areNull: (0..<data.count).map { $0 == 1 })
    }
  }

  /// Pictures from all tokens, from each prefix length, and from lengths that differ.
  private func pictures(_ tokenizer: SMAPTokenizer, _ sample: Sample) throws -> [Tensor] {
    let tokens = try tokenizer.encode(sample.images, condition: sample.condition())
    let most = tokens.length
    let lengths = (0..<sample.data.count).map { 1 + $0 % most }
    return try (1...most).map { try tokenizer.decode(tokens.prefix($0)) } + [
      tokenizer.decode(
        tokens, condition: nil, places: TokenPlaces(prefix: most, lengths: lengths)),
      tokens.latents,
    ]
  }

  @Test(arguments: 0..<8) func everyChoiceWorks(_ part: Int) throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for seed in part * 25..<(part + 1) * 25 {
      let sample = try Sample(seed)
      do {
        let tokenizer = try SMAPTokenizer(sample.configuration, seed: UInt64(seed))
        let before = try pictures(tokenizer, sample)
        #expect(before.allSatisfy { $0.isFinite }, "before training: \(sample)")
        let history = try sample.recipe.plan.precision.use {
          try tokenizer.train(on: sample.data, sample.recipe)
        }
        #expect(history.count == 1, "\(sample)")
        #expect(
          history.steps.columns.allSatisfy { $0.allSatisfy { $0.isFinite } }, "history: \(sample)")
        #expect(
          tokenizer.namedParameters.allSatisfy { $0.tensor.isFinite }, "weights: \(sample)")
        let after = try pictures(tokenizer, sample)
        #expect(after.allSatisfy { $0.isFinite }, "after training: \(sample)")
        try tokenizer.save(path: path)
        let loaded = try SMAPTokenizer.load(path: path)
        #expect(loaded.configuration == tokenizer.configuration, "\(sample)")
        for (a, b) in zip(after, try pictures(loaded, sample)) {
          #expect(a.toArray() == b.toArray(), "after loading: \(sample)")
        }
      } catch {
        let cause = (error as? TrainingInterruption)?.cause ?? error
        Issue.record("sample \(seed) threw \(cause): \(sample)")
      }
    }
  }

  @Test func samplesTryEveryWord() throws {
    var seen: [String: Set<String>] = [:]
    for seed in 0..<200 {
      let sample = try Sample(seed)
      for option in TokenizerConfiguration.options {
        seen[option.name, default: []].insert(option.value(sample.configuration).source)
      }
      for option in TailDrop.options {
        seen[option.name, default: []].insert(option.value(sample.configuration.tailDrop).source)
      }
      for option in TokenizerRecipe.options {
        seen[option.name, default: []].insert(option.value(sample.recipe).source)
      }
    }
    func words(_ type: OptionType) -> Int? {
      switch type {
      case .word(let words): words.count
      case .optional(let inner): words(inner).map { $0 + 1 }
      case .flag: 2
      default: nil
      }
    }
    for (name, type) in TokenizerConfiguration.options.map({ ($0.name, $0.type) })
      + TailDrop.options.map({ ($0.name, $0.type) })
    {
      guard let count = words(type) else { continue }
      #expect(seen[name]?.count == count, "\(name)")
    }
  }
}
