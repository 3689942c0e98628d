// SPDX-License-Identifier: Apache-2.0
//
// WebDataset: a tar archive in which files of one name before the first dot belong together, a
// picture (`7.jpg`) and its class (`7.cls`). Other files of a sample are passed over. Pictures are
// decoded in parallel, and damaged ones are skipped and reported, as those of a folder.

import Files
import Tensors

/// Loads a data set from a tar archive of pictures and classes.
public enum ShardDataset {
  /// A picture and the text of its class.
  private struct Sample {
    let name: String
    let content: Range<Int>
    let className: String?
  }

  /// Loads the pictures of an archive.
  ///
  /// Pictures of an archive without any class are one class, "all"; where some have none, those are
  /// skipped.
  ///
  /// - Throws: `ArchiveError` if the archive is damaged, `ImageError` if it holds no picture that
  ///   can be read.
  public static func load(
    _ bytes: [UInt8], name: String, size: Int, fit: PictureFit,
    report: @escaping (Int, Int) throws -> Void = { _, _ in }
  ) throws -> (dataset: ImageDataset, skipped: SkippedFiles) {
    var skipped = SkippedFiles()
    var samples = try samples(bytes, name: name, &skipped)
    if samples.contains(where: { $0.className != nil }) {
      for sample in samples where sample.className == nil { skipped.add(unlabelled: sample.name) }
      samples.removeAll { $0.className == nil }
    }
    let pictures = samples
    let decoding = PictureDecoding(count: pictures.count, size: size, report: report) { index in
      try PictureFile.decode(
        Array(bytes[pictures[index].content]), name: "\(name): \(pictures[index].name)",
        least: 2 * size
      ).fitted(to: size, fit)
    }
    let pixels = try DecodedPixels.decoded(decoding)
    for fault in pixels.faults { skipped.add(unusable: fault.message) }
    let faulty = Set(pixels.faults.map(\.item))
    let kept = samples.indices.filter { !faulty.contains($0) }.map { samples[$0] }
    guard !kept.isEmpty else {
      throw ImageError.data(
        "'\(name)' holds no pictures that can be read", hint: skipped.summary ?? "")
    }
    let classNames = ClassNames.sorted(Set(kept.map { $0.className ?? "all" }))
    var labels: [String: Int] = [:]
    for (label, className) in classNames.enumerated() { labels[className] = label }
    let dataset = try ImageDataset(
      store: try PictureStore(side: size, channels: pixels.channels, pixels: pixels.pixels),
      labels: kept.map { labels[$0.className ?? "all"] ?? 0 }, classNames: classNames,
      names: kept.map(\.name))
    return (dataset, skipped)
  }

  /// The pictures of an archive in their order, each with its class.
  private static func samples(
    _ bytes: [UInt8], name: String, _ skipped: inout SkippedFiles
  ) throws -> [Sample] {
    let archive = try TarArchive(bytes, path: name)
    var classes: [String: String] = [:]
    for entry in archive.entries {
      let (key, ending) = parts(of: entry.name)
      guard ending == ".cls" else { continue }
      let text = String(validating: bytes[entry.content].prefix(1024), as: UTF8.self)
      let word = text.map { $0.drop(while: \.isWhitespace) }.map { line in
        line.prefix { !$0.isNewline }
      }
      guard let word, !word.isEmpty else {
        throw ImageError.data("'\(name)': `\(PathText.printable(entry.name))` is no class")
      }
      classes[key] = String(word).trimmingBlanks
    }
    return archive.entries.compactMap { entry in
      let (key, ending) = parts(of: entry.name)
      guard PictureFormat.isPicture(entry.name) else {
        if ending != ".cls" { skipped.add(file: entry.name) }
        return nil
      }
      return Sample(name: key, content: entry.content, className: classes[key])
    }
  }

  /// The name up to the first dot of its last part, and the rest in lower case.
  private static func parts(of name: String) -> (key: String, ending: String) {
    let folder = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    guard let dot = name[folder...].firstIndex(of: ".") else { return (name, "") }
    return (String(name[..<dot]), name[dot...].lowercased())
  }
}

extension String {
  /// The text without blanks at its end.
  fileprivate var trimmingBlanks: String {
    var text = self[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
