// SPDX-License-Identifier: Apache-2.0
//
// Linear codes as files, in the format of models.

import Networks
import Tensors

extension LinearCode {
  /// What a file calls such a code.
  static let fileKind = "linear_code"

  package var stateTensors: [NamedParameter] {
    [
      NamedParameter("means", means), NamedParameter("directions", directions),
      NamedParameter("variances", variances),
    ]
  }

  /// Writes the code; the old file stays until the new one is whole.
  public func save(path: String, format: NumberFormat = .float32) throws {
    let sizes = LinearCode.sizes.map { ($0.key, "\(shape[keyPath: $0.path])") }
    try Checkpoint(
      metadata: ModelFormat.metadata(
        kind: LinearCode.fileKind, configuration: [("kind", kind.rawValue)] + sizes,
        classNames: classNames, notes: notes),
      tensors: stateTensors
    ).writeModel(path: path, format: format)
  }

  /// Makes a code of what a file holds.
  package static func load(_ checkpoint: Checkpoint, path: String) throws -> LinearCode {
    let metadata = MetadataReader(checkpoint: checkpoint, path: path)
    try metadata.expect(kind: fileKind)
    let version = try metadata.formatVersion()
    let kind: LinearCodeKind = try metadata.choice("kind")
    var shape = Shape(imageSize: 1, channels: 1, numTokens: 1, tokenDim: 1, numClasses: 1)
    for size in sizes {
      let value = try metadata.integer(size.key)
      guard size.bounds.contains(value) else { throw metadata.fail(size.key, "is out of range") }
      shape[keyPath: size.path] = value
    }
    guard shape.channels != 2 else { throw metadata.fail("channels", "is neither 1 nor 3") }
    guard shape.channelCount <= shape.pixelCount else {
      throw metadata.fail("num_tokens", "asks for more numbers than a picture has")
    }
    // Products of the bounds fit into 64 bits.
    let bases = kind == .perClass ? shape.numClasses + 1 : 1
    let means = kind == .pca ? 1 : shape.numClasses + 1
    try metadata.expect([
      SizePart(shape.channelCount * shape.pixelCount, "num_tokens"),
      SizePart(bases * shape.channelCount * shape.pixelCount, "num_classes"),
      SizePart(means * shape.pixelCount, "image_size"),
    ])
    let classNames = try metadata.classNames(version, limit: shape.numClasses)
    let code = try LinearCode(kind, shape)
    try checkpoint.load(into: code.stateTensors, path: path, requiresFinite: true)
    code.classNames = classNames
    code.notes = metadata.notes
    return code
  }

  /// The largest width and height of a picture.
  static let largestSide = 1024

  /// The sizes that metadata hold.
  private static var sizes:
    [(key: String, path: WritableKeyPath<Shape, Int>, bounds: ClosedRange<Int>)]
  {
    [
      ("image_size", \.imageSize, 1...largestSide), ("channels", \.channels, 1...3),
      ("num_tokens", \.numTokens, 1...4096), ("token_dim", \.tokenDim, 1...1024),
      ("num_classes", \.numClasses, 1...100_000),
    ]
  }
}

/// Files that hold a code of pictures.
public enum PictureCodeFile {
  /// Reads a tokenizer or a linear code; a CheckpointError names what does not fit.
  public static func load(path: String) throws -> any PictureCode {
    let checkpoint = try Checkpoint.read(path: path)
    return checkpoint.text("smap_kind") == LinearCode.fileKind
      ? try LinearCode.load(checkpoint, path: path) : try SMAPTokenizer.load(checkpoint, path: path)
  }
}
