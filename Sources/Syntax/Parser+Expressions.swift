// SPDX-License-Identifier: Apache-2.0
//
// Operators, by precedence climbing over one table. The table, read from top to bottom, is the part
// of the grammar from Pipeline to Power; it is followed by calls, indices and fields.

/// How tightly an operator binds, loosest first.
enum Precedence: Int, Comparable {
  case pipe, or, and, not, comparison, sum, product, unary, power

  static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }

  /// The next tighter level, for the right operand of a left-associative operator.
  var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .power }
}

/// What an operator between two operands builds.
enum Infix {
  case pipe
  case logical(LogicalOperator, Precedence)
  case comparison(ComparisonOperator)
  case binary(BinaryOperator, Precedence)

  /// The table of operators: what a token builds, or nil if it is no operator.
  init?(_ kind: Token.Kind) {
    switch kind {
    case .pipe: self = .pipe
    case .or: self = .logical(.or, .or)
    case .and: self = .logical(.and, .and)
    case .equal: self = .comparison(.equal)
    case .notEqual: self = .comparison(.notEqual)
    case .less: self = .comparison(.less)
    case .lessOrEqual: self = .comparison(.lessOrEqual)
    case .greater: self = .comparison(.greater)
    case .greaterOrEqual: self = .comparison(.greaterOrEqual)
    case .in: self = .comparison(.contains)
    case .plus: self = .binary(.add, .sum)
    case .minus: self = .binary(.subtract, .sum)
    case .times: self = .binary(.multiply, .product)
    case .divide: self = .binary(.divide, .product)
    case .floorDivide: self = .binary(.floorDivide, .product)
    case .percent: self = .binary(.remainder, .product)
    case .at: self = .binary(.matrixMultiply, .product)
    case .power: self = .binary(.power, .power)
    default: return nil
    }
  }

  var precedence: Precedence {
    switch self {
    case .pipe: .pipe
    case .logical(_, let precedence): precedence
    case .comparison: .comparison
    case .binary(_, let precedence): precedence
    }
  }
}

extension Parser {
  /// Expression ::= Lambda | Pipeline
  mutating func expression() throws(SyntaxFailure) -> Expression {
    if kind == .fn { return try lambda() }
    return try operation(.pipe)
  }

  /// An operand and all operators after it that bind at least as tightly as `minimum`.
  mutating func operation(_ minimum: Precedence) throws(SyntaxFailure) -> Expression {
    var left = try prefixed(minimum)
    var followsStage = false
    while let infix = Infix(kind), infix.precedence >= minimum {
      // The right operand takes all operators that bind tighter; that of `|>` contains none.
      if followsStage, infix.precedence > .pipe { throw operatorAfterPipeline(left) }
      left = try checked(combine(left, infix))
      followsStage = infix.precedence == .pipe
    }
    return left
  }

  /// Consumes an operator and its right operand. Power is right-associative and looser on its
  /// right.
  private mutating func combine(_ left: Expression, _ infix: Infix) throws(SyntaxFailure)
    -> Expression
  {
    advance()
    switch infix {
    case .pipe: return try stage(left)
    case .logical(let symbol, let precedence):
      let right = try operation(precedence.tighter)
      return Expression(.logical(symbol, left, right), span(from: left.span))
    case .comparison(let symbol):
      let right = try operation(.sum)
      if case .comparison = Infix(kind) { throw chainedComparison(symbol, right) }
      return Expression(.comparison(symbol, left, right), span(from: left.span))
    case .binary(.power, _):
      let right = try nested { parser throws(SyntaxFailure) in try parser.operation(.unary) }
      return Expression(.binary(.power, left, right), span(from: left.span))
    case .binary(let symbol, let precedence):
      let right = try operation(precedence.tighter)
      return Expression(.binary(symbol, left, right), span(from: left.span))
    }
  }

  /// Not ::= 'not' Not, and Unary ::= '-' Unary, or an operand with its calls and indices.
  private mutating func prefixed(_ minimum: Precedence) throws(SyntaxFailure) -> Expression {
    let first = token
    switch first.kind {
    case .not where minimum <= .not:
      advance()
      let operand = try nested { parser throws(SyntaxFailure) in try parser.operation(.not) }
      return Expression(.unary(.not, operand), span(from: first.span))
    case .minus:
      advance()
      let operand = try nested { parser throws(SyntaxFailure) in try parser.operation(.unary) }
      return Expression(.unary(.negate, operand), span(from: first.span))
    default: return try postfix()
    }
  }

