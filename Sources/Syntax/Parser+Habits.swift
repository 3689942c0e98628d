// SPDX-License-Identifier: Apache-2.0
//
// Habits that are recognised from the tokens around the unexpected one: headers of loops, `let`,
// blocks, patterns. Symbols and tuples have files of their own.

extension Parser {
  /// Whether two tokens are adjacent.
  func isTouching(_ left: Token, _ right: Token) -> Bool { left.span.end == right.span.start }

  /// The token at some distance before the current one, if there is one.
  func token(before distance: Int) -> Token? {
    index >= distance ? tokens[index - distance] : nil
  }

  /// The kind of the bracket around the current token; looks back 64 tokens at most.
  var enclosingBracket: Token.Kind? {
    var depth = 0
    var place = index - 1
    while place >= 0, index - place <= 64 {
      switch tokens[place].kind {
      case .parenthesisClose, .bracketClose, .braceClose: depth += 1
      case .parenthesisOpen, .bracketOpen, .recordOpen, .blockOpen:
        if depth == 0 { return tokens[place].kind }
        depth -= 1
      default: break
      }
      place -= 1
    }
    return nil
  }

  /// Whether the current token stands in a hole of a string, whose brackets are all closed.
  var isInHole: Bool {
    var depth = 0
    for place in stride(from: index - 1, through: max(0, index - 64), by: -1) {
      switch tokens[place].kind {
      case .parenthesisClose, .bracketClose, .braceClose, .stringTail: depth += 1
      case .stringHead where depth == 0, .stringMiddle where depth == 0: return true
      case .parenthesisOpen, .bracketOpen, .recordOpen, .blockOpen, .stringHead:
        if depth == 0 { return false }
        depth -= 1
      default: break
      }
    }
    return false
  }

  /// The kind of the first token of the statement, and the number of tokens consumed since.
  var header: (kind: Token.Kind, distance: Int) {
    (tokens[statementStart].kind, index - statementStart)
  }

  /// Advice from the context, which takes precedence over that for the token alone.
  func adviceForHabitAround() -> Advice? {
    adviceForCompoundAssignment() ?? adviceForDecrement() ?? adviceForTransposition()
      ?? adviceForLoopHeader() ?? adviceForLet() ?? adviceForStatementStart()
      ?? adviceForUnbracedBlock() ?? adviceForStar()
  }

  // MARK: - Statements

  /// `for i = 1:10`, `for x of xs`, `for each x in xs`
  private func adviceForLoopHeader() -> Advice? {
    guard header.kind == .for, header.distance == 2, previous.kind == .name else { return nil }
    let name = text(previous)
    switch kind {
    case .assign:
      return Advice(
        title: "a loop is written with `in`",
        hint: "write `for \(name) in range(n) { .. }`, which counts from 0 to n - 1")
    case .name where text(token) == "of":
      return Advice(
        title: "a loop is written with `in`", hint: "write `for \(name) in xs { .. }`")
    case .name where name == "each":
      return Advice(
        title: "`each` is not a keyword", place: previous.span,
        hint: "write `for \(text(token)) in xs { .. }`")
    default: return nil
    }
  }

  /// `let x` without a value.
  private func adviceForLet() -> Advice? {
    guard header.kind == .let, header.distance == 2, previous.kind == .name,
      kind == .newline || kind == .semicolon || kind == .braceClose
    else { return nil }
    return Advice(
      title: "`let` needs a value", label: "expected `=`",
      hint: "write `let \(text(previous)) = nil` if it comes later")
  }

  /// Whether the current statement is a `let` whose pattern begins here.
  func header(isLet: Bool) -> Bool { header.kind == .let && header.distance == 1 }

  /// `let x == 5`, `let my-var = 5`
  func adviceForLetName() -> Advice? {
    guard header.distance == 2, previous.kind == .name else { return nil }
    if kind == .equal {
      return Advice(title: "`==` compares", hint: "write `let \(text(previous)) = ..`")
    }
    guard kind == .minus, nextKind == .name, isTouching(previous, token) else { return nil }
    let other = tokens[index + 1]
    let name = "\(text(previous))_\(text(other))"
    return Advice(
      title: "a name has no `-` in it", place: previous.span.joined(with: other.span),
      hint: "write `\(name)`")
  }

