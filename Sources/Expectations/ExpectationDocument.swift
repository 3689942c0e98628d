// SPDX-License-Identifier: Apache-2.0
//
// A file with expectations, split into units that are parsed one by one and run in one session:
//
// - a script: its cells (`# %%` starts one; those with `[skip]` are blank), so that a syntax
//   error in one cell does not affect the others; then the examples in its `##` comments: lines
//   indented by two spaces or more that contain a marker;
// - a Markdown document (`.md`): its fenced blocks marked `smap`.
//
// Each unit is a source of its own in which everything else is blank, so lines and columns in
// messages are those of the file.

import Syntax

/// A script or a document with expectations in it.
public struct ExpectationDocument: Sendable {
  /// A part that is parsed as one source.
  struct Unit: Sendable {
    /// The text, blank outside of the unit.
    let source: Source
    /// The start of each line in the file that is blank in `source`.
    let prefix: String
  }

  /// The text of the file.
  public let source: Source
  /// The options that lines such as `#: --max-steps 1000` at the top set.
  public let flags: [String]
  let units: [Unit]

  /// The name of the file.
  public var path: String { source.path }

  /// Reads a script, or a Markdown document if the path ends in `.md`.
  public init(_ source: Source) {
    self.source = source
    let runnable = source.withoutSkippedCells
    let lines = (1...runnable.lineCount).map(runnable.text(ofLine:))
    if source.path.hasSuffix(".md") {
      units = ExpectationDocument.blocks(of: lines, source)
      flags = []
    } else {
      units =
        ExpectationDocument.cells(of: lines, source)
        + ExpectationDocument.examples(of: lines, source)
      flags = ExpectationDocument.flags(in: lines)
    }
  }

  /// Whether the file contains nothing that can be run.
  public var isEmpty: Bool { units.isEmpty }

  /// Whether the file contains expectations.
  public var hasMarkers: Bool { units.contains { !Marker.find(in: $0.source).isEmpty } }

  /// Whether lines `#:` at the top prepare the run, which only the command line can do.
  public var hasHeader: Bool { source.text(source.span).hasPrefix("#:") || !flags.isEmpty }

  /// The options in the lines `#:` among the comments at the top.
  static func flags(in lines: [String]) -> [String] {
    var flags: [String] = []
    for line in lines {
      if line.hasPrefix("#:") { flags += line.dropFirst(2).split(separator: " ").map(String.init) }
      guard line.isEmpty || line.hasPrefix("#") else { break }
    }
    return flags
  }

  // MARK: - Units

  private static func cells(of lines: [String], _ source: Source) -> [Unit] {
    let cells = Cells(source).all
    guard let first = cells.first else { return [Unit(source: source, prefix: "")] }
    let ends = cells.dropFirst().map { $0.line - 1 } + [lines.count]
    let head = first.line > 1 ? [unit(lines, 0..<first.line - 1, prefix: "", source)] : []
    return head
      + zip(cells, ends).map { cell, end in
        unit(lines, cell.line - 1..<end, prefix: "", source)
      }
  }

  private static func blocks(of lines: [String], _ source: Source) -> [Unit] {
    var units: [Unit] = []
    var start: Int?
    for (index, line) in lines.enumerated() {
      let words = line.drop { $0 == " " }
      guard words.hasPrefix("```") else { continue }
      if let first = start {
        units.append(unit(lines, first..<index, prefix: "", source))
        start = nil
      } else if words.dropFirst(3).split(separator: " ").first == "smap" {
        start = index + 1
      } else {
        // The end of a block in another language, or its beginning: neither contains scripts.
        continue
      }
    }
    return units
  }

  private static func examples(of lines: [String], _ source: Source) -> [Unit] {
    let marks = Marker.Kind.allCases.map(\.rawValue)
    var units: [Unit] = []
    var start: Int?
    for (index, line) in (lines + [""]).enumerated() {
      if line.hasPrefix("##  ") {
        start = start ?? index
      } else if let first = start {
        let range = first..<index
        if lines[range].contains(where: { line in marks.contains { line.contains($0) } }) {
          units.append(unit(lines, range, prefix: "##", source))
        }
        start = nil
      }
    }
    return units
  }

  /// The lines of a range as a source in which the lines before them are empty.
  private static func unit(
    _ lines: [String], _ range: Range<Int>, prefix: String, _ source: Source
  ) -> Unit {
    let blank = String(repeating: " ", count: prefix.count)
    let text = lines[range].map { blank + $0.dropFirst(prefix.count) }.joined(separator: "\n")
    let before = String(repeating: "\n", count: range.lowerBound)
    return Unit(source: Source(path: source.path, text: before + text), prefix: prefix)
  }
}
