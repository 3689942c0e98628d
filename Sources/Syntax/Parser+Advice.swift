// SPDX-License-Identifier: Apache-2.0
//
// Hints for habits from other languages. Nothing here changes what is accepted: the parser has
// already found an unexpected token, and asks for a better message.

/// The message about an unexpected token.
struct Advice {
  var title: String
  /// What to underline, if not the token itself.
  var place: Span?
  var label = ""
  var hint: String?
}

extension Parser {
  /// Advice for the current token, if the mistake is a known one.
  func advice() -> Advice? {
    if let advice = adviceForHabitAround() ?? adviceForComment() ?? adviceForForeignWord() {
      return advice
    }
    switch kind {
    case .else: return adviceForElse("else", "write `} else {`")
    case .catch: return adviceForElse("catch", "write `} catch e {`")
    case .assign: return adviceForAssign()
    case .plusAssign, .minusAssign, .timesAssign, .divideAssign:
      return Advice(
        title: "an assignment is not an expression", hint: "give it a line of its own")
    case .colon: return adviceForColon()
    case .comma: return adviceForComma()
    case .if where endsValue(previous):
      return Advice(title: "`if` comes first", hint: "write `if p { a } else { b }`")
    case .for where endsValue(previous):
      return Advice(
        title: "a comprehension stands in brackets", hint: "write `[f(x) for x in xs]`")
    case .not, .fn, .dot, .plus, .times, .divide, .power, .arrow, .recordOpen, .blockOpen, .at,
      .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      return adviceForSymbol()
    case .let, .while, .return, .break, .continue, .for:
      let expected = endsValue(previous) ? "a line end or `;`" : "an expression"
      return Advice(
        title: "`\(kind.rawValue)` starts a statement", label: "expected \(expected)",
        hint: "give it a line of its own, inside a block if need be")
    default: return endsValue(previous) && startsValue(token) ? adviceForTwoValues() : nil
    }
  }

  func endsValue(_ token: Token) -> Bool {
    index > 0 && token.kind.precedesBlock && token.kind != .else && token.kind != .try
  }

  func startsValue(_ token: Token) -> Bool {
    switch token.kind {
    case .name, .number, .string, .stringHead, .true, .false, .nil, .import, .try: true
    default: false
    }
  }

  // MARK: - Words

  /// Words that other languages put between or after values.
  private static let foreignInfixes: Set<String> = [
    "is", "mod", "div", "xor", "then", "do", "elif", "elsif", "elseif", "except", "finally", "end",
    "unless",
  ]

  /// `def f`, `x is y`: a word that is a name here, next to something it cannot precede or follow.
  func adviceForForeignWord() -> Advice? {
    if kind == .name, endsValue(previous), Parser.foreignInfixes.contains(text(token)) {
      return adviceForHabit(token)
    }
    guard index > 0, previous.kind == .name else { return nil }
    let startsStatement = index - 1 == statementStart || previous.startsLine
    let word = text(previous)
    return startsStatement || word == "lambda" || word == "mut" ? adviceForHabit(previous) : nil
  }

  private func adviceForHabit(_ word: Token) -> Advice? {
    if text(word) == "from", kind == .name, Spelling.foreignModules.contains(text(token)) {
      return Advice(
        title: "the library is there without an import", place: word.span,
        hint: "leave the line out: `sqrt(2)`, `zeros(3)`, `image.load(path)` work at once")
    }
    return Spelling.habits[text(word)].map { hint in
      Advice(title: "`\(text(word))` is not a keyword", place: word.span, hint: hint)
    }
  }

  private func adviceForElse(_ word: String, _ hint: String) -> Advice {
    if !token.startsLine, enclosingBracket == .bracketOpen {
      return Advice(
        title: "the condition of a comprehension has no `else`",
        hint: "write `[if p { a } else { b } for x in xs]`")
    }
    return elseOutOfPlace(word, hint)
  }

  private func elseOutOfPlace(_ word: String, _ hint: String) -> Advice {
    token.startsLine
      ? Advice(title: "`\(word)` must follow the closing brace on its line", hint: hint)
      : Advice(title: "`\(word)` without a block before it", hint: hint)
  }

  /// `"{x"`: the quote meant to end the string begins another one in the hole.
  private func adviceForOpenHole(_ isTouching: Bool) -> Advice? {
    guard isTouching, kind == .string || kind == .stringHead, isInHole else { return nil }
    let word = bytes(token)
    guard word.first == UInt8(ascii: "\"") else { return nil }
    let isClosed = kind == .stringHead || (word.count > 1 && word.last == UInt8(ascii: "\""))
    if isClosed, previous.kind == .name, ["f", "r", "b", "u"].contains(text(previous)) {
      return nil
    }
    return Advice(
      title: "the hole of the string is not closed",
      place: Span(start: token.span.start, end: token.span.start + 1),
      hint: "write `}` in front of the quote")
  }

  private func adviceForTwoValues() -> Advice {
    let isTouching = isTouching(previous, token)
    if let advice = adviceForDashes() ?? adviceForOpenHole(isTouching) { return advice }
    if previous.kind == .string || previous.kind == .stringTail, isTouching, kind == .name {
      let isSingle = bytes(previous).last == UInt8(ascii: "'")
      return Advice(
        title: "the quote ended the string", place: previous.span,
        hint: isSingle
          ? "write a text with a quote in it in double quotes: \"it's\""
          : "a quote within a string is written `\\\"`")
    }
    if previous.kind == .name, isTouching, previous.span.end - previous.span.start <= 2 {
      return Advice(
        title: "a string takes no prefix", place: previous.span,
        hint: "\"..{x}..\" has holes as it is; '..' is verbatim")
    }
    if previous.kind == .number, isTouching {
      return Advice(
        title: "a number runs into a name",
        place: previous.span.joined(with: token.span),
        hint: "a product needs `*`; numbers are decimal, as in `1_000` or `2.5e-3`")
    }
    if enclosingBracket == .bracketOpen {
      return Advice(
        title: "values in brackets need a comma between them",
        label: "\(phrase(for: token)) follows a value",
        hint: "write `[1, 2]`; rows of a matrix end with `;`, as in `[1, 2; 3, 4]`")
    }
    let isCall = previous.kind == .name && previous.startsLine
    let hint =
      isCall
      ? "arguments stand in parentheses: `\(text(previous))(..)`"
      : "is an operator or a comma missing?"
    return Advice(
      title: "two values in a row", label: "\(phrase(for: token)) follows a value", hint: hint)
  }
}
