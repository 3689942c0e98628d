// SPDX-License-Identifier: Apache-2.0
//
// The loop without a terminal: a pipe in, a pipe out, and only results.

import Glibc
import Testing

@testable import Console

/// A language in which `[` needs a `]`, `fail` fails, and anything else is repeated.
private final class EchoSession: ConsoleSession {
  var isFresh = false
  let commands = [ConsoleCommand("tokens", argument: .code, "show the tokens")]

  func evaluate(_ text: String) -> ConsoleOutcome {
    switch text {
    case "fail": ConsoleOutcome([.error("Error: no")], status: .failed)
    case "leave": ConsoleOutcome(status: .quit(3))
    case "stop": ConsoleOutcome(status: .interrupted)
    case "state": ConsoleOutcome([.text(isFresh ? "fresh" : "used")])
    default: ConsoleOutcome([.text("<" + text.split(separator: "\n").joined(separator: "|") + ">")])
    }
  }

  func completeness(of text: String) -> Completeness {
    text.count { $0 == "[" } > text.count { $0 == "]" } ? .incomplete : .complete
  }

  func completions(of text: String, at cursor: Int) -> Completions {
    Completions(start: cursor, candidates: [.init("sum")])
  }

  func help(on topic: String) -> String? { topic == "sum" ? "adds up" : nil }
  func reset() { isFresh = true }

  func command(_ name: String, argument: String) -> ConsoleOutcome? {
    name == "tokens" ? ConsoleOutcome([.text("tokens of \(argument)")]) : nil
  }
}

@Suite struct REPLTests {
  /// Runs the loop on some input and returns its output and exit code.
  private func run(_ input: String) throws -> (output: String, code: Int32) {
    var (inward, outward): ([Int32], [Int32]) = ([0, 0], [0, 0])
    try #require(pipe(&inward) == 0 && pipe(&outward) == 0)
    let bytes = Array(input.utf8)
    #expect(write(inward[1], bytes, bytes.count) == bytes.count)
    close(inward[1])
    let terminal = Terminal(
      input: inward[0], output: outward[1], colors: .none, isUnicode: true)
    let code = REPL(session: EchoSession(), terminal: terminal).run()
    close(outward[1])
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(outward[0], &buffer, buffer.count)
    close(inward[0])
    close(outward[0])
    return (String(decoding: buffer[..<max(0, count)], as: UTF8.self), code)
  }

  @Test func linesAreJoinedUntilTheyAreComplete() throws {
    let (output, code) = try run("1\n\n[2\n3\n]\r\nlast")
    #expect(output == "<1>\n<[2|3|]>\n<last>\n")
    #expect(code == 0)
  }

  @Test func unfinishedInputIsRunAtTheEnd() throws {
    #expect(try run("[1").output == "<[1>\n")
    #expect(try run("").code == 0)
  }

  @Test func failuresAreRemembered() throws {
    let (output, code) = try run("fail\n2\n")
    #expect(output == "<2>\n" && code == 1)
  }

  @Test func programsMayLeave() throws {
    #expect(try run("leave\n2\n") == ("", 3))
    #expect(try run("stop\n2\n") == ("", 130))
    #expect(try run(":quit 7\n2\n") == ("", 7))
    #expect(try run(":q\n2\n") == ("", 0))
  }

  @Test func commandsAndHelp() throws {
    #expect(try run(":reset\nstate\n").output == "all variables forgotten\nfresh\n")
    #expect(try run("?sum\n:help sum\n").output == "adds up\nadds up\n")
    #expect(try run(":tokens 1 + 2\n").output == "tokens of 1 + 2\n")
    #expect(try run(":nonsense\n").code == 1)
    #expect(try run("?nonsense\n").code == 1)
    let overview = try run(":help\n").output
    #expect(overview.contains(":tokens CODE  show the tokens"))
    #expect(overview.contains(":quit N"))
  }

  /// Help, completion and dispatch derive from one table of commands.
  @Test func commandsAreOneTable() throws {
    for command in REPL.commands + EchoSession().commands {
      let help = try run(":help :\(command.name)\n").output
      #expect(help.hasPrefix("\(command.usage)\n\(command.summary)\n"))
      for short in command.short {
        #expect(try run(":help :\(short)\n").output == help)
      }
      #expect(try run(":help\n").output.contains("  \(command.usage)"))
    }
    #expect(try run(":q\n<").output == "")
    #expect(try run(":reset x\nstate\n").output == "used\n")
    #expect(try run(":reset\nstate\n").output == "all variables forgotten\nfresh\n")
    #expect(try run(":tokens a b\n").output == "tokens of a b\n")
  }

  @Test func namesAreCompletedWhereACommandTakesThem() {
    let terminal = Terminal(input: 0, output: 1, colors: .none, isUnicode: true)
    let repl = REPL(session: EchoSession(), terminal: terminal)
    for head in [":tokens ", ":time ", ":h ", "?", ""] {
      let found = repl.completions(of: head + "s", at: head.unicodeScalars.count + 1)
      #expect(found == Completions(start: head.count + 1, candidates: [.init("sum")]), "\(head)")
    }
    let commands = repl.completions(of: ":t", at: 2)
    #expect(commands.candidates.map(\.text) == [":time", ":tokens"])
  }

  @Test func timesAreShownOnRequest() throws {
    let output = try run(":time 1\n2\n:time\n3\n").output
    #expect(output.split(separator: "\n").count == 6)
    #expect(output.hasPrefix("<1>\ntook ") && output.contains("s\n<2>\nevery"))
  }

  @Test func fullOutputsEndTheLoop() throws {
    var inward: [Int32] = [0, 0]
    try #require(pipe(&inward) == 0)
    _ = write(inward[1], "1\n", 2)
    close(inward[1])
    let full = open("/dev/full", O_WRONLY)
    let terminal = Terminal(input: inward[0], output: full, colors: .none, isUnicode: true)
    #expect(REPL(session: EchoSession(), terminal: terminal).run() == 74)
    close(full)
    close(inward[0])
  }
}
