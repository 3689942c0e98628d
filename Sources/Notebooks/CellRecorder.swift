// SPDX-License-Identifier: Apache-2.0
//
// The receiver of a notebook: outputs of the running cell are kept, encoded at once, and what only
// a person at the terminal needs (progress, notes, errors) is passed on.

import Console
import Glibc
import Hosts
import Runtime
import Syntax

/// Keeps the outputs of the running cell.
final class CellRecorder: EventReceiver {
  /// The outputs so far.
  private(set) var outputs: [CellOutput] = []
  private let terminal: any EventReceiver

  /// Passes progress, notes and errors on to a terminal.
  init(terminal: any EventReceiver) { self.terminal = terminal }

  /// Begins a cell.
  func begin() { outputs = [] }

  /// Keeps an event.
  ///
  /// - Throws: a `ScriptError` when a picture cannot be encoded.
  func receive(_ event: SessionEvent) throws {
    switch event {
    case .text(let text): add(text)
    case .value(let bundle): try add(bundle, isResult: false)
    case .diagnostic(let diagnostic):
      outputs.append(CellRecorder.output(of: diagnostic))
      try terminal.receive(event)
    case .progress, .status: try terminal.receive(event)
    // The last frame comes once more as a value.
    case .frame: break
    }
  }

  /// Keeps the value of the cell's last statement.
  ///
  /// - Throws: as `receive`.
  func addResult(_ bundle: Bundle) throws { try add(bundle, isResult: true) }

  func flush() throws { try terminal.flush() }

  /// Appends to the text that was written last, without a copy of it: a cell may print a line a
  /// hundred thousand times.
  private func add(_ text: String) {
    guard case .text(var whole)? = outputs.last else { return outputs.append(.text(text)) }
    outputs.removeLast()
    whole += text
    outputs.append(.text(whole))
  }

  private func add(_ bundle: Bundle, isResult: Bool) throws {
    do {
      var media = try Media(bundle)
      media.raster = FigureRaster.png(of: bundle)
      outputs.append(.value(media, isResult: isResult))
    } catch {
      throw ScriptError(anything: error)
    }
  }

  private static func output(of diagnostic: SessionDiagnostic) -> CellOutput {
    switch diagnostic {
    case .note(let text): return .note(text)
    case .syntax(let diagnostics):
      let first = diagnostics.first
      return .error(
        CellError(
          kind: first.map { "\($0.kind.rawValue)" } ?? "SyntaxError", message: first?.message ?? "",
          text: DiagnosticRenderer().render(diagnostics)))
    case .error(let error):
      let trace = error.traceLines
      let text = DiagnosticRenderer().render(error.diagnostic)
      return .error(
        CellError(
          kind: error.kind.rawValue, message: error.message,
          text: trace.count > 1
            ? text + "\n" + trace.map { "  in \($0)" }.joined(separator: "\n") : text))
    }
  }
}
