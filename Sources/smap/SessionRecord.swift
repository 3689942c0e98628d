// SPDX-License-Identifier: Apache-2.0
//
// What was typed at the prompt and ran without error, as a script that does the same again. At the
// prompt `ans` is the value shown last; a script has no such name, so where a later input needs
// it, the statement that showed the value is written as `let ans = ..`.

import Syntax

/// The inputs of a session that ran without error.
struct SessionRecord {
  private struct Input {
    let text: String
    /// Where the statement begins whose value was shown, as an offset in bytes.
    let shown: Int?
    let usesAnswer: Bool
  }

  private var inputs: [Input] = []

  /// How many inputs there are.
  var count: Int { inputs.count }

  /// Adds an input that has run.
  mutating func append(_ source: Source, isShown: Bool) {
    let program = Parser.parse(source).program
    guard let last = program.statements.last else { return }
    let tokens = Lexer.tokenize(source).tokens
    inputs.append(
      Input(
        text: source.text(Span(0, source.bytes.count)),
        shown: isShown ? Int(last.span.start) : nil,
        usesAnswer: tokens.contains { $0.kind == .name && source.text($0.span) == "ans" }))
  }

  /// The inputs as a script.
  var script: String {
    var isNeeded = false
    var lines: [String] = []
    for input in inputs.reversed() {
      if let shown = input.shown, isNeeded {
        let bytes = Array(input.text.utf8)
        let before = String(decoding: bytes[..<shown], as: UTF8.self)
        let statement = String(decoding: bytes[shown...], as: UTF8.self)
        lines.append(before + "let ans = " + SessionRecord.ended(statement) + "ans\n")
        isNeeded = false
      } else {
        lines.append(SessionRecord.ended(input.text))
      }
      isNeeded = isNeeded || input.usesAnswer
    }
    return lines.reversed().joined()
  }

  private static func ended(_ text: String) -> String {
    text.hasSuffix("\n") ? text : text + "\n"
  }
}
