// SPDX-License-Identifier: Apache-2.0
//
// `smap fmt`: formats scripts.

import ArgumentParser
import Console
import Files
import Glibc
import Hosts
import Library
import Runtime
import Syntax

struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Lay out scripts: indents, spaces, line ends. Comments and words stay.",
    discussion: """
      Files are rewritten in place, each at once and as a whole, and only if they change. A file
      with syntax errors is left as it is; its errors are reported, and the exit code is 2.
      With --check nothing is written: the names of the files that would change go to standard
      output, and the exit code is 1 if there are any.
      """)

  @Flag(help: "Only name the files that would change.")
  var check = false

  @Flag(help: "Write errors as JSON on standard error, one object a line.")
  var json = false

  @ArgumentParser.Argument(
    help: "Scripts, or - for standard input, whose result goes to standard output.",
    completion: .file())
  var files: [String]

  func run() throws {
    let worst = files.map(format).max() ?? 0
    throw ArgumentParser.ExitCode(worst)
  }

  /// Formats one file and returns its exit code.
  private func format(_ path: String) -> Int32 {
    let errors = ErrorText(terminal: Terminal(color: .auto), isJSON: json)
    let isStandardInput = path == ProgramText.standardInput
    do {
      let source = try ProgramText.read(path)
      let bytes = source.bytes
      let text = Array(try Formatter.format(source).utf8)
      if check {
        guard text != bytes else { return 0 }
        return write(Array("\(source.path)\n".utf8), code: 1)
      }
      if isStandardInput { return write(text, code: 0) }
      if text != bytes { try AtomicFile.write(path: path, bytes: text) }
      return 0
    } catch Formatter.Failure.syntax(let diagnostics) {
      Diagnostics.say(errors.render(diagnostics))
      return 2
    } catch Formatter.Failure.unfaithful {
      Diagnostics.say("smap: \(path) is left alone: its new form would not be the same program")
      return 70
    } catch {
      let failure = ScriptError(anything: error)
      Diagnostics.say(errors.render(failure))
      return Library.ExitCode.of(failure)
    }
  }

  private func write(_ bytes: [UInt8], code: Int32) -> Int32 {
    let written = StandardOutput.write(String(decoding: bytes, as: UTF8.self))
    return written == 0 ? code : written
  }
}
