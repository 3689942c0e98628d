// SPDX-License-Identifier: Apache-2.0
//
// Runs a whole program for a shell, which is told its exit code.

import Console
import Files
import Glibc
import Library
import Runtime
import Syntax

/// Runs programs for a shell.
public struct ScriptRunner {
  /// Where the text of a program comes from.
  public enum Program {
    /// A file with a path.
    case file(String)
    /// A line of the command line.
    case text(String)
    /// What comes on standard input.
    case standardInput

    /// Reads the text of the program.
    ///
    /// - Throws: `FileError`, `ScriptError` for a binary file.
    public func load() throws -> Loaded {
      switch self {
      case .text(let text): Loaded(source: Source(path: "-e", text: text), isQuestion: true)
      case .file(let path): Loaded(source: try ProgramText.read(path), isFile: true)
      case .standardInput:
        Loaded(source: try ProgramText.read(ProgramText.standardInput), isInput: true)
      }
    }
  }

  /// A program that has been read.
  public struct Loaded {
    var source: Source
    /// The text of the program.
    public var text: String { String(decoding: source.bytes, as: UTF8.self) }
    /// Whether it is a line given with -e, whose value is the answer.
    var isQuestion = false
    /// Whether it comes from a file with a path.
    var isFile = false
    /// Whether it comes from standard input, whose values are shown as at the prompt.
    var isInput = false
  }

  private let host: Host

  /// Runs programs in the session of a host.
  public init(_ host: Host) { self.host = host }

  /// Runs the program and returns its exit code.
  public func run(_ loaded: Result<Loaded, any Error>) -> Int32 {
    readLines()
    return host.perform { try run(loaded.get()) }.exitCode
  }

  private func run(_ loaded: Loaded) throws {
    let source = loaded.source
    // Imports are relative to the file that runs; a line or standard input has no folder.
    if loaded.isFile { host.session.path = source.path }
    let (tree, diagnostics) = Parser.parse(source.withoutSkippedCells)
    guard diagnostics.isEmpty else { throw SyntaxErrors(diagnostics: diagnostics) }
    // A line given with -e is a question: its value is the answer. Standard input is a
    // conversation: each value is shown, as by the prompt. A file with cells is a notebook:
    // each cell shows its last value. Other scripts show what they print.
    let cells = tree.cells
    let showsValues = loaded.isQuestion || loaded.isInput || !cells.all.isEmpty
    let parts = tree.parts(of: cells)
    for part in loaded.isInput ? parts.flatMap(\.eachStatement) : parts {
      let outcome = try host.session.evaluate(part)
      if showsValues, outcome.isShown { try host.session.show(outcome.value) }
    }
  }

  /// Lets `input` read standard input.
  private func readLines() {
    var lines = LineReader(descriptor: STDIN_FILENO)
    let session = host.session
    session.lineSource = { [unowned session] prompt, check in
      try session.write(prompt)
      try session.flush()
      do {
        return try lines.line(check)
      } catch let error as FileError {
        throw ScriptError(anything: error)
      }
    }
  }
}

extension Program {
  /// Each statement as a program of its own.
  fileprivate var eachStatement: [Program] {
    statements.map { Program(source: source, statements: [$0]) }
  }
}
