// SPDX-License-Identifier: Apache-2.0
//
// `smap docs`: the reference manual, generated from the tables of the language, the library and
// this command line.

import ArgumentParser
import Checking
import Console
import Files
import Hosts
import Library
import Manual
import Runtime

struct DocsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "docs", abstract: "Write the reference manual.",
    discussion: """
      Prints the manual, or writes it into a folder: Reference.md, reference.html, or pages for \
      man below man1 and man7. With --check, a file that differs from the manual is named and \
      the exit status is 1.
      """)

  @Option(
    help: "The form: markdown, html, man.",
    completion: .list(ManualFormat.allCases.map(\.rawValue)))
  var format = ManualFormat.markdown.rawValue

  @Option(
    help: "The folder to write into; without it, the manual is printed.", completion: .directory)
  var output: String?

  @Option(
    help: "Write nothing; compare this file with the manual in Markdown.", completion: .file())
  var check: String?

  func validate() throws {
    guard ManualFormat(rawValue: format) != nil else {
      let names = ManualFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--format is one of \(names), not \(format)")
    }
  }

  func run() throws {
    do {
      let manual = try DocsCommand.manual()
      if let check { return try compare(check, with: manual) }
      let files = (ManualFormat(rawValue: format) ?? .markdown).files(of: manual)
      let out = StandardOutput()
      for file in files {
        if let output {
          let path = "\(output)/\(file.path)"
          try AtomicFile.write(path: path, bytes: Array(file.text.utf8))
          try out.write("wrote \(path)\n")
        } else {
          try out.write(file.text)
        }
      }
      let code = out.finish()
      if code != 0 { throw ArgumentParser.ExitCode(code) }
    } catch let error as FileError {
      Diagnostics.say("error: \(error)")
      throw ArgumentParser.ExitCode(error.exitCode)
    }
  }

  private func compare(_ path: String, with manual: Manual) throws {
    let wanted = ManualFormat.markdown.files(of: manual).map(\.text).joined()
    guard try FileReader.read(path: path) != Array(wanted.utf8) else { return }
    Diagnostics.say("\(path) is out of date: `make docs` rewrites it")
    throw ArgumentParser.ExitCode(1)
  }

  /// The manual of this program.
  static func manual() throws -> Manual {
    let commands = (REPL.commands + PromptHost.ownCommands).map { command in
      Manual.Row(command.usage, command.summary)
    }
    return try Manual(
      builtins: Session(library: Catalog.all, output: { _ in }).builtins,
      commandLine: JSON.parse(SMAPCommand._dumpHelp().utf8),
      promptCommands: commands + [Manual.Row("?NAME", "the same as :help NAME")],
      checkRules: Rule.all.map { Manual.Row($0.name, "\($0.summary) (\($0.level.rawValue))") })
  }
}
