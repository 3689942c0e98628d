// SPDX-License-Identifier: Apache-2.0
//
// The command line: `smap` opens the prompt, `smap FILE` runs a script, `smap -e CODE` one line.

import ArgumentParser
import Library

@main
struct SMAPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "smap",
    abstract: "A language for semantic-aware prefix tokens of pictures.",
    discussion: """
      smap                   opens the prompt
      smap FILE.smap         runs a script; arguments for it follow --
      smap -e 'CODE'         runs a line and shows its value
      smap -                 runs what comes on standard input
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
      FormatCommand.self,
      DumpCommand.self,
    ],
    defaultSubcommand: RunCommand.self)
}
