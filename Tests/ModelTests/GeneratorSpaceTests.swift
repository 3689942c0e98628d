// SPDX-License-Identifier: Apache-2.0
//
// Random generators over all options: each takes a step of training with random options, samples
// with random options, and comes back from a file with the same bits.

import Foundation
import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct GeneratorSpaceTests {
  /// A generator and a training whose options are sampled from small valid values.
  private struct Sample: CustomStringConvertible {
    let tokenizer: SMAPTokenizer
    let configuration: GeneratorConfiguration
    let recipe: GeneratorRecipe
    let options: SamplingOptions

    init(_ seed: Int) throws {
      var draws = RandomStream(seed: 0x6E57, seed)
      let kinds = ["kl", "vq", "fsq", "softvq"]
      tokenizer = try smallTokenizer(kinds[draws.index(below: kinds.count)])
      var made = GeneratorConfiguration(for: tokenizer.configuration)
      for row in GeneratorConfiguration.options
      where !GeneratorConfiguration.optionsOfTokenizer.contains(row.name) {
        if let value = sampled(row.type, &draws) { row.store(&made, value) }
      }
      made.width = 4 * made.heads
      if made.codeDigits.isEmpty, made.head.rawValue == "categorical" { made.head = .standard }
      configuration = made
      var recipe = GeneratorRecipe(steps: 1)
      for row in GeneratorRecipe.options {
        if let value = sampled(row.type, span: 1, &draws) { row.store(&recipe, value) }
      }
      (recipe.generator, recipe.variants) = (made, min(recipe.variants, 2))
      recipe.plan.schedule.warmup = 0
      self.recipe = recipe
      var options = sampledSampling(numTokens: made.numTokens, &draws)
      options.head = made.head
      if made.head.rawValue == "diffusion" { options.stepsOfTokens = [] }
      self.options = options
    }

    /// The options, to make a failure again.
    var description: String {
      (configuration.metadata + recipe.settings).map { "\($0.key)=\($0.value)" }
        .joined(separator: " ") + " \(options)"
    }
  }

  @Test(arguments: 0..<60) func aGeneratorOfAnyOptionsWorks(_ seed: Int) throws {
    let sample = try Sample(seed)
    let model = try CARDGenerator(sample.configuration, for: sample.tokenizer, seed: 1)
    let history = try model.train(on: smallData(), tokenizer: sample.tokenizer, sample.recipe)
    let isFinite = history.losses.allSatisfy(\.isFinite)
    #expect(isFinite, "\(sample)")
    let condition = try Condition([0, nil, 2], classCount: 3)
    let tokens = try model.sample(
      condition: condition, seeds: [1, 2, 3], options: sample.options)
    #expect(tokens.latents.shape == [3, sample.options.keep ?? 8, 4], "\(sample)")
    #expect((tokens.ids != nil) == (sample.configuration.head.rawValue == "categorical"))
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(path: path)
    let read = try CARDGenerator.load(path: path)
    #expect(read.configuration == model.configuration, "\(sample)")
    let again = try read.sample(
      condition: condition, seeds: [1, 2, 3], options: sample.options)
    #expect(
      again.latents.toArray().map(\.bitPattern) == tokens.latents.toArray().map(\.bitPattern),
      "\(sample)")
  }

  @Test func configurationsSurviveMetadata() throws {
    for seed in 0..<100 {
      let made = try Sample(seed).configuration
      let checkpoint = Checkpoint(
        metadata: [("format_version", "\(ModelFormat.version)")] + made.metadata, tensors: [])
      #expect(
        try GeneratorConfiguration(metadata: MetadataReader(checkpoint: checkpoint, path: "x"))
          == made)
    }
  }

  @Test func olderFilesMeanAFlowHead() throws {
    var made = GeneratorConfiguration(for: smallConfiguration())
    made.width = 64
    let new = GeneratorConfiguration.options.filter { $0.since == 6 }.map(\.key)
    #expect(new == ["code_digits", "refine_depth", "coarse_noise", "length_token"])
    let old = made.metadata.filter { !new.contains($0.key) }
    let checkpoint = Checkpoint(metadata: [("format_version", "5")] + old, tensors: [])
    #expect(
      try GeneratorConfiguration(metadata: MetadataReader(checkpoint: checkpoint, path: "x"))
        == made)
  }
}
