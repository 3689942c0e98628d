// SPDX-License-Identifier: Apache-2.0
//
// A data set from a folder on disk. Pictures are decoded and brought to one size in parallel, one
// at a time on each thread, and only the small squares are kept, so memory is bounded by the data
// set and not by its files. Damaged files are skipped and reported. The finished pixels go to a
// file in the folder, from which the next start reads them. Those of a large data set stay there:
// then memory holds labels and names only.

import Files
import Tensors

/// Loads a data set from a folder of pictures.
public enum FolderDataset {
  /// A data set, and what it left out.
  public struct Outcome {
    /// The pictures, in the order of their names.
    public let dataset: ImageDataset
    /// Files that were passed over.
    public let skipped: SkippedFiles
    /// Whether the pixels came from the file of an earlier start.
    public let isCached: Bool
    /// Why pixels that are too many for memory could not be kept in a file and take memory all the
    /// same; nil if nothing of that kind happened.
    public let unkept: String?
  }

  /// Loads every picture below a folder.
  ///
  /// Hidden files are skipped silently; other files, devices, folders that cannot be listed and
  /// damaged pictures are skipped too and counted in the result, which also names the classes
  /// without pictures.
  ///
  /// - Parameter report: called between groups of pictures with how many are done, of how many;
  ///   what it throws ends the loading.
  /// - Throws: `FileError` or `ImageError` when the folder cannot be listed, or holds no picture
  ///   that can be read, or too many of them.
  public static func load(
    folder: String, options: FolderOptions,
    report: @escaping (Int, Int) throws -> Void = { _, _ in }
  ) throws -> Outcome {
    try Picture.checkSize(width: options.size, height: options.size)
    let tree = try FolderTree(folder, check: Stop.check)
    let plan = try FolderPlan(tree, folder: folder, options: options)
    let cache = options.usesCache ? PixelCache(folder: folder, plan, options) : nil
    let finish = { (pixels: DecodedPixels, isCached: Bool, unkept: String?) in
      try outcome(plan, pixels, options, folder: folder, isCached: isCached, unkept: unkept)
    }
    if let stored = try cache?.read() { return try finish(stored, true, nil) }
    let decoding = PictureDecoding(count: plan.items.count, size: options.size, report: report) {
      // A quarter of the pixels would do; the filter is to have something left to do.
      try PictureFile.load(
        path: "\(folder)/\(plan.items[$0].file.path)", least: 2 * options.size
      ).fitted(to: options.size, options.fit)
    }
    var unkept: String?
    if let cache, cache.isLarge {
      let filled = try cache.filled(by: decoding)
      if let pixels = filled.pixels { return try finish(pixels, false, nil) }
      unkept = filled.reason
    }
    let pixels = try DecodedPixels.decoded(decoding)
    let result = try finish(pixels, false, unkept)
    try cache?.write(pixels)
    return result
  }

  /// The data set of the pictures that could be decoded.
  private static func outcome(
    _ plan: FolderPlan, _ pixels: DecodedPixels, _ options: FolderOptions, folder: String,
    isCached: Bool, unkept: String?
  ) throws -> Outcome {
    var skipped = plan.skipped
    for fault in pixels.faults { skipped.add(unusable: fault.message) }
    let faulty = Set(pixels.faults.map(\.item))
    let kept = plan.items.indices.filter { !faulty.contains($0) }.map { plan.items[$0] }
    guard !kept.isEmpty else {
      throw ImageError.data(
        "'\(PathText.printable(folder))' holds no pictures that can be read",
        hint: skipped.summary ?? "")
    }
    let filled = Set(kept.map(\.label))
    for (label, name) in plan.classNames.enumerated() where !filled.contains(label) {
      skipped.add(emptyClass: name)
    }
    let groups = kept.compactMap(\.group)
    let dataset = try ImageDataset(
      store: try PictureStore(
        side: options.size, channels: pixels.channels, pixels: pixels.pixels),
      labels: kept.map(\.label), classNames: plan.classNames, names: kept.map(\.file.path),
      groups: groups.count == kept.count ? groups : [])
    return Outcome(dataset: dataset, skipped: skipped, isCached: isCached, unkept: unkept)
  }
}
