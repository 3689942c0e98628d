// SPDX-License-Identifier: Apache-2.0
//
// What a session tells its front end. There is one stream of events, and whoever shows a session takes
// it: a terminal, a recorded prompt, a test, and in the same way a notebook file or a Jupyter socket.
// Events carry data; each receiver words, draws or encodes it for its medium. A session sends text,
// values, progress and notes; the host that runs programs in it adds status and errors, so that the
// events of one evaluation are `running`, what it shows, its errors, `ended`.

import Syntax

/// Something that a session, or the host around it, has to say.
public enum SessionEvent {
  /// What `print` wrote: text that is part of a stream, with its own line ends.
  case text(String)
  /// A value that is to be shown, in all its media.
  case value(Bundle)
  /// How far long work has come.
  case progress(ProgressReport)
  /// An error or a remark.
  case diagnostic(SessionDiagnostic)
  /// An evaluation has begun or ended.
  case status(SessionStatus)
}

/// What may be wrong, as data; receivers word it.
public enum SessionDiagnostic {
  /// A remark, such as that a name hides a namespace.
  case note(String)
  /// Why a program was not run; never empty.
  case syntax([Diagnostic])
  /// Why a program ended early: its own error, a limit, an interrupt. It has place and trace.
  case error(ScriptError)
}

/// Where an evaluation is.
public enum SessionStatus: Sendable, Equatable {
  /// A program begins to run.
  case running
  /// It has ended.
  case ended(Ending)

  /// How a program ended.
  public enum Ending: Sendable, Equatable {
    /// It ran to its last statement.
    case succeeded
    /// It was not run, or an error ended it, with what a shell is told.
    case failed(exitCode: Int32)
    /// Ctrl-C or a signal ended it.
    case interrupted
    /// It asked for its end with `exit`.
    case exited(Int32)
  }
}

/// How far a task has come.
public struct ProgressReport: Sendable, Equatable {
  /// Where the task is.
  public enum Phase: Sendable, Equatable {
    /// It begins.
    case began
    /// So many of all steps are done; `note` is a figure to show, such as `loss 0.0123`, or empty.
    case advanced(done: Int, total: Int, note: String)
    /// It is over, done or not: what was shown can go.
    case ended
  }

  /// What is going on: `training`, `sampling`.
  public let title: String
  /// Where the task is.
  public let phase: Phase

  /// Makes a report.
  public init(title: String, phase: Phase) {
    self.title = title
    self.phase = phase
  }

  /// Steps done, if this is a report of steps.
  public var done: Int? {
    if case .advanced(let done, _, _) = phase { done } else { nil }
  }
}

/// Takes the events of one session, in order, on the thread of the session.
public protocol EventReceiver: AnyObject {
  /// Takes an event.
  ///
  /// - Throws: what ends the program that sent the event: a result that is lost is no success.
  func receive(_ event: SessionEvent) throws

  /// Delivers what is held back.
  ///
  /// - Throws: as `receive`.
  func flush() throws
}

extension EventReceiver {
  /// Nothing is held back.
  public func flush() throws {}
}

/// A receiver for tools that want text alone: what is printed, and the plain text of values.
public final class TextReceiver: EventReceiver {
  private let write: (String) throws -> Void

  /// Passes text on to `write`.
  public init(_ write: @escaping (String) throws -> Void) { self.write = write }

  /// Passes on the text of an event, if it has one.
  public func receive(_ event: SessionEvent) throws {
    switch event {
    case .text(let text): try write(text)
    case .value(let bundle): try write(bundle.titledText)
    case .progress, .diagnostic, .status: break
    }
  }
}
