// SPDX-License-Identifier: Apache-2.0
//
// The inputs at the prompt that ran without error, as a script that reproduces them. At the prompt
// `ans` is the value shown last; a script has no such name, so where a later input needs it, the
// statement that showed the value is written as `let ans = ..`. Where an input has used the
// session's random stream, the script sets the position in the stream, unless the inputs before it
// lead there: failed inputs have used the stream, too, and are not in the script.
//
// What an input did before it failed or was stopped stays, in variables and in models. So the
// script names such inputs in comments, where they stood, and `omission` is what the prompt says of
// them. Long work that was stopped and kept its result, such as a training, is in the script, since
// later inputs use that; there it runs to its end. Inputs that only show help are left out.

import Runtime
import Syntax

/// The inputs of a session: those that ran without error, and those that ended early.
struct SessionRecord {
  /// Why an input is not in the script.
  enum EarlyEnd: CaseIterable {
    case failed, stopped

    /// What happened to so many inputs.
    func phrase(_ count: Int) -> String {
      switch self {
      case .failed: "failed"
      case .stopped: count == 1 ? "was stopped" : "were stopped"
      }
    }
  }

  private struct Input {
    let text: String
    /// The offset in bytes of the statement whose value was shown.
    let shown: Int?
    let usesAnswer: Bool
    /// The position of the random stream before and after it.
    let stream: (before: Session.RandomPlace, after: Session.RandomPlace)
    /// Whether it was stopped, and kept what it had reached.
    let isStopped: Bool
  }

  private var inputs: [Input] = []
  /// The inputs that ended early, each with the number of inputs before it.
  private var omitted: [(place: Int, text: String, end: EarlyEnd, setsAnswer: Bool)] = []

  /// The number of inputs that ran without error.
  var count: Int { inputs.count }

  /// Adds an input that had begun to run and ended early.
  mutating func omit(_ text: String, _ end: EarlyEnd, setsAnswer: Bool) {
    omitted.append((inputs.count, text, end, setsAnswer))
  }

  /// How the script differs from what was typed: the inputs that are not in it, and those that run
  /// longer; nil if there are none.
  var difference: String? {
    let lines = [omission, longer].compactMap { $0 }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  private var longer: String? {
    let names = inputs.filter(\.isStopped).map { "`\(SessionRecord.line(of: $0.text))`" }
    guard !names.isEmpty else { return nil }
    return "stopped here, but run to their end by the script: \(names.joined(separator: ", "))"
  }

  private var omission: String? {
    guard !omitted.isEmpty else { return nil }
    let ends = EarlyEnd.allCases.compactMap { end -> String? in
      let count = omitted.count { $0.end == end }
      return count > 0 ? "\(count) that \(end.phrase(count))" : nil
    }
    let most = 3
    let names = omitted.suffix(most).map { "`\(SessionRecord.line(of: $0.text))`" }
    let others = omitted.count > most ? "the last: " : ""
    return "as comments only: \(ends.joined(separator: " and ")) (\(others)"
      + "\(names.joined(separator: ", "))); \(omitted.count == 1 ? "its" : "their") effects stay "
      + "in this session"
  }

  /// The first line of an input, shortened.
  private static func line(of text: String) -> String {
    let lines = text.split(separator: "\n")
    let first = lines.first ?? ""
    let isWhole = lines.count <= 1 && first.count <= 50
    return isWhole ? String(first) : first.prefix(46) + " ..."
  }

  /// The comments about the inputs that ended early after so many others.
  private func comments(at place: Int) -> String {
    omitted.filter { $0.place == place }.map { input in
      "# This \(input.end.phrase(1)), and is not run again:\n"
        + input.text.split(separator: "\n").map { "#   \($0)\n" }.joined()
    }.joined()
  }

  /// Adds an input that has run, with the random stream at `before` when it began; or that was
  /// stopped and kept what it had reached.
  mutating func append(
    _ source: Source, isShown: Bool, from before: Session.RandomPlace,
    to after: Session.RandomPlace, isStopped: Bool = false
  ) {
    let program = Parser.parse(source.withoutSkippedCells).program
    guard let last = program.statements.last,
      !program.statements.allSatisfy(SessionRecord.isHelp)
    else { return }
    let tokens = Lexer.tokenize(source).tokens
    inputs.append(
      Input(
        text: source.text(Span(0, source.bytes.count)),
        shown: isShown ? Int(last.span.start) : nil,
        usesAnswer: tokens.contains { $0.kind == .name && source.text($0.span) == "ans" },
        stream: (before, after), isStopped: isStopped))
  }

  /// Whether a statement is a call of `help`, which is for the reader of the moment.
  private static func isHelp(_ statement: Statement) -> Bool {
    guard case .expression(let value) = statement.kind, case .call(let callee, _) = value.kind,
      case .name("help") = callee.kind
    else { return false }
    return true
  }

  /// The inputs as a script.
  var script: String { text(before: "") }

  /// The inputs as a notebook, each a cell.
  var notebook: String { text(before: "# %%\n") }

  /// The inputs, each after a line that begins it.
  private func text(before head: String) -> String {
    var isNeeded = false
    var lines: [String] = [comments(at: inputs.count)]
    let seeds = seedLines
    for (place, input) in inputs.enumerated().reversed() {
      defer {
        lines += seeds[place].map { [$0] } ?? []
        lines.append(comments(at: place))
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
      if input.isStopped {
        lines.append("# This was stopped by Ctrl-C; here it runs to its end.\n")
      }
      isNeeded = isNeeded || input.usesAnswer
      // The value of what is not in the script cannot be there, and no earlier one takes its place.
      if omitted.contains(where: { $0.place == place && $0.setsAnswer }) { isNeeded = false }
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
