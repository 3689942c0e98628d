// SPDX-License-Identifier: Apache-2.0
//
// `smap notebook`: a script with cells as a page, a notebook file, Markdown or a PDF.

import ArgumentParser
import Console
import Glibc
import Hosts
import Notebooks
import Runtime

struct NotebookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notebook",
    abstract: "Run a script with # %% cells and write it with its outputs.",
    discussion: """
      The file grows while cells run. Cells that have not changed, with the same values, data and \
      models before them, are taken from a cache; --fresh runs all of them. An error ends the run, \
      and the file shows it. A PDF needs Chromium.
      """)

  @OptionGroup var options: SessionOptions

  @Option(
    help: "The form: html, ipynb, md, pdf (default: that of the output's name, or html).",
    completion: .list(NotebookFormat.allCases.map(\.rawValue)))
  var to: String?

  @Option(
    name: .shortAndLong, help: "The file to write (default: beside the script).",
    completion: .file())
  var output: String?

  @Flag(help: "Write it again whenever the script is saved, until Ctrl-C.")
  var watch = false

  @Flag(help: "Run every cell, also those whose outputs are cached.")
  var fresh = false

  @Flag(name: .customLong("no-run"), help: "Run nothing: write text and code only.")
  var isNotRun = false

  @Argument(help: "A script with cells, or a notebook file.", completion: .file())
  var file: String

  @Argument(
    parsing: .postTerminator, help: "Arguments for the script, after --.", completion: .file())
  var arguments: [String] = []

  func validate() throws {
    let names = NotebookFormat.allCases.map(\.rawValue).joined(separator: ", ")
    if let to, NotebookFormat(rawValue: to) == nil {
      throw ValidationError("--to is one of \(names), not \(to)")
    }
    if job.output == file {
      throw ValidationError("\(file) would be overwritten by its own output")
    }
    if let output {
      guard output != "-" else {
        throw ValidationError("a notebook is written to a file: --output NAME, not -")
      }
      let named = NotebookFormat(pathEnding: output)
      guard to != nil || named != nil else {
        throw ValidationError("\(output) does not say which form it has: add --to, one of \(names)")
      }
      if let to, let named, named.rawValue != to {
        throw ValidationError("--to \(to) would write another form than \(output) says")
      }
    }
    if file == "-", output == nil {
      throw ValidationError("standard input has no name: say --output FILE")
    }
    if watch, file == "-" { throw ValidationError("--watch needs a file") }
  }

  private var job: NotebookJob {
    let format =
      NotebookFormat(rawValue: to ?? "") ?? NotebookFormat(pathEnding: output ?? "") ?? .html
    var stem = file
    for ending in [".smap", ".ipynb"] where file.hasSuffix(ending) {
      stem = String(file.dropLast(ending.count))
    }
    var job = NotebookJob(
      input: file, output: output ?? "\(stem).\(format.rawValue)", format: format)
    job.runs = !isNotRun
    job.usesCache = !fresh
    return job
  }

  func run() throws {
    let job = job
    var changes = FileWatch(file)
    while true {
      let saving = watch ? SaveInterrupt(changes) : nil
      let code = Interpreter.run(options: options.host, arguments: arguments) { host, _ in
        job.run(host) { Diagnostics.say("wrote \(job.output)") }
      }
      if let saving {
        let (seen, isSaved) = saving.end()
        changes = seen
        if isSaved, Interpreter.withdrawInterrupt() {
          Diagnostics.say("\(file) was saved: running it again")
          continue
        }
      }
      guard watch, code != 130 else { throw ArgumentParser.ExitCode(code) }
      // The end may be requested after the last cell, when the run itself has succeeded.
      if let code = Interpreter.requestedEnd { throw ArgumentParser.ExitCode(code) }
      while !changes.hasChanged() {
        usleep(200_000)
        if let code = Interpreter.requestedEnd { throw ArgumentParser.ExitCode(code) }
      }
    }
  }
}
