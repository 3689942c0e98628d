// SPDX-License-Identifier: Apache-2.0
//
// `smap repl`: the prompt.

import ArgumentParser
import Hosts

struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Open the prompt.")

  @OptionGroup var options: SessionOptions

  @Option(
    help: "Begin with the variables of a file that :save has written.",
    completion: .file(extensions: ["session"]))
  var restore: String?

  func run() throws {
    throw ArgumentParser.ExitCode(
      Interpreter.run(options: options.host, arguments: []) {
        PromptHost.run($0, $1, restoring: restore)
      })
  }
}
