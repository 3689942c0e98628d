// SPDX-License-Identifier: Apache-2.0
//
// The prompt's commands about the language: a table of names, help texts and actions.

import Console
import Files
import Library
import Runtime
import Syntax

/// A command with its action.
private struct HostCommand: Sendable {
  let description: ConsoleCommand
  let run: @Sendable (PromptHost, String) throws -> ConsoleOutcome
}

extension PromptHost {
  private static let table: [HostCommand] = [
    HostCommand(
      description: ConsoleCommand(
        "load", argument: .file, "run a script here, or bring back a .session"),
      run: { host, path in try host.load(path) }),
    HostCommand(
      description: ConsoleCommand(
        "save", argument: .file, "write the statements as a script, or all variables as a .session"),
      run: { host, path in .shows(try host.save(path)) }),
    HostCommand(
      description: ConsoleCommand(
        "export", argument: .file, "write the statements as a notebook of # %% cells"),
      run: { host, path in .shows(try host.export(path)) }),
    HostCommand(
      description: ConsoleCommand("vars", "list the variables with their size and memory"),
      run: { host, _ in .shows(host.variableTable(columns: host.columns)) }),
    HostCommand(
      description: ConsoleCommand(
        "tokens", argument: .code, "show the words of CODE, or of the last input"),
      run: { host, text in try host.stage(.tokens, of: text) }),
    HostCommand(
      description: ConsoleCommand("tree", argument: .code, "show how it is understood"),
      run: { host, text in try host.stage(.tree, of: text) }),
    HostCommand(
      description: ConsoleCommand("slots", argument: .code, "show where its names live"),
      run: { host, text in try host.stage(.slots, of: text) }),
    HostCommand(
      description: ConsoleCommand("code", argument: .code, "show its instructions"),
      run: { host, text in try host.stage(.code, of: text) }),
  ]

  /// The commands that this prompt has besides those of every session.
  public static let ownCommands = table.map(\.description)

  /// As `ConsoleSession` says.
  public var commands: [ConsoleCommand] { PromptHost.ownCommands }

  /// As `ConsoleSession` says.
  public func nearest(to word: String, among words: [String]) -> String? {
    Spelling.nearest(to: word, in: words)
  }

  /// As `ConsoleSession` says.
  public func command(_ name: String, argument: String) -> ConsoleOutcome? {
    guard let command = PromptHost.table.first(where: { $0.description.name == name }) else {
      return nil
    }
    do {
      return try command.run(self, argument)
    } catch {
      return outcome(host.report(error))
    }
  }

  private func load(_ path: String) throws -> ConsoleOutcome {
    guard !path.isEmpty else { throw ScriptError.argument(":load takes the path of a file") }
    if path.hasSuffix(SessionFile.suffix) { return .shows(try restore(path)) }
    return outcome(try ProgramText.file(path))
  }

  /// Brings the variables of a session file back and says so.
  func restore(_ path: String) throws -> String {
    let count = try SessionFile.read(path, into: session)
    return "restored \(count) variable\(count == 1 ? "" : "s") from \(path)"
  }

  private func save(_ path: String) throws -> String {
    guard !path.isEmpty else { throw ScriptError.argument(":save takes the path of a file") }
    if path.hasSuffix(SessionFile.suffix) { return try saveVariables(path) }
    try write(record.script, path)
    return withDifference("saved \(record.count) input\(record.count == 1 ? "" : "s") as \(path)")
  }

  private func saveVariables(_ path: String) throws -> String {
    let report = try SessionFile.write(session, path: path)
    let saved = "saved \(report.saved) variable\(report.saved == 1 ? "" : "s") as \(path)"
    guard !report.left.isEmpty else { return saved }
    let left = report.left.map { "`\($0.name)`, \($0.kind)" }.joined(separator: "; ")
    return saved + "\nnot kept: " + left
  }

  private func export(_ path: String) throws -> String {
    guard !path.isEmpty else { throw ScriptError.argument(":export takes the path of a file") }
    try write(record.notebook, path)
    return withDifference("exported \(record.count) cell\(record.count == 1 ? "" : "s") as \(path)")
  }

  /// A report on a script, with lines about what is not in it and what runs longer there.
  private func withDifference(_ report: String) -> String {
    report + (record.difference.map { "\n\($0)" } ?? "")
  }

  private func write(_ text: String, _ path: String) throws {
    guard record.count > 0 else { throw ScriptError.argument("there is nothing to save yet") }
    try AtomicFile.write(path: path, bytes: Array(text.utf8))
  }

  private func stage(_ stage: Stage, of text: String) throws -> ConsoleOutcome {
    .shows(try stage.text(of: try source(text), in: session))
  }

  /// The argument of a command, or the last input.
  private func source(_ text: String) throws -> Source {
    let text = text.isEmpty ? latest : text
    guard !text.isEmpty else { throw ScriptError.argument("there is no input yet to look at") }
    return Source(path: "input", text: text + "\n")
  }
}

extension ConsoleOutcome {
  fileprivate static func shows(_ text: String) -> ConsoleOutcome { ConsoleOutcome([.text(text)]) }
}
