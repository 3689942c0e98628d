// SPDX-License-Identifier: Apache-2.0
//
// `smap repl`: the prompt.

import ArgumentParser

struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Open the prompt.")

  @OptionGroup var options: SessionOptions

  func run() throws {
    throw ArgumentParser.ExitCode(
      Interpreter.run(options: options, arguments: []) { PromptHost.run($0) })
  }
}
