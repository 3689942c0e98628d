// SPDX-License-Identifier: Apache-2.0
//
// `smap convert`: scripts as notebook files and back, without running them.

import ArgumentParser
import Files
import Hosts
import Notebooks

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a script with # %% cells to a notebook file (.ipynb), or back.",
    discussion: """
      Nothing runs. A script comes back as it was, byte by byte. The cells of a notebook file come \
      back with their ids and metadata; outputs are no part of a script.
      """)

  @Argument(help: "A script or a notebook file.", completion: .file())
  var input: String

  @Argument(help: "The file to write: .ipynb or .smap.", completion: .file())
  var output: String

  func validate() throws {
    guard input.hasSuffix(".ipynb") != output.hasSuffix(".ipynb") else {
      throw ValidationError("one of the two files ends in .ipynb, the other is a script")
    }
  }

  func run() throws {
    do {
      if input.hasSuffix(".ipynb") {
        let bytes = try FileReader.read(path: input)
        let notebook = try NotebookFile.notebook(bytes, path: input)
        try AtomicFile.write(path: output, bytes: Array(CellText.script(notebook).utf8))
        let count = NotebookFile.outputCount(bytes)
        if count > 0 {
          Diagnostics.say(
            "note: the outputs of \(count) \(count == 1 ? "cell is" : "cells are") not in \(output); "
              + "running it gives them anew")
        }
      } else {
        let notebook = CellText.notebook(try ProgramText.readToConvert(input))
        try AtomicFile.write(path: output, bytes: Array(NotebookFile.text(of: notebook).utf8))
      }
    } catch {
      throw ArgumentParser.ExitCode(NotebookJob.report(error))
    }
  }
}
