// SPDX-License-Identifier: Apache-2.0
//
// Changes to the comments of a file, collected during a run and applied at its end. Code is never
// changed: a marker is replaced in place, removed with the spaces before it, added after a
// statement in the column of the marker above, or added below on lines of its own.

import Syntax

/// Changes to lines of a source.
struct LineEdits {
  /// New text from a column on; nil removes it and the spaces before.
  private struct Replacement {
    var column: Int
    var words: String?
  }

  /// A marker for a line that has none.
  struct Addition {
    /// The marker as it is written.
    var words: String
    /// The preferred column.
    var column: Int
    /// The line to insert below instead if the line keeps a comment.
    var below: String
    /// Whether the line has a comment.
    var isCommented: Bool
  }

  private var replacements: [Int: Replacement] = [:]
  private var additions: [Int: Addition] = [:]
  private var insertions: [Int: [String]] = [:]

  /// Whether there is nothing to change.
  var isEmpty: Bool { replacements.isEmpty && additions.isEmpty && insertions.isEmpty }

  mutating func replace(_ marker: Marker, with words: String?) {
    replacements[marker.line] = Replacement(column: marker.column, words: words)
  }

  /// Adds a marker to a line, replacing one that is removed there.
  mutating func add(_ addition: Addition, to line: Int) {
    additions[line] = addition
  }

  mutating func insert(_ lines: [String], below line: Int) {
    if !lines.isEmpty { insertions[line, default: []] += lines }
  }

  /// The text of the source after all changes.
  func apply(to source: Source) -> [UInt8] {
    let lineEnd: [UInt8] = source.bytes.contains(0x0D) ? [0x0D, 0x0A] : [0x0A]
    var lines: [[UInt8]] = []
    for number in 1...source.lineCount {
      let span = source.lineSpan(number)
      lines += changed(Array(source.bytes[Int(span.start)..<Int(span.end)]), number)
      lines += (insertions[number] ?? []).map { Array($0.utf8) }
    }
    let mark: [UInt8] = source.hasByteOrderMark ? [0xEF, 0xBB, 0xBF] : []
    return mark + Array(lines.joined(separator: lineEnd))
  }

  /// The result of a line: itself, nothing if it was only a marker, or two lines.
  private func changed(_ line: [UInt8], _ number: Int) -> [[UInt8]] {
    let addition = additions[number]
    if let replacement = replacements[number] {
      let words = replacement.words ?? addition?.words
      guard let words else { return LineEdits.removing(line, from: replacement.column) }
      return [line.prefix(replacement.column) + Array(words.utf8)]
    }
    guard let addition else { return [line] }
    if addition.isCommented { return [line, Array(addition.below.utf8)] }
    let gap = max(3, addition.column - line.count)
    return [line + [UInt8](repeating: 0x20, count: gap) + Array(addition.words.utf8)]
  }

  private static func removing(_ line: [UInt8], from column: Int) -> [[UInt8]] {
    var kept = line.prefix(column)
    while kept.last == 0x20 || kept.last == 0x09 { kept.removeLast() }
    return kept.allSatisfy { $0 == UInt8(ascii: "#") } ? [] : [Array(kept)]
  }
}
