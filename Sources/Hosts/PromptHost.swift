// SPDX-License-Identifier: Apache-2.0
//
// The language for the console: evaluates statements, completes names, and runs the commands that
// begin with a colon.

import Console
import Files
import Images
import Library
import Runtime
import Syntax

/// A session at the prompt.
public final class PromptHost: ConsoleSession {
  let host: Host
  /// Whether what is shown is lost, since nobody can be written to.
  private let hasLostOutput: () -> Bool
  /// Shows the value of an input.
  private let showAnswer: (Value) throws -> Void
  /// Ends a line that a program has left open, before the prompt.
  private let startLine: () throws -> Void
  /// The width of the terminal, or what takes its place.
  var columns: Int { session.receiver.columns ?? 80 }
  var session: Session { host.session }
  /// The inputs, for `:save`.
  var record = SessionRecord()
  /// The last input, valid or not.
  private(set) var latest = ""
  private(set) var entries = 0
  /// `##` lines waiting for the function that they document.
  private var documentation = ""

  /// A session for a front end that is no terminal; the value of an input goes to `showAnswer`.
  public init(
    _ host: Host, hasLostOutput: @escaping () -> Bool = { false },
    startLine: @escaping () throws -> Void = {}, showAnswer: @escaping (Value) throws -> Void
  ) {
    self.host = host
    (self.hasLostOutput, self.showAnswer) = (hasLostOutput, showAnswer)
    self.startLine = startLine
  }

  private convenience init(_ host: Host, _ receiver: TerminalReceiver) {
    self.init(
      host, hasLostOutput: { receiver.out.hasFailed }, startLine: receiver.startLine,
      showAnswer: { [unowned host] in try host.session.show($0) })
  }

  /// Runs the prompt until it ends and returns the exit code.
  ///
  /// - Parameter path: A session file whose variables are there from the start; one that cannot be
  ///   read ends the prompt.
  public static func run(
    _ host: Host, _ receiver: TerminalReceiver, restoring path: String? = nil
  ) -> Int32 {
    if let path {
      let ending = host.perform { _ = try SessionFile.read(path, into: host.session) }
      guard ending == .succeeded else { return ending.exitCode }
    }
    Signals.secondInterruptExits.store(false, ordering: .relaxed)
    let repl = makeREPL(host, receiver, historyPath: History.defaultPath())
    host.session.lineSource = { [unowned repl, unowned session = host.session] prompt, check in
      try session.flush()
      do {
        return try repl.readLine(prompt: prompt, check)
      } catch is CancellationError {
        throw ScriptError.interrupt
      } catch let error as FileError {
        throw ScriptError(anything: error)
      }
    }
    host.session.pager = { [unowned repl, unowned receiver, unowned session = host.session] text in
      try session.flush()
      // A page waits for a key, as `input` waits for a line.
      try receiver.receive(.status(.waiting))
      defer { try? receiver.receive(.status(.running)) }
      do { return try repl.page(text) } catch { throw ScriptError(anything: error) }
    }
    return repl.run()
  }

  /// The prompt of a host, before anything has been typed.
  static func makeREPL(
    _ host: Host, _ receiver: TerminalReceiver, historyPath: String?
  ) -> REPL {
    var options = REPL.Options()
    options.banner = """
      smap \(smapVersion): pictures as tokens whose order carries meaning
      help() shows what there is, ?name explains a name, Ctrl-D leaves
      """
    options.historyPath = historyPath
    options.takeInterrupt = {
      defer { Interrupt.shared.clear() }
      return Interrupt.shared.isRequested
    }
    options.isTerminating = { Interrupt.shared.isTerminating }
    options.termination = Signals.termination
    return REPL(
      session: PromptHost(host, receiver), terminal: receiver.terminal, options: options)
  }

  /// As `ConsoleSession` says.
  public func evaluate(_ text: String) -> ConsoleOutcome {
    Interrupt.shared.clear()
    var text = text
    // A line that starts with a pipe continues with the value shown last.
    if text.drop(while: { $0 == " " }).hasPrefix("|>") { text = "ans " + text }
    if PromptHost.isDocumentation(text) {
      documentation += text + "\n"
      return ConsoleOutcome()
    }
    text = documentation + text
    documentation = ""
    latest = text
    entries += 1
    return outcome(Source(path: "[\(entries)]", text: text + "\n"))
  }

  /// Whether a text is only `##` lines, which belong to the next input.
  private static func isDocumentation(_ text: String) -> Bool {
    text.split(separator: "\n").allSatisfy { $0.drop { $0 == " " || $0 == "\t" }.hasPrefix("##") }
  }

