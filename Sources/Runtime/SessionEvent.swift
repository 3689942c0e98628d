// SPDX-License-Identifier: Apache-2.0
//
// The events of a session. There is one stream of events, consumed by the receiver that shows the
// session: a terminal, a recorded prompt, a test, and in the same way a notebook file or a Jupyter
// socket. Events carry data; each receiver formats, draws or encodes it for its medium. A session
// sends text, values, progress and notes; the host that runs programs in it adds status and errors,
// so that the events of one evaluation are `running`, its output, its errors, `ended`.

import Syntax

/// An event of a session, or of the host around it.
public enum SessionEvent {
  /// Text written by `print`: a part of a stream, with its own newlines.
  case text(String)
  /// A value to be shown, in all its media.
  case value(Bundle)
  /// A value that is still changing: the next frame takes its place, and at last a value does.
  case frame(Bundle)
  /// The progress of long work.
  case progress(ProgressReport)
  /// An error or a note.
  case diagnostic(SessionDiagnostic)
  /// An evaluation has begun or ended.
  case status(SessionStatus)
}

/// An error or a note as data; receivers format it.
public enum SessionDiagnostic {
  /// A note, such as that a name hides a namespace.
  case note(String)
  /// Why a program was not run; never empty.
  case syntax([Diagnostic])
  /// Why a program ended early: its own error, a limit, an interrupt, with its location and trace.
  case error(ScriptError)
}

/// The status of an evaluation.
public enum SessionStatus: Sendable, Equatable {
  /// A program begins to run.
  case running
  /// It waits for a line of the input; `running` follows.
  case waiting
  /// It has ended.
  case ended(Ending)

  /// How a program ended.
  public enum Ending: Sendable, Equatable {
    /// It ran to its last statement.
    case succeeded
    /// It was not run, or an error ended it, with the exit code for a shell.
    case failed(exitCode: Int32)
    /// Ctrl-C or a signal ended it.
    case interrupted
    /// It ended by `exit`.
    case exited(Int32)
  }
}

/// What the steps of a task work on, for rates that say more than steps.
public struct ProgressUnit: Sendable, Equatable {
  /// Its plural: `pictures`.
  public let name: String
  /// How many of them a step takes.
  public let perStep: Int

  /// So many in each step.
  public init(_ name: String, perStep: Int) {
    (self.name, self.perStep) = (name, perStep)
  }
}

/// The progress of a task.
public struct ProgressReport: Sendable, Equatable {
  /// The status of a task.
  public enum Phase: Sendable, Equatable {
    /// It begins.
    case began
    /// So many of all steps are done; `note` is a short text to show, such as `loss 0.0123`, or
    /// empty.
    case advanced(done: Int, total: Int, note: String)
    /// It is over, completed or not: what was shown can be removed.
    case ended
  }

  /// The kind of work: `training`, `sampling`.
  public let title: String
  /// The status of the task.
  public let phase: Phase
  /// What the steps work on, if that is countable.
  public let unit: ProgressUnit?
  /// What there is to know before the first step, such as the size of a model, or empty.
  public let about: String

  /// Makes a report.
  public init(title: String, phase: Phase, unit: ProgressUnit? = nil, about: String = "") {
    (self.title, self.phase) = (title, phase)
    (self.unit, self.about) = (unit, about)
  }

  /// Steps done, if this is a report of steps.
  public var done: Int? {
    if case .advanced(let done, _, _) = phase { done } else { nil }
  }
}

/// Receives the events of one session, in order, on the thread of the session.
public protocol EventReceiver: AnyObject {
  /// Takes an event.
  ///
  /// - Throws: an error that ends the program which sent the event: a lost result is no success.
  func receive(_ event: SessionEvent) throws

  /// Flushes buffered events.
  ///
  /// - Throws: as `receive`.
  func flush() throws

  /// How many characters a line may have before it is broken; nil where lines have any length.
  var columns: Int? { get }
}

extension EventReceiver {
  /// Lines have any length.
  public var columns: Int? { nil }

  /// Nothing is buffered.
  public func flush() throws {}
}

/// A receiver for tools that need only text: what is printed, and the plain text of values.
public final class TextReceiver: EventReceiver {
  private let write: (String) throws -> Void

  /// Passes text to `write`.
  public init(_ write: @escaping (String) throws -> Void) { self.write = write }

  /// Passes the text of an event, if it has one.
  public func receive(_ event: SessionEvent) throws {
    switch event {
    case .text(let text): try write(text)
    case .value(let bundle): try write(bundle.titledText)
    case .frame, .progress, .diagnostic, .status: break
    }
  }
}
