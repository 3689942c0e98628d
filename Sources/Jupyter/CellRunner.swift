// SPDX-License-Identifier: Apache-2.0
//
// Executes cells. What is typed at the prompt works in a cell, too: `?name`, `ans`, a line that
// begins with a pipe, and the commands with a colon that make sense without a terminal.

import Console
import Files
import Hosts
import Library
import Runtime
import Syntax

/// Executes the cells of a front end in a session.
final class CellRunner {
  private let host: Host
  private let receiver: KernelReceiver
  private let publisher: Publisher
  private(set) var console: PromptHost
  private(set) var history = KernelHistory()
  /// The number of the latest cell.
  private(set) var count = 0
  /// The exit code, once a cell has asked for the end.
  private(set) var exitCode: Int32?
  /// The pages and wishes that the reply carries.
  private var payload: [JSON] = []

  init(_ host: Host, _ receiver: KernelReceiver, _ publisher: Publisher) {
    (self.host, self.receiver, self.publisher) = (host, receiver, publisher)
    console = PromptHost(host) { _ in }
    console = PromptHost(host) { [unowned self] value in try answer(value) }
  }

  /// The content of the reply to an execute_request.
  func execute(_ request: Message) throws -> JSON {
    let content = request.content
    guard let code = content["code"]?.text else { throw RequestFault("there is no code") }
    let isSilent = content["silent"]?.flag ?? false
    let isStored = !isSilent && content["store_history"]?.flag ?? true
    if isStored { count += 1 }
    receiver.begin(request.header, isSilent: isSilent)
    payload = []
    if !isSilent {
      publisher.publish(
        "execute_input", ["code": .string(code), "execution_count": .integer(count)],
        parent: request.header)
    }
    if isStored, !code.allSatisfy(\.isWhitespace) { history.append(code, line: count) }
    run(code)
    if let failure = receiver.failure { return reply("error", failure.entries ?? []) }
    let expressions = content["user_expressions"]?.entries ?? []
    return reply(
      "ok",
      [
        ("payload", .array(payload)),
        ("user_expressions", .object(expressions.map { ($0.key, value(of: $0.value)) })),
      ])
  }

  private func reply(_ status: String, _ entries: [(key: String, value: JSON)]) -> JSON {
    .object(
      [("status", .string(status)), ("execution_count", .integer(count))] + entries)
  }

  // MARK: - Running

  private func run(_ code: String) {
    let text = code.trimmed
    if text.isEmpty { return }
    let outcome: ConsoleOutcome
    if text.hasPrefix("?") {
      outcome = help(String(text.dropFirst()).trimmed)
    } else if text.hasSuffix("?"), !text.contains("\n"), !text.contains("#") {
      outcome = help(String(text.dropLast()).trimmed)
    } else if text.hasPrefix(":") {
      outcome = command(String(text.dropFirst()))
    } else {
      outcome = console.evaluate(code)
    }
    Interrupt.shared.clear()
    finish(outcome)
  }

  /// Shows what a command returns, and remembers a wish to leave.
  private func finish(_ outcome: ConsoleOutcome) {
    for output in outcome.outputs {
      switch output {
      case .text(let text):
        try? receiver.receive(.text(text.hasSuffix("\n") ? text : text + "\n"))
      case .error(let words): receiver.fail("CommandError", words, words, [])
      }
    }
    switch outcome.status {
    case .quit(let code):
      exitCode = code
      payload.append(["source": "ask_exit", "keepkernel": false])
    case .failed where receiver.failure == nil:
      receiver.fail("Error", "the cell has failed", "the cell has failed", [])
    default: break
    }
  }

  /// Shows the value of a cell.
  private func answer(_ value: Value) throws {
    try host.session.settleFrame()
    let bundle = try Display.bundle(value, host.session)
    history.setOutput(bundle.text)
    try receiver.answer(bundle, count: count)
  }

