// SPDX-License-Identifier: Apache-2.0
//
// The client's capabilities, as it declares them at the start, and the formats of answers. As the
// protocol specifies, a capability that is not mentioned is absent.

import Files

/// The format of longer texts.
enum Markup: String {
  case plain = "plaintext"
  case markdown
  /// A plain string without markup kind: the client has named no format.
  case bare = ""

  /// The preferred format of a list: the first known one.
  init?(_ formats: JSON?) {
    let known = (formats?.elements ?? []).lazy.compactMap(\.text).compactMap(Markup.init)
    guard let first = known.first else { return nil }
    self = first
  }

  /// A text that is written in Markdown, in this format.
  func content(_ markdown: String) -> JSON {
    let text = self == .markdown ? markdown : Markup.withoutMarks(markdown)
    return self == .bare ? .string(text) : ["kind": .string(rawValue), "value": .string(text)]
  }

  /// The text without code fences and the backquotes around names in sentences.
  private static func withoutMarks(_ text: String) -> String {
    var isCode = false
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isCode.toggle()
        // A blank line separates a code block from what follows.
        if !isCode { lines.append("") }
        continue
      }
      lines.append(isCode ? String(line) : line.filter { $0 != "`" })
    }
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines.joined(separator: "\n")
  }
}

/// The capabilities of a client that matter to the server.
struct ClientAbilities {
  /// The unit of columns.
  var encoding = PositionEncoding.utf16
  /// The format of hover texts.
  var hover = Markup.plain
  /// The format of the documentation of completion items.
  var completion = Markup.bare
  /// The format of signature help.
  var signature = Markup.bare
  /// Whether an outline may be a tree; otherwise it is a list.
  var hasNestedOutline = false

  /// The defaults for a client that declares nothing.
  init() {}

  /// Reads the parameters of `initialize`.
  init(_ parameters: JSON) {
    let abilities = parameters["capabilities"]
    let document = abilities?["textDocument"]
    // The client's order is its order of preference.
    let offered = abilities?["general"]?["positionEncodings"]?.elements ?? []
    encoding =
      offered.lazy.compactMap(\.text).compactMap(PositionEncoding.init).first ?? .utf16
    // Here clients would interpret a plain string as Markdown.
    hover = Markup(document?["hover"]?["contentFormat"]) ?? .plain
    let item = document?["completion"]?["completionItem"]
    completion = Markup(item?["documentationFormat"]) ?? .bare
    let call = document?["signatureHelp"]?["signatureInformation"]
    signature = Markup(call?["documentationFormat"]) ?? .bare
    hasNestedOutline =
      document?["documentSymbol"]?["hierarchicalDocumentSymbolSupport"]?.flag ?? false
  }
}
