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

final class PromptHost: ConsoleSession {
  private let host: Host
  private var session: Session { host.session }
  private var entries = 0

  private init(_ host: Host) { self.host = host }

  /// Runs the prompt until it ends and returns the exit code.
  static func run(_ host: Host) -> Int32 {
    Signals.secondInterruptExits.store(false, ordering: .relaxed)
    return makeREPL(host, historyPath: History.defaultPath()).run()
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
    return REPL(session: PromptHost(host), terminal: host.terminal, options: options)
  }

  func evaluate(_ text: String) -> ConsoleOutcome {
    entries += 1
    Interrupt.shared.clear()
    var text = text
    // A line that starts with a pipe goes on with the value shown last.
    if text.drop(while: { $0 == " " }).hasPrefix("|>") { text = "ans " + text }
    return outcome(Source(path: "[\(entries)]", text: text + "\n"))
  }

  private func outcome(_ source: Source) -> ConsoleOutcome {
    do {
      let outcome = try session.evaluate(source)
      host.out.flush()
      guard outcome.isShown else { return ConsoleOutcome() }
      session.setAnswer(outcome.value)
      return ConsoleOutcome([try output(of: outcome.value)])
    } catch let errors as SyntaxErrors {
      return failed(ErrorText.render(errors.diagnostics, terminal: host.terminal))
    } catch {
      let failure = ScriptError(anything: error)
      if failure.isInterrupt {
        host.out.flush()
        return ConsoleOutcome(status: .interrupted)
      }
      return failed(ErrorText.render(failure, terminal: host.terminal))
    }
  }

  private func output(of value: Value) throws -> ConsoleOutcome.Output {
    let bundle = try Display.bundle(value, session)
    if let png = bundle.png, let picture = try? PNG.decode(png, name: "picture") {
      return .picture(picture, words: bundle.text)
    }
    return .text(bundle.text)
  }

  private func failed(_ text: String) -> ConsoleOutcome {
    host.out.flush()
    return ConsoleOutcome([.error(text)], status: .failed)
  }

  func completeness(of text: String) -> Console.Completeness {
    // The end of the line has been typed too: what lacks something before it can only be wrong.
    switch Parser.classify(text + "\n") {
    case .complete: .complete
    case .incomplete: .incomplete
    case .invalid: .invalid
    }
  }

  func openedBrackets(inLine line: String) -> Int {
    Lexer.tokenize(Source(path: "", text: line)).tokens.reduce(0) { depth, token in
      switch token.kind {
      case .parenthesisOpen, .bracketOpen, .blockOpen, .recordOpen: depth + 1
      case .parenthesisClose, .bracketClose, .braceClose: depth - 1
      default: depth
      }
    }
  }

  func completions(of text: String, at cursor: Int) -> Completions {
    let scalars = Array(text.unicodeScalars.prefix(cursor))
    var start = scalars.count
    while start > 0, PromptHost.isPathScalar(scalars[start - 1]) { start -= 1 }
    var path = String.UnicodeScalarView()
    path.append(contentsOf: scalars[start...])
    let found = session.complete(String(path))
    let wordStart = (scalars.lastIndex { !PromptHost.isNameScalar($0) } ?? -1) + 1
    return Completions(
      start: wordStart, candidates: found.map { .init($0.text, detail: $0.detail) })
  }

  private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || (scalar >= "0" && scalar <= "9")
  }

  private static func isPathScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "." || isNameScalar(scalar)
  }

  func help(on topic: String) -> String? {
    let help = Help(session.builtins)
    guard !topic.isEmpty else { return help.overview() }
    if let page = help.page(topic) { return page }
    if let value = session.value(named: topic) {
      let text = "\(topic) is a \(value.typeName)"
      return session.documentation(of: topic).map { "\($0)\n\(text)" } ?? text
    }
    return help.nearest(to: topic).map {
      "there is no help on `\(topic)`; did you mean `\($0)`?"
    }
  }

  func reset() { session.reset() }

  /// The commands that this prompt has besides those of every session.
  static let ownCommands = [
    ConsoleCommand("load", argument: "FILE", "run a script here and keep its names"),
    ConsoleCommand("vars", "list the variables"),
  ]

  var commands: [ConsoleCommand] { PromptHost.ownCommands }

  func command(_ name: String, argument: String) -> ConsoleOutcome? {
    switch name {
    case "load":
      do {
        return outcome(Source(path: argument, bytes: try FileReader.read(path: argument)))
      } catch {
        return failed(ErrorText.render(ScriptError(anything: error), terminal: host.terminal))
      }
    case "vars":
      let lines = session.variables.map { "\($0.name): \(Display.text($0.value, session))" }
      return ConsoleOutcome([.text(lines.joined(separator: "\n"))])
    default: return nil
    }
  }
}
