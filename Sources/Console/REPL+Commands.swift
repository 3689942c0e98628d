// SPDX-License-Identifier: Apache-2.0
//
// The commands after a colon, and `?name`. No statement begins with either, so commands never hide
// a program. The session adds commands of its own.

import TerminalText

/// A command with what it does.
struct REPLCommand: Sendable {
  let description: ConsoleCommand
  let run: @Sendable (REPL, String) throws -> Void
}

extension REPL {
  private static let table: [REPLCommand] = [
    REPLCommand(
      description: ConsoleCommand(
        "help", short: ["h"], argument: .name, "explain a name, or list what there is"),
      run: { try $0.showHelp($1) }),
    REPLCommand(
      description: ConsoleCommand(
        "time", argument: .code, "time a statement; alone, time every statement"),
      run: { try $0.runTime($1) }),
    REPLCommand(
      description: ConsoleCommand(
        "edit", "write a statement in $EDITOR, starting from the last one"),
      run: { repl, _ in try repl.edit(repl.latest) }),
    REPLCommand(
      description: ConsoleCommand("history", argument: .number, "show the last statements"),
      run: { try $0.showHistory($1) }),
    REPLCommand(
      description: ConsoleCommand("reset", "forget all variables"),
      run: { repl, _ in
        repl.session.reset()
        try repl.writeLine("all variables forgotten")
      }),
    REPLCommand(
      description: ConsoleCommand(
        "quit", short: ["q", "exit"], argument: .number, "leave; Ctrl-D does the same"),
      run: { try $0.runQuit($1) }),
  ]

  /// The commands that every session has.
  public static let commands = table.map(\.description)

  private var allCommands: [ConsoleCommand] { REPL.commands + session.commands }

  /// Runs a command line without its colon.
  func runCommand(_ line: String) throws {
    let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
    let name = parts.first ?? "help"
    let argument = parts.count > 1 ? parts[1].trimmingSpaces : ""
    let known = allCommands
    guard let command = known.first(where: { $0.answers(to: name) }) else {
      return try refuse(
        unknown(name) + "\nthere are " + known.map { ":" + $0.name }.joined(separator: " "))
    }
    if case .none = command.argument, !argument.isEmpty {
      return try refuse(":\(command.name) takes nothing, not `\(argument)`")
    }
    if let own = REPL.table.first(where: { $0.description == command }) {
      try own.run(self, argument)
    } else if let outcome = session.command(command.name, argument: argument) {
      try show(outcome)
    }
  }

  /// The message for an unknown command, with a suggestion.
  private func unknown(_ name: String) -> String {
    let names = allCommands.flatMap { [$0.name] + $0.short.filter { $0.count > 1 } }
    let nearest = session.nearest(to: name, among: names)
    return "no command is called `:\(name)`" + (nearest.map { "; did you mean `:\($0)`?" } ?? "")
  }

  private func refuse(_ words: String) throws {
    try show(ConsoleOutcome([.error(words)], status: .failed))
  }

  /// Shows a page of help; without a topic, the commands as well.
  func showHelp(_ topic: String) throws {
    let topic = topic.trimmingSpaces
    if topic.hasPrefix(":") { return try showHelp(onCommand: String(topic.dropFirst())) }
    let page = session.help(on: topic)
    guard topic.isEmpty else {
      guard let page else { return try refuse("there is no help on `\(topic)`") }
      return try writePages(page)
    }
    let rows = allCommands.map { ($0.usage, $0.summary) } + [("?NAME", "the same as :help NAME")]
    let width = (rows.map { DisplayWidth.of($0.0) }.max() ?? 0) + 2
    let commands = rows.map { "  " + DisplayWidth.padded($0, to: width) + $1 + "\n" }.joined()
    try writePages((page ?? "") + commands)
  }

  private func writePages(_ text: String) throws {
    if try !page(text) { try writeLine(text) }
  }

  private func showHelp(onCommand name: String) throws {
    guard let command = allCommands.first(where: { $0.answers(to: name) }) else {
      return try refuse(unknown(name))
    }
    let short = command.short.map { ":" + $0 }.joined(separator: ", ")
    try writeLine(
      command.usage + "\n" + command.summary + (short.isEmpty ? "" : "\nshort: \(short)"))
  }

  fileprivate func runQuit(_ argument: String) throws {
    guard argument.isEmpty || Int32(argument) != nil else {
      return complain(":quit takes an exit code, not `\(argument)`")
    }
    quit(Int32(argument) ?? 0)
  }

  fileprivate func runTime(_ argument: String) throws {
    if !argument.isEmpty {
      latest = argument
      return try evaluate(argument, showsTime: true)
    }
    showsTime.toggle()
    try writeLine(showsTime ? "every statement is timed" : "statements are no longer timed")
  }

  fileprivate func showHistory(_ argument: String) throws {
    guard let count = argument.isEmpty ? 20 : Int(argument), count > 0 else {
      return complain(":history takes a number of statements, not `\(argument)`")
    }
    for entry in history.entries.dropLast().suffix(count) {
      let lines = entry.split(separator: "\n", omittingEmptySubsequences: false)
      try writeLine("  " + lines.joined(separator: "\n  "))
    }
  }

  /// Opens a text in an external editor and runs the result.
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

  /// Completions for commands after a colon, and those of the session elsewhere.
  func completions(of text: String, at cursor: Int) -> Completions {
    let before = String(String.UnicodeScalarView(text.unicodeScalars.prefix(cursor)))
    if before.hasPrefix(":") && !before.contains(" ") {
      let found = allCommands.filter { (":" + $0.name).hasPrefix(before) }
      return Completions(
        start: 0, candidates: found.map { .init(":" + $0.name, detail: $0.summary) })
    }
    if let path = filePath(of: before) {
      let (part, found) = FileCompletion.candidates(path)
      return Completions(start: cursor - part.unicodeScalars.count, candidates: found)
    }
    if let head = headBeforeCode(of: before) {
      let rest = String(text.unicodeScalars.dropFirst(head))
      var found = session.completions(of: rest, at: cursor - head)
      found.start += head
      return found
    }
    return session.completions(of: text, at: cursor)
  }

  /// The path after a command that takes a file; nil if the line is no such command.
  private func filePath(of before: String) -> String? {
    guard before.hasPrefix(":"), let blank = before.firstIndex(of: " ") else { return nil }
    let name = String(before[..<blank].dropFirst())
    guard allCommands.first(where: { $0.answers(to: name) })?.argument == .file else { return nil }
    return String(before[blank...].drop { $0 == " " })
  }

  /// The length of the command before code or names; nil if the line is no such command.
  private func headBeforeCode(of before: String) -> Int? {
    if before.hasPrefix("?") { return 1 }
    guard before.hasPrefix(":"), let blank = before.unicodeScalars.firstIndex(of: " ") else {
      return nil
    }
    let head = before.unicodeScalars[..<blank]
    let name = String(head.dropFirst())
    let command = allCommands.first { $0.answers(to: name) }
    return command?.argument.holdsNames ?? false ? head.count + 1 : nil
  }

  /// A duration in a suitable unit.
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