  /// The right operand of `|>`: its arguments are separated, so that the input can come first.
  private mutating func stage(_ input: Expression) throws(SyntaxFailure) -> Expression {
    let first = token
    let stage = try postfix()
    let span = span(from: input.span)
    if case .call(let function, let arguments) = stage.kind {
      // In `(f(a))` the function starts after the parenthesis, in `(f)(a)` with it.
      let isGroup = first.kind == .parenthesisOpen && function.span.start != first.span.start
      if !isGroup { return Expression(.pipe(input, function, arguments), span) }
    }
    return Expression(.pipe(input, stage, []), span)
  }

  /// Postfix ::= Primary (Call | Index | Field)*
  mutating func postfix() throws(SyntaxFailure) -> Expression {
    var base = try primary()
    while true {
      switch kind {
      case .parenthesisOpen:
        let arguments = try nested { parser throws(SyntaxFailure) in try parser.arguments() }
        base = Expression(.call(base, arguments), span(from: base.span))
      case .bracketOpen:
        let subscripts = try nested { parser throws(SyntaxFailure) in try parser.subscripts() }
        base = Expression(.index(base, subscripts), span(from: base.span))
      case .dot:
        advance()
        base = Expression(.field(base, try fieldName()), span(from: base.span))
      default: return base
      }
      base = try checked(base)
    }
  }

  /// Rejects a chain that would make the tree too tall for the passes after the parser.
  private mutating func checked(_ expression: Expression) throws(SyntaxFailure) -> Expression {
    guard expression.height > Parser.maximumHeight else { return expression }
    let failure = failure(
      "nesting deeper than \(Parser.maximumHeight)",
      label: "this chain of operators is too long", hint: "give parts of it a name with `let`")
    isAborted = true
    throw failure
  }

  private mutating func fieldName() throws(SyntaxFailure) -> Identifier {
    if kind == .dot {
      throw failure(
        "there is no `..`", hint: "write `range(a, b)`, or `a:b` inside index brackets")
    }
    if kind == .string || kind == .stringHead {
      throw failure(
        "a dot does not join strings", hint: "strings are joined by holes: \"{a}{b}\"")
    }
    if let advice = adviceForPoint() {
      throw failure(advice.title, at: advice.place, hint: advice.hint)
    }
    if kind == .number {
      throw failure(
        "an element is read with brackets", label: "expected the name of a field",
        hint: "write `x[\(text(token))]`")
    }
    return try name("the name of a field")
  }

  // MARK: - Calls and indices

  /// Call ::= '(' (Argument (',' Argument)* ','?)? ')'
  private mutating func arguments() throws(SyntaxFailure) -> [Argument] {
    let open = advance()
    var arguments: [Argument] = []
    while kind != .parenthesisClose {
      arguments.append(try argument())
      guard accept(.comma) else { break }
    }
    try close(.parenthesisClose, open, "`,` or `)`")
    return arguments
  }

  /// Argument ::= Expression | Name '=' Expression | '...' Expression
  private mutating func argument() throws(SyntaxFailure) -> Argument {
    let first = token
    if accept(.ellipsis) {
      let value = try expression()
      return Argument(.spread, value, span(from: first.span))
    }
    if kind == .name, nextKind == .assign {
      let name = try name("a name")
      advance()
      let value = try expression()
      return Argument(.named(name), value, span(from: first.span))
    }
    let value = try expression()
    return Argument(.positional, value, value.span)
  }

  /// Index ::= '[' Subscript (',' Subscript)* ','? ']'
  private mutating func subscripts() throws(SyntaxFailure) -> [Subscript] {
    let open = advance()
    var subscripts = [try subscriptEntry()]
    while accept(.comma), kind != .bracketClose { subscripts.append(try subscriptEntry()) }
    try close(.bracketClose, open, "`,` or `]`")
    return subscripts
  }

  /// Subscript ::= Expression | Slice | '...'
  private mutating func subscriptEntry() throws(SyntaxFailure) -> Subscript {
    let first = token
    if accept(.ellipsis) { return .ellipsis(first.span) }
    let start = kind == .colon ? nil : try expression()
    guard accept(.colon) else {
      guard let start else { throw unexpected("an index") }
      return .index(start)
    }
    let stop = endsSlicePart ? nil : try expression()
    let step = accept(.colon) && !endsSlicePart ? try expression() : nil
    return .slice(start: start, stop: stop, step: step, span(from: first.span))
  }

  private var endsSlicePart: Bool {
    kind == .colon || kind == .comma || kind == .bracketClose
  }
}
