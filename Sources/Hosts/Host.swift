// SPDX-License-Identifier: Apache-2.0
//
// A session for front ends: created from options, with one receiver for all events. Everything that
// a front end runs goes through `perform`, so that each kind of end is reported by the same events
// and has the same exit code, at the prompt, in a script, and wherever else programs run.

import Files
import Library
import Runtime
import Syntax
import Tensors

/// A session and what takes its events.
public final class Host {
  /// The session.
  public let session: Session

  /// Makes a session with the whole library.
  ///
  /// - Parameters:
  ///   - options: Seed and limits, and what holds for the whole process: threads and memory.
  /// - arguments: The result of `sys.args()`.
  ///   - stackSize: The size in bytes of the stack of the thread that will use the session.
  ///   - interrupt: What stops a running script; the process-wide one by default.
  ///   - receiver: What takes the events.
  public init(
    _ options: HostOptions, arguments: [String] = [], stackSize: Int? = nil,
    interrupt: Interrupt = .shared, receiver: any EventReceiver
  ) {
    session = Session(library: Catalog.all, interrupt: interrupt, receiver: receiver)
    session.arguments = arguments
    if let stackSize { session.stackSize = stackSize }
    Host.apply(options, to: session)
    session.readModule = { path in
      do {
        return try ProgramText.file(path)
      } catch {
        throw ScriptError(module: error)
      }
    }
  }

  // MARK: - Options

  /// Sets limits and seed of a session, and the state of the whole process.
  static func apply(_ options: HostOptions, to session: Session) {
    if let threads = options.threads { ThreadPool.threadCount = threads }
    limitMemory(options)
    session.limits = options.limits
    session.isRandomStrict = options.isRandomStrict
    session.seed(options.seed)
  }

  /// Sets the limits of tensors and files. The script is read under this limit, too.
  public static func limitMemory(_ options: HostOptions) {
    guard let bytes = options.memoryBytes else { return }
    MemoryBudget.limit = bytes
    FileReader.largestFile = min(bytes, FileReader.largestFile)
  }

  // MARK: - Running

  /// Runs work of the session and reports to the receiver its start, its errors, and its end.
  @discardableResult
  public func perform(_ work: () throws -> Void) -> SessionStatus.Ending {
    let ending: SessionStatus.Ending
    do {
      try session.receiver.receive(.status(.running))
      try work()
      try session.settleFrame()
      ending = .succeeded
    } catch {
      // The interrupt is taken, and must not prevent the drawing of what was reached.
      if ScriptError(anything: error).isInterrupt { session.interrupt.clear() }
      try? session.settleFrame()
      ending = report(error)
    }
    tell(.status(.ended(ending)))
    return ending
  }

  /// Reports an error, unless it is the exit that the program requested, and returns the end.
  func report(_ error: any Error) -> SessionStatus.Ending {
    if let errors = error as? SyntaxErrors {
      tell(.diagnostic(.syntax(errors.diagnostics)))
      return .failed(exitCode: ExitCode.of(errors))
    }
    let error = ScriptError(anything: error)
    if let code = error.exitCode { return .exited(code) }
    tell(.diagnostic(.error(error)))
    return error.isInterrupt ? .interrupted : .failed(exitCode: ExitCode.of(error))
  }

  /// Sends an event after the end: a receiver that fails cannot end the work any more.
  private func tell(_ event: SessionEvent) { try? session.receiver.receive(event) }
}

extension SessionStatus.Ending {
  /// The exit code for a shell.
  public var exitCode: Int32 {
    switch self {
    case .succeeded: 0
    case .failed(let code), .exited(let code): code
    case .interrupted: 130
    }
  }
}
