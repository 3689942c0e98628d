// SPDX-License-Identifier: Apache-2.0
//
// The language as the console sees it: evaluates statements, completes names, knows the commands
// that begin with a colon.

import Console
import Files
import Images
import Library
import Runtime
import Syntax

/// A session at the prompt.
public final class PromptHost: ConsoleSession {
  let host: Host
  var session: Session { host.session }
  /// What ran without error, as `:save` writes it.
  var record = SessionRecord()
  /// The text that was typed last, right or wrong.
  private(set) var latest = ""
  private var entries = 0
  /// Lines `##` that wait for the function that they describe.
  private var documentation = ""

  private init(_ host: Host) { self.host = host }

  /// Runs the prompt until it ends and returns the exit code.
  public static func run(_ host: Host) -> Int32 {
    Signals.secondInterruptExits.store(false, ordering: .relaxed)
    let repl = makeREPL(host, historyPath: History.defaultPath())
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
    return repl.run()
  }

  /// The prompt of a host, before anything has been typed.
  static func makeREPL(_ host: Host, historyPath: String?) -> REPL {
    var options = REPL.Options()
    options.pictures = host.pictures
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
    return REPL(session: PromptHost(host), terminal: host.terminal, options: options)
  }

  /// As `ConsoleSession` says.
  public func evaluate(_ text: String) -> ConsoleOutcome {
    Interrupt.shared.clear()
    var text = text
    // A line that starts with a pipe goes on with the value shown last.
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

  /// Whether a text is nothing but lines `##`, which belong to what is typed next.
  private static func isDocumentation(_ text: String) -> Bool {
    text.split(separator: "\n").allSatisfy { $0.drop { $0 == " " || $0 == "\t" }.hasPrefix("##") }
  }

  /// Runs a text and says what it shows.
  func outcome(_ source: Source) -> ConsoleOutcome {
    let stream = session.randomPlace
    do {
      let outcome = try session.evaluate(source)
      do { try host.out.flush() } catch { throw ScriptError(unwritable: error) }
      record.append(
        source, isShown: outcome.isShown, from: stream, to: session.randomPlace)
      guard outcome.isShown else { return ConsoleOutcome() }
      session.setAnswer(outcome.value)
      return ConsoleOutcome([try output(of: outcome.value)])
    } catch let errors as SyntaxErrors {
      return failed(ErrorText.render(errors.diagnostics, terminal: host.terminal))
    } catch {
      let failure = ScriptError(anything: error)
      if let code = failure.exitCode { return ended(code) }
      if failure.isInterrupt {
        try? host.out.flushAtEnd()
        return ConsoleOutcome([.error(failure.message)], status: .interrupted)
      }
      return failed(ErrorText.render(failure, terminal: host.terminal))
    }
  }

  /// The end that the session asked for; output that is lost is a failure.
  private func ended(_ code: Int32) -> ConsoleOutcome {
    let written = host.out.finish()
    return ConsoleOutcome(status: .quit(code == 0 ? written : code))
  }

  private func output(of value: Value) throws -> ConsoleOutcome.Output {
    let bundle = try Display.bundle(value, session)
    if let png = bundle.png, let picture = try? PNG.decode(png, name: "picture") {
      return .picture(picture, words: bundle.text)
    }
    return .text(bundle.text)
  }

  func failed(_ text: String) -> ConsoleOutcome {
    try? host.out.flushAtEnd()
    // Nobody sees what follows, so there is no point in going on.
    let status: ConsoleOutcome.Status =
      host.out.hasFailed ? .quit(StandardOutput.failureCode) : .failed
    return ConsoleOutcome([.error(text)], status: status)
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
    let help = Help(session.builtins)
    guard !topic.isEmpty else { return help.overview() }
    if let page = help.page(topic) { return page }
    if let value = session.value(named: topic) {
      let text =
        if case .function(let closure) = value { closure.signature } else {
          "\(topic) is \(value.typePhrase)"
        }
      return session.documentation(of: topic).map { "\(text)\n\n\($0)" } ?? text
    }
    return help.nearest(to: topic).map {
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
