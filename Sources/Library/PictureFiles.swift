// SPDX-License-Identifier: Apache-2.0
//
// `data.load_images`: the files in which public data sets come, recognised by their content, never
// by their ending. Labels and names of classes are found beside the pictures where the format keeps
// them in files of their own.

import Files
import Images
import Networks
import Runtime
import Tensors

/// Loads one data set from a file, or from a folder of files that belong together.
struct PictureFiles {
  let path: String
  /// The wanted width and height; nil: as stored.
  let size: Int?
  let fit: PictureFit
  /// "train", "val" or "test"; nil: the first of them where there are several.
  let split: String?
  /// A file of labels; nil: it is looked for.
  let labelPath: String?
  /// Names of the classes; nil: they are looked for.
  let classes: [String]?
  let task: LongTask

  /// A data set, and what is worth saying about it.
  typealias Outcome = (dataset: ImageDataset, note: String?)

  /// Where archives are read without a size, which their pictures need not share.
  private static let usualSize = 32
  /// The largest label: class names take memory.
  private static let labelLimit = 65_535

  /// Recognises and reads the files.
  ///
  /// - Throws: an error that names the file, for anything that is no sound data set.
  func load() throws -> Outcome {
    guard FileReader.isFolder(path) else { return try load(content(path)) }
    let names = try FileReader.names(inFolder: path)
    if let name = try IDXNames.pictures(among: names, split: split ?? "train", path) {
      return try idx(content("\(path)/\(name)"), "\(path)/\(name)")
    }
    let batches = names.filter { CIFARNames.isBatch($0, of: split ?? "train") }
    if !batches.isEmpty {
      var bytes: [UInt8] = []
      for name in batches { bytes += try content("\(path)/\(name)") }
      return try cifar(bytes, "\(path)/\(batches[0])")
    }
    throw ScriptError.data(
      "'\(PathText.printable(path))' holds no data set that is known"
        + (split.map { ", or not the split \"\($0)\" of it" } ?? ""),
      hint: "data.folder reads folders of pictures; files are named one by one")
  }

