// SPDX-License-Identifier: Apache-2.0
//
// Patterns, signatures, annotations and function bodies.

extension Parser {
  // MARK: - Patterns

  /// Pattern ::= Name | ListPattern | RecordPattern
  mutating func pattern() throws(SyntaxFailure) -> Pattern {
    switch kind {
    case .bracketOpen:
      return try nested { parser throws(SyntaxFailure) in try parser.listPattern() }
    case .recordOpen, .blockOpen: return try recordPattern()
    case .parenthesisOpen:
      if let advice = adviceForPattern() { throw failure(advice.title, hint: advice.hint) }
      throw failure(
        "no parentheses here", label: "expected a name or a pattern",
        hint: "write `[a, b]` to take a list apart, and `for x in xs {`")
    default:
      if kind == .number, header(isLet: true) {
        throw failure("a name starts with a letter", hint: "write `let x2 = ..`")
      }
      let name = try name("a name or a pattern")
      return Pattern(.name(name), name.span)
    }
  }

  /// ListPattern ::= '[' (Pattern (',' Pattern)* (',' '...' Name)?)? ']'
  private mutating func listPattern() throws(SyntaxFailure) -> Pattern {
    let open = advance()
    var items: [Pattern] = []
    var rest: Identifier?
    if kind != .bracketClose {
      items.append(try pattern())
      while rest == nil, accept(.comma) {
        if accept(.ellipsis) {
          rest = try name("a name for the rest")
        } else {
          items.append(try pattern())
        }
      }
    }
    if rest != nil, kind == .comma {
      throw failure("the rest comes last", label: "expected `]`", hint: "write `[a, b, ...rest]`")
    }
    try close(.bracketClose, open, rest == nil ? "`,` or `]`" : "`]` after the rest")
    return Pattern(.list(items, rest: rest), span(from: open.span))
  }

  /// RecordPattern ::= '{' Name (',' Name)* '}'
  private mutating func recordPattern() throws(SyntaxFailure) -> Pattern {
    let open = try expect(.recordOpen, "a name or a pattern")
    var names = [try name("the name of a field")]
    while accept(.comma) { names.append(try name("the name of a field")) }
    if kind == .colon {
      throw failure(
        "a record pattern lists names only",
        hint: "write `{\(names.last?.text ?? "a")}` and rename with a `let` of its own")
    }
    try close(.braceClose, open, "`,` or `}`")
    return Pattern(.record(names), span(from: open.span))
  }

  // MARK: - Functions

  /// Lambda ::= 'fn' Signature Body
  mutating func lambda() throws(SyntaxFailure) -> Expression {
    let first = advance()
    if kind == .name, nextKind == .arrow || nextKind == .name || nextKind == .comma {
      throw failure(
        "parameters stand in parentheses", label: "expected `(`",
        hint: "write `fn(\(text(token))) = ..`")
    }
    if kind == .name {
      throw failure(
        "a function inside an expression has no name",
        hint: "leave out `\(text(token))`, or declare the function in a statement of its own")
    }
    let function = try function(from: first.span)
    return Expression(.function(function), function.span)
  }

  /// Signature Body, after `fn` and the name.
  mutating func function(from first: Span) throws(SyntaxFailure) -> Function {
    try nested { parser throws(SyntaxFailure) in
      let signature = try parser.signature()
      let body = try parser.body()
      return Function(signature: signature, body: body, span: parser.span(from: first))
    }
  }

  /// Body ::= '=' Expression | Block
  private mutating func body() throws(SyntaxFailure) -> Function.Body {
    if accept(.assign) { return .expression(try expression()) }
    return .block(try block(after: "fn"))
  }

  /// Signature ::= '(' (Parameter (',' Parameter)* ','?)? ')' ('->' Annotation)?
  mutating func signature() throws(SyntaxFailure) -> Signature {
    if kind == .name {
      throw failure(
        "parameters stand in parentheses", label: "expected `(`", hint: "write `fn f(x) = x + 1`")
    }
    let open = try expect(.parenthesisOpen)
    var parameters: [Parameter] = []
    while kind != .parenthesisClose {
      parameters.append(try parameter())
      guard accept(.comma) else { break }
    }
    try close(.parenthesisClose, open, "`,` or `)`")
    let result = accept(.arrow) ? try annotation() : nil
    return Signature(parameters, result: result, span: span(from: open.span))
  }

  /// Parameter ::= Pattern (':' Annotation)? ('=' Expression)? | '...' Name | '*'
  private mutating func parameter() throws(SyntaxFailure) -> Parameter {
    let first = token
    if accept(.times) { return Parameter(.star, span: first.span) }
    if accept(.ellipsis) {
      let name = try name("a name for the remaining arguments")
      return Parameter(.rest(name), span: span(from: first.span))
    }
    let pattern = try pattern()
    let annotation = accept(.colon) ? try annotation() : nil
    let defaultValue = accept(.assign) ? try expression() : nil
    return Parameter(
      .pattern(pattern), annotation: annotation, defaultValue: defaultValue,
      span: span(from: first.span))
  }

  /// Annotation ::= Name | Shape
  private mutating func annotation() throws(SyntaxFailure) -> Annotation {
    guard kind == .bracketOpen else {
      let name = try name("a type such as `number`, or a shape such as `[B, T]`")
      return Annotation(.type(name.text), name.span)
    }
    let open = advance()
    var dimensions: [Dimension] = []
    if kind != .bracketClose {
      dimensions.append(try dimension())
      while accept(.comma) { dimensions.append(try dimension()) }
    }
    try close(.bracketClose, open, "`,` or `]`")
    return Annotation(.shape(dimensions), span(from: open.span))
  }

  /// Dimension ::= Name | Number | '...'
  private mutating func dimension() throws(SyntaxFailure) -> Dimension {
    let first = token
    switch first.kind {
    case .number:
      advance()
      return Dimension(.size(number(first)), first.span)
    case .ellipsis:
      advance()
      return Dimension(.ellipsis, first.span)
    default:
      let name = try name("a name, a size or `...`")
      return Dimension(.name(name.text), name.span)
    }
  }
}
