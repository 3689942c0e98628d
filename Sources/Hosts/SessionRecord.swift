// SPDX-License-Identifier: Apache-2.0
//
// The inputs at the prompt that ran without error, as a script that reproduces them. At the prompt
// `ans` is the value shown last; a script has no such name, so where a later input needs it, the
// statement that showed the value is written as `let ans = ..`. Where an input has used the
// session's random stream, the script sets the position in the stream, unless the inputs before it
// lead there: failed inputs have used the stream, too, and are not in the script.

import Runtime
import Syntax

/// The inputs of a session that ran without error.
struct SessionRecord {
  private struct Input {
    let text: String
    /// The offset in bytes of the statement whose value was shown.
    let shown: Int?
    let usesAnswer: Bool
    /// The position of the random stream before and after it.
    let stream: (before: Session.RandomPlace, after: Session.RandomPlace)
  }

  private var inputs: [Input] = []

  /// The number of inputs.
  var count: Int { inputs.count }

  /// Adds an input that has run, with the random stream at `before` when it began.
  mutating func append(
    _ source: Source, isShown: Bool, from before: Session.RandomPlace,
    to after: Session.RandomPlace
  ) {
    let program = Parser.parse(source.withoutSkippedCells).program
    guard let last = program.statements.last else { return }
    let tokens = Lexer.tokenize(source).tokens
    inputs.append(
      Input(
        text: source.text(Span(0, source.bytes.count)),
        shown: isShown ? Int(last.span.start) : nil,
        usesAnswer: tokens.contains { $0.kind == .name && source.text($0.span) == "ans" },
        stream: (before, after)))
  }

  /// The inputs as a script.
  var script: String { text(before: "") }

  /// The inputs as a notebook, each a cell.
  var notebook: String { text(before: "# %%\n") }

  /// The inputs, each after a line that begins it.
  private func text(before head: String) -> String {
    var isNeeded = false
    var lines: [String] = []
    let seeds = seedLines
    for (place, input) in inputs.enumerated().reversed() {
      defer {
        lines += seeds[place].map { [$0] } ?? []
        if !head.isEmpty { lines.append((place > 0 ? "\n" : "") + head) }
      }
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

  /// The inputs before which the random stream must be set, with the statement for it.
  private var seedLines: [Int: String] {
    var lines: [Int: String] = [:]
    var present: Session.RandomPlace?
    for (place, input) in inputs.enumerated() where input.stream.before != input.stream.after {
      let before = input.stream.before
      if before != present {
        let draws = before.draws == 0 ? "" : ", draws = \(before.draws)"
        lines[place] = "seed(\(before.seed)\(draws))\n"
      }
      present = input.stream.after
    }
    return lines
  }

  private static func ended(_ text: String) -> String {
    text.hasSuffix("\n") ? text : text + "\n"
  }
}
