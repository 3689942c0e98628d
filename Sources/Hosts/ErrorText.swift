// SPDX-License-Identifier: Apache-2.0
//
// Errors on standard error: as text for people, or as JSON for programs.

import Console
import Files
import Glibc
import Runtime
import Syntax

/// Errors as text for standard error.
public struct ErrorText {
  let terminal: Terminal
  /// Whether each error is one JSON object on one line.
  var isJSON = false

  /// Formats errors for a terminal, or as JSON.
  public init(terminal: Terminal, isJSON: Bool = false) {
    self.terminal = terminal
    self.isJSON = isJSON
  }

  /// Errors of syntax as text.
  public func render(_ diagnostics: [Diagnostic]) -> String {
    guard !isJSON else {
      return PathText.printable(DiagnosticJSON.render(diagnostics), inJSON: true)
    }
    let isColored = terminal.colors != .none && isatty(STDERR_FILENO) == 1
    let columns = terminal.errorColumns
    let renderer = DiagnosticRenderer(
      style: isColored ? .color : .plain, width: columns ?? terminal.size.columns,
      wraps: columns != nil)
    return PathText.printable(renderer.render(diagnostics))
  }

  /// An error with the calls that led to it as text.
  public func render(_ error: ScriptError) -> String {
    let trace = error.traceLines
    guard !isJSON else {
      return PathText.printable(DiagnosticJSON.render(error.diagnostic, trace: trace), inJSON: true)
    }
    let text = render([error.diagnostic])
    guard trace.count > 1 else { return text }
    return text + (text.hasSuffix("\n") ? "" : "\n")
      + PathText.printable(
        trace.map { terminal.fittedMessage("  in \($0)") }.joined(separator: "\n"))
  }
}
