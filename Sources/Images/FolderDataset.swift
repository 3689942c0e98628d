// SPDX-License-Identifier: Apache-2.0
//
// A data set from a folder on disk: one folder per class, named after it, with PNG files inside.
// Names are sorted by bytes, so the labels do not depend on the file system. Files that are no
// readable pictures are skipped and reported: a data set smaller than its folder would otherwise be
// noticed only much later. A class without pictures stays a class and is reported: a label is the
// index of a folder among its siblings, so two splits with the same folders have the same labels,
// whatever the folders hold.

import Files

/// Loads a data set from a folder with one folder per class.
public enum FolderDataset {
  /// The most bytes of pixels that a data set may take: 2 GiB.
  private static let byteLimit = 1 << 31

  /// Loads every PNG, crops its central square and resizes it to `size` x `size`.
  ///
  /// Transparent parts become white, and samples of 16 bits are rounded to 8. Hidden files are
  /// skipped silently; other files, folders within the classes and damaged pictures are skipped too
  /// and counted in the result, which also names the classes without pictures.
  ///
  /// - Throws: `FileError` or `ImageError` when the folder or a class cannot be listed, or holds no
  ///   picture that can be read.
  public static func load(
    folder: String, size: Int
  ) throws -> (dataset: ImageDataset, skipped: SkippedFiles) {
    try Picture.checkSize(width: size, height: size)
    var loader = Loader(folder: folder, size: size)
    let names = try visibleNames(in: folder)
    let classes = names.filter { FileReader.isFolder("\(folder)/\($0)") }
    guard !classes.isEmpty else {
      throw ImageError.data(
        "'\(folder)' holds no folders", hint: "put the pictures of each class into its own folder")
    }
    for name in names where !classes.contains(name) { loader.skipped.add(outside: name) }
    for (label, className) in classes.enumerated() {
      try loader.addClass(className, label: label)
    }
    guard !loader.pictures.isEmpty else {
      throw ImageError.data(
        "'\(folder)' holds no PNG files that can be read", hint: loader.skipped.summary ?? "")
    }
    let filled = Set(loader.labels)
    for (label, name) in classes.enumerated() where !filled.contains(label) {
      loader.skipped.add(emptyClass: name)
    }
    let dataset = try ImageDataset(
      size: size, pictures: loader.pictures, labels: loader.labels, classNames: classes,
      names: loader.names)
    return (dataset, loader.skipped)
  }

  fileprivate static func visibleNames(in folder: String) throws -> [String] {
    try FileReader.names(inFolder: folder).filter { !$0.hasPrefix(".") }
  }

  /// Whether a file name ends in `.png`.
  static func isPNG(_ name: String) -> Bool { name.lowercased().hasSuffix(".png") }

  /// The pictures loaded so far.
  private struct Loader {
    let folder: String
    let size: Int
    var pictures: [Picture] = []
    var labels: [Int] = []
    var names: [String] = []
    var skipped = SkippedFiles()

    init(folder: String, size: Int) { (self.folder, self.size) = (folder, size) }

    mutating func addClass(_ className: String, label: Int) throws {
      for file in try visibleNames(in: "\(folder)/\(className)") {
        let name = "\(className)/\(file)"
        if FileReader.isFolder("\(folder)/\(name)") {
          skipped.add(folder: name)
        } else if !FolderDataset.isPNG(file) {
          skipped.add(file: name)
        } else if let picture = try picture(name) {
          pictures.append(picture)
          labels.append(label)
          names.append(name)
        }
      }
      guard pictures.count <= byteLimit / (size * size * 3) else {
        throw ImageError.limit(
          "'\(folder)' has too many pictures for \(size) x \(size) pixels each",
          hint: "choose a smaller size")
      }
    }

    /// A resized picture, or nil if its file is damaged or cannot be read.
    private mutating func picture(_ name: String) throws -> Picture? {
      do {
        return try prepared(try PNG.load(path: "\(folder)/\(name)"), size: size)
      } catch let error as ImageError where error.exitCode == 65 {
        skipped.add(unusable: error.message)
      } catch let error as FileError {
        skipped.add(unusable: error.description)
      }
      return nil
    }
  }

  private static func prepared(_ picture: Picture, size: Int) throws -> Picture {
    let square = picture.flattened().centerSquare()
    let filter: ResamplingFilter = square.width > size ? .lanczos : .bilinear
    return try square.resized(width: size, height: size, filter: filter)
  }
}

/// What a data set skipped in its folder, and which of its classes have no pictures.
public struct SkippedFiles: Sendable, Equatable {
  /// Files of other kinds by extension, in the order of their first appearance.
  private var others: [(ending: String, count: Int)] = []
  private var folders: [String] = []
  private var outside: [String] = []
  private var emptyClasses: [String] = []
  private var faults: [String] = []

  /// The number of examples per kind that a summary names.
  private static let exampleCount = 2

  mutating func add(file name: String) {
    let entry = name.split(separator: "/").last ?? ""
    let ending =
      entry.contains(".") ? "." + (entry.split(separator: ".").last ?? "").lowercased() : ""
    if let index = others.firstIndex(where: { $0.ending == ending }) {
      others[index].count += 1
    } else {
      others.append((ending, 1))
    }
  }

  /// Adds a file next to the class folders.
  mutating func add(outside name: String) {
    if FolderDataset.isPNG(name) { outside.append(name) } else { add(file: name) }
  }

  mutating func add(emptyClass name: String) { emptyClasses.append(name) }

  mutating func add(folder name: String) { folders.append(name) }

  mutating func add(unusable message: String) { faults.append(message) }

  /// What was skipped and why, and which classes are empty, on one line; nil if nothing and none.
  public var summary: String? {
    var parts = others.sorted { $0.count > $1.count }.prefix(4).map { ending, count in
      "\(count) \(ending.isEmpty ? "without ending" : ending)"
    }
    if others.count > 4 { parts.append("files of \(others.count - 4) other kinds") }
    if !parts.isEmpty { parts[parts.count - 1] += " (only PNG is read)" }
    if !outside.isEmpty {
      parts.append(
        "\(outside.count) .png outside the class folders (\(SkippedFiles.examples(outside)))")
    }
    if !folders.isEmpty {
      parts.append(
        "\(folders.count) folder\(folders.count == 1 ? "" : "s") within a class "
          + "(\(SkippedFiles.examples(folders)))")
    }
    if !faults.isEmpty {
      parts.append("\(faults.count) unusable (\(SkippedFiles.examples(faults)))")
    }
    let sentences = [
      parts.isEmpty ? nil : "skipped: " + parts.joined(separator: ", "), emptyClassesSummary,
    ].compactMap { $0 }
    return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
  }

  private var emptyClassesSummary: String? {
    guard !emptyClasses.isEmpty else { return nil }
    let isOne = emptyClasses.count == 1
    return "\(emptyClasses.count) class\(isOne ? "" : "es") without pictures "
      + "(\(SkippedFiles.examples(emptyClasses))), which keep\(isOne ? "s its label" : " their labels")"
  }

  private static func examples(_ names: [String]) -> String {
    names.prefix(exampleCount).joined(separator: "; ") + (names.count > exampleCount ? "; .." : "")
  }

  /// Equal when their summaries are.
  public static func == (a: SkippedFiles, b: SkippedFiles) -> Bool { a.summary == b.summary }
}
