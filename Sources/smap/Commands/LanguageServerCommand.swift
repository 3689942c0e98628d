// SPDX-License-Identifier: Apache-2.0
//
// `smap lsp`: the language server, for editors.

import ArgumentParser
import Glibc
import LanguageServer
import Hosts
import Library

struct LanguageServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lsp",
    abstract: "Serve an editor over standard input and output.",
    discussion: """
      Speaks the language server protocol: findings of `smap check` while you write, what names \
      mean, completion, signatures, definitions, uses, renaming, the outline. docs/Editors.md \
      says how to connect editors.
      """)

  @Flag(name: .customLong("stdio"), help: "Accepted for clients that name the way; the only one.")
  var usesStandardStreams = false

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    throw ArgumentParser.ExitCode(
      LargeStack.run { _ in
        Server.run(library: Catalog.all, input: STDIN_FILENO, output: STDOUT_FILENO)
      })
  }
}
