// SPDX-License-Identifier: Apache-2.0
//
// What was passed over in a folder, on one line. A data set smaller than its folder would otherwise
// be noticed only much later.

import Files

/// What a data set skipped in its folder, and which of its classes have no pictures.
public struct SkippedFiles: Sendable, Equatable {
  /// Names of one kind; the first few are kept as examples.
  private struct Names: Sendable {
    var count = 0
    var examples: [String] = []

    mutating func add(_ name: String) {
      count += 1
      if examples.count < SkippedFiles.exampleCount { examples.append(name) }
    }

    var text: String {
      examples.joined(separator: "; ") + (count > examples.count ? "; .." : "")
    }
  }

  /// Files of other kinds by extension, in the order of their first appearance.
  private var others: [(ending: String, count: Int)] = []
  private var outside = Names()
  private var unlabelled = Names()
  private var missing = Names()
  private var emptyClasses = Names()
  private var faults = Names()

  /// The number of examples of a kind that a summary names.
  private static let exampleCount = 8

  mutating func add(file path: String) {
    let name = path.split(separator: "/").last ?? ""
    let ending =
      name.contains(".") ? "." + (name.split(separator: ".").last ?? "").lowercased() : ""
    if let index = others.firstIndex(where: { $0.ending == ending }) {
      others[index].count += 1
    } else {
      others.append((PathText.printable(ending), 1))
    }
  }

  /// Adds a picture next to the class folders.
  mutating func add(outside path: String) { outside.add(PathText.printable(path)) }

  /// Adds a picture that the table of labels does not name.
  mutating func add(unlabelled path: String) { unlabelled.add(PathText.printable(path)) }

  /// Adds a file that the table of labels names and the folder lacks.
  mutating func add(missing path: String) { missing.add(PathText.printable(path)) }

  mutating func add(emptyClass name: String) { emptyClasses.add(PathText.printable(name)) }

  mutating func add(unusable message: String) { faults.add(PathText.printable(message)) }

  mutating func add(unusable path: String, because reason: String) {
    add(unusable: "'\(path)': \(reason)")
  }

  /// What was skipped and why, and which classes are empty, on one line; nil if nothing and none.
  public var summary: String? {
    var parts = others.sorted { $0.count > $1.count }.prefix(4).map { ending, count in
      "\(count) \(ending.isEmpty ? "without ending" : ending)"
    }
    if others.count > 4 { parts.append("files of \(others.count - 4) other kinds") }
    if !parts.isEmpty { parts[parts.count - 1] += " (PNG, JPEG and WebP are read)" }
    for (names, words) in [
      (outside, "outside the class folders"), (unlabelled, "without a label"),
      (faults, "unusable"), (missing, "in the table of labels only"),
    ] where names.count > 0 {
      parts.append("\(names.count) \(words) (\(names.text))")
    }
    let sentences = [
      parts.isEmpty ? nil : "skipped: " + parts.joined(separator: ", "), emptyClassesSummary,
    ].compactMap { $0 }
    return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
  }

  private var emptyClassesSummary: String? {
    guard emptyClasses.count > 0 else { return nil }
    let isOne = emptyClasses.count == 1
    return "\(emptyClasses.count) class\(isOne ? "" : "es") without pictures "
      + "(\(emptyClasses.text)), which keep\(isOne ? "s its label" : " their labels")"
  }

  /// Equal when their summaries are.
  public static func == (a: SkippedFiles, b: SkippedFiles) -> Bool { a.summary == b.summary }
}
