// SPDX-License-Identifier: Apache-2.0
//
// Findings of the checker as the protocol's diagnostics.

import Checking
import Files
import Syntax

extension Server {
  /// The notification with all findings in a document.
  func diagnostics(_ document: TextDocument, _ report: Report) -> JSON {
    var parameters: [(key: String, value: JSON)] = [("uri", .string(document.uri))]
    if let version = document.version { parameters.append(("version", .integer(version))) }
    parameters.append(
      ("diagnostics", .array(report.findings.map { Server.diagnostic($0, document) })))
    return Message.notification("textDocument/publishDiagnostics", .object(parameters))
  }

  private static func diagnostic(_ finding: Finding, _ document: TextDocument) -> JSON {
    let diagnostic = finding.diagnostic
    let title =
      finding.level == .error
      ? "\(diagnostic.kind.rawValue): \(diagnostic.message)" : diagnostic.message
    let lines = [title, diagnostic.label, diagnostic.hint ?? ""].filter { !$0.isEmpty }
    var entries: [(key: String, value: JSON)] = [
      ("range", document.range(diagnostic.span ?? Span(0, 0))),
      ("severity", .integer(severity(finding.level))),
      ("code", .string(finding.rule.name)),
      ("source", "smap"),
      ("message", .string(lines.joined(separator: "\n"))),
    ]
    if finding.rule.marksUnneededText { entries.append(("tags", [.integer(1)])) }
    return .object(entries)
  }

  private static func severity(_ level: Level) -> Int {
    switch level {
    case .error: 1
    case .warning: 2
    case .note: 3
    }
  }
}
