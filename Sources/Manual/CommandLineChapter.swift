// SPDX-License-Identifier: Apache-2.0
//
// The chapter on the command line, from the description that the command parser dumps: names,
// options, defaults and texts are those of `smap --help`.

import Files

/// Reads the description of the commands.
enum CommandLineChapter {
  static func chapter(_ description: JSON) throws -> Manual.Chapter {
    guard let command = description["command"], let name = command["commandName"]?.text else {
      throw ManualError(description: "the description of the command line holds no command")
    }
    let subcommands = (command["subcommands"]?.elements ?? []).filter(isShown)
    let common = sharedOptions(of: subcommands)
    let main = Manual.Section(
      title: name,
      text: paragraphs(command, ["abstract", "discussion"]),
      rows: arguments(of: command).map(row))
    let shared = Manual.Section(
      title: "Options of all that run scripts",
      text: "They belong to " + list(common.commands.map { "`\(name) \($0)`" }) + ".",
      rows: common.options.map(row))
    let sharedNames = Set(common.options.map(term))
    let entries = subcommands.map { subcommand in
      let isSharing = common.commands.contains(subcommand["commandName"]?.text ?? "")
      return entry(subcommand, of: name, leavingOut: isSharing ? sharedNames : [])
    }
    return Manual.Chapter(
      title: "The command line", page: .command,
      sections: [main, Manual.Section(title: "Commands", entries: entries)]
        + (common.options.isEmpty ? [] : [shared]))
  }

  private static func entry(
    _ command: JSON, of parent: String, leavingOut shared: Set<String>
  ) -> Manual.Entry {
    let name = command["commandName"]?.text ?? ""
    let all = arguments(of: command)
    let own = all.filter { !shared.contains(term($0)) && !isHelp($0) }
    let usage = ["\(parent) \(name)"] + (shared.isEmpty ? [] : ["[options]"]) + own.map(usage)
    return Manual.Entry(
      title: "\(parent) \(name)", signature: usage.joined(separator: " "),
      text: paragraphs(command, ["abstract", "discussion"]), rows: own.map(row))
  }

  /// The options that more than one command has, and those commands.
  private static func sharedOptions(
    of commands: [JSON]
  ) -> (options: [JSON], commands: [String]) {
    let ofRun = commands.filter { command in
      arguments(of: command).contains { term($0).hasPrefix("--max-seconds") }
    }
    guard let first = ofRun.first, ofRun.count > 1 else { return ([], []) }
    let terms = ofRun.map { Set(arguments(of: $0).map(term)) }
    let options = arguments(of: first).filter { option in
      !isHelp(option) && terms.allSatisfy { $0.contains(term(option)) }
        && option["kind"]?.text != "positional"
    }
    return (options, ofRun.compactMap { $0["commandName"]?.text })
  }

  // MARK: - Arguments

  private static func arguments(of command: JSON) -> [JSON] {
    (command["arguments"]?.elements ?? []).filter(isShown)
  }

  private static func isShown(_ item: JSON) -> Bool {
    item["shouldDisplay"] != .bool(false) && item["commandName"]?.text != "help"
  }

  private static func isHelp(_ argument: JSON) -> Bool {
    ["help", "version"].contains(argument["valueName"]?.text ?? "")
  }

  private static func row(_ argument: JSON) -> Manual.Row {
    var text = argument["abstract"]?.text ?? ""
    if let value = argument["defaultValue"]?.text, argument["kind"]?.text != "flag" {
      text += " Default: \(value)."
    }
    return Manual.Row(term(argument), text)
  }

  /// `-h, --help`, `--seed <seed>`, `<file>`.
  private static func term(_ argument: JSON) -> String {
    let value = "<\(argument["valueName"]?.text ?? "value")>"
    let names = (argument["names"]?.elements ?? []).compactMap(spelling)
    guard !names.isEmpty else { return value }
    let all = names.joined(separator: ", ")
    return argument["kind"]?.text == "option" ? "\(all) \(value)" : all
  }

  private static func usage(_ argument: JSON) -> String {
    var text = term(argument)
    if argument["isRepeating"] == .bool(true) { text += " ..." }
    return argument["isOptional"] == .bool(false) ? text : "[\(text)]"
  }

  private static func spelling(_ name: JSON) -> String? {
    guard let text = name["name"]?.text else { return nil }
    return name["kind"]?.text == "long" ? "--\(text)" : "-\(text)"
  }

  // MARK: - Words

  private static func paragraphs(_ command: JSON, _ keys: [String]) -> String {
    keys.compactMap { command[$0]?.text }.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.joined() }
    return words.dropLast().joined(separator: ", ") + " and " + last
  }
}
