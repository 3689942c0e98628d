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
  private func adviceForForeignWord() -> Advice? {
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

  // MARK: - Symbols

  /// `//` begins a comment in other languages; words after it are rarely a valid expression.
  private func adviceForComment() -> Advice? {
    var start = index
    while start > 0, !tokens[start].startsLine, index - start < 64 {
      if tokens[start].kind == .floorDivide { break }
      start -= 1
    }
    let first = tokens[start]
    if first.kind == .floorDivide {
      return Advice(
        title: "`//` divides and rounds down", place: first.span, hint: "a comment starts with `#`")
    }
    let opensComment = kind == .times && previous.kind == .divide && isTouching(previous, token)
    if opensComment || kind == .divide && (nextKind == .times || nextKind == .power) {
      return Advice(
        title: "there are no `/* */` comments",
        hint: "a comment starts with `#`")
    }
    return nil
  }

  private func adviceForAssign() -> Advice? {
    guard endsValue(previous) else { return nil }
    switch tokens[statementStart].kind {
    case .if, .while: return Advice(title: "`=` does not compare", hint: "write `==` to compare")
    default:
      return Advice(
        title: "an assignment is not an expression",
        hint: "write `==` to compare, or assign on a line of its own")
    }
  }

  private func adviceForColon() -> Advice? {
    let isBetweenNumbers = previous.kind == .number && nextKind == .number
    var start = index
    while start > 0, !tokens[start].startsLine, index - start < 64 { start -= 1 }
    switch tokens[start].kind {
    case .for where isBetweenNumbers || isRange: break
    case .if, .for, .while, .else, .try, .fn, .catch:
      return Advice(title: "a block stands in braces", hint: "write `{` here and `}` at its end")
    case .let where !tokens[start..<index].contains(where: { $0.kind == .assign }):
      return Advice(
        title: "`let` takes no type",
        hint: "types and shapes stand in signatures: `fn f(x: number)`")
    default: break
    }
    if isBetweenNumbers || isRange, tokens[start].kind == .for || isBetweenNumbers {
      return Advice(
        title: "`a:b` stands in index brackets only", hint: "numbers in a row are `range(a, b)`")
    }
    let opens = previous.kind == .parenthesisOpen || previous.kind == .comma
    if opens, enclosingBracket == .parenthesisOpen {
      return Advice(
        title: "`:` stands in index brackets only",
        hint: "an element is read with brackets: x[:, 0]")
    }
    guard previous.kind == .name else { return nil }
    return Advice(
      title: "unexpected `:`", label: "an argument is named with `=`",
      hint: "write `f(\(text(previous)) = ..)`; a record is written `{a: 1}`")
  }

  /// Whether a `:` stands between two values of a loop's header, as in `for i in 0:len(x) {`.
  private var isRange: Bool {
    guard endsValue(previous), index + 1 < tokens.count else { return false }
    let next = tokens[index + 1]
    guard !next.startsLine,
      startsValue(next) || next.kind == .minus || next.kind == .parenthesisOpen
    else { return false }
    if isTouching(previous, token), isTouching(token, next) { return true }
    return tokens[(index + 1)...].prefix { !$0.startsLine }.contains { $0.kind == .blockOpen }
  }

  private func adviceForComma() -> Advice? {
    guard endsValue(previous) else { return nil }
    if let advice = adviceForThousands() { return advice }
    if let advice = adviceForPair() { return advice }
    return Advice(
      title: "unexpected `,`", label: "values side by side make a list only in brackets",
      hint: "write `[a, b]`; `let [a, b] = pair` takes one apart")
  }

  private func adviceForSymbol() -> Advice? {
    switch kind {
    case .not where endsValue(previous):
      return Advice(title: "there is no `not in`", hint: "write `not (x in xs)`")
    case .not:
      return Advice(title: "`not` cannot stand here", hint: "put it in parentheses: `(not x)`")
    case .fn:
      return Advice(
        title: "unexpected `fn`", hint: "put the function in parentheses: `(fn(x) = ..)`")
    case .dot where nextKind == .number:
      return Advice(title: "a number starts with a digit", hint: "write `0.5`")
    case .plus where previous.kind == .assign && isTouching(previous, token),
      .times where previous.kind == .assign && isTouching(previous, token),
      .divide where previous.kind == .assign && isTouching(previous, token):
      let symbol = kind.rawValue
      return Advice(
        title: "there is no `=\(symbol)`", place: previous.span.joined(with: token.span),
        hint: "write `x \(symbol)= 1` to change x")
    case .plus where previous.kind == .plus && previous.span.end == token.span.start:
      return Advice(
        title: "there is no `++`", place: previous.span.joined(with: token.span),
        hint: "write `x += 1`; lists join as `[...a, ...b]`")
    case .plus: return Advice(title: "there is no `+` in front of a value", hint: "leave it out")
    case .times, .power:
      let opens = previous.kind == .parenthesisOpen || previous.kind == .comma
      guard opens else { return nil }
      return Advice(
        title: "unexpected `\(kind.rawValue)`", hint: "a list is spread with `...xs`")
    case .at where nextKind == .parenthesisOpen && !endsValue(previous):
      return Advice(
        title: "unexpected `@`", hint: "a function without a name is written `fn(x) = x + 1`")
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard previous.kind == .and || previous.kind == .or else { return nil }
      return Advice(
        title: "unexpected `\(kind.rawValue)`", label: "the left side is missing",
        hint: "each side is a whole comparison: `x > 0 and x < 10`")
    case .arrow where isTouching(previous, token) && nextKind == .name && endsValue(previous):
      return Advice(title: "unexpected `->`", hint: "a field is read with a dot: r.name")
    case .arrow:
      return Advice(
        title: "unexpected `->`",
        hint: "a function is written `fn(x) = x + 1`; `->` names its result")
    case .recordOpen where endsValue(previous), .blockOpen where endsValue(previous):
      if let advice = adviceForCalledKeyword() { return advice }
      return Advice(
        title: "unexpected `{`", label: "a block cannot follow a value",
        hint: "a function as argument is written `f(x, fn(y) { .. })`")
    default: return nil
    }
  }

  // MARK: - Specific contexts

  mutating func missingBlock(_ header: String) -> SyntaxFailure {
    let isBraceBelow = kind == .newline && nextKind == .recordOpen
    let isFunction = header == "fn" && !isBraceBelow
    if kind == .newline && !isFunction || kind == .recordOpen {
      let failure = failure(
        "the block of `\(header)` is missing", label: "expected `{`",
        hint: "write `{` on the line of `\(header)`")
      // The text between the braces is part of this error, not a record.
      if isBraceBelow { advance() }
      return failure
    }
    if isFunction, index > 1, tokens[index - 2].kind == .arrow, kind != .end {
      return failure(
        "the body of the function is missing", label: "expected `=` or `{`",
        hint: "`->` names the type of the result; a body is written `fn(x) = x + 1`")
    }
    if isFunction, kind != .end, kind != .colon, adviceForForeignWord() == nil {
      return failure(
        "the body of the function is missing", label: "expected `=` or `{`",
        hint: "write `fn f(x) = x + 1` or `fn f(x) { .. }`")
    }
    return unexpected("`{`")
  }

  mutating func missingCatch() -> SyntaxFailure {
    guard kind != .end else { return unexpected("`catch`") }
    if kind == .newline, nextKind == .catch {
      return failure(
        "`catch` must follow the closing brace on its line", at: tokens[index + 1].span,
        hint: "write `} catch e {`")
    }
    return failure(
      "`try` needs a `catch`", label: "expected `catch`", hint: "write `} catch e { .. }`")
  }

  /// `a < b < c`
  mutating func chainedComparison(_ symbol: ComparisonOperator, _ middle: Expression)
    -> SyntaxFailure
  {
    let length = middle.span.end - middle.span.start
    let name = length <= 20 ? source.text(middle.span) : "b"
    return failure(
      "comparisons do not chain",
      hint: "write `a \(symbol.rawValue) \(name) and \(name) \(kind.rawValue) c`")
  }
  /// `x |> f + 1`
  mutating func operatorAfterPipeline(_ pipeline: Expression) -> SyntaxFailure {
    let isShort = pipeline.span.end - pipeline.span.start <= 40
    let isOneLine = source.line(of: pipeline.span.start) == source.line(of: pipeline.span.end)
    let text = isShort && isOneLine ? source.text(pipeline.span) : "x |> f"
    return failure(
      "`\(kind.rawValue)` binds tighter than `|>`, so it cannot follow a pipeline",
      hint: "wrap the pipeline in parentheses: `(\(text)) \(kind.rawValue) ..`")
  }
}
