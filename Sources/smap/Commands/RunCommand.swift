// SPDX-License-Identifier: Apache-2.0
//
// `smap run`: a script, a line of code, or standard input.

import ArgumentParser
import Files
import Hosts
import Library
import Runtime

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a script, a line, or standard input.")

  @OptionGroup var options: SessionOptions

  @Option(
    name: .customShort("e"), parsing: .unconditional, help: "Run this text and show its last value."
  )
  var code: String?

  @Option(
    help: """
      Write a profile of the run to this file: JSON if it ends in .json, else a table; - \
      for standard error.
      """, completion: .file())
  var profile: String?

  @Flag(help: "Write errors as JSON on standard error, one object a line.")
  var json = false

  @Argument(
    help: "A script, or - for standard input; nothing opens the prompt.", completion: .file())
  var file: String?

  @Argument(
    parsing: .postTerminator,
    help: "Arguments for the script: all that follows its name, with or without --.",
    completion: .file())
  var arguments: [String] = []

  func validate() throws {
    if profile != nil, code == nil, file == nil {
      throw ValidationError("--profile goes with a script, a line or standard input")
    }
    if let profile, profile.hasSuffix(".smap") {
      throw ValidationError(
        "--profile names the file of the profile, or - for standard error; '\(profile)' is a script"
      )
    }
  }

  func run() throws {
    let program: ScriptRunner.Program
    switch (code, file) {
    case (let code?, nil): program = .text(code)
    case (let code?, let first?):
      // With -e there is no file: the parsed file name is the first argument.
      throw exitAfter(.text(code), [first] + arguments)
    case (nil, "-"?):
      if let problem = JobHost.problem(with: "a program on standard input") {
        Diagnostics.say(problem)
        throw ArgumentParser.ExitCode(64)
      }
      program = .standardInput
    case (nil, let file?): program = .file(file)
    case (nil, nil): throw exitAfter(nil, arguments)
    }
    throw exitAfter(program, arguments)
  }

  private func exitAfter(_ program: ScriptRunner.Program?, _ arguments: [String])
    -> ArgumentParser.ExitCode
  {
    // The user names the program, which may be outside the sandbox; so it is read first.
    var hostOptions = options.host
    hostOptions.reportsJSON = json && program != nil
    Host.limitMemory(hostOptions)
    let loaded = program.map { program in Result { try program.load() } }
    guard let loaded else {
      if let problem = JobHost.problem(with: "the prompt") {
        Diagnostics.say(problem)
        return ArgumentParser.ExitCode(64)
      }
      return ArgumentParser.ExitCode(
        Interpreter.run(options: hostOptions, arguments: arguments) { PromptHost.run($0, $1) })
    }
    let text = (try? loaded.get().text) ?? ""
    return ArgumentParser.ExitCode(
      JobHost.run(program: text, arguments: arguments) {
        Interpreter.run(options: hostOptions, arguments: arguments) { host, _ in
          profiled(host.session) { ScriptRunner(host).run(loaded) }
        }
      })
  }

  /// Runs the program; with `--profile`, a report follows however it ends.
  private func profiled(_ session: Session, _ body: () -> Int32) -> Int32 {
    guard let profile else { return body() }
    do {
      if profile != "-" { try AtomicFile.check(path: profile) }
    } catch {
      return unwritten(error)
    }
    let finish = ProfileReport.begin(code == nil ? file ?? "" : "-e", session)
    let code = body()
    do {
      try finish().write(to: profile)
      return code
    } catch {
      let problem = unwritten(error)
      return code == 0 ? problem : code
    }
  }

  /// Says why there is no profile, and returns the exit code of that.
  private func unwritten(_ error: any Error) -> Int32 {
    let failure = ScriptError(anything: error)
    Diagnostics.say("smap: cannot write the profile: \(failure.message)")
    return Library.ExitCode.of(failure)
  }
}
