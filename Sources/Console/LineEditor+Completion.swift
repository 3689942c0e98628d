// SPDX-License-Identifier: Apache-2.0
//
// The Tab key: inserts the common prefix of the candidates, or lists them.

import TerminalText

extension LineEditor {
  func complete(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    // At the beginning of a line Tab indents.
    let start = EditorText.textStart(text, cursor)
    if start <= cursor && text[start..<cursor].allSatisfy({ $0 == " " }) {
      insert(Array("  ".unicodeScalars))
      return .changes
    }
    // Input for a program is not completed with names of the language.
    guard !isReadingLine else { return .refused }
    let before = EditorText.clean(Array(text[..<cursor]))
    let after = EditorText.clean(Array(text[cursor...]))
    let position = before.unicodeScalars.count
    let found = completions(before + after, position)
    guard !found.candidates.isEmpty, (0...position).contains(found.start) else { return .refused }
    let typed = position - found.start
    let common = CompletionList.commonPrefix(found.candidates.map(\.text))
    if common.unicodeScalars.count > typed || found.candidates.count == 1 {
      var longer = text
      let suffix = found.candidates.count == 1 ? found.candidates[0].suffix : ""
      let isThere = longer[cursor...].starts(with: suffix.unicodeScalars)
      let word = common + (isThere ? "" : suffix)
      longer.replaceSubrange(cursor - typed..<cursor, with: word.unicodeScalars)
      let end = cursor - typed + word.unicodeScalars.count
      replace(longer, cursor: end + (isThere ? suffix.unicodeScalars.count : 0))
      return .changes
    }
    list(found.candidates)
    return .nothing
  }

  /// Writes the candidates below the statement, which is drawn anew below them.
  private func list(_ candidates: [Completions.Candidate]) {
    let size = terminal.size
    let lines = CompletionList.lines(
      candidates, columns: size.columns, limit: max(3, size.rows - 4))
    leaveText()
    put(lines.joined(separator: "\r\n") + "\r\n")
  }
}

/// Formats candidates.
package enum CompletionList {
  /// The longest common prefix of all candidates.
  package static func commonPrefix(_ texts: [String]) -> String {
    guard var prefix = texts.first.map({ Array($0.unicodeScalars) }) else { return "" }
    for text in texts.dropFirst() {
      let scalars = Array(text.unicodeScalars)
      let same = zip(prefix, scalars).prefix { $0 == $1 }.count
      prefix.removeLast(prefix.count - same)
    }
    return String(String.UnicodeScalarView(prefix))
  }

  /// A few candidates one per line with details; many in columns; at most `limit` lines.
  package static func lines(
    _ candidates: [Completions.Candidate], columns: Int, limit: Int
  ) -> [String] {
    let width = (candidates.map { DisplayWidth.of($0.text) }.max() ?? 0) + 2
    let lines: [String]
    if candidates.count <= 8 && candidates.contains(where: { !$0.detail.isEmpty }) {
      lines = candidates.map { candidate in
        DisplayWidth.prefix(
          DisplayWidth.padded(candidate.text, to: width) + candidate.detail, columns: columns - 1)
      }
    } else {
      let perLine = max(1, (columns - 1) / width)
      lines = stride(from: 0, to: candidates.count, by: perLine).map { start in
        candidates[start..<min(start + perLine, candidates.count)]
          .map { DisplayWidth.padded($0.text, to: width) }.joined()
      }
    }
    guard lines.count > limit else { return lines }
    let hidden = lines.count - limit + 1
    return lines.prefix(limit - 1) + ["... and \(hidden) more lines"]
  }
}
