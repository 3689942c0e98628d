// SPDX-License-Identifier: Apache-2.0
//
// A host whose receiver writes down what it is told, one line an event.

import Images
import Library
import Runtime

@testable import Hosts

/// Keeps the events of a session.
final class EventRecorder: EventReceiver {
  private(set) var events: [SessionEvent] = []
  /// Called with each event before it is kept.
  var onEvent: (SessionEvent) throws -> Void = { _ in }

  func receive(_ event: SessionEvent) throws {
    try onEvent(event)
    events.append(event)
  }

  /// The values that were shown.
  var values: [Bundle] {
    events.compactMap { if case .value(let bundle) = $0 { bundle } else { nil } }
  }

  /// The errors of scripts.
  var errors: [ScriptError] {
    events.compactMap { if case .diagnostic(.error(let error)) = $0 { error } else { nil } }
  }

  /// The reports of long work.
  var progress: [ProgressReport] {
    events.compactMap { if case .progress(let report) = $0 { report } else { nil } }
  }

  /// The events in short.
  var lines: [String] { events.map(EventRecorder.line) }

  private static func line(_ event: SessionEvent) -> String {
    switch event {
    case .text(let text): "text \(text.debugDescription)"
    case .value(let bundle): "value \(bundle.title.map { $0 + ": " } ?? "")\(bundle.text)"
    case .frame(let bundle): "frame \(bundle.text)"
    case .progress(let report): "progress \(report.title)"
    case .diagnostic(.note(let text)): "note \(text)"
    case .diagnostic(.syntax(let diagnostics)): "syntax \(diagnostics.count)"
    case .diagnostic(.error(let error)): "error \(error.kind.rawValue)"
    case .status(.running): "running"
    case .status(.waiting): "waiting"
    case .status(.ended(let ending)): "ended \(ending)"
    }
  }
}

/// A host with a recorder.
struct TestHost {
  let recorder = EventRecorder()
  /// Its own: other tests run at the same time.
  let interrupt = Interrupt()
  let host: Host

  init(_ options: HostOptions = HostOptions()) {
    host = Host(options, interrupt: interrupt, receiver: recorder)
  }

  /// Runs a text as `smap -e` does.
  @discardableResult
  func run(_ text: String) -> Int32 {
    ScriptRunner(host).run(Result { try ScriptRunner.Program.text(text).load() })
  }
}
