// SPDX-License-Identifier: Apache-2.0
//
// Hover texts: signature, summary, details and example of a library function, header and `##` lines
// of a script's own.

import Checking
import Files
import Runtime
import Syntax

extension Server {
  func hover(_ request: TextRequest) -> JSON {
    let report = report(request.document)
    guard let (meaning, span) = report.meaning(at: request.place) else { return .null }
    return [
      "contents": abilities.hover.content(Server.page(meaning, span, report)),
      "range": request.document.range(span),
    ]
  }

  /// The hover text of a meaning, in Markdown.
  static func page(_ meaning: Meaning, _ span: Span, _ report: Report) -> String {
    switch meaning {
    case .binding(let binding): return page(binding, span, report)
    case .builtin(let builtin): return page(builtin)
    case .constant(let constant):
      return code("\(constant.name) = \(Display.text(constant.value.value))") + "\n"
        + constant.summary
    case .namespace(let name):
      let summary = report.library.builtins.namespaceSummaries[name] ?? ""
      let members = report.library.memberNames(of: name).map { "`\($0)`" }
      return code("namespace \(name)") + "\n\(summary)\n\n" + members.joined(separator: " ")
    case .field(let type, let name, let summary):
      return code("\(name): field of \(type)") + "\n\(summary)"
    case .export(let name, let source, let place):
      let line = source.text(ofLine: source.line(of: place.start))
      return code(line) + "\n`\(name)` of `\(source.path.split(separator: "/").last ?? "")`"
    case .parameter(let text, let header): return code(text) + "\nof `\(header)`"
    }
  }

  private static func page(_ binding: Binding, _ span: Span, _ report: Report) -> String {
    var title = binding.name
    if let header = report.header(of: binding) {
      title = "fn \(header)"
    } else if let known = report.knowledge(at: span)
      ?? binding.declarations.first.flatMap({ report.knowledge(at: $0) })
    {
      title += ": \(known)"
    }
    let kind =
      switch binding.kind {
      case .variable, .function: binding.isGlobal ? "" : "local"
      case .parameter: "parameter"
      case .loop: "loop variable"
      case .caught: "caught error"
      case .size: "size named by a shape"
      }
    let parts = [kind, binding.documentation ?? ""].filter { !$0.isEmpty }
    return code(title) + (parts.isEmpty ? "" : "\n" + parts.joined(separator: "\n\n"))
  }

  private static func page(_ builtin: Builtin) -> String {
    var text = code(builtin.signature) + "\n\(builtin.summary)"
    if !builtin.details.isEmpty { text += "\n\n\(builtin.details)" }
    if !builtin.example.isEmpty { text += "\n\n" + code(builtin.example) }
    return text
  }

  private static func code(_ text: String) -> String { "```smap\n\(text)\n```" }
}
