// SPDX-License-Identifier: Apache-2.0
//
// Models as checkpoint files: the architecture and its notes as metadata, the tensors by name.

import Files
import Networks
import Tensors

extension SMAPTokenizer {
  /// Writes the tokenizer; the old file stays until the new one is whole.
  ///
  /// While it is being trained, the running average is written, or the weights of the latest step.
  public func save(
    path: String, format: NumberFormat = .float32, weights: TrainingWeights = .average
  ) throws {
    try with(weights) {
      try Checkpoint(
        metadata: [("smap_kind", "tokenizer"), ("format_version", "1")] + configuration.metadata
          + [("class_names", classNames.joined(separator: ","))]
          + notes.map { ("note." + $0.key, $0.value) },
        tensors: stateTensors
      ).write(path: path, format: format)
    }
  }

  /// Reads a tokenizer; a CheckpointError names what does not fit.
  public static func load(path: String) throws -> SMAPTokenizer {
    let checkpoint = try Checkpoint.read(path: path)
    let metadata = MetadataReader(checkpoint: checkpoint, path: path)
    try metadata.expect(kind: "tokenizer")
    let configuration = try TokenizerConfiguration(metadata: metadata)
    let tokenizer = try SMAPTokenizer(configuration, seed: 0)
    try checkpoint.load(into: tokenizer.stateTensors, path: path)
    if configuration.linearPath {
      let stored = tokenizer.codebook == nil ? nil : tokenizer.linearPath.synthesis
      try tokenizer.linearPath.refresh(synthesis: stored)
    }
    tokenizer.codebook?.resetSums()
    tokenizer.classNames = metadata.classNames
    tokenizer.notes = metadata.notes
    return tokenizer
  }
}

extension CARDGenerator {
  /// Writes the generator; the old file stays until the new one is whole.
  ///
  /// While it is being trained, the running average is written, or the weights of the latest step.
  public func save(
    path: String, format: NumberFormat = .float32, weights: TrainingWeights = .average
  ) throws {
    try with(weights) {
      try Checkpoint(
        metadata: [("smap_kind", "generator"), ("format_version", "1")] + configuration.metadata
          + [("class_names", classNames.joined(separator: ","))]
          + notes.map { ("note." + $0.key, $0.value) },
        tensors: stateTensors
      ).write(path: path, format: format)
    }
  }

  /// Reads a generator; a CheckpointError names what does not fit.
  public static func load(path: String) throws -> CARDGenerator {
    let checkpoint = try Checkpoint.read(path: path)
    let metadata = MetadataReader(checkpoint: checkpoint, path: path)
    try metadata.expect(kind: "generator")
    let generator = try CARDGenerator(GeneratorConfiguration(metadata: metadata), seed: 0)
    try checkpoint.load(into: generator.stateTensors, path: path)
    generator.classNames = metadata.classNames
    generator.notes = metadata.notes
    return generator
  }
}

extension MetadataReader {
  var classNames: [String] {
    (checkpoint.text("class_names") ?? "").split(separator: ",").map(String.init)
  }

  var notes: [(key: String, value: String)] {
    checkpoint.metadata.compactMap { entry in
      entry.key.hasPrefix("note.") ? (String(entry.key.dropFirst(5)), entry.value) : nil
    }
  }
}
