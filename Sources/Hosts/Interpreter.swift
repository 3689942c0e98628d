// SPDX-License-Identifier: Apache-2.0
//
// Sets up the process for a session: signals, a thread with a stack large enough for deep scripts,
// the ways out for text and pictures.

import Console
import Files
import Glibc
import Library
import Runtime
import Syntax
import Tensors

/// A session with its surroundings.
public struct Host {
  /// The session.
  public let session: Session
  let terminal: Terminal
  let pictures: PictureStyle
  let out: StandardOutput
}

/// Runs work with a session that belongs to this process.
public enum Interpreter {
  /// Runs `body` with a fresh session on a thread of its own and returns its exit code.
  public static func run(
    options: HostOptions, arguments: [String], _ body: @escaping (Host) -> Int32
  ) -> Int32 {
    Signals.install()
    if let code = confine(options) { return code }
    return LargeStack.run { stackSize in
      Signals.useAlternateStack()
      let host = makeHost(options, arguments, stackSize)
      let code = body(host)
      // What could not be written turns success into a failure, never the other way round.
      let written = host.out.finish()
      // A process that was told to end says so, whatever it could still do.
      if let signal = Signals.terminating { return signal.exitCode }
      return code == 0 ? written : code
    }
  }

  /// Enters the sandbox, if one is asked for; returns an exit code when that fails.
  private static func confine(_ options: HostOptions) -> Int32? {
    guard let folder = options.sandbox else { return nil }
    let history = History.defaultPath()?.split(separator: "/").dropLast().joined(separator: "/")
    do {
      // The library of matrices cannot be opened from within.
      BLAS.prepare()
      try Sandbox.enter(
        folder: folder, readable: ResourceLocator.shippedFolders,
        ownFolders: history.map { ["/" + $0] } ?? [])
      return nil
    } catch {
      let failure = ScriptError(anything: error)
      Diagnostics.say("smap: \(failure.message)")
      return ExitCode.of(failure)
    }
  }

  /// A fresh session that writes to `out`; the terminal is the process's own unless given.
  static func makeHost(
    _ options: HostOptions, _ arguments: [String], _ stackSize: Int,
    out: StandardOutput = StandardOutput(), terminal: Terminal? = nil
  ) -> Host {
    let terminal =
      terminal ?? Terminal(color: options.color)
    let style = PictureStyle.choose(options.images, for: terminal) ?? .none
    let session = Session(
      library: Catalog.all,
      output: { text in
        do { try out.write(text) } catch { throw ScriptError(unwritable: error) }
      })
    session.arguments = arguments
    session.stackSize = stackSize
    apply(options, to: session)
    session.readModule = { path in
      do {
        return try ProgramText.file(path)
      } catch {
        throw ScriptError(module: error)
      }
    }
    session.note = { Diagnostics.say("note: \($0)") }
    Waiting.check = { try Stop.check() }
    let presenter = Presenter(out: out, pictures: TerminalPicture(style: style, terminal: terminal))
    session.flushOutput = {
      do { try out.flush() } catch { throw ScriptError(unwritable: error) }
    }
    session.present = { bundle in
      do { try presenter.show(bundle) } catch { throw ScriptError(unwritable: error) }
    }
    session.progress = ProgressDisplay(out: out).receive
    return Host(session: session, terminal: terminal, pictures: style, out: out)
  }

  /// Sets what tensors and files may take. The script is read under this limit, too.
  public static func limitMemory(_ options: HostOptions) {
    guard let bytes = options.memoryBytes else { return }
    MemoryBudget.limit = bytes
    FileReader.largestFile = min(bytes, FileReader.largestFile)
  }

  /// Sets limits and seed of a session, and what holds for the whole process.
  static func apply(_ options: HostOptions, to session: Session) {
    if let threads = options.threads { ThreadPool.threadCount = threads }
    limitMemory(options)
    session.limits = options.limits
    session.isRandomStrict = options.isRandomStrict
    session.seed(options.seed)
  }
}
