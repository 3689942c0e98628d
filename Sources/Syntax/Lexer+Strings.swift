// SPDX-License-Identifier: Apache-2.0
//
// Strings with holes. `"a {x} b {y:.2f} c"` becomes a head `"a {`, the tokens of `x`, a middle
// `} b {`, the tokens of `y`, a format and a tail `} c"`. The hole is an entry on the stack of
// brackets, so strings nest in holes without recursion. A string never spans lines.

extension Lexer {
  /// Why the literal text of a string ends.
  private enum Stop { case quote, hole, lineEnd }

  /// Reads a string up to its end or its first hole.
  mutating func string() {
    if byte(at: offset + 1) == UInt8(ascii: "\""), byte(at: offset + 2) == UInt8(ascii: "\"") {
      return tripleQuotes(UInt8(ascii: "\""))
    }
    let start = offset
    offset += 1
    switch text() {
    case .quote: append(.string, start, offset)
    case .hole: openHole(.stringHead, start)
    case .lineEnd:
      reportUnfinished(Span(start, offset), at: offset)
      append(.string, start, offset)
      skipContinuation(UInt8(ascii: "\""))
    }
  }

  /// Skips the other lines of a string of several lines, which is one error: up to the next quote,
  /// if the line of that quote has an odd number of quotes and only text before it.
  private mutating func skipContinuation(_ quote: UInt8) {
    var place = offset
    var end: Int?
    var passed = 0
    while let next = byte(at: place), passed <= Lexer.continuationLines {
      if next == UInt8(ascii: "\n") {
        if end != nil { break }
        passed += 1
      } else if next == UInt8(ascii: "#"), end == nil {
        return
      } else if next == quote {
        // An even number of quotes delimits complete strings.
        if end != nil { return }
        end = place + 1
      }
      place += 1
    }
    guard let end, passed > 0, passed <= Lexer.continuationLines else { return }
    line += passed
    offset = end
  }

  /// The maximum number of lines of such a string.
  private static let continuationLines = 20

  /// Skips a text in triple quotes, which spans lines in other languages; since two adjacent
  /// strings are invalid here, this affects no valid program.
  private mutating func tripleQuotes(_ quote: UInt8) {
    let start = offset
    report(
      "there are no triple quotes", Span(start, start + 3),
      hint: "a string stands on one line; `\\n` is a line end, and holes join: \"{a}{b}\"")
    offset += 3
    while let next = byte(at: offset),
      next != quote || byte(at: offset + 1) != quote || byte(at: offset + 2) != quote
    {
      offset += 1
    }
    offset = min(offset + 3, bytes.count)
    append(.unknown, start, offset)
  }

  /// Continues after the `}` of a hole, up to the end of the string or its next hole.
  mutating func resumeString() {
    let start = offset
    offset += 1
    brackets.removeLast()
    holes -= 1
    switch text() {
    case .quote: append(.stringTail, start, offset)
    case .hole: openHole(.stringMiddle, start)
    case .lineEnd:
      reportUnfinished(Span(start, offset), at: offset)
      append(.stringTail, start, offset)
    }
  }

  private mutating func openHole(_ kind: Token.Kind, _ start: Int) {
    append(kind, start, offset)
    brackets.append(.hole)
    holes += 1
  }

  /// Closes all holes at a newline or at the end of the text, with an empty tail for each.
  mutating func endUnfinishedString(at end: Int) {
    let head = stream.tokens.last { $0.kind == .stringHead }?.span ?? Span(end, end)
    reportUnfinished(Span(start: head.start, end: Int32(clamping: end)), at: end)
    while holes > 0, let bracket = brackets.popLast() {
      guard bracket == .hole else { continue }
      holes -= 1
      append(.stringTail, end, end)
    }
  }

  private mutating func reportUnfinished(_ span: Span, at end: Int) {
    report(
      "the string is not closed", span, at: end,
      hint: "close it on its line; `\\n` stands for a line end")
  }

  /// Reads literal text; afterwards `offset` is past the quote or `{`, or at the newline.
  private mutating func text() -> Stop {
    while let next = byte(at: offset) {
      switch next {
      case UInt8(ascii: "\""):
        offset += 1
        return .quote
      case UInt8(ascii: "\\"): escape()
      case UInt8(ascii: "{"):
        offset += 1
        guard byte(at: offset) == UInt8(ascii: "{") else { return .hole }
        offset += 1
      case UInt8(ascii: "}"): closingBrace()
      case UInt8(ascii: "\n"): return .lineEnd
      case UInt8(ascii: "\r") where byte(at: offset + 1) == UInt8(ascii: "\n"): return .lineEnd
      default: offset += 1
      }
    }
    return .lineEnd
  }

