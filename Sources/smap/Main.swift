// SPDX-License-Identifier: Apache-2.0
//
// The command line: `smap` opens the prompt, `smap FILE` runs a script, `smap -e CODE` one line.

import ArgumentParser
import Glibc
import Hosts
import Library

@main
struct SMAPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "smap",
    abstract: "A language for semantic-aware prefix tokens of pictures.",
    discussion: """
      smap                   opens the prompt
      smap FILE.smap         runs a script; what follows are arguments for it
      smap -e 'CODE'         runs a line and shows its value
      smap -                 runs what comes on standard input and shows its values
      """,
    version: "smap \(smapVersion)",
    subcommands: [
      RunCommand.self,
      ReplCommand.self,
      GrammarsCommand.self,
      DocsCommand.self,
      TestCommand.self,
      CheckCommand.self,
      LanguageServerCommand.self,
      KernelCommand.self,
      FormatCommand.self,
      NotebookCommand.self,
      ConvertCommand.self,
      DumpCommand.self,
      DoctorCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  static func main() {
    StandardStreams.openClosed()
    let commands = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    let arguments = CommandArguments.separated(CommandArguments.ofProcess, commands: commands)
    do {
      var command = try parseAsRoot(arguments)
      if let problem = jobProblem(with: command) {
        Diagnostics.say(problem)
        Glibc.exit(64)
      }
      try command.run()
    } catch {
      Glibc.exit(end(with: error))
    }
  }

  /// Why a command does not run in several processes, which would do the same work and write the
  /// same files; nil for those that may.
  private static func jobProblem(with command: any ParsableCommand) -> String? {
    guard !(command is RunCommand || command is DoctorCommand) else { return nil }
    let name = type(of: command).configuration.commandName ?? ""
    return JobHost.problem(with: name == "repl" ? "the prompt" : "`smap \(name)`")
  }

  /// Writes the message of a command-line error, or the requested help, and returns the exit code.
  /// Help that cannot be written is a failure, which the parser would not notice.
  private static func end(with error: any Error) -> Int32 {
    let code = exitCode(for: error).rawValue
    let text = fullMessage(for: error)
    guard !text.isEmpty else { return code }
    if code == 0 { return StandardOutput.write(CompletionScript.withFiles(text) + "\n") }
    Diagnostics.say(text)
    return code
  }
}
