// SPDX-License-Identifier: Apache-2.0
//
// Habits that show in symbols: compound assignments, decrements, quotes, stars, points.

extension Parser {
  /// `x **= 2`
  func adviceForCompoundAssignment() -> Advice? {
    guard kind == .assign, isTouching(previous, token) else { return nil }
    switch previous.kind {
    case .power, .percent, .floorDivide, .at:
      let symbol = previous.kind.rawValue
      return Advice(
        title: "there is no `\(symbol)=`", place: previous.span.joined(with: token.span),
        hint: "write `x = x \(symbol) y`")
    default: return nil
    }
  }

  /// `x--`
  func adviceForDecrement() -> Advice? {
    guard previous.kind == .minus, let first = token(before: 2), first.kind == .minus,
      isTouching(first, previous), let operand = token(before: 3), operand.kind.precedesBlock
    else { return nil }
    return Advice(
      title: "there is no `--`", place: first.span.joined(with: previous.span),
      hint: "write `x -= 1`")
  }

  /// `x'`, but not `f'text'`.
  func adviceForTransposition() -> Advice? {
    let prefixes: Set<String> = ["f", "r", "b", "u", "F", "R", "B"]
    guard kind == .string, isTouching(previous, token), bytes(token).first == UInt8(ascii: "'"),
      endsValue(previous), previous.kind != .string, !prefixes.contains(text(previous))
    else { return nil }
    let place = Span(start: token.span.start, end: token.span.start + 1)
    return Advice(
      title: "a quote does not transpose", place: place,
      hint: "write `x.T`; strings stand apart from other values")
  }

  /// `@decorator` and `% comment`
  func adviceForStatementStart() -> Advice? {
    guard index == statementStart else { return nil }
    switch kind {
    case .at:
      return Advice(
        title: "there are no decorators", hint: "call the function: `let g = decorate(f)`")
    case .percent:
      return Advice(title: "`%` is the remainder", hint: "a comment starts with `#`")
    default: return nil
    }
  }

  /// `fn f(*args)`; the `*` alone is a marker, so the name after it is the unexpected token.
  func adviceForStar() -> Advice? {
    let isSignature = header.kind == .fn || previous.kind == .fn
    if kind == .power, isSignature, enclosingBracket == .parenthesisOpen {
      return Advice(
        title: "there are no `**` parameters",
        hint: "options have names and defaults: `fn f(x, *, scale = 1)`")
    }
    guard kind == .name, previous.kind == .times, isTouching(previous, token),
      let before = token(before: 2), before.kind == .parenthesisOpen || before.kind == .comma
    else { return nil }
    return Advice(
      title: "a parameter for the remaining arguments is written with `...`",
      place: previous.span.joined(with: token.span), hint: "write `...\(text(token))`")
  }

  /// `5.` and `a .* b`: the point is the previous token.
  func adviceForPoint() -> Advice? {
    switch kind {
    case .times, .divide, .power, .plus, .minus, .equal, .notEqual, .less, .greater, .lessOrEqual,
      .greaterOrEqual, .percent, .floorDivide:
      let symbol = kind.rawValue
      guard isTouching(previous, token) else { return nil }
      return Advice(
        title: "there is no `.\(symbol)`", place: previous.span.joined(with: token.span),
        hint: "`\(symbol)` works on elements as it is"
          + (kind == .times ? "; the product of matrices is `a @ b`" : ""))
    default:
      guard kind != .name, let number = token(before: 2), number.kind == .number,
        isTouching(number, previous)
      else { return nil }
      return Advice(
        title: "a number ends with a digit", place: number.span.joined(with: previous.span),
        hint: "write `\(text(number)).0`")
    }
  }
}
