// SPDX-License-Identifier: Apache-2.0
//
// Completion at the cursor. Text that is being typed is rarely a valid program: `tok.` and `f(x, `
// are unfinished. So a placeholder name is inserted at the cursor, and, if that is not enough, the
// rest of the line is dropped and open brackets are closed. The first version that parses with the
// placeholder in it is analysed.

import Checking
import Files
import Runtime
import Syntax

/// A version of a document that parses although it is being edited.
struct Draft {
  let report: Report
  /// The cursor's offset, within the placeholder name.
  let offset: Int32

  /// Finds a version that parses, for a cursor at an offset.
  init(_ document: TextDocument, at offset: Int, _ checker: Checker) {
    var start = offset
    while start > 0, Draft.isWordByte(document.bytes[start - 1]) { start -= 1 }
    let before = Array(document.bytes[..<offset])
    let after = document.bytes[offset...]
    let name = Array((start == offset ? "stand_in_name" : "").utf8)
    let place = Int32(clamping: offset)
    let first = checker.check(Draft.source(document, before + name + after))
    if Draft.holds(first.program, place) {
      self.init(report: first, offset: place)
      return
    }
    let rest = after.drop { $0 != 10 }
    let closed = before + name + Draft.closers(document, before) + rest
    let second = checker.check(Draft.source(document, closed))
    self.init(report: Draft.holds(second.program, place) ? second : first, offset: place)
  }

  private init(report: Report, offset: Int32) {
    self.report = report
    self.offset = offset
  }

  private static func source(_ document: TextDocument, _ bytes: [UInt8]) -> Source {
    Source(path: document.source.path, bytes: bytes)
  }

  private static func holds(_ program: Program, _ offset: Int32) -> Bool {
    program.statements.contains { $0.span.holds(offset) }
  }

  static func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90 || byte >= 48 && byte <= 57 || byte == 95
  }

  /// The brackets that close those open at the end of a text, up to the innermost block.
  private static func closers(_ document: TextDocument, _ before: [UInt8]) -> [UInt8] {
    var open: [UInt8] = []
    for token in Lexer.tokenize(source(document, before)).tokens {
      switch token.kind {
      case .parenthesisOpen: open.append(UInt8(ascii: ")"))
      case .bracketOpen: open.append(UInt8(ascii: "]"))
      case .recordOpen: open.append(UInt8(ascii: "}"))
      case .blockOpen: open.append(0)
      case .parenthesisClose, .bracketClose, .braceClose: _ = open.popLast()
      default: break
      }
    }
    return open.reversed().prefix { $0 != 0 }.map { $0 }
  }
}

extension Server {
  func completion(_ request: TextRequest) -> JSON {
    let document = request.document
    guard !Server.isText(at: request.offset, document) else { return [] }
    let draft = Draft(document, at: request.offset, checker)
    var start = request.offset
    while start > 0, Draft.isWordByte(document.bytes[start - 1]) { start -= 1 }
    let suggestions: [Suggestion]
    if start > 0, document.bytes[start - 1] == UInt8(ascii: ".") {
      suggestions = draft.report.members(at: draft.offset) ?? []
    } else {
      let names = draft.report.names(at: draft.offset).filter { $0.text != "stand_in_name" }
      suggestions = draft.report.argumentNames(at: draft.offset) + names
    }
    let typed = String(decoding: document.bytes[start..<request.offset], as: UTF8.self)
    return .array(
      suggestions.enumerated().filter { $0.element.text.hasPrefix(typed) }.map {
        Server.item($0.element, $0.offset, abilities.completion)
      })
  }

  /// Whether an offset lies in a comment or in the text of a string.
  private static func isText(at offset: Int, _ document: TextDocument) -> Bool {
    let stream = Lexer.tokenize(document.source)
    let place = Int32(clamping: offset)
    if stream.comments.contains(where: { $0.start < place && place <= $0.end }) { return true }
    return stream.tokens.contains { token in
      switch token.kind {
      case .string, .stringHead, .stringMiddle, .stringTail:
        token.span.start < place && place < token.span.end
      default: false
      }
    }
  }

  private static func item(
    _ suggestion: Suggestion, _ position: Int, _ markup: Markup
  ) -> JSON {
    let isArgument = suggestion.kind == .argument
    let rank = String(position)
    var entries: [(key: String, value: JSON)] = [
      ("label", .string(isArgument ? suggestion.text + " =" : suggestion.text)),
      ("kind", .integer(kind(suggestion.kind))),
      ("sortText", .string(String(repeating: "0", count: max(0, 5 - rank.count)) + rank)),
      ("filterText", .string(suggestion.text)),
      ("insertText", .string(isArgument ? suggestion.text + " = " : suggestion.text)),
    ]
    if !suggestion.detail.isEmpty { entries.append(("detail", .string(suggestion.detail))) }
    if !suggestion.documentation.isEmpty {
      entries.append(
        ("documentation", markup.content(suggestion.documentation)))
    }
    return .object(entries)
  }

  /// The protocol's numbers for kinds.
  private static func kind(_ kind: Suggestion.Kind) -> Int {
    switch kind {
    case .method: 2
    case .function: 3
    case .field: 5
    case .variable, .parameter: 6
    case .namespace, .module: 9
    case .argument: 10
    case .keyword: 14
    case .constant: 21
    }
  }

  // MARK: - Signatures

  func signatureHelp(_ request: TextRequest) -> JSON {
    let draft = Draft(request.document, at: request.offset, checker)
    guard let call = draft.report.call(at: draft.offset) else { return .null }
    var signature: [(key: String, value: JSON)] = [
      ("label", .string(call.label)),
      ("parameters", .array(Server.parameters(call))),
    ]
    if !call.documentation.isEmpty {
      signature.append(
        ("documentation", abilities.signature.content(call.documentation)))
    }
    return [
      "signatures": [.object(signature)], "activeSignature": .integer(0),
      "activeParameter": call.active.map { .integer($0) } ?? .null,
    ]
  }

  /// The parameters by their ranges in the label, in UTF-16 units as the protocol requires.
  private static func parameters(_ call: CallSite) -> [JSON] {
    let label = Array(call.label.utf16)
    var start = (label.firstIndex(of: 40) ?? -1) + 1
    return call.parameters.map { parameter in
      let wanted = Array(parameter.utf16)
      var index = start
      while index + wanted.count <= label.count,
        !label[index...].starts(with: wanted)
      {
        index += 1
      }
      guard index + wanted.count <= label.count else { return ["label": .string(parameter)] }
      start = index + wanted.count
      return ["label": [.integer(index), .integer(start)]]
    }
  }
}
