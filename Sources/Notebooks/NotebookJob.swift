// SPDX-License-Identifier: Apache-2.0
//
// From a script to a file: run the cells, write the file after each, and with `--watch` do it again
// whenever the script is saved.

import Files
import Glibc
import Hosts
import Library
import Runtime
import Syntax

/// A notebook to be run and written.
public struct NotebookJob {
  /// The script or notebook file.
  public var input: String
  /// The file to write.
  public var output: String
  /// Its form.
  public var format: NotebookFormat
  /// Whether cells run; without, only their text is written.
  public var runs = true
  /// Whether unchanged cells are taken from the cache.
  public var usesCache = true

  /// Writes `input` to `output`.
  public init(input: String, output: String, format: NotebookFormat) {
    (self.input, self.output, self.format) = (input, output, format)
  }

  /// Runs the cells once and returns the exit code; `onWritten` is called after the last output.
  public func run(_ host: Host, onWritten: () -> Void) -> Int32 {
    do {
      let source = try script()
      var notebook = CellText.notebook(source)
      warn(about: LostContent.all(in: notebook, of: format))
      guard runs else {
        try format.write(notebook, to: output, isComplete: true)
        onWritten()
        return 0
      }
      // What cannot be written should be known before an hour of work.
      try AtomicFile.check(path: output)
      let cache = usesCache ? CellCache() : nil
      let runner = NotebookRunner(host, cache: cache)
      let pace = Pace()
      if format.grows { try format.write(notebook, to: output, isComplete: false) }
      let code = try runner.run(&notebook, source: source) { notebook in
        guard format.grows, pace.isDue() else { return }
        try format.write(notebook, to: output, isComplete: false)
      }
      try format.write(notebook, to: output, isComplete: true)
      onWritten()
      return code
    } catch {
      return NotebookJob.report(error)
    }
  }

  /// Says what a page will lack.
  private func warn(about contents: [LostContent]) {
    for lost in contents {
      let isScript = !input.hasSuffix(".ipynb")
      let place = isScript ? "\(input):\(lost.line)" : "\(input), cell \(lost.cell)"
      Diagnostics.say("warning: \(place): \(lost.problem)")
    }
  }

  /// The script: that of a notebook file is written anew.
  private func script() throws -> Source {
    guard input.hasSuffix(".ipynb") else {
      return try ProgramText.readToConvert(input)
    }
    let notebook = try NotebookFile.notebook(try FileReader.read(path: input), path: input)
    return Source(path: input, text: CellText.script(notebook))
  }

  /// Says an error that is none of the script, and returns its exit code.
  public static func report(_ error: any Error) -> Int32 {
    switch error {
    case let error as NotebookFile.FormatError:
      Diagnostics.say("error: the file \(error)")
      return 65
    case let error as PaperError:
      Diagnostics.say("error: \(error.message)\n  \(error.hint)")
      return 69
    default:
      let failure = ScriptError(anything: error)
      Diagnostics.say(
        "error: \(failure.message)" + (failure.hint.isEmpty ? "" : "\n  \(failure.hint)"))
      return ExitCode.of(failure)
    }
  }
}

/// How often a growing file is written: after every cell, but not several times in a second.
private final class Pace {
  private var last = -Double.infinity

  func isDue() -> Bool {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let seconds = Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    guard seconds - last > 0.5 else { return false }
    last = seconds
    return true
  }
}