  /// The media of an expression that a front end wants to know beside the cell.
  private func value(of expression: JSON) -> JSON {
    do {
      let source = Source(path: "expression", text: expression.text ?? "")
      let bundle = try Display.bundle(host.session.evaluate(source).value, host.session)
      return ["status": "ok", "data": try MimeBundle.data(of: bundle), "metadata": [:]]
    } catch {
      let error = ScriptError(anything: error)
      return [
        "status": "error", "ename": .string(error.kind.rawValue),
        "evalue": .string(error.message), "traceback": [],
      ]
    }
  }

  // MARK: - Commands

  /// Commands that the prompt's front end carries out itself, and a notebook otherwise.
  private static let commands: [ConsoleCommand] = [
    ConsoleCommand("help", short: ["h"], argument: .name, "explain a name, or list what there is"),
    ConsoleCommand("time", argument: .code, "time a cell"),
    ConsoleCommand("clear", "remove the output of the cell"),
    ConsoleCommand("reset", "forget all variables"),
    ConsoleCommand("quit", short: ["q", "exit"], "end the kernel"),
  ]

  private func command(_ line: String) -> ConsoleOutcome {
    let head = line.prefix { !$0.isWhitespace }
    let argument = String(line.dropFirst(head.count)).trimmed
    switch String(head) {
    case "help", "h": return help(argument)
    case "time": return time(argument)
    case "clear":
      publisher.publish("clear_output", ["wait": false], parent: receiver.parent)
      return ConsoleOutcome()
    case "reset":
      console.reset()
      return ConsoleOutcome([.text("all variables forgotten")])
    case "quit", "q", "exit": return ConsoleOutcome(status: .quit(0))
    default: return console.command(String(head), argument: argument) ?? unknown(String(head))
    }
  }

  private func unknown(_ name: String) -> ConsoleOutcome {
    let names = (CellRunner.commands + console.commands).map(\.name)
    let nearest = console.nearest(to: name, among: names).map { "; did you mean `:\($0)`?" } ?? ""
    return ConsoleOutcome(
      [
        .error(
          "no command is called `:\(name)`\(nearest)\nthere are "
            + names.map { ":" + $0 }.joined(separator: " "))
      ], status: .failed)
  }

  private func time(_ code: String) -> ConsoleOutcome {
    guard !code.isEmpty else {
      return ConsoleOutcome([.error(":time takes a statement")], status: .failed)
    }
    let start = ContinuousClock.now
    let outcome = console.evaluate(code)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    receiver.note("took \(NumberText.seconds(seconds))")
    return outcome
  }

  /// Opens the pager of the front end.
  private func help(_ topic: String) -> ConsoleOutcome {
    let introspection = Introspection(host, console)
    let help = Help(host.session.builtins)
    let page =
      topic.isEmpty
      ? overview : introspection.page(topic) ?? help.page(topic) ?? help.mentions(of: topic)
    guard let page else {
      let near = help.nearest(to: topic)
      return ConsoleOutcome(
        [
          .error(
            "there is no help on `\(topic)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
        ], status: .failed)
    }
    payload.append(["source": "page", "data": MimeBundle.text(page), "start": .integer(0)])
    return ConsoleOutcome()
  }

  private var overview: String {
    let rows = CellRunner.commands + console.commands
    return Help(host.session.builtins).overview() + "\n"
      + rows.map { "  \($0.usage)  \($0.summary)\n" }.joined()
  }
}

/// Times as text.
private enum NumberText {
  static func seconds(_ seconds: Double) -> String {
    func tenths(_ value: Double) -> String {
      let whole = Int((min(value, 1e15) * 10).rounded())
      return "\(whole / 10).\(whole % 10)"
    }
    if seconds < 1e-3 { return tenths(seconds * 1e6) + " us" }
    return seconds < 1 ? tenths(seconds * 1e3) + " ms" : tenths(seconds) + " s"
  }
}

extension String {
  /// The text without blanks and line ends around it.
  fileprivate var trimmed: String {
    let inner = drop(while: \.isWhitespace)
    return String(inner.reversed().drop(while: \.isWhitespace).reversed())
  }
}
