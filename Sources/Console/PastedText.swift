// SPDX-License-Identifier: Apache-2.0
//
// Pasted text: cleaned of what is no text, and of a pasted transcript what was typed.

/// Sanitises pasted bytes for editing.
package enum PastedText {
  /// LF newlines, none at the end, no tabs or control characters.
  package static func cleaned(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\r": text.append("\n")
      case "\n": if previous != "\r" { text.append("\n") }
      case "\t": text.append(contentsOf: "  ".unicodeScalars)
      case _ where scalar.value < 32 || scalar.value == 127: break
      default: text.append(scalar)
      }
      previous = scalar
    }
    if text.last == "\n" { text.removeLast() }
    return String(text)
  }

  /// The text of one line that was pasted without bracketed paste.
  static func line(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self).split(
      separator: "\t", omittingEmptySubsequences: false
    ).joined(separator: "  ")
  }

  /// The statements of a pasted transcript, without prompts and results. The lines of an unfinished
  /// statement follow it: as they were typed, after a prompt, or as the editor shows them, indented
  /// by the width of the prompt. The whole transcript may be indented, as in a document.
  package static func withoutPrompts(
    _ text: String, isIncomplete: (String) -> Bool = { _ in false }
  ) -> String {
    let transcript = text.drop { $0 == "\n" || $0 == " " }
    guard
      transcript.hasPrefix(Prompt.first) || transcript.hasPrefix(Prompt.first.dropLast() + "\n")
    else { return text }
    var statements: [String] = []
    for line in withoutMargin(text.drop { $0 == "\n" }) {
      if line.hasPrefix(Prompt.first) {
        statements.append(String(line.dropFirst(Prompt.first.count)))
      } else if let last = statements.last {
        let isContinued = line.hasPrefix(Prompt.continuation)
        guard isContinued || isIncomplete(last) else { continue }
        let indent = line.prefix(Prompt.indent.count)
        let isIndented = isContinued || indent.allSatisfy { $0 == " " }
        statements[statements.count - 1] +=
          "\n" + (isIndented ? line.dropFirst(Prompt.indent.count) : line)
      }
    }
    return statements.joined(separator: "\n")
  }

  /// The lines of a transcript without the indentation that its prompts share. A selection may
  /// begin within the first line, whose indentation then says nothing about the others.
  private static func withoutMargin(_ transcript: Substring) -> [Substring] {
    var lines = transcript.split(separator: "\n", omittingEmptySubsequences: false)
    func indent(_ line: Substring) -> Int { line.prefix { $0 == " " }.count }
    let margins = lines.dropFirst().filter { $0.drop { $0 == " " }.hasPrefix(Prompt.first) }
    let margin = margins.map(indent).min() ?? lines.first.map(indent) ?? 0
    for place in lines.indices {
      let surplus = place == 0 ? indent(lines[place]) : min(margin, indent(lines[place]))
      lines[place] = lines[place].dropFirst(surplus)
    }
    return lines
  }
}