  private func load(_ bytes: [UInt8]) throws -> Outcome {
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) {
      let (pictures, labels) = try ArrayPictures.archive(bytes, path: path, split: split)
      return try dataset(
        pictures, labels: labelPath == nil ? labels : self.labels(beside: { _ in [] }), path)
    }
    guard split == nil else {
      throw ScriptError.data(
        "'\(PathText.printable(path))' is one file without splits", hint: "leave out `split`")
    }
    if bytes.starts(with: NumPyFile.magic) {
      let pictures = try ArrayPictures.pictures(bytes, path: path)
      return try dataset(pictures, labels: try labels(beside: ArrayNames.labels), path)
    }
    if TarArchive.isTar(bytes) { return try shard(bytes) }
    if IDXFile.isIDX(bytes) { return try idx(bytes, path) }
    if PictureFormat(beginning: bytes) != nil {
      throw ScriptError.data(
        "'\(PathText.printable(path))' is one picture", hint: "image.load reads it")
    }
    return try cifar(bytes, path)
  }

  // MARK: - Formats

  private func idx(_ bytes: [UInt8], _ path: String) throws -> Outcome {
    let isTransposed = IDXNames.entry(path).lowercased().hasPrefix("emnist-")
    let pictures = try IDXFile(bytes, name: PathText.printable(path)).pictures(
      isTransposed: isTransposed)
    let labels = try labels(beside: IDXNames.labels, of: path)
    guard isTransposed, classes == nil, let labels,
      let mapping = try IDXNames.mapping(beside: path)
    else { return try dataset(pictures, labels: labels, path) }
    let renumbered = try labels.map { label in
      guard let place = mapping.labels.firstIndex(of: label) else {
        throw ScriptError.data(
          "'\(PathText.printable(path))' has the label \(label), which its mapping lacks")
      }
      return place
    }
    return try dataset(pictures, labels: renumbered, path, named: mapping.names)
  }

  private func cifar(_ bytes: [UInt8], _ path: String) throws -> Outcome {
    try refuseLabels(path)
    let file = try CIFARFile(bytes, name: PathText.printable(path))
    let namesPath = IDXNames.sibling(file.kind.namesFile, of: path)
    var names = file.kind.classNames
    if FileReader.exists(namesPath) {
      let text = String(
        decoding: try FileReader.read(path: namesPath, limit: 1 << 16), as: UTF8.self)
      let lines = text.split(whereSeparator: \.isNewline).map(String.init)
      if lines.count == names.count { names = lines }
    }
    return try dataset(try file.pictures(), labels: file.labels(), path, named: names)
  }

  private func shard(_ bytes: [UInt8]) throws -> Outcome {
    try refuseLabels(path)
    let (dataset, skipped) = try task.run {
      try ShardDataset.load(
        bytes, name: PathText.printable(path), size: size ?? PictureFiles.usualSize, fit: fit
      ) { try task.report($0, of: $1) }
    }
    return (try named(dataset), skipped.summary)
  }

  // MARK: - Labels and classes

  /// Throws a ValueError if a file of labels was named for a format that holds its own.
  private func refuseLabels(_ path: String) throws {
    guard labelPath != nil else { return }
    throw ScriptError.value(
      "'\(PathText.printable(path))' holds its own labels", hint: "leave out `labels`")
  }

  /// The bytes of a file, inflated if it is gzip.
  private func content(_ path: String) throws -> [UInt8] {
    let bytes = try FileReader.read(path: path)
    guard Gzip.isGzip(bytes) else { return bytes }
    let room = max(0, (MemoryBudget.limit - MemoryBudget.held) / 2)
    return try Gzip.content(bytes, path: path, limit: room)
  }

  /// The labels in the file that was named, or in the first that exists of those beside the
  /// pictures.
  private func labels(
    beside candidates: (String) -> [String], of pictures: String? = nil
  ) throws -> [Int]? {
    let pictures = pictures ?? path
    let found =
      labelPath
      ?? candidates(IDXNames.entry(pictures)).map { IDXNames.sibling($0, of: pictures) }.first {
        $0 != pictures && FileReader.exists($0)
      }
    guard let found else { return nil }
    let bytes = try content(found)
    if bytes.starts(with: NumPyFile.magic) { return try ArrayPictures.labels(bytes, path: found) }
    guard IDXFile.isIDX(bytes) else {
      throw ScriptError.data(
        "'\(PathText.printable(found))' is no file of labels",
        hint: "labels are whole numbers in an .npy file or an IDX file")
    }
    return try IDXFile(bytes, name: PathText.printable(found)).labels()
  }

  private func dataset(
    _ pictures: PictureArray, labels: [Int]?, _ path: String, named known: [String]? = nil
  ) throws -> Outcome {
    let name = PathText.printable(path)
    let store = try pictures.store(size: size, fit: fit, name: name)
    guard let labels else {
      let dataset = try ImageDataset(
        store: store, labels: Array(repeating: 0, count: pictures.count),
        classNames: classes ?? ["all"])
      return (dataset, "no labels were found, so all pictures are of one class")
    }
    guard labels.count == pictures.count else {
      throw ScriptError.data(
        "'\(name)' has \(counted(pictures.count, "picture")), but "
          + counted(labels.count, "label"))
    }
    let largest = labels.max() ?? 0
    guard (labels.min() ?? 0) >= 0, largest <= PictureFiles.labelLimit else {
      throw ScriptError.data(
        "'\(name)' has labels from \(labels.min() ?? 0) to \(largest)",
        hint: "labels are from 0 to \(PictureFiles.labelLimit)")
    }
    let names = classes ?? known ?? (0...largest).map(String.init)
    guard largest < names.count else {
      throw ScriptError.data(
        "'\(name)' has the label \(largest), but there are \(names.count) names of classes")
    }
    return (try ImageDataset(store: store, labels: labels, classNames: names), nil)
  }

  /// A data set under the names of classes that were given.
  private func named(_ dataset: ImageDataset) throws -> ImageDataset {
    guard let classes else { return dataset }
    guard dataset.classNames.count <= classes.count else {
      throw ScriptError.data(
        "'\(PathText.printable(path))' has \(counted(dataset.classNames.count, "class")), but "
          + "\(counted(classes.count, "name"))")
    }
    return dataset.renamed(classes)
  }
}
