// SPDX-License-Identifier: Apache-2.0
//
// Habits that show in tuples: several names or values without brackets.

extension Parser {
  /// `a, b = f()`, `let a, b = f()`, `for a, b in xs`, `return a, b`, `(x, y) => x + y`
  func adviceForPair() -> Advice? {
    let first = text(previous)
    let (pair, other) = pairNames(first)
    switch header.kind {
    case .let where header.distance == 2:
      return Advice(
        title: "a list is taken apart with brackets", hint: "write `let \(pair) = ..`")
    case .for where header.distance == 2:
      return Advice(
        title: "a list is taken apart with brackets", hint: "write `for \(pair) in xs { .. }`")
    case .return where enclosingBracket != .parenthesisOpen:
      return Advice(
        title: "a function returns one value", hint: "write `return [..]` with the values in it")
    default: break
    }
    if enclosingBracket == .parenthesisOpen, previous.kind == .name, isParameterList {
      return Advice(
        title: "a function starts with `fn`",
        hint: "write `fn(\(first), \(other)) = ..`")
    }
    guard header.distance == 1, previous.kind == .name, hasAssignment else { return nil }
    return Advice(
      title: "one name is assigned to at a time",
      hint: "write `let \(pair) = ..` for new names, or assign to each on a line of its own")
  }

  /// The two names of a pair as a pattern, and the second one.
  private func pairNames(_ first: String) -> (String, String) {
    let other = nextKind == .name ? text(tokens[index + 1]) : "b"
    return ("[\(first), \(other)]", other)
  }

  /// Whether the current parenthesis is closed before an arrow.
  private var isParameterList: Bool {
    var place = index
    while place < tokens.count, place - index < 64, tokens[place].kind != .parenthesisClose {
      guard tokens[place].kind == .name || tokens[place].kind == .comma else { return false }
      place += 1
    }
    guard place + 1 < tokens.count else { return false }
    let next = tokens[place + 1]
    return next.kind == .arrow || next.kind == .unknown && text(next) == "=>"
  }

  /// Whether an `=` follows on the line, outside of brackets.
  private var hasAssignment: Bool {
    var place = index
    while place < tokens.count, place - index < 64 {
      switch tokens[place].kind {
      case .assign: return true
      case .comma, .name: place += 1
      default: return false
      }
    }
    return false
  }
}
