// SPDX-License-Identifier: Apache-2.0
//
// The shipped data set: 3,022 emoji of 32 x 32 pixels in 22 classes. A split is an atlas (one PNG
// with 64 pictures per row), one label byte per picture, and its lines in `index.tsv`, in the same
// order. The loader checks that counts, sizes, labels and class names all agree.

import Files

/// Loads the emoji data set from its folder.
public enum EmojiDataset {
  /// The parts of the data set; validation holds concepts that training does not.
  public enum Split: String, Sendable, CaseIterable {
    case train
    case val
  }

  /// The width and height of a picture.
  public static let size = 32
  /// Pictures in a row of the atlas.
  private static let atlasColumns = 64

  /// Loads one split from a folder that holds the shipped files.
  ///
  /// ```swift
  /// let training = try EmojiDataset.load(folder: "Examples/Data/emoji32", split: .train)
  /// ```
  ///
  /// - Throws: `FileError` when a file is missing, `ImageError` when the files disagree.
  public static func load(folder: String, split: Split) throws -> ImageDataset {
    let stem = "\(folder)/emoji32_\(split.rawValue)"
    let classNames = try lines(of: "\(folder)/classes.txt")
    let labels = try FileReader.read(path: "\(stem).labels", limit: 1 << 24).map(Int.init)
    let atlas = try PNG.load(path: "\(stem).png").flattened()
    let names = try pictureNames(
      of: split, index: "\(folder)/index.tsv", labels: labels, classNames: classNames)
    return try ImageDataset(
      size: size, pictures: cut(atlas, count: labels.count, name: "\(stem).png"),
      labels: labels, classNames: classNames, names: names)
  }

  /// The first of `folders` that holds the data set, or nil.
  public static func locate(in folders: [String]) -> String? {
    folders.first { FileReader.exists("\($0)/emoji32_train.png") }
  }

  /// Cuts the atlas into its pictures.
  private static func cut(_ atlas: Picture, count: Int, name: String) throws -> [Picture] {
    let rows = (count + atlasColumns - 1) / atlasColumns
    guard count > 0, atlas.width == atlasColumns * size, atlas.height == rows * size else {
      throw ImageError.data(
        "'\(name)' has \(atlas.width) x \(atlas.height) pixels; \(count) labels need "
          + "\(atlasColumns * size) x \(rows * size)")
    }
    return try (0..<count).map { index in
      try atlas.cropped(
        x: index % atlasColumns * size, y: index / atlasColumns * size, width: size, height: size)
    }
  }

  /// The names of a split's pictures, after checking that the index has the same classes.
  private static func pictureNames(
    of split: Split, index path: String, labels: [Int], classNames: [String]
  ) throws -> [String] {
    var names: [String] = []
    for line in try lines(of: path) {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 4 else {
        throw ImageError.data("'\(path)' has a line without its four columns: \(line)")
      }
      guard fields[2] == split.rawValue else { continue }
      let position = names.count
      guard position < labels.count, classNames.indices.contains(labels[position]),
        classNames[labels[position]] == fields[1]
      else {
        throw ImageError.data("'\(path)' and the labels disagree about '\(fields[3])'")
      }
      names.append(String(fields[3]))
    }
    guard names.count == labels.count else {
      throw ImageError.data("'\(path)' names \(names.count) of \(labels.count) pictures")
    }
    return names
  }

  private static func lines(of path: String) throws -> [String] {
    let bytes = try FileReader.read(path: path, limit: 1 << 24)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ImageError.data("'\(path)' is not UTF-8 text")
    }
    return text.split(whereSeparator: \.isNewline).map(String.init)
  }
}
