// SPDX-License-Identifier: Apache-2.0
//
// The shipped emoji: 3,022 pictures of 32 x 32 pixels in 22 classes. A split is an atlas with 64
// pictures a row, one byte of label a picture, and its lines in `index.tsv`, which are in the same
// order.

import Files

/// Loads the emoji data set from its folder.
public enum EmojiDataset {
  /// The width and height of a picture.
  public static let size = 32

  /// Loads one split from a folder that holds the shipped files.
  ///
  /// The group of a picture is its concept, the part of its name before a colon: variants of skin
  /// tone and gender belong together.
  ///
  /// ```swift
  /// let training = try EmojiDataset.load(folder: "Examples/Data/emoji32", split: .train)
  /// ```
  ///
  /// - Throws: `FileError` when a file is missing, `ImageError` when the files disagree.
  public static func load(folder: String, split: DatasetSplit) throws -> ImageDataset {
    let stem = "\(folder)/emoji32_\(split.rawValue)"
    let classNames = try PictureAtlas.lines(of: "\(folder)/classes.txt")
    let labels = try FileReader.read(path: "\(stem).labels", limit: 1 << 24).map(Int.init)
    let names = try pictureNames(
      of: split, index: "\(folder)/index.tsv", labels: labels, classNames: classNames)
    return try ImageDataset(
      store: try PictureAtlas.load(
        path: "\(stem).png", side: size, columns: 64, count: labels.count),
      labels: labels, classNames: classNames, names: names,
      groups: names.map { String($0.prefix { $0 != ":" }) })
  }

  /// The names of a split's pictures, after checking that the index tells the same classes.
  private static func pictureNames(
    of split: DatasetSplit, index path: String, labels: [Int], classNames: [String]
  ) throws -> [String] {
    var names: [String] = []
    for line in try PictureAtlas.lines(of: path) {
      let fields = try PictureAtlas.fields(of: line, count: 4, path: path)
      guard fields[2] == split.rawValue else { continue }
      let position = names.count
      guard position < labels.count, classNames.indices.contains(labels[position]),
        classNames[labels[position]] == fields[1]
      else {
        throw ImageError.data("'\(path)' and the labels disagree about '\(fields[3])'")
      }
      names.append(fields[3])
    }
    guard names.count == labels.count else {
      throw ImageError.data("'\(path)' names \(names.count) of \(labels.count) pictures")
    }
    return names
  }
}
