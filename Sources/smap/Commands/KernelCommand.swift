// SPDX-License-Identifier: Apache-2.0
//
// `smap kernel`: the kernel of notebooks in Jupyter, and its installation.

import ArgumentParser
import Hosts
import Jupyter
import Library

struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel",
    abstract: "Run smap in Jupyter: notebooks, consoles, sliders.",
    discussion: """
      smap kernel install    lets Jupyter find smap; then choose smap in JupyterLab
      smap kernel            starts a kernel by hand and says how to connect
      """,
    subcommands: [Serve.self, Install.self, Uninstall.self],
    defaultSubcommand: Serve.self)

  struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "serve", abstract: "Serve a front end, which usually starts this itself.")

    @OptionGroup var options: SessionOptions

    @Option(
      name: [.customLong("connection-file"), .customShort("f")],
      help: "The file with ports and key (default: a new one in Jupyter's runtime folder).",
      completion: .file())
    var connectionFile: String?

    func run() throws {
      throw ArgumentParser.ExitCode(
        Kernel.run(connectionPath: connectionFile, options: options.host))
    }
  }

  struct Install: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "install", abstract: "Let Jupyter find smap.")

    @OptionGroup var place: Place

    @Option(help: "The program that Jupyter runs (default: this one).", completion: .file())
    var program: String?

    func run() throws {
      throw ArgumentParser.ExitCode(KernelSpec.install(in: place.choice, running: program))
    }
  }

  struct Uninstall: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "uninstall", abstract: "Remove what `smap kernel install` has written.")

    @OptionGroup var place: Place

    func run() throws {
      throw ArgumentParser.ExitCode(KernelSpec.uninstall(from: place.choice))
    }
  }

  /// Where the description of the kernel is.
  struct Place: ParsableArguments {
    @Flag(help: "For this user (the default).")
    var user = false

    @Option(
      help: "For an installation of Jupyter, such as a virtual environment or /usr/local.",
      completion: .directory)
    var prefix: String?

    func validate() throws {
      if user, prefix != nil { throw ValidationError("--user and --prefix exclude each other") }
    }

    var choice: KernelSpec.Place { prefix.map { .prefix($0) } ?? .user }
  }
}
