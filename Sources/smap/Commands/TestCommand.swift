// SPDX-License-Identifier: Apache-2.0
//
// `smap test`: scripts, documents and transcripts with expectations.

import ArgumentParser
import Hosts

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run scripts that say what they expect.",
    discussion: """
      A script states expectations in comments after or below a statement:

        1 + 1             #=> 2                   shown or printed, exactly
        sys.clock()       #~> 17...               the same, ... stands for anything
        [1, 2][5]         #! IndexError: index 5  an error: kind and a part of its words

      The same holds for blocks marked smap in Markdown files, and for indented lines in ## \
      comments. A .txt file is a transcript of the prompt. Of folders, those files are run that \
      expect something; each file has a session and a scratch folder of its own. A line such as \
      #: --max-steps 1000 at the top of a script gives its options.
      """)

  @OptionGroup var options: SessionOptions

  @Flag(help: "Rewrite expectations that do not hold, in place.")
  var update = false

  @Flag(help: "Run the examples of all built-in functions too.")
  var builtins = false

  @Flag(help: "Report as JSON.")
  var json = false

  @Argument(help: "Files and folders (default: the current folder).", completion: .file())
  var paths: [String] = []

  func run() throws {
    let paths = paths.isEmpty && !builtins ? ["."] : paths
    throw ArgumentParser.ExitCode(
      Interpreter.run(options: options.host, arguments: []) { host, receiver in
        TestRunner(
          host, receiver, options.host, isUpdating: update, isJSON: json,
          parseFlags: SessionOptions.ofScript
        ).run(paths: paths, builtins: builtins)
      })
  }
}
