// SPDX-License-Identifier: Apache-2.0
//
// A data set from a folder on disk: one folder a class, named after it, with PNG files inside.
// Names are taken in byte order, so the labels do not depend on the file system.

import Files

/// Loads a data set from a folder with one folder a class.
public enum FolderDataset {
  /// The most bytes of pixels that a data set may take: 2 GiB.
  private static let byteLimit = 1 << 31

  /// Loads every PNG, cuts out its middle square and brings it to `size` x `size`.
  ///
  /// Transparent parts become white. Hidden files and files that do not end in `.png` are passed
  /// over; a damaged PNG is an error that names it.
  ///
  /// - Throws: `FileError` or `ImageError` when the folder or a file cannot be used.
  public static func load(folder: String, size: Int) throws -> ImageDataset {
    try Picture.checkSize(width: size, height: size)
    let classes = try FileReader.names(inFolder: folder).filter {
      !$0.hasPrefix(".") && FileReader.isFolder("\(folder)/\($0)")
    }
    guard !classes.isEmpty else {
      throw ImageError.data(
        "'\(folder)' holds no folders", hint: "put the pictures of each class into its own folder")
    }
    var pictures: [Picture] = []
    var labels: [Int] = []
    var names: [String] = []
    for (label, className) in classes.enumerated() {
      for file in try pngNames(in: "\(folder)/\(className)") {
        let picture = try PNG.load(path: "\(folder)/\(className)/\(file)")
        pictures.append(try prepared(picture, size: size))
        guard pictures.count <= byteLimit / (size * size * 3) else {
          throw ImageError.limit(
            "'\(folder)' has too many pictures for \(size) x \(size) pixels each",
            hint: "choose a smaller size")
        }
        labels.append(label)
        names.append("\(className)/\(file)")
      }
    }
    guard !pictures.isEmpty else { throw ImageError.data("'\(folder)' holds no PNG files") }
    return try ImageDataset(
      size: size, pictures: pictures, labels: labels, classNames: classes, names: names)
  }

  private static func pngNames(in folder: String) throws -> [String] {
    try FileReader.names(inFolder: folder).filter {
      !$0.hasPrefix(".") && $0.lowercased().hasSuffix(".png")
    }
  }

  private static func prepared(_ picture: Picture, size: Int) throws -> Picture {
    let square = picture.flattened().centerSquare()
    let filter: ResamplingFilter = square.width > size ? .lanczos : .bilinear
    return try square.resized(width: size, height: size, filter: filter)
  }
}
