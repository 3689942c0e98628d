// SPDX-License-Identifier: Apache-2.0
//
// `smap check`: finds mistakes without running anything.

import ArgumentParser
import Checking
import Console
import Files
import Glibc
import Hosts
import Library
import Runtime
import enum Syntax.Spelling
import enum Syntax.DiagnosticJSON
import struct Syntax.DiagnosticRenderer

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find mistakes in scripts without running them.",
    discussion: """
      Prints what it finds and exits with 2 if anything is an error, with 0 otherwise; with \
      --strict, warnings count like errors. A file that cannot be read exits with 66. Nothing in \
      a `try` block counts as an error, because there it may be intended.
      """)

  @Argument(help: "Scripts to check, or - for standard input.", completion: .file())
  var files: [String] = []

  @Flag(help: "Exit with 2 for warnings too.")
  var strict = false

  @Option(
    name: .customLong("skip"), help: "Leave out the findings of this rule; may be repeated.",
    completion: .list(Rule.all.map(\.name)))
  var skipped: [String] = []

  @Flag(help: "List the rules.")
  var rules = false

  @Flag(help: "Write findings as JSON, one object a line, with the names of rule and level.")
  var json = false

  @Option(help: "Colours: auto, always, never.", completion: .list(["auto", "always", "never"]))
  var color = "auto"

  func validate() throws {
    guard Terminal.ColorChoice(rawValue: color) != nil else {
      throw ValidationError("--color is auto, always or never, not \(color)")
    }
    for name in skipped where !Rule.all.contains(where: { $0.name == name }) {
      let near = Spelling.nearest(to: name, in: Rule.all.map(\.name))
      let hint = near.map { "; did you mean \($0)?" } ?? ""
      throw ValidationError("there is no rule \(name)\(hint) (--rules lists them)")
    }
    if files.isEmpty, !rules { throw ValidationError("name the scripts to check, or -") }
  }

  func run() throws {
    if rules {
      throw ArgumentParser.ExitCode(StandardOutput.write(CheckCommand.ruleList + "\n"))
    }
    let command = self
    throw ArgumentParser.ExitCode(LargeStack.run { _ in command.checkAll() })
  }

  /// The table of rules as text.
  static var ruleList: String {
    let width = Rule.all.map(\.name.count).max() ?? 0
    return Rule.all.map { rule in
      let name = rule.name + String(repeating: " ", count: width - rule.name.count)
      let level = rule.level.rawValue
      let gap = String(repeating: " ", count: max(1, 9 - level.count))
      return "\(name)  \(level)\(gap)\(rule.summary)"
    }.joined(separator: "\n")
  }

  private func checkAll() -> Int32 {
    let checker = Checker(library: Catalog.all)
    let out = StandardOutput()
    var code: Int32 = 0
    var isBad = false
    for file in files {
      do {
        let findings = checker.check(try ProgramText.read(file)).findings.filter {
          !skipped.contains($0.rule.name)
        }
        isBad = isBad || findings.contains { counts($0.level) }
        try out.write(PathText.printable(text(findings), inJSON: json))
      } catch {
        if out.hasFailed { break }
        let failure = ScriptError(anything: error)
        try? out.flush()
        Diagnostics.say(ErrorText(terminal: terminal, isJSON: json).render(failure))
        code = max(code, Library.ExitCode.of(failure))
      }
    }
    let written = out.finish()
    return [code, isBad ? 2 : 0, written].max() ?? 0
  }

  /// The most findings shown per file; more would only scroll by.
  private static let shownFindings = 100

  /// Whether a finding makes the check fail.
  private func counts(_ level: Level) -> Bool { level == .error || level == .warning && strict }

  private var terminal: Terminal { Terminal(color: Terminal.ColorChoice(rawValue: color) ?? .auto) }

  private func text(_ findings: [Finding]) -> String {
    if json {
      return findings.map { finding in
        let details = [("rule", finding.rule.name), ("level", finding.level.rawValue)]
        return DiagnosticJSON.render(finding.diagnostic, details: details) + "\n"
      }.joined()
    }
    let terminal = terminal
    let renderer = DiagnosticRenderer(
      style: terminal.colors == .none ? .plain : .color,
      width: terminal.isTerminal ? terminal.size.columns : 100)
    guard !findings.isEmpty else { return "" }
    let shown =
      renderer.render(findings.prefix(CheckCommand.shownFindings).map(\.diagnostic)) + "\n"
    let others = findings.count - CheckCommand.shownFindings
    guard others > 0 else { return shown }
    return shown + "and \(others) more; --json lists all\n"
  }
}
