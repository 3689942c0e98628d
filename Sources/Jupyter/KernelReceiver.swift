// SPDX-License-Identifier: Apache-2.0
//
// The receiver of a kernel's session: events become messages on the publisher's channel. Frames of
// an animation and progress replace what they have shown before, by an identifier of the display.

import Files
import Hosts
import Library
import Runtime
import Syntax

/// Sends the events of a session to front ends.
final class KernelReceiver: EventReceiver {
  private let publisher: Publisher
  /// Shows controls with widgets.
  let widgets: Widgets
  private var progress: ProgressDisplays
  private let errors = DiagnosticRenderer(style: .color, width: 80)

  /// The header of the request that is being executed.
  private(set) var parent: JSON = [:]
  /// Whether nothing is to be shown.
  private var isSilent = false
  /// The error of the request, as a reply states it.
  private(set) var failure: JSON?
  /// The display that frames are drawn in.
  private var liveDisplay: String?
  private var lastFrame = ContinuousClock.now

  /// The time between two frames.
  private static let interval = Duration.milliseconds(100)

  init(_ publisher: Publisher) {
    self.publisher = publisher
    widgets = Widgets(publisher)
    progress = ProgressDisplays(publisher)
  }

  /// Begins a request.
  func begin(_ parent: JSON, isSilent: Bool) {
    (self.parent, self.isSilent, failure, liveDisplay) = (parent, isSilent, nil, nil)
  }

  /// Takes an event.
  func receive(_ event: SessionEvent) throws {
    if case .diagnostic(let diagnostic) = event { return report(diagnostic) }
    guard !isSilent else { return }
    switch event {
    case .text(let text): publisher.write(text, to: "stdout", parent: parent)
    case .value(let bundle): try show(bundle)
    case .frame(let bundle): try draw(bundle)
    case .progress(let report): progress.show(report, parent: parent)
    default: break
    }
  }

  // MARK: - Values

  /// Shows a value that stays.
  private func show(_ bundle: Bundle) throws {
    if let display = liveDisplay {
      liveDisplay = nil
      return try publish("update_display_data", bundle, display: display)
    }
    try title(bundle)
    if let control = bundle.control {
      return try widgets.show(control, parent: parent)
    }
    try publish("display_data", bundle)
  }

  /// Shows the value of an input.
  func answer(_ bundle: Bundle, count: Int) throws {
    guard !isSilent else { return }
    try title(bundle)
    // Widgets show all there is to see of a control.
    if let control = bundle.control { return try widgets.show(control, parent: parent) }
    publisher.publish(
      "execute_result",
      [
        "execution_count": .integer(count), "data": try MimeBundle.data(of: bundle),
        "metadata": MimeBundle.metadata(of: bundle),
      ], parent: parent)
  }

  private func title(_ bundle: Bundle) throws {
    guard let title = bundle.title else { return }
    publisher.write(title + "\n", to: "stdout", parent: parent)
  }

  /// Draws a frame, at most ten times a second: the last one comes once more as a value.
  private func draw(_ bundle: Bundle) throws {
    let now = ContinuousClock.now
    if let display = liveDisplay {
      guard now - lastFrame >= KernelReceiver.interval else { return }
      try publish("update_display_data", bundle, display: display)
    } else {
      let display = Sender.identifier()
      liveDisplay = display
      try title(bundle)
      try publish("display_data", bundle, display: display)
    }
    lastFrame = now
  }

  private func publish(_ type: String, _ bundle: Bundle, display: String? = nil) throws {
    let transient: JSON = display.map { ["display_id": .string($0)] } ?? [:]
    publisher.publish(
      type,
      [
        "data": try MimeBundle.data(of: bundle), "metadata": MimeBundle.metadata(of: bundle),
        "transient": transient,
      ], parent: parent)
  }

  // MARK: - Errors

  /// Writes a line beside the output: a note, or what a command has to say.
  func note(_ text: String) {
    guard !isSilent else { return }
    publisher.write(text.hasSuffix("\n") ? text : text + "\n", to: "stderr", parent: parent)
  }

  private func report(_ diagnostic: SessionDiagnostic) {
    switch diagnostic {
    case .note(let text): note("note: \(text)")
    case .syntax(let diagnostics):
      fail(
        diagnostics.first?.kind.rawValue ?? "SyntaxError", diagnostics.first?.message ?? "",
        errors.render(diagnostics), [])
    case .error(let error):
      let text = error.isInterrupt ? error.message : errors.render(error.diagnostic)
      let trace = error.traceLines
      fail(error.kind.rawValue, error.message, text, trace.count > 1 ? trace : [])
    }
  }

  /// Reports the error that has ended the request.
  func fail(_ kind: String, _ message: String, _ text: String, _ trace: [String]) {
    let lines =
      text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      + trace.map { "  in \($0)" }
    let content: JSON = [
      "ename": .string(kind), "evalue": .string(message),
      "traceback": .array(lines.map { .string($0) }),
    ]
    failure = content
    guard !isSilent else { return }
    publisher.publish("error", content, parent: parent)
  }
}
