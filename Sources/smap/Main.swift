// SPDX-License-Identifier: Apache-2.0
//
// The command line: `smap` opens the prompt, `smap FILE` runs a script, `smap -e CODE` one line.

import ArgumentParser

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
    version: "smap 0.1.0",
    subcommands: [RunCommand.self, ReplCommand.self],
    defaultSubcommand: RunCommand.self)
}

/// Options that all ways of running share.
struct SessionOptions: ParsableArguments {
  @Option(help: "Start the session's random stream at this whole number.")
  var seed: UInt64 = 0

  @Option(help: "How many threads share the work (default: all processors).")
  var threads: Int?

  @Option(help: "Colours: auto, always, never.")
  var color = "auto"

  @Option(help: "Pictures in the terminal: auto, kitty, iterm2, sixel, blocks, none.")
  var images = "auto"

  @Option(help: "The most seconds that one evaluation may take.")
  var maxSeconds: Double?

  @Option(help: "The most loop turns and calls that one evaluation may take.")
  var maxSteps: Int?

  @Option(help: "The most memory for tensors, such as 2GB or 500MB.")
  var maxMemory: String?

  @Flag(help: "Refuse random draws that name no seed.")
  var strictRandom = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads is a whole number from 1") }
    if let maxSeconds, !(maxSeconds > 0) { throw ValidationError("--max-seconds is above 0") }
    if let maxSteps, maxSteps < 1 { throw ValidationError("--max-steps is a whole number from 1") }
    if let maxMemory, SessionOptions.bytes(maxMemory) == nil {
      throw ValidationError("--max-memory is a size such as 2GB or 500MB, not \(maxMemory)")
    }
    guard ["auto", "always", "never"].contains(color) else {
      throw ValidationError("--color is auto, always or never, not \(color)")
    }
    guard ["auto", "kitty", "iterm2", "sixel", "blocks", "none"].contains(images) else {
      throw ValidationError(
        "--images is auto, kitty, iterm2, sixel, blocks or none, not \(images)")
    }
  }

  /// A size with a unit as a number of bytes, or nil.
  static func bytes(_ text: String) -> Int? {
    let units: [(String, Double)] = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("B", 1)]
    let upper = text.uppercased()
    let (suffix, factor) = units.first { upper.hasSuffix($0.0) } ?? ("", 1)
    guard let number = Double(upper.dropLast(suffix.count)), number > 0 else { return nil }
    return Int(exactly: (number * factor).rounded())
  }
}

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a script, a line, or standard input.")

  @OptionGroup var options: SessionOptions

  @Option(name: .customShort("e"), help: "Run this text and show its last value.")
  var code: String?

  @Argument(help: "A script, or - for standard input; nothing opens the prompt.")
  var file: String?

  @Argument(parsing: .postTerminator, help: "Arguments for the script, after --.")
  var arguments: [String] = []

  func run() throws {
    let program: ScriptRunner.Program
    switch (code, file) {
    case (let code?, nil): program = .text(code)
    case (let code?, let first?):
      // With -e there is no file: what looks like one is the first argument.
      throw exitAfter(.text(code), [first] + arguments)
    case (nil, "-"?): program = .standardInput
    case (nil, let file?): program = .file(file)
    case (nil, nil): throw exitAfter(nil, arguments)
    }
    throw exitAfter(program, arguments)
  }

  private func exitAfter(_ program: ScriptRunner.Program?, _ arguments: [String])
    -> ArgumentParser.ExitCode
  {
    ArgumentParser.ExitCode(
      Interpreter.run(options: options, arguments: arguments) { host in
        guard let program else { return PromptHost.run(host) }
        return ScriptRunner(host).run(program)
      })
  }
}

struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Open the prompt.")

  @OptionGroup var options: SessionOptions

  func run() throws {
    throw ArgumentParser.ExitCode(
      Interpreter.run(options: options, arguments: []) { PromptHost.run($0) })
  }
}
