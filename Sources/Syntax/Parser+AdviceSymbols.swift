// SPDX-License-Identifier: Apache-2.0
//
// Advice on symbols of other languages, and on those of this one where they cannot stand.

extension Parser {
  /// `//` begins a comment in other languages; words after it are rarely a valid expression.
  func adviceForComment() -> Advice? {
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

  func adviceForAssign() -> Advice? {
    guard endsValue(previous) else { return nil }
    switch tokens[statementStart].kind {
    case .if, .while: return Advice(title: "`=` does not compare", hint: "write `==` to compare")
    default:
      return Advice(
        title: "an assignment is not an expression",
        hint: "write `==` to compare, or assign on a line of its own")
    }
  }

  func adviceForColon() -> Advice? {
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

  func adviceForComma() -> Advice? {
    guard endsValue(previous) else { return nil }
    if let advice = adviceForThousands() { return advice }
    if let advice = adviceForPair() { return advice }
    return Advice(
      title: "unexpected `,`", label: "values side by side make a list only in brackets",
      hint: "write `[a, b]`; `let [a, b] = pair` takes one apart")
  }

  func adviceForSymbol() -> Advice? {
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
}
