// SPDX-License-Identifier: Apache-2.0
//
// Pictures in NumPy's files: bytes of the shape (N, H, W), (N, H, W, C) or (N, C, H, W). Archives
// hold pictures and labels, perhaps of several splits, under the names that are in use.

import Files
import Images
import Networks
import Runtime
import Tensors

/// Pictures and labels in .npy and .npz files.
enum ArrayPictures {
  /// The pictures in the bytes of an .npy file; errors name `path`.
  ///
  /// - Throws: an IOError for other numbers than bytes, or another shape.
  static func pictures(_ bytes: [UInt8], path: String) throws -> PictureArray {
    let header = try NumPyHeader(bytes, path: path)
    guard header.kind == .uint8 else {
      throw ScriptError.data(
        "'\(path)' holds \(header.kind.rawValue) numbers; pictures are bytes (uint8)",
        hint: header.kind.isInteger
          ? "save x.astype(\"uint8\"), if x is from 0 to 255"
          : "save (255 * x).astype(\"uint8\"), if x is from 0 to 1")
    }
    guard !header.isColumnMajor || header.shape.count < 2 else {
      throw ScriptError.data(
        "'\(path)' has its last dimension first in memory (Fortran order)",
        hint: "save np.ascontiguousarray(x)")
    }
    let shape = header.shape
    func array(
      _ height: Int, _ width: Int, _ channels: Int, _ layout: PictureArray.Layout
    ) throws -> PictureArray {
      try PictureArray(
        bytes, from: header.bodyStart, count: shape[0], height: height, width: width,
        channels: channels, layout: layout, name: path)
    }
    let known = [1, 3, 4]
    switch shape.count {
    case 3: return try array(shape[1], shape[2], 1, .interleaved)
    case 4 where known.contains(shape[3]):
      return try array(shape[1], shape[2], shape[3], .interleaved)
    case 4 where known.contains(shape[1]): return try array(shape[2], shape[3], shape[1], .planar)
    default:
      throw ScriptError.data(
        "'\(path)' has the shape \(shape), which is not one of pictures",
        hint: "pictures are (N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels")
    }
  }

  /// The labels in the bytes of an .npy file, of the shape (N) or (N, 1).
  ///
  /// - Throws: an IOError for anything but whole numbers from 0.
  static func labels(_ bytes: [UInt8], path: String) throws -> [Int] {
    let tensor = try NumPyFile.content(bytes, path: path).tensor
    guard tensor.rank == 1 || tensor.rank == 2 && tensor.shape[1] == 1 else {
      throw ScriptError.data(
        "'\(path)' has the shape \(tensor.shape); labels are (N) or (N, 1)")
    }
    return try tensor.toArray().map { number in
      guard let label = Int(exactly: number) else {
        throw ScriptError.data("'\(path)' has the label \(decimal(Double(number)))")
      }
      return label
    }
  }

  /// The names of pictures and labels in archives, the most specific first.
  private static func names(_ split: String) -> (pictures: [String], labels: [String]) {
    let words = ["x", "X", "images", "image", "data"]
    let labelWords = ["y", "Y", "labels", "label", "targets", "target"]
    return (
      words.flatMap { ["\($0)_\(split)", "\(split)_\($0)"] },
      labelWords.flatMap { ["\($0)_\(split)", "\(split)_\($0)"] }
    )
  }

  /// The pictures of a split in the bytes of an .npz file, and their labels if it has any.
  ///
  /// - Throws: an IOError if the archive is damaged or has no pictures of the split.
  static func archive(
    _ bytes: [UInt8], path: String, split: String?
  ) throws -> (pictures: PictureArray, labels: [Int]?) {
    let room = max(0, (MemoryBudget.limit - MemoryBudget.held) / 2)
    let archive = try ZipArchive(bytes, path: path, limit: room)
    var (pictureNames, labelNames) = names(split ?? "train")
    if split == nil {
      pictureNames += ["images", "x", "X", "data", "image", "arr_0"]
      labelNames += ["labels", "y", "Y", "label", "targets", "target", "arr_1"]
    }
    func entry(_ names: [String]) -> ZipArchive.Entry? {
      for name in names {
        if let entry = archive.entries.first(where: { $0.name == "\(name).npy" }) { return entry }
      }
      return nil
    }
    guard let found = entry(pictureNames) else {
      let list = archive.entries.map { PathText.printable($0.name) }.prefix(8)
      throw ScriptError.data(
        "'\(path)' has no pictures\(split.map { " of the split \"\($0)\"" } ?? ""); it holds "
          + (list.isEmpty ? "nothing" : list.joined(separator: ", ")),
        hint: "names such as images and labels, or x_train and y_train, are known")
    }
    let pictures = try ArrayPictures.pictures(
      archive.content(of: found), path: "\(path): \(found.name)")
    let labels = try entry(labelNames).map { entry -> [Int] in
      try ArrayPictures.labels(archive.content(of: entry), path: "\(path): \(entry.name)")
    }
    return (pictures, labels)
  }
}