  /// Runs a text; what it shows, and what is wrong with it, goes to the receiver.
  func outcome(_ source: Source) -> ConsoleOutcome {
    let stream = session.randomPlace
    session.partialResult = nil
    defer { session.partialResult = nil }
    let ending = host.perform {
      let outcome = try evaluateNoting(source)
      try session.flush()
      record.append(
        source, isShown: outcome.isShown, from: stream, to: session.randomPlace)
      guard outcome.isShown else { return }
      session.setAnswer(outcome.value)
      try showAnswer(outcome.value)
      try session.flush()
    }
    if ending == .interrupted { keepPartialResult(of: source) }
    try? startLine()
    return outcome(ending)
  }

  /// What an end means to the console.
  func outcome(_ ending: SessionStatus.Ending) -> ConsoleOutcome {
    switch ending {
    case .succeeded: ConsoleOutcome()
    // Nobody sees what follows, so there is no point in going on.
    case .failed where hasLostOutput():
      ConsoleOutcome(status: .quit(StandardOutput.failureCode))
    case .failed: ConsoleOutcome(status: .failed)
    case .interrupted: ConsoleOutcome(status: .interrupted)
    case .exited(let code): ConsoleOutcome(status: .quit(code))
    }
  }

  /// As `ConsoleSession` says.
  public func completeness(of text: String) -> Console.Completeness {
    // The end of the line has been typed too: what lacks something before it can only be wrong.
    switch Parser.classify(text + "\n") {
    case .complete: .complete
    case .incomplete: .incomplete
    case .invalid: .invalid
    }
  }

  /// As `ConsoleSession` says.
  public func openedBrackets(inLine line: String) -> Int {
    Lexer.tokenize(Source(path: "", text: line)).tokens.reduce(0) { depth, token in
      switch token.kind {
      case .parenthesisOpen, .bracketOpen, .blockOpen, .recordOpen: depth + 1
      case .parenthesisClose, .bracketClose, .braceClose: depth - 1
      default: depth
      }
    }
  }

  /// As `ConsoleSession` says.
  public func completions(of text: String, at cursor: Int) -> Completions {
    let scalars = Array(text.unicodeScalars.prefix(cursor))
    if let start = TypedString.start(in: scalars) {
      return stringCompletions(scalars, contentStart: start)
    }
    var start = scalars.count
    while start > 0, PromptHost.isPathScalar(scalars[start - 1]) { start -= 1 }
    var path = String.UnicodeScalarView()
    path.append(contentsOf: scalars[start...])
    let found = session.complete(String(path))
    let wordStart = (scalars.lastIndex { !PromptHost.isNameScalar($0) } ?? -1) + 1
    if wordStart == start {
      let arguments = argumentCompletions(scalars, wordStart: wordStart)
      if !arguments.isEmpty { return Completions(start: wordStart, candidates: arguments) }
    }
    return Completions(
      start: wordStart, candidates: found.map { .init($0.text, detail: $0.detail) })
  }

  /// The arguments that may be named at a word, and the variables that may be meant instead.
  private func argumentCompletions(
    _ scalars: [Unicode.Scalar], wordStart: Int
  ) -> [Completions.Candidate] {
    func text(_ part: ArraySlice<Unicode.Scalar>) -> String {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: part)
      return String(view)
    }
    let word = text(scalars[wordStart...])
    let arguments = session.completeArguments(after: text(scalars[..<wordStart]), prefix: word)
    guard !arguments.isEmpty else { return [] }
    let names = word.isEmpty ? [] : session.variables.map(\.name)
    let variables = session.complete(word).filter { names.contains($0.text) }
    return (arguments + variables).map { .init($0.text, detail: $0.detail) }
  }

  private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || (scalar >= "0" && scalar <= "9")
  }

  private static func isPathScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "." || isNameScalar(scalar)
  }

  /// As `ConsoleSession` says.
  public func help(on topic: String) -> String? {
    Help.fitting(session.receiver.columns) { page(on: topic) }
  }

  private func page(on topic: String) -> String? {
    let help = Help(session.builtins)
    guard !topic.isEmpty else { return help.overview() }
    if let page = help.page(topic, includesOptions: false) { return page }
    if let value = session.value(named: topic) {
      let text =
        if case .function(let closure) = value { closure.signature } else {
          "\(topic) is \(value.typePhrase)"
        }
      return session.documentation(of: topic).map { "\(text)\n\n\($0)" } ?? text
    }
    return help.page(topic) ?? help.mentions(of: topic)
      ?? help.nearest(to: topic).map {
        "there is no help on `\(topic)`; did you mean `\($0)`?"
      }
  }

  /// As `ConsoleSession` says.
  public func reset() {
    session.reset()
    record = SessionRecord()
    documentation = ""
  }
}
