// SPDX-License-Identifier: Apache-2.0
//
// `smap repl`: the prompt.

import ArgumentParser
import Hosts

struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Open the prompt.")

  @OptionGroup var options: SessionOptions

  func run() throws {
    throw ArgumentParser.ExitCode(
      Interpreter.run(options: options.host, arguments: []) { PromptHost.run($0, $1) })
  }
}
