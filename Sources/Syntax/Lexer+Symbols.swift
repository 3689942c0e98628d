// SPDX-License-Identifier: Apache-2.0
//
// Brackets, operators, and the symbols of other languages that people type out of habit. The tables
// are searched in order, so longer spellings come before their prefixes.

extension Lexer {
  /// Symbols of more than one character, packed into integers, longest first.
  private static let longSymbols: [(packed: UInt32, length: Int, kind: Token.Kind)] =
    [
      .ellipsis, .power, .floorDivide, .pipe, .arrow, .equal, .notEqual, .lessOrEqual,
      .greaterOrEqual, .plusAssign, .minusAssign, .timesAssign, .divideAssign,
    ].map { (kind: Token.Kind) in (pack(kind.rawValue.utf8), kind.rawValue.utf8.count, kind) }

  private static func pack(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// A symbol that has no meaning here.
  private struct Foreign {
    var packed: UInt32
    var length: Int
    var title: String
    var hint: String

    init(_ symbol: String, _ hint: String, title: String? = nil) {
      packed = Lexer.pack(symbol.utf8)
      length = symbol.utf8.count
      self.title = title ?? "there is no `\(symbol)`"
      self.hint = hint
    }
  }

  /// Symbols of other languages, with what to write instead.
  private static let foreignSymbols: [Foreign] = [
    Foreign("===", "write `==`"),
    Foreign("!==", "write `!=`"),
    Foreign(":=", "write `let x = ..` for a new name, `x = ..` to change it"),
    Foreign("=>", "a function is written `fn(x) = x + 1`"),
    Foreign("<>", "write `!=`"),
    Foreign("~=", "write `!=`"),
    Foreign("??", "write `if x == nil { y } else { x }`"),
    Foreign("?.", "a field is read with `.`; `get(name, value)` has a default"),
    Foreign("&&", "write `and`"),
    Foreign("||", "write `or`"),
    Foreign("&", "write `and`; for masks, multiply: `(x > 0) * (x < 1)`"),
    Foreign("|", "write `or`; a pipeline is `x |> f`, a function `fn(x) = x`"),
    Foreign("^", "power is written `x ** 2`"),
    Foreign("~", "write `not`; for masks, `1 - mask`"),
    Foreign("!", "write `not`"),
    Foreign("?", "a choice is written `if p { a } else { b }`"),
    Foreign("$", "inside a string, a value is written `{x}`"),
    Foreign("`", "strings stand in double or single quotes", title: "a backtick is no quote"),
    Foreign("\\", "a line goes on after an operator, a comma or an open bracket"),
  ]

  mutating func symbol(_ byte: UInt8) {
    if byte == UInt8(ascii: ":"), brackets.last == .hole { return format() }
    switch byte {
    case UInt8(ascii: "("): return open(.parenthesisOpen, .parenthesis)
    case UInt8(ascii: "["): return open(.bracketOpen, .square)
    case UInt8(ascii: "{"): return openBrace()
    case UInt8(ascii: ")"): return close(.parenthesisClose)
    case UInt8(ascii: "]"): return close(.bracketClose)
    case UInt8(ascii: "}"): return close(.braceClose)
    case 0..<0x20, 0x7F: return controlCharacter(byte)
    default: break
    }
    if byte == UInt8(ascii: "\\"), let next = self.byte(at: offset + 1), next > 0x20 {
      return unknown(
        1, "there is no `\\`",
        "equations are solved by `linalg.solve(a, b)`; a function is written `fn(x) = x + 1`")
    }
    if byte == UInt8(ascii: "!"), brackets.last == .hole, let letter = self.byte(at: offset + 1),
      "rsa".utf8.contains(letter),
      [UInt8(ascii: "}"), UInt8(ascii: ":")].contains(self.byte(at: offset + 2))
    {
      return unknown(
        2, "a hole has no `!\(Unicode.Scalar(letter))`",
        "write `{x}`, which shows a value as `print` does")
    }
    if let next = self.byte(at: offset + 1), Lexer.isSymbolByte(next), longSymbol(byte, next) {
      return
    }
    if let kind = singleSymbol(byte) { return advance(kind, by: 1) }
    if let foreign = Lexer.foreignSymbols.first(where: { $0.packed == UInt32(byte) }) {
      return foreignSymbol(foreign)
    }
    unknown(1, "this character means nothing here", "")
  }

  /// Whether a byte can be the second one of a longer symbol.
  private static func isSymbolByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "."), UInt8(ascii: "&"),
      UInt8(ascii: "|"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "?"):
      true
    default: false
    }
  }

  /// Reads a symbol of two or three characters, the longest match; false if there is none.
  private mutating func longSymbol(_ first: UInt8, _ second: UInt8) -> Bool {
    let two = UInt32(first) << 8 | UInt32(second)
    if let third = byte(at: offset + 2), takeSymbol(two << 8 | UInt32(third)) { return true }
    return takeSymbol(two)
  }

  private mutating func takeSymbol(_ packed: UInt32) -> Bool {
    for symbol in Lexer.longSymbols where symbol.packed == packed {
      advance(symbol.kind, by: symbol.length)
      return true
    }
    guard let foreign = Lexer.foreignSymbols.first(where: { $0.packed == packed }) else {
      return false
    }
    foreignSymbol(foreign)
    return true
  }

  private func singleSymbol(_ byte: UInt8) -> Token.Kind? {
    switch byte {
    case UInt8(ascii: ","): .comma
    case UInt8(ascii: ":"): .colon
    case UInt8(ascii: ";"): .semicolon
    case UInt8(ascii: "."): .dot
    case UInt8(ascii: "="): .assign
    case UInt8(ascii: "<"): .less
    case UInt8(ascii: ">"): .greater
    case UInt8(ascii: "+"): .plus
    case UInt8(ascii: "-"): .minus
    case UInt8(ascii: "*"): .times
    case UInt8(ascii: "/"): .divide
    case UInt8(ascii: "%"): .percent
    case UInt8(ascii: "@"): .at
    default: nil
    }
  }

  private mutating func advance(_ kind: Token.Kind, by count: Int) {
    append(kind, offset, offset + count)
    offset += count
  }

  // MARK: - Brackets

  private mutating func openBrace() {
    let opensBlock = !isLineStart && stream.tokens.last?.kind.precedesBlock == true
    open(opensBlock ? .blockOpen : .recordOpen, opensBlock ? .block : .record)
  }

  private mutating func open(_ kind: Token.Kind, _ bracket: Bracket) {
    advance(kind, by: 1)
    brackets.append(bracket)
  }

  private mutating func close(_ kind: Token.Kind) {
    if let depth = depthClosed(by: kind) {
      brackets.removeLast(depth)
      if brackets.last == .hole { return resumeString() }
      brackets.removeLast()
    }
    advance(kind, by: 1)
  }

  /// The number of unclosed brackets above the one that `kind` closes. Searches only a few levels,
  /// so that adversarial text stays linear; without a match, the parser reports an error.
  private func depthClosed(by kind: Token.Kind) -> Int? {
    for depth in 0..<min(64, brackets.count) {
      switch brackets[brackets.count - 1 - depth] {
      case .parenthesis where kind == .parenthesisClose: return depth
      case .square where kind == .bracketClose: return depth
      case .record where kind == .braceClose, .block where kind == .braceClose: return depth
      case .hole: return kind == .braceClose ? depth : nil
      default: continue
      }
    }
    return nil
  }

  // MARK: - Invalid characters

  private mutating func foreignSymbol(_ symbol: Foreign) {
    unknown(symbol.length, symbol.title, symbol.hint)
  }

  private mutating func controlCharacter(_ byte: UInt8) {
    let name = ForeignCharacters.name(Unicode.Scalar(byte))
    unknown(1, "control character \(name) at byte \(offset)", "remove it")
  }

  /// Reports and skips a run of characters that are not ASCII.
  mutating func foreignCharacter() {
    let start = offset
    let length = UTF8Check.length(bytes, at: offset)
    guard length > 0 else {
      offset += 1
      return
    }
    let scalar = UTF8Check.scalar(bytes, at: offset)
    if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
      return foreignName(from: start)
    }
    let (title, hint) = ForeignCharacters.advice(scalar)
    unknown(length, title, hint)
  }

  /// Reads a whole word with letters beyond ASCII as one token.
  private mutating func foreignName(from start: Int) {
    while offset < bytes.count {
      if Lexer.isWordByte(bytes[offset]) {
        offset += 1
        continue
      }
      let length = bytes[offset] < 0x80 ? 0 : UTF8Check.length(bytes, at: offset)
      guard length > 0 else { break }
      let properties = UTF8Check.scalar(bytes, at: offset).properties
      guard properties.isAlphabetic || properties.numericType != nil else { break }
      offset += length
    }
    let length = offset - start
    offset = start
    let text = source.text(Span(start, start + length))
    unknown(
      length, "`\(text)` is not a name",
      "names use the letters A to Z, digits and `_`; strings and comments may hold any text")
  }

  private mutating func unknown(_ length: Int, _ title: String, _ hint: String) {
    report(title, Span(offset, offset + length), hint: hint.isEmpty ? nil : hint)
    append(.unknown, offset, offset + length)
    offset += length
  }
}