  /// `switch (x) { .. }`, `function(x) { .. }`: a call of a word of another language, and a block.
  func adviceForCalledKeyword() -> Advice? {
    guard previous.kind == .parenthesisClose else { return nil }
    var depth = 0
    var place = index - 1
    while place > 0, index - place <= 64 {
      if tokens[place].kind == .parenthesisClose { depth += 1 }
      if tokens[place].kind == .parenthesisOpen { depth -= 1 }
      if depth == 0 { break }
      place -= 1
    }
    guard place > 0, depth == 0, tokens[place - 1].kind == .name else { return nil }
    let word = tokens[place - 1]
    if text(word) == "function" {
      return Advice(
        title: "`function` is not a keyword", place: word.span,
        hint: "a function without a name is written `fn(x) { .. }`")
    }
    return Spelling.habits[text(word)].map { hint in
      Advice(title: "`\(text(word))` is not a keyword", place: word.span, hint: hint)
    }
  }

  /// `-- comment`
  func adviceForDashes() -> Advice? {
    let start = statementStart
    guard start + 1 < tokens.count, index > start + 1, tokens[start].kind == .minus,
      tokens[start + 1].kind == .minus, isTouching(tokens[start], tokens[start + 1]),
      !tokens[(start + 1)...index].contains(where: \.startsLine)
    else { return nil }
    return Advice(
      title: "`--` negates twice", place: tokens[start].span.joined(with: tokens[start + 1].span),
      hint: "a comment starts with `#`")
  }

  /// `if (p) print(x)`
  private func adviceForUnbracedBlock() -> Advice? {
    let words: [Token.Kind] = [.if, .while, .for]
    guard words.contains(header.kind), previous.kind == .parenthesisClose,
      !isTouching(previous, token), startsValue(token) || kind.startsStatementOnly,
      enclosingBracket != .bracketOpen, enclosingBracket != .parenthesisOpen
    else { return nil }
    if kind == .name, Spelling.habits[text(token)] != nil { return nil }
    return Advice(
      title: "a block stands in braces", label: "expected `{`",
      hint: "write `\(header.kind.rawValue) .. { .. }`")
  }

  /// `1,000`
  func adviceForThousands() -> Advice? {
    guard previous.kind == .number, isTouching(previous, token), index + 1 < tokens.count,
      enclosingBracket == nil || enclosingBracket == .blockOpen
    else { return nil }
    var place = index
    var digits = text(previous)
    var end = previous.span
    while place + 1 < tokens.count, tokens[place].kind == .comma,
      tokens[place + 1].kind == .number, isTouching(tokens[place], tokens[place + 1]),
      tokens[place + 1].span.end - tokens[place + 1].span.start == 3, place - index < 20
    {
      digits += "_" + text(tokens[place + 1])
      end = tokens[place + 1].span
      place += 2
    }
    guard place > index else { return nil }
    return Advice(
      title: "a number has no commas", place: previous.span.joined(with: end),
      hint: "write `\(digits)`")
  }

  // MARK: - Specific contexts

  /// Something else than a name after `for`, `let` or a parameter's comma.
  func adviceForPattern() -> Advice? {
    guard kind == .parenthesisOpen, header.distance == 1 else { return nil }
    let isThreePart = nextKind == .let || semicolonFollows
    switch header.kind {
    case .for where isThreePart:
      return Advice(
        title: "there is no loop in three parts",
        hint: "write `for i in range(n) { .. }`, or `while p { .. }`")
    case .for: return Advice(title: "no parentheses here", hint: "write `for x in xs { .. }`")
    case .let:
      return Advice(
        title: "a list is taken apart with brackets", hint: "write `let [a, b] = ..`")
    default: return nil
    }
  }

  /// Whether a `;` comes before the current parenthesis is closed.
  private var semicolonFollows: Bool {
    for token in tokens[index...].prefix(32) {
      if token.kind == .semicolon { return true }
      if token.kind == .parenthesisClose || token.kind == .newline { return false }
    }
    return false
  }

  /// What can be written instead of an expression that cannot be assigned to.
  func assignmentHint(_ target: Expression) -> String {
    switch target.kind {
    case .call(let function, _):
      let length = function.span.end - function.span.start
      let name = length <= 20 ? source.text(function.span) : "f"
      return "a function is written `fn \(name)(x) = ..`; an element is `\(name)[0]`"
    case .list, .record:
      return "write `let [a, b] = ..` or `let {a, b} = ..` for new names"
    case .comparison: return "write `if p { .. }` to compare; `==` compares"
    default:
      return "write a name, a field `x.name` or an element `x[i]` before `\(kind.rawValue)`; "
        + "`==` compares"
    }
  }
}
