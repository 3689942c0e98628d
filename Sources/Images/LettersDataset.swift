// SPDX-License-Identifier: Apache-2.0
//
// The shipped letters: A to Z in 1,179 free typefaces, 32 x 32 pixels, grey, black on white. A
// split is an atlas with one typeface a row, and its lines in `index.tsv` name the typefaces in the
// same order. The class is the letter; what the tokens have to carry is the design.

import Files

/// Loads the letters data set from its folder.
public enum LettersDataset {
  /// The width and height of a picture.
  public static let size = 32
  /// The classes: A to Z.
  public static let classNames = (UInt8(ascii: "A")...UInt8(ascii: "Z")).map {
    String(UnicodeScalar($0))
  }

  /// Loads one split from a folder that holds the shipped files.
  ///
  /// Picture 26 t + l is letter l of typeface t. Its name is that of the typeface; its group is the
  /// family, and validation has families that training does not contain.
  ///
  /// - Throws: `FileError` when a file is missing, `ImageError` when the files disagree.
  public static func load(folder: String, split: DatasetSplit) throws -> ImageDataset {
    let letters = classNames.count
    let typefaces = try typefaces(of: split, index: "\(folder)/index.tsv")
    let count = typefaces.count * letters
    return try ImageDataset(
      store: try PictureAtlas.load(
        path: "\(folder)/letters32_\(split.rawValue).png", side: size, columns: letters,
        count: count),
      labels: (0..<count).map { $0 % letters }, classNames: classNames,
      names: typefaces.flatMap { [String](repeating: $0.name, count: letters) },
      groups: typefaces.flatMap { [String](repeating: $0.family, count: letters) },
      naming: .typefaces)
  }

  /// The names and families of a split's typefaces, in the order of the atlas.
  private static func typefaces(
    of split: DatasetSplit, index path: String
  ) throws -> [(name: String, family: String)] {
    try PictureAtlas.lines(of: path).compactMap { line in
      // split, family, style, licence, file
      let fields = try PictureAtlas.fields(of: line, count: 5, path: path)
      guard fields[0] == split.rawValue else { return nil }
      let name = fields[4].split(separator: ".").dropLast().joined(separator: ".")
      return (name.isEmpty ? fields[4] : name, fields[1])
    }
  }
}
