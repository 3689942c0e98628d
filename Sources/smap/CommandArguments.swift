// SPDX-License-Identifier: Apache-2.0
//
// Splits the command line. Everything after the name of a script belongs to the script, as with
// other interpreters: `smap plot.smap --seed 3` passes the script an option that smap has as well,
// and a new option of smap never takes one from a script.

import Files
import Hosts

enum CommandArguments {
  /// The arguments of this process, without its name; bytes that are not UTF-8 are mapped by
  /// `PathText`.
  static var ofProcess: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { PathText.text(of: $0) }
    }
  }

  /// Flags of `smap run`: of its options, only these take no value.
  private static let flags: Set<String> = [
    "--json", "--strict-random", "--help", "-h", "--version", "--help-hidden",
    "--experimental-dump-help",
  ]

  /// Inserts `--` after the name of a script, or after a line of code.
  ///
  /// - Parameters:
  ///   - arguments: What follows `smap`.
  ///   - commands: The names of subcommands; only those of `run` have arguments for a script.
  static func separated(_ arguments: [String], commands: [String]) -> [String] {
    let isRun = arguments.first == RunCommand.configuration.commandName
    guard isRun || !commands.contains(arguments.first ?? "") else { return arguments }
    var position = isRun ? 1 : 0
    var hasCode = false
    while position < arguments.count {
      let word = arguments[position]
      if word == "--" { return arguments }
      guard word.hasPrefix("-"), word != ProgramText.standardInput else { break }
      hasCode = hasCode || word == "-e"
      position += flags.contains(word) || word.contains("=") ? 1 : 2
    }
    let end = position + (hasCode ? 0 : 1)
    guard end < arguments.count, arguments[end] != "--" else { return arguments }
    return arguments[..<end] + ["--"] + arguments[end...]
  }
}
