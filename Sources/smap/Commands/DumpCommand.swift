// SPDX-License-Identifier: Apache-2.0
//
// `smap dump`: shows the stages of compiling a script. Nothing is run.

import ArgumentParser
import Console
import Glibc
import Hosts
import Library
import Runtime

struct DumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Show the tokens, tree, names or code of a script, without running it.",
    discussion: """
      Without a flag, all stages are shown. Several stages have headings, in the order in
      which they are made. A script with syntax errors exits with 2; its tokens can be shown.
      """)

  @Flag(help: "The tokens of the text, one per line, each with its position.")
  var tokens = false

  @Flag(help: "The tree, each node a list with its operator first.")
  var tree = false

  @Flag(help: "What each name means: local, shared by closures, captured, global.")
  var slots = false

  @Flag(help: "The instructions, each with its line in the script.")
  var code = false

  @ArgumentParser.Argument(
    help: "A script, or - for standard input.", completion: .file())
  var file: String

  /// The requested stages.
  private var stages: [Stage] {
    let asked = Stage.allCases.filter { stage in
      switch stage {
      case .tokens: tokens
      case .tree: tree
      case .slots: slots
      case .code: code
      }
    }
    return asked.isEmpty ? Stage.allCases : asked
  }

  func run() throws {
    let (file, stages) = (file, stages)
    throw ArgumentParser.ExitCode(
      LargeStack.run { _ in DumpCommand.dump(file, stages) })
  }

  private static func dump(_ file: String, _ stages: [Stage]) -> Int32 {
    let out = StandardOutput()
    let errors = ErrorText(terminal: Terminal(color: .auto))
    do {
      let source = try ProgramText.read(file)
      let session = Session(library: Catalog.all) { _ in }
      for (index, stage) in stages.enumerated() {
        let text = try stage.text(of: source, in: session)
        if stages.count > 1 { try out.write((index == 0 ? "" : "\n") + "# \(stage.rawValue)\n") }
        try out.write(text.isEmpty ? "" : text + "\n")
      }
      return out.finish()
    } catch let failure as SyntaxErrors {
      try? out.flush()
      Diagnostics.say(errors.render(failure.diagnostics))
      return 2
    } catch {
      try? out.flush()
      let failure = ScriptError(anything: error)
      Diagnostics.say(errors.render(failure))
      return Library.ExitCode.of(failure)
    }
  }
}