  private mutating func closingBrace() {
    if byte(at: offset + 1) == UInt8(ascii: "}") {
      offset += 2
    } else {
      report(
        "a lone `}` in a string", Span(offset, offset + 1),
        hint: "write `}}` for the character")
      offset += 1
    }
  }

  /// Reads and checks an escape; the parser resolves it later with `StringText`.
  private mutating func escape() {
    let start = offset
    offset += 1
    switch byte(at: offset) {
    case nil, UInt8(ascii: "\n"), UInt8(ascii: "\r"): return
    case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "\""),
      UInt8(ascii: "\\"):
      offset += 1
    case UInt8(ascii: "u"):
      offset += 1
      unicodeEscape(from: start)
    default:
      repeat { offset += 1 } while byte(at: offset).map { $0 & 0xC0 == 0x80 } ?? false
      report(
        "there is no escape `\(source.text(Span(start, offset)))`", Span(start, offset),
        hint: #"write \n \r \t \" \\ or \u{..}; for braces {{ and }}"#)
    }
  }

  private mutating func unicodeEscape(from start: Int) {
    var value: UInt32 = 0
    var isValid = byte(at: offset) == UInt8(ascii: "{")
    if isValid { offset += 1 }
    let first = offset
    while isValid, let digit = byte(at: offset).flatMap(StringText.hexadecimal) {
      value = value > 0xFFFFFF ? value : value * 16 + digit
      offset += 1
    }
    let isCut = byte(at: offset) == nil || byte(at: offset) == UInt8(ascii: "\n")
    if isCut { return }
    isValid = isValid && offset > first && byte(at: offset) == UInt8(ascii: "}")
    if isValid { offset += 1 }
    if !isValid || Unicode.Scalar(value) == nil {
      report(
        "not a character code", Span(start, offset), hint: #"write its code point: \u{1F600}"#)
    }
  }

  /// Reads a string in single quotes, which has neither escapes nor holes.
  mutating func verbatimString() {
    if byte(at: offset + 1) == UInt8(ascii: "'"), byte(at: offset + 2) == UInt8(ascii: "'") {
      return tripleQuotes(UInt8(ascii: "'"))
    }
    let start = offset
    offset += 1
    while let next = byte(at: offset), next != UInt8(ascii: "'"), next != UInt8(ascii: "\n") {
      offset += 1
    }
    if byte(at: offset) == UInt8(ascii: "'") {
      offset += 1
    } else {
      if offset > start + 1, bytes[offset - 1] == UInt8(ascii: "\r") { offset -= 1 }
      reportUnfinished(Span(start, offset), at: offset)
      append(.string, start, offset)
      return skipContinuation(UInt8(ascii: "'"))
    }
    append(.string, start, offset)
  }

  /// Reads `:` and a format up to the `}` of the hole. The format directly follows its colon: `{a:
  /// 1}` was meant as text, not as a width. A space before an alignment is a fill.
  mutating func format() {
    let start = offset
    offset += 1
    let (format, end) = Format.read(bytes[offset...])
    offset = end
    if format.isEmpty, let next = byte(at: offset),
      next == UInt8(ascii: " ") || next == UInt8(ascii: "\t")
    {
      badFormat(from: start)
      return append(.format, start, start + 1)
    }
    skipBlanks()
    if let next = byte(at: offset), next != UInt8(ascii: "}"), next != UInt8(ascii: "\n") {
      badFormat(from: start)
    } else if format.isTooLarge {
      report(
        "a width or precision is at most \(Format.largestSize)", Span(start, max(end, start + 1)),
        hint: "numbers have 17 digits that matter")
    }
    append(.format, start, max(end, start + 1))
  }

  private mutating func badFormat(from start: Int) {
    let wrong = offset
    let key = stream.tokens.last?.kind
    let isAfterBlank =
      byte(at: start + 1) == UInt8(ascii: " ") || byte(at: start + 1) == UInt8(ascii: "\t")
    while let next = byte(at: offset), !"}\"\n".utf8.contains(next) { offset += 1 }
    // `"{"a": 1}"` and `"{a: 1}"` were meant as text.
    if key == .string || (key == .name && isAfterBlank) {
      let hole = stream.tokens.last { $0.kind == .stringHead || $0.kind == .stringMiddle }
      let brace = key == .string ? hole.map { Span(start: $0.span.end - 1, end: $0.span.end) } : nil
      return report(
        "a `{` in a string opens a hole", brace ?? Span(start, max(offset, wrong + 1)), at: wrong,
        hint: "write `{{` and `}}` for the characters; a format is written `{x:.3f}`")
    }
    report(
      "not a format", Span(start, max(offset, wrong + 1)), at: wrong,
      hint: isAfterBlank
        ? "a format follows its colon directly: `{x:8}`" : "write `:d` `:.3f` `:>8` `:,` or `:.1%`")
  }

  private mutating func skipBlanks() {
    while let next = byte(at: offset), next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") {
      offset += 1
    }
  }
}