/// Characters that resemble ASCII ones, or that mathematics would use.
enum ForeignCharacters {
  private static let table: [Unicode.Scalar: String] = [
    "\u{201C}": "\"", "\u{201D}": "\"", "\u{201E}": "\"", "\u{2018}": "'", "\u{2019}": "'",
    "\u{2212}": "-", "\u{2013}": "-", "\u{2014}": "-", "\u{00D7}": "*", "\u{00B7}": "*",
    "\u{00F7}": "/", "\u{2264}": "<=", "\u{2265}": ">=", "\u{2260}": "!=", "\u{2192}": "->",
    "\u{2026}": "...", "\u{FF08}": "(", "\u{FF09}": ")", "\u{FF0C}": ",", "\u{2215}": "/",
  ]

  /// The number of a character, as in U+00A0.
  static func name(_ scalar: Unicode.Scalar) -> String {
    let code = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code
  }

  /// A title and a hint for a character that is invalid outside strings and comments.
  static func advice(_ scalar: Unicode.Scalar) -> (title: String, hint: String) {
    let name = name(scalar)
    if let plain = table[scalar] {
      return ("`\(scalar)` (\(name)) is not a symbol", "write `\(plain)`")
    }
    if scalar.properties.isWhitespace || scalar == "\u{FEFF}" || scalar == "\u{200B}" {
      return ("invisible character \(name)", "write an ordinary space")
    }
    return ("`\(scalar)` (\(name)) means nothing here", "other characters belong in quotes")
  }
}
