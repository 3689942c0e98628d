// SPDX-License-Identifier: Apache-2.0
//
// Runs files with expectations one after another, each in a session and a scratch folder of its
// own, and reports the results.

import Console
import Expectations
import Files
import Glibc
import Library
import Runtime
import Syntax
import Tensors

/// Runs tests and reports.
public final class TestRunner {
  private let host: Host
  private let receiver: TerminalReceiver
  private let options: HostOptions
  private let parseFlags: ([String]) throws -> HostOptions
  private let isUpdating: Bool
  private let isJSON: Bool
  private let folder: String
  private let processState = ProcessState.kept()
  private var passed = 0
  private var failures: [(path: String, failure: ExpectationFailure)] = []
  private var updatedCount = 0
  private var isInterrupted = false

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - host: What the sessions of the files have in common: stack and library.
  ///   - receiver: Where the report goes.
  ///   - options: The options of files that name none of their own.
  ///   - isUpdating: Whether expectations that do not hold are rewritten.
  ///   - isJSON: Whether the report is JSON.
  ///   - parseFlags: Reads the options in a line `#:` of a file.
  public init(
    _ host: Host, _ receiver: TerminalReceiver, _ options: HostOptions, isUpdating: Bool,
    isJSON: Bool,
    parseFlags: @escaping ([String]) throws -> HostOptions
  ) {
    self.host = host
    self.receiver = receiver
    self.options = options
    self.parseFlags = parseFlags
    self.isUpdating = isUpdating
    self.isJSON = isJSON
    folder =
      getcwd(nil, 0).map { pointer in
        defer { free(pointer) }
        return PathText.text(of: pointer)
      } ?? "."
  }

  /// Runs all files below the paths and returns the exit code.
  public func run(paths: [String], builtins: Bool) -> Int32 {
    do {
      let files = try TestFile.find(paths)
      guard !files.isEmpty || builtins else {
        Diagnostics.say(
          "smap test: nothing in \(paths.joined(separator: ", ")) holds expectations")
        return 66
      }
      if builtins { try inScratchFolder { try runExamples() } }
      let bar = ProgressBar(total: files.count, title: "tests")
      for (index, file) in files.enumerated() where !isInterrupted {
        bar.update(index, note: file.source.path)
        try take(run(file), of: file)
      }
      bar.finish()
      return try finish()
    } catch let error as TestFileError {
      Diagnostics.say("smap test: \(error)")
      return 65
    } catch {
      let failure = ScriptError(anything: error)
      Diagnostics.say(ErrorText(terminal: receiver.terminal).render(failure))
      return ExitCode.of(failure)
    }
  }

  // MARK: - Running

  private func run(_ file: TestFile) throws -> ExpectationReport {
    try inScratchFolder {
      switch file {
      case .document(let document): return runner.run(document)
      case .transcript(let transcript):
        let options = try self.options(transcript.flags)
        return transcript.run(
          at: try RecordedPrompt(options, stackSize: host.session.stackSize))
      }
    }
  }

  /// The examples of all built-in functions, the topics on the language and the tour; files that
  /// they write go to the scratch folder.
  private func runExamples() throws {
    for topic in Topics.all {
      try take(runner.run(path: "topic \(topic.names[0])", text: topic.example))
    }
    try take(runner.run(path: "tour", text: Tour.program))
    for function in host.session.builtins.functions where !function.example.isEmpty {
      let name = "builtin \(function.qualifiedName)"
      try take(runner.run(path: name, text: function.example))
    }
  }

  private var runner: ExpectationRunner {
    var runner = ExpectationRunner(library: Catalog.all)
    runner.interrupt = .shared
    runner.prepare = { [self] session, flags in
      let options = try self.options(flags)
      Host.apply(options, to: session)
      session.stackSize = host.session.stackSize
      let folder = folder
      session.readModule = { path in
        let place = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        do {
          return Source(path: path, bytes: try FileReader.read(path: place))
        } catch let error as FileError {
          throw ScriptError(
            module: FileError(path: path, operation: error.operation, code: error.code))
        }
      }
    }
    return runner
  }

  /// The options of a file: its own where it has any, else those of the command line.
  private func options(_ flags: [String]) throws -> HostOptions {
    // Process-wide settings of the previous file do not apply to this one.
    processState.restore()
    return flags.isEmpty ? options : try parseFlags(flags)
  }

  private func inScratchFolder<Result>(_ body: () throws -> Result) throws -> Result {
    let temporary = TemporaryFolder.path
    var template = Array("\(temporary)/smap-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw FileError(path: temporary, operation: "make a folder in", code: errno)
    }
    let scratch = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    defer {
      _ = chdir(PathText.systemName(folder))
      if let scratch { TestRunner.remove(scratch) }
    }
    if let scratch { _ = chdir(scratch) }
    return try body()
  }

  /// Removes a folder and its contents, without following links.
  private static func remove(_ folder: String) {
    for name in (try? FileReader.names(inFolder: folder)) ?? [] {
      let path = "\(folder)/\(name)"
      if unlink(PathText.systemName(path)) != 0 { remove(path) }
    }
    rmdir(PathText.systemName(folder))
  }

  // MARK: - Reporting

  private func take(_ report: ExpectationReport, of file: TestFile) throws {
    if isUpdating, let bytes = report.updated, bytes != file.source.bytes {
      try AtomicFile.write(path: report.path, bytes: bytes)
      updatedCount += 1
      passed += report.passed
      isInterrupted = isInterrupted || report.isInterrupted
      if !isJSON { try receiver.out.write("updated \(report.path)\n") }
    } else {
      try take(report)
    }
  }

  private func take(_ report: ExpectationReport) throws {
    passed += report.passed
    failures += report.failures.map { (report.path, $0) }
    isInterrupted = isInterrupted || report.isInterrupted
    guard !isJSON else { return }
    for text in report.descriptions { try receiver.out.write(text + "\n") }
  }

  private func finish() throws -> Int32 {
    if isJSON {
      try receiver.out.write(json.rendered + "\n")
    } else {
      if isInterrupted { Diagnostics.say("interrupted") }
      try receiver.out.write("\(passed) passed, \(failures.count) failed\n")
    }
    return isInterrupted ? 130 : failures.isEmpty ? 0 : 1
  }

  private var json: JSON {
    .object([
      ("passed", .number(Double(passed))), ("failed", .number(Double(failures.count))),
      ("updated", .number(Double(updatedCount))),
      (
        "failures",
        .array(
          failures.map { path, failure in
            .object([
              ("path", .string(path)), ("line", .number(Double(failure.line))),
              ("expected", .array(failure.expected.map(JSON.string))),
              ("found", .array(failure.found.map(JSON.string))),
            ])
          })
      ),
    ])
  }
}
