// SPDX-License-Identifier: Apache-2.0
//
// The read-eval-print loop of the console. On a terminal statements are edited and kept in the
// history; otherwise lines are read until they form a statement, and only results are written, so
// that a pipe sees no prompts and no escape sequences.

import Files
import Glibc
import TerminalText

/// Runs a session at the prompt.
public final class REPL {
  /// Settings of the caller.
  public struct Options {
    /// The lines shown at the start, on a terminal only.
    public var banner = ""
    /// The path of the history file; nil keeps the history in memory only.
    public var historyPath: String?
    /// Whether an interrupt has arrived since the last call, which clears it.
    public var takeInterrupt: () -> Bool = { false }
    /// Whether the process has been asked to terminate.
    public var isTerminating: () -> Bool = { false }
    /// A descriptor that becomes readable on termination, or -1.
    public var termination: Int32 = -1

    /// Options with their defaults.
    public init() {}
  }

  let session: any ConsoleSession
  let terminal: Terminal
  let options: Options
  let history: History
  /// Whether the time of every statement is shown.
  var showsTime = false
  /// The last text, which `:edit` starts from.
  var latest = ""
  private var exitCode: Int32 = 0
  /// Whether the session has ended.
  public private(set) var isDone = false
  /// The lines of an unfinished statement.
  private var unfinished = ""
  private var paste = PasteProgress()
  private lazy var lines = LineReader(descriptor: terminal.input, end: options.termination)
  private var editor: LineEditor?

  /// Prepares a loop; nothing is read or written yet.
  public init(session: any ConsoleSession, terminal: Terminal, options: Options = Options()) {
    self.session = session
    self.terminal = terminal
    self.options = options
    history = History(path: terminal.isInteractive ? options.historyPath : nil)
  }

  /// Runs until the input ends or the session quits, and returns the exit code.
  ///
  /// An input that cannot be read and an output that cannot be written end the loop with exit codes
  /// 66 to 77. Without a terminal the code is 1 if any statement failed.
  public func run() -> Int32 {
    do {
      if terminal.isInteractive { try greet() }
      editor = makeEditor()
      defer { editor = nil }
      if let editor { try runEditing(editor) } else { try runPlain() }
      return exitCode
    } catch let error as FileError {
      complain("\(error)")
      return error.exitCode
    } catch {
      complain("\(error)")
      return 70
    }
  }

  // MARK: - The two loops

  private func makeEditor() -> LineEditor? {
    LineEditor(
      terminal: terminal, history: history, end: options.termination,
      isIncomplete: { [session] in session.completeness(of: $0) == .incomplete },
      openedBrackets: { [session] in session.openedBrackets(inLine: $0) },
      highlights: { [session] in session.highlights(of: $0) },
      completions: { [weak self] text, cursor in
        self?.completions(of: text, at: cursor) ?? .none
      })
  }

  private func runEditing(_ editor: LineEditor) throws {
    while !isDone, !options.isTerminating() {
      switch editor.readStatement() {
      case .text(let text):
        try run(text)
      case .edit(let text):
        try edit(text)
      case .canceled:
        _ = options.takeInterrupt()
      case .endOfInput:
        return
      }
    }
  }

  private func runPlain() throws {
    while !isDone, !options.isTerminating() {
      if terminal.isInteractive { try terminal.write(prompt) }
      switch try lines.next() {
      case .line(let line):
        try enter(line)
      case .interrupted:
        // Ctrl-C discards what was typed; without a terminal it ends the program.
        guard options.takeInterrupt() else { continue }
        guard terminal.isInteractive else {
          exitCode = 130
          return
        }
        forgetUnfinished()
        try terminal.write("\n")
      case .endOfInput:
        if !unfinished.isEmpty, !options.isTerminating() { try run(unfinished) }
        return
      }
    }
  }

  /// Shows a prompt of the running program and waits for a line, nil at the end of the input.
  ///
  /// - Throws: `CancellationError` for Ctrl-C, `FileError`, and what `check` throws, which is
  /// called
  ///   periodically where lines are not edited.
  public func readLine(prompt: String, _ check: () throws -> Void) throws -> String? {
    guard let editor else {
      try terminal.write(prompt)
      return try lines.line(check)
    }
    switch editor.readLine(prompt: prompt) {
    case .text(let text), .edit(let text): return text
    case .canceled: throw CancellationError()
    case .endOfInput: return nil
    }
  }

