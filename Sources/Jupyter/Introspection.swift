// SPDX-License-Identifier: Apache-2.0
//
// What a front end asks while somebody types: completions, help on the name at the cursor, whether
// a cell is complete. Positions count Unicode scalars, as the prompt's do.

import Console
import Files
import Hosts
import Library
import Runtime

/// Answers questions about text that is being typed.
struct Introspection {
  private let host: Host
  private let console: PromptHost

  init(_ host: Host, _ console: PromptHost) { (self.host, self.console) = (host, console) }

  // MARK: - Completion

  /// Ways to finish the word at the cursor.
  func completion(_ request: Message) throws -> JSON {
    let (code, cursor) = try text(of: request)
    let found = completions(of: code, at: cursor)
    let candidates = found.candidates
    return [
      "status": "ok", "matches": .array(candidates.map { .string($0.text) }),
      "cursor_start": .integer(found.start), "cursor_end": .integer(cursor),
      "metadata": [
        "_jupyter_types_experimental": .array(
          candidates.map { candidate in
            [
              "text": .string(candidate.text),
              "type": .string(Introspection.kind(candidate.detail)),
              "signature": .string(candidate.detail.contains("(") ? candidate.detail : ""),
              "start": .integer(found.start), "end": .integer(cursor),
            ]
          })
      ],
    ]
  }

  /// Behind a `?` there are names to be explained.
  private func completions(of code: String, at cursor: Int) -> Completions {
    guard code.hasPrefix("?"), cursor > 0 else {
      return console.completions(of: code, at: cursor)
    }
    var found = console.completions(
      of: String(code.unicodeScalars.dropFirst()), at: cursor - 1)
    found.start += 1
    return found
  }

  private static func kind(_ detail: String) -> String {
    if detail == "keyword" { return "keyword" }
    if detail.hasPrefix("namespace") { return "module" }
    return detail.contains("(") ? "function" : "instance"
  }

  // MARK: - Inspection

  /// Help on the name at the cursor, or on the function whose arguments the cursor is in.
  func inspection(_ request: Message) throws -> JSON {
    let (code, cursor) = try text(of: request)
    let scalars = Array(code.unicodeScalars)
    let page =
      Introspection.name(at: cursor, in: scalars).flatMap(page)
      ?? Introspection.call(around: cursor, in: scalars).flatMap(page)
    return [
      "status": "ok", "found": .bool(page != nil),
      "data": page.map(MimeBundle.text) ?? [:], "metadata": [:],
    ]
  }

  /// The page on a path of names, or nil.
  func page(_ path: String) -> String? {
    let session = host.session
    let help = Help(session.builtins)
    let names = path.split(separator: ".").map(String.init)
    guard let first = names.first else { return nil }
    let isOwn = session.variables.contains { $0.name == first }
    if !isOwn, let page = help.page(path) { return page }
    guard let value = session.value(atPath: names) else {
      // A method of a value.
      return names.count > 1 ? names.last.flatMap({ help.page($0) }) : nil
    }
    var text: String
    if case .function(let closure) = value {
      text = closure.signature
    } else {
      text = "\(path): \(value.typePhrase)\n\n\(Display.text(value, session))"
    }
    if names.count == 1, let words = session.documentation(of: first), !words.isEmpty {
      text += "\n\n\(words)"
    }
    return text + "\n"
  }

  /// The path of names that ends or goes on at the cursor.
  static func name(at cursor: Int, in scalars: [Unicode.Scalar]) -> String? {
    var (start, end) = (cursor, cursor)
    while start > 0, isNameScalar(scalars[start - 1]) || scalars[start - 1] == "." { start -= 1 }
    while end < scalars.count, isNameScalar(scalars[end]) { end += 1 }
    while start < end, scalars[start] == "." { start += 1 }
    while end > start, scalars[end - 1] == "." { end -= 1 }
    guard start < end, !(scalars[start] >= "0" && scalars[start] <= "9") else { return nil }
    return text(scalars[start..<end])
  }

  /// The path in front of the innermost open parenthesis before the cursor.
  static func call(around cursor: Int, in scalars: [Unicode.Scalar]) -> String? {
    var depth = 0
    for place in scalars[..<cursor].indices.reversed() {
      switch scalars[place] {
      case ")", "]", "}": depth += 1
      case "[", "{": depth = max(depth - 1, 0)
      case "(":
        if depth == 0 { return name(at: place, in: scalars) }
        depth -= 1
      default: break
      }
    }
    return nil
  }

  private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || (scalar >= "0" && scalar <= "9")
  }

  private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  // MARK: - Completeness

  /// Whether a cell can be run, and how far the next line is indented.
  func completeness(_ request: Message) throws -> JSON {
    guard let code = request.content["code"]?.text else { throw RequestFault("there is no code") }
    if code.hasPrefix("?") || code.hasPrefix(":") { return ["status": "complete"] }
    switch console.completeness(of: code) {
    case .complete: return ["status": "complete"]
    case .invalid: return ["status": "invalid"]
    case .incomplete:
      let depth = min(max(console.openedBrackets(inLine: code), 0), 40)
      return [
        "status": "incomplete", "indent": .string(String(repeating: "  ", count: depth)),
      ]
    }
  }

  /// The code and the cursor of a request; a cursor outside the code is moved to its end.
  private func text(of request: Message) throws -> (String, Int) {
    guard let code = request.content["code"]?.text else { throw RequestFault("there is no code") }
    let length = code.unicodeScalars.count
    let cursor = request.content["cursor_pos"]?.integer ?? length
    return (code, (0...length).contains(cursor) ? cursor : length)
  }
}
