// SPDX-License-Identifier: Apache-2.0
//
// The positions of a unit's markers, and of new ones.

import Syntax

/// The lines of a unit and its markers.
struct UnitLayout {
  /// The markers in order.
  let markers: [Marker]
  /// The lines of the unit.
  let lines: ClosedRange<Int>
  private let source: Source
  private let prefix: String
  /// The lines that have a comment, where no marker can be added.
  private let commented: Set<Int>

  init(_ unit: ExpectationDocument.Unit, _ markers: [Marker]) {
    self.markers = markers
    source = unit.source
    prefix = unit.prefix
    lines = 1...max(1, unit.source.lineCount)
    commented = Set(Lexer.tokenize(source).comments.map { unit.source.line(of: $0.start) })
  }

  /// Whether output that no marker expects is a failure.
  var isStrict: Bool { !markers.isEmpty }

  /// The last line of a range with more than spaces and markers.
  func lastCodeLine(in range: ClosedRange<Int>) -> Int {
    let alone = Set(markers.filter(\.isAlone).map(\.line))
    return range.last { line in
      !alone.contains(line) && source.text(ofLine: line).contains { !$0.isWhitespace }
    } ?? range.lowerBound
  }

  /// Rewrites the markers of a group to match the output.
  func rewrite(
    _ markers: [Marker], as lines: [String], below group: ExpectationRun.Group,
    _ edits: inout LineEdits
  ) {
    if rewriteAroundAnything(markers, as: lines, &edits) { return }
    for (marker, line) in zip(markers, lines) { rewrite(marker, as: line, &edits) }
    for marker in markers.dropFirst(lines.count) { edits.replace(marker, with: nil) }
    let new = lines.dropFirst(markers.count)
    if let last = markers.last {
      edits.insert(new.map { indented(words($0), to: last.column) }, below: last.line)
    } else if let only = new.first, new.count == 1 {
      add(words(only), at: group.end, &edits)
    } else {
      edits.insert(new.map { indented(words($0), to: indentation(group.start)) }, below: group.end)
    }
  }

  private func rewrite(_ marker: Marker, as line: String, _ edits: inout LineEdits) {
    if !Comparison.holds(marker, line) { edits.replace(marker, with: marker.words(for: line)) }
  }

  /// Keeps a marker that matches any number of lines, and rewrites those before and after it; false
  /// if there is no such marker, or too few lines for the others.
  private func rewriteAroundAnything(
    _ markers: [Marker], as lines: [String], _ edits: inout LineEdits
  ) -> Bool {
    guard let place = markers.firstIndex(where: \.isAnything),
      !markers[(place + 1)...].contains(where: \.isAnything), lines.count >= markers.count - 1
    else { return false }
    let (before, after) = (markers[..<place], markers[(place + 1)...])
    for (marker, line) in zip(before, lines) { rewrite(marker, as: line, &edits) }
    for (marker, line) in zip(after, lines.suffix(after.count)) {
      rewrite(marker, as: line, &edits)
    }
    return true
  }

  /// Adds a marker after a line, or below it if the line has a comment.
  func add(_ words: String, at line: Int, _ edits: inout LineEdits) {
    edits.add(
      LineEdits.Addition(
        words: words, column: column(near: line), below: indented(words, to: indentation(line)),
        isCommented: commented.contains(line)), to: line)
  }

  private func words(_ line: String) -> String {
    line.isEmpty ? Marker.Kind.output.rawValue : "\(Marker.Kind.output.rawValue) \(line)"
  }

  private func indented(_ words: String, to column: Int) -> String {
    prefix + String(repeating: " ", count: max(0, column - prefix.count)) + words
  }

  private func indentation(_ line: Int) -> Int {
    source.text(ofLine: line).prefix { $0 == " " }.count
  }

  /// The column of the nearest marker after code above a line, or of the first below it.
  private func column(near line: Int) -> Int {
    let trailing = markers.filter { !$0.isAlone }
    return (trailing.last { $0.line < line } ?? trailing.first)?.column ?? 0
  }
}
