// SPDX-License-Identifier: Apache-2.0
//
// Sets up the process for a session: signals, the sandbox, a thread with a large stack. Its events
// go to the terminal, or to the receiver of a front end that this process serves.

import Console
import Files
import Glibc
import Library
import Runtime
import Tensors

/// Runs work with a session that belongs to this process.
public enum Interpreter {
  /// Runs `body` with a fresh session on a thread of its own and returns its exit code.
  public static func run(
    options: HostOptions, arguments: [String],
    _ body: @escaping (Host, TerminalReceiver) -> Int32
  ) -> Int32 {
    Signals.install()
    if let code = confine(options) { return code }
    return LargeStack.run { stackSize in
      Signals.useAlternateStack()
      Waiting.check = { try Stop.check() }
      // Any thread may make a remark, so it bypasses the session.
      Remarks.receive = { Diagnostics.say("note: \($0)") }
      let receiver = TerminalReceiver(options)
      let host = Host(options, arguments: arguments, stackSize: stackSize, receiver: receiver)
      let code = body(host, receiver)
      // Lost output turns success into a failure, never the other way round.
      let written = receiver.out.finish()
      // A process that received a termination signal reports that, whatever it could still do.
      if let signal = Signals.terminating { return signal.exitCode }
      return code == 0 ? written : code
    }
  }

  /// Runs `body` with a fresh session that serves a front end, and returns its exit code. Ctrl-C in
  /// the terminal of the front end is not meant for the session: the front end sends a message.
  public static func serve(
    options: HostOptions, receiver: any EventReceiver, _ body: @escaping (Host) -> Int32
  ) -> Int32 {
    Signals.install()
    signal(SIGINT, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    if let code = confine(options) { return code }
    return LargeStack.run { stackSize in
      Signals.useAlternateStack()
      Waiting.check = { try Stop.check() }
      let host = Host(options, stackSize: stackSize, receiver: receiver)
      let code = body(host)
      return code == 0 ? Signals.terminating?.exitCode ?? 0 : code
    }
  }

  /// A descriptor that becomes readable when the process is asked to end, or -1.
  public static var termination: Int32 { Signals.termination }

  /// Ends the process as a termination signal does: a running script is interrupted, and has five
  /// seconds.
  public static func terminate() { kill(getpid(), SIGTERM) }

  /// The exit code of a process that is asked to end while no session runs, or nil.
  public static var requestedEnd: Int32? {
    if let signal = Signals.terminating { return signal.exitCode }
    return Interrupt.shared.isRequested ? SessionStatus.Ending.interrupted.exitCode : nil
  }

  /// Withdraws an interrupt that the process has given itself, as when a watched file is saved;
  /// false if a signal has asked it to end.
  public static func withdrawInterrupt() -> Bool {
    guard Signals.terminating == nil else { return false }
    Interrupt.shared.clear()
    return true
  }

  /// Enters the sandbox, if requested; returns an exit code when that fails.
  private static func confine(_ options: HostOptions) -> Int32? {
    guard let folder = options.sandbox else { return nil }
    let history = History.defaultPath()?.split(separator: "/").dropLast().joined(separator: "/")
    do {
      // The BLAS library cannot be loaded from within.
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
}
