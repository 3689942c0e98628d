// SPDX-License-Identifier: Apache-2.0
//
// Models as checkpoint files: the architecture and its notes as metadata, the tensors by name.
// Files say the version of their format and which smap wrote them; a format that is newer is
// refused, because what it means by the same entries is not known here.

import Files
import Networks
import Tensors
import Training

/// The version of this package, which model files carry.
package let packageVersion = "0.1.0"

/// The format of model files.
enum ModelFormat {
  /// 1: names of classes with commas between them, 2: as a JSON array, 3: more options, such as
  /// those of quantizers and of tail dropping, 4: conditions by vectors, 5: what imported
  /// tokenizers have, such as a decoder of another width, 6: heads of generators.
  static let version = 6

  /// The metadata of a model.
  static func metadata(
    kind: String, configuration: [(key: String, value: String)], classNames: [String],
    notes: [(key: String, value: String)]
  ) -> [(key: String, value: String)] {
    [
      ("smap_kind", kind), ("format_version", "\(version)"), ("smap_version", packageVersion),
    ] + configuration + [("class_names", JSON.array(classNames.map { .string($0) }).rendered)]
      + notes.map { ("note." + $0.key, $0.value) }
  }
}

extension Checkpoint {
  /// Writes the file of a model, whose numbers must be finite in this format.
  func writeModel(path: String, format: NumberFormat) throws {
    try requireFinite(as: format, path: path)
    try write(path: path, format: format)
  }
}

extension SMAPTokenizer {
  /// Writes the tokenizer; the old file stays until the new one is whole.
  ///
  /// While it is being trained, the running average is written, or the weights of the latest step.
  public func save(
    path: String, format: NumberFormat = .float32, weights: TrainingWeights = .average
  ) throws {
    try with(weights) {
      try Checkpoint(
        metadata: ModelFormat.metadata(
          kind: "tokenizer", configuration: configuration.metadata, classNames: classNames,
          notes: notes),
        tensors: stateTensors
      ).writeModel(path: path, format: format)
    }
  }

  /// Reads a tokenizer; a CheckpointError names what does not fit.
  public static func load(path: String) throws -> SMAPTokenizer {
    try load(Checkpoint.read(path: path), path: path)
  }

  /// Makes a tokenizer of what a file holds.
  package static func load(_ checkpoint: Checkpoint, path: String) throws -> SMAPTokenizer {
    let metadata = MetadataReader(checkpoint: checkpoint, path: path)
    try metadata.expect(kind: "tokenizer")
    let version = try metadata.formatVersion()
    let configuration = try metadata.validated { try TokenizerConfiguration(metadata: metadata) }
    let classNames = try metadata.classNames(version, limit: configuration.numClasses)
    try metadata.expect(configuration.storedSizes)
    let tokenizer = try SMAPTokenizer(configuration, seed: 0)
    try checkpoint.load(into: tokenizer.stateTensors, path: path, requiresFinite: true)
    try tokenizer.refreshAfterLoading()
    tokenizer.quantizer.refresh()
    tokenizer.classNames = classNames
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
        metadata: ModelFormat.metadata(
          kind: "generator",
          configuration: configuration.metadata
            + (tokenMaker.map { [("token_maker", $0.hexadecimal)] } ?? []),
          classNames: classNames, notes: notes),
        tensors: stateTensors
      ).writeModel(path: path, format: format)
    }
  }

  /// Reads a generator; a CheckpointError names what does not fit.
  public static func load(path: String) throws -> CARDGenerator {
    try load(Checkpoint.read(path: path), path: path)
  }

  /// Makes a generator of what a file holds.
  package static func load(_ checkpoint: Checkpoint, path: String) throws -> CARDGenerator {
    let metadata = MetadataReader(checkpoint: checkpoint, path: path)
    try metadata.expect(kind: "generator")
    let version = try metadata.formatVersion()
    let configuration = try metadata.validated { try GeneratorConfiguration(metadata: metadata) }
    let classNames = try metadata.classNames(version, limit: configuration.numClasses)
    try metadata.expect(configuration.sizes)
    let generator = try CARDGenerator(configuration, seed: 0)
    try checkpoint.load(into: generator.stateTensors, path: path, requiresFinite: true)
    generator.classNames = classNames
    generator.notes = metadata.notes
    if let text = checkpoint.text("token_maker") {
      guard let maker = TokenMaker(hexadecimal: text) else {
        throw metadata.fail("token_maker", "is not a number of sixteen hexadecimal digits")
      }
      generator.tokenMaker = maker
    }
    return generator
  }
}

extension MetadataReader {
  /// The version of the file's format, one that this smap reads.
  func formatVersion() throws -> Int {
    let version = try integer("format_version")
    guard version >= 1 else { throw fail("format_version", "is no version") }
    guard version <= ModelFormat.version else {
      let writer = checkpoint.text("smap_version").map { "smap \($0)" } ?? "a newer smap"
      throw CheckpointError(
        path: path,
        message: "\(writer) wrote it in format \(version); this is smap \(packageVersion), which "
          + "reads formats up to \(ModelFormat.version)", hint: "open it with a newer smap")
    }
    return version
  }

  /// The names of at most `limit` classes.
  func classNames(_ version: Int, limit: Int) throws -> [String] {
    let text = checkpoint.text("class_names") ?? (version == 1 ? "" : "[]")
    let names: [String]
    if version == 1 {
      names = text.split(separator: ",").map(String.init)
    } else {
      guard let items = (try? JSON.parse(text.utf8))?.elements,
        items.allSatisfy({ $0.text != nil })
      else { throw fail("class_names", "is not a list of strings") }
      names = items.compactMap(\.text)
    }
    guard names.count <= limit else {
      throw fail(
        "class_names", "names \(counted(names.count, "class")), but the model has \(limit)")
    }
    return names
  }

  var notes: [(key: String, value: String)] {
    checkpoint.metadata.compactMap { entry in
      entry.key.hasPrefix("note.") ? (String(entry.key.dropFirst(5)), entry.value) : nil
    }
  }
}