  /// The prompt before the next line of input: it tells whether a statement is continued.
  public var prompt: String { unfinished.isEmpty ? Prompt.first : Prompt.continuation }

  /// Handles a line of input, and runs the statement that it completes, if any.
  ///
  /// - Throws: `FileError` when the output cannot be written.
  public func enter(_ line: String) throws {
    if !unfinished.isEmpty { unfinished += "\n" }
    unfinished += line
    guard paste.mayEnd(opening: session.openedBrackets(inLine: line)), isWhole(unfinished) else {
      return
    }
    let text = unfinished
    forgetUnfinished()
    try run(text)
  }

  private func forgetUnfinished() {
    unfinished = ""
    paste = PasteProgress()
  }

  private func isWhole(_ text: String) -> Bool {
    text.hasPrefix(":") || text.hasPrefix("?") || session.completeness(of: text) != .incomplete
  }

  // MARK: - Running and showing

  /// Runs a statement, a command or a request for help.
  func run(_ text: String) throws {
    guard text.contains(where: { !$0.isWhitespace }) else { return }
    // As in shells, what begins with a space stays out of the history.
    if !text.hasPrefix(" ") { history.append(text) }
    if text.hasPrefix(":") { return try runCommand(String(text.dropFirst())) }
    if text.hasPrefix("?") { return try showHelp(String(text.dropFirst())) }
    latest = text
    try evaluate(text, showsTime: showsTime)
  }

  func evaluate(_ text: String, showsTime: Bool) throws {
    _ = options.takeInterrupt()
    guard showsTime else {
      let outcome = session.evaluate(text)
      remember(outcome, of: text)
      return try show(outcome)
    }
    let start = REPL.seconds()
    let (outcome, use) = session.measure(text)
    let elapsed = REPL.seconds() - start
    remember(outcome, of: text)
    try show(outcome)
    let took = "took " + REPL.duration(elapsed) + (use.isEmpty ? "" : "; " + use)
    let columns = terminal.isTerminal ? terminal.size.columns : Int.max
    let lines = WordWrapping.lines(took, columns: columns, indent: "  ")
    try writeLine(terminal.styled(lines.joined(separator: "\n"), "2"))
  }

  /// Keeps whether a statement failed, so that it is not suggested.
  private func remember(_ outcome: ConsoleOutcome, of text: String) {
    if case .failed = outcome.status {
      history.failures.insert(text)
    } else {
      history.failures.remove(text)
    }
  }

  func show(_ outcome: ConsoleOutcome) throws {
    for output in outcome.outputs {
      switch output {
      case .text(let text): try writeLine(text)
      case .error(let text): complain(text)
      }
    }
    switch outcome.status {
    case .succeeded: break
    case .failed: if !terminal.isInteractive { exitCode = 1 }
    case .interrupted:
      if !terminal.isInteractive { quit(130) }
    case .quit(let code): quit(code)
    }
  }

  func quit(_ code: Int32) {
    exitCode = code
    isDone = true
  }

  /// Shows a long text page by page; false where no one can turn the pages, or it fits the window.
  ///
  /// - Throws: `FileError`.
  public func page(_ text: String) throws -> Bool {
    guard editor != nil else { return false }
    return try Pager(terminal: terminal).show(text)
  }

  func writeLine(_ text: String) throws {
    guard !text.isEmpty else { return }
    try terminal.write(REPL.line(text))
  }

  /// Writes a message to standard error; a failure of this cannot be reported anywhere.
  func complain(_ text: String) {
    try? terminal.writeError(REPL.line(terminal.fittedMessage(text)))
  }

  private func greet() throws {
    let columns = terminal.isTerminal ? terminal.size.columns : Int.max
    try writeLine(
      WordWrapping.lines(options.banner, columns: columns, indent: "  ").joined(separator: "\n"))
    if let note = history.note { complain("note: \(note)") }
  }

  private static func line(_ text: String) -> String {
    text.hasSuffix("\n") ? text : text + "\n"
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
