// SPDX-License-Identifier: Apache-2.0
//
// What the client can do, as it says at the start, and how its answers are to be written.
// Whatever it does not mention it cannot do, as the protocol has it.

import Files

/// The form of words of some length.
enum Markup: String {
  case plain = "plaintext"
  case markdown
  /// Nothing but a string: the client has named no form.
  case bare = ""

  /// The form that a list of forms prefers: the first one that is known.
  init?(_ formats: JSON?) {
    let known = (formats?.elements ?? []).lazy.compactMap(\.text).compactMap(Markup.init)
    guard let first = known.first else { return nil }
    self = first
  }

  /// Words that are written in Markdown, in this form.
  func content(_ markdown: String) -> JSON {
    let text = self == .markdown ? markdown : Markup.withoutMarks(markdown)
    return self == .bare ? .string(text) : ["kind": .string(rawValue), "value": .string(text)]
  }

  /// The words without the fences of code and the quotes around names in sentences.
  private static func withoutMarks(_ text: String) -> String {
    var isCode = false
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isCode.toggle()
        // What follows a piece of code stands apart from it.
        if !isCode { lines.append("") }
        continue
      }
      lines.append(isCode ? String(line) : line.filter { $0 != "`" })
    }
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines.joined(separator: "\n")
  }
}

/// The abilities of a client that matter to the server.
struct ClientAbilities {
  /// What columns count.
  var encoding = PositionEncoding.utf16
  /// The form of what is shown for a name.
  var hover = Markup.plain
  /// The form of what is shown beside a candidate.
  var completion = Markup.bare
  /// The form of what is shown for a call.
  var signature = Markup.bare
  /// Whether an outline may be a tree; otherwise it is a list.
  var hasNestedOutline = false

  /// Those of a client that says nothing.
  init() {}

  /// Reads the parameters of `initialize`.
  init(_ parameters: JSON) {
    let abilities = parameters["capabilities"]
    let document = abilities?["textDocument"]
    // The client's order is that of its preference.
    let offered = abilities?["general"]?["positionEncodings"]?.elements ?? []
    encoding =
      offered.lazy.compactMap(\.text).compactMap(PositionEncoding.init).first ?? .utf16
    // A bare string would be read as Markdown here.
    hover = Markup(document?["hover"]?["contentFormat"]) ?? .plain
    let item = document?["completion"]?["completionItem"]
    completion = Markup(item?["documentationFormat"]) ?? .bare
    let call = document?["signatureHelp"]?["signatureInformation"]
    signature = Markup(call?["documentationFormat"]) ?? .bare
    hasNestedOutline =
      document?["documentSymbol"]?["hierarchicalDocumentSymbolSupport"]?.flag ?? false
  }
}
