// SPDX-License-Identifier: Apache-2.0
//
// `smap grammars`: updates the word lists in the editors' grammars from the tables. It is for
// developers of the language or the library, so it does not appear in the usage text.

import ArgumentParser
import EditorGrammars
import Files
import Hosts
import Library
import Runtime

struct GrammarsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grammars",
    abstract: "Write the word lists of the editors' grammars.", shouldDisplay: false)

  @Flag(help: "Write nothing; name the files that are out of date and exit with 1.")
  var check = false

  @Argument(help: "The folder with the grammars.", completion: .directory)
  var folder = "Grammar"

  func run() throws {
    let builtins = Session(library: Catalog.all, output: { _ in }).builtins
    var staleCount = 0
    let out = StandardOutput()
    do {
      for file in GrammarFile.all {
        let path = "\(folder)/\(file.path)"
        let text = String(decoding: try FileReader.read(path: path), as: UTF8.self)
        let updated = try file.updated(text, from: builtins)
        guard updated != text else { continue }
        staleCount += 1
        if check {
          Diagnostics.say("\(path) is out of date: `make grammars` rewrites it")
        } else {
          try AtomicFile.write(path: path, bytes: Array(updated.utf8))
          try out.write("wrote \(path)\n")
        }
      }
    } catch let error as FileError {
      Diagnostics.say("error: \(error)")
      throw ExitCode(error.exitCode)
    } catch let error as GrammarFileError {
      Diagnostics.say("error: \(error)")
      throw ExitCode(65)
    }
    let written = out.finish()
    if written != 0 { throw ExitCode(written) }
    if check, staleCount > 0 { throw ExitCode(1) }
  }
}
