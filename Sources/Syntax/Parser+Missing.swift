// SPDX-License-Identifier: Apache-2.0
//
// Failures where something is missing or out of order: blocks, `catch`, chains of operators.

extension Parser {
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
