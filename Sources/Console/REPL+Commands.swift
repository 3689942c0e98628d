// SPDX-License-Identifier: Apache-2.0
//
// What may be typed after a colon, and `?name`. No statement begins with either, so commands never
// hide a program. The session adds commands of its own.

import Images

extension REPL {
  /// The commands that every session has.
  public static let commands = [
    ConsoleCommand("help", argument: "NAME", "explain a name, or list what there is"),
    ConsoleCommand("time", argument: "CODE", "time a statement; alone, time every statement"),
    ConsoleCommand("edit", "write a statement in $EDITOR, starting from the last one"),
    ConsoleCommand("history", argument: "N", "show the last statements"),
    ConsoleCommand("reset", "forget all variables"),
    ConsoleCommand("quit", argument: "CODE", "leave; Ctrl-D does the same"),
  ]

  /// Carries out a command line without its colon.
  func runCommand(_ line: String) throws {
    let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
    let name = parts.first ?? "help"
    let argument = parts.count > 1 ? parts[1].trimmingSpaces : ""
    switch name {
    case "help", "h": try showHelp(argument)
    case "quit", "q", "exit": try runQuit(argument)
    case "time": try runTime(argument)
    case "edit": try edit(latest)
    case "history": try showHistory(argument)
    case "reset":
      session.reset()
      try writeLine("all variables forgotten")
    default:
      if let outcome = session.command(name, argument: argument) { return try show(outcome) }
      let known = (REPL.commands + session.commands).map { ":" + $0.name }
      try show(
        ConsoleOutcome(
          [.error("no command is called `:\(name)`; there are \(known.joined(separator: " "))")],
          status: .failed))
    }
  }

  /// Shows a page of help; without a topic, the commands as well.
  func showHelp(_ topic: String) throws {
    let topic = topic.trimmingSpaces
    if let page = session.help(on: topic) {
      try writeLine(page)
    } else if !topic.isEmpty {
      try show(
        ConsoleOutcome([.error("there is no help on `\(topic)`")], status: .failed))
    }
    guard topic.isEmpty else { return }
    let rows = (REPL.commands + session.commands).map { command in
      (
        ":" + command.name + (command.argument.isEmpty ? "" : " " + command.argument),
        command.summary
      )
    }
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    for (left, right) in rows + [("?NAME", "the same as :help NAME")] {
      try writeLine("  " + left + String(repeating: " ", count: width - left.count) + right)
    }
  }

  private func runQuit(_ argument: String) throws {
    guard argument.isEmpty || Int32(argument) != nil else {
      return complain(":quit takes an exit code, not `\(argument)`")
    }
    quit(Int32(argument) ?? 0)
  }

  private func runTime(_ argument: String) throws {
    if !argument.isEmpty {
      latest = argument
      return try evaluate(argument, showsTime: true)
    }
    showsTime.toggle()
    try writeLine(showsTime ? "every statement is timed" : "statements are no longer timed")
  }

  private func showHistory(_ argument: String) throws {
    let count = max(0, Int(argument) ?? 20)
    for entry in history.entries.dropLast().suffix(count) {
      let lines = entry.split(separator: "\n", omittingEmptySubsequences: false)
      try writeLine("  " + lines.joined(separator: "\n  "))
    }
  }

  /// Has a text changed in an editor program and runs the result.
  func edit(_ text: String) throws {
    do {
      let edited = try ExternalEditor.edit(text)
      guard edited != text || text.isEmpty else { return try writeLine("unchanged, not run") }
      try writeLine(terminal.styled(edited, "2"))
      try run(edited)
    } catch {
      complain("\(error)")
    }
  }

  /// Candidates for commands after a colon, and those of the session elsewhere.
  func completions(of text: String, at cursor: Int) -> Completions {
    let before = String(String.UnicodeScalarView(text.unicodeScalars.prefix(cursor)))
    if before.hasPrefix(":") && !before.contains(" ") {
      let found = (REPL.commands + session.commands).filter { (":" + $0.name).hasPrefix(before) }
      return Completions(
        start: 0, candidates: found.map { .init(":" + $0.name, detail: $0.summary) })
    }
    for head in [":help ", ":time ", "?"] where before.hasPrefix(head) {
      let rest = String(text.unicodeScalars.dropFirst(head.count))
      var found = session.completions(of: rest, at: cursor - head.count)
      found.start += head.count
      return found
    }
    return session.completions(of: text, at: cursor)
  }

  /// A duration in the unit that suits it.
  static func duration(_ seconds: Double) -> String {
    func tenths(_ value: Double) -> String {
      let whole = Int(min(value, 1e15) * 10 + 0.5)
      return "\(whole / 10).\(whole % 10)"
    }
    if seconds < 1e-3 { return tenths(seconds * 1e6) + " us" }
    if seconds < 1 { return tenths(seconds * 1e3) + " ms" }
    return seconds < 120 ? tenths(seconds) + " s" : ProgressBar.timeText(seconds)
  }
}

extension String {
  /// The text without spaces at both ends.
  fileprivate var trimmingSpaces: String {
    let inner = drop { $0 == " " || $0 == "\t" }
    return String(inner.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
