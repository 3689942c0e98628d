// SPDX-License-Identifier: Apache-2.0
//
// Lists, matrices, comprehensions and records. The first three begin alike: the token after the
// first expression decides.

extension Parser {
  /// List | Matrix | Comprehension
  mutating func bracketed() throws(SyntaxFailure) -> Expression {
    let open = advance()
    var items: [Item] = []
    if kind != .bracketClose {
      items.append(try item())
      if case .value(let element) = items[0] {
        if kind == .for { return try comprehension(element, open) }
      }
      while accept(.comma), kind != .bracketClose { items.append(try item()) }
    }
    if kind == .semicolon, let row = firstRow(items) { return try matrix(row, open) }
    try close(.bracketClose, open, "`,` or `]`")
    return Expression(.list(items), span(from: open.span))
  }

  /// Item ::= Expression | '...' Expression
  private mutating func item() throws(SyntaxFailure) -> Item {
    accept(.ellipsis) ? .spread(try expression()) : .value(try expression())
  }

  /// The items as the first row of a matrix: not empty, nothing spread, no comma at the end.
  private func firstRow(_ items: [Item]) -> [Expression]? {
    guard !items.isEmpty, previous.kind != .comma else { return nil }
    var row: [Expression] = []
    for case .value(let expression) in items { row.append(expression) }
    return row.count == items.count ? row : nil
  }

  /// Matrix ::= '[' Row ';' (Row (';' Row)* ';'?)? ']'
  private mutating func matrix(_ first: [Expression], _ open: Token) throws(SyntaxFailure)
    -> Expression
  {
    var rows = [first]
    while accept(.semicolon), kind != .bracketClose {
      var row = [try expression()]
      while accept(.comma) { row.append(try expression()) }
      rows.append(row)
    }
    try close(.bracketClose, open, "`,`, `;` or `]`")
    return Expression(.matrix(rows), span(from: open.span))
  }

  /// Comprehension ::= '[' Expression Clause+ ('if' Expression)? ']'
  private mutating func comprehension(_ element: Expression, _ open: Token)
    throws(SyntaxFailure) -> Expression
  {
    var clauses: [Clause] = []
    while accept(.for) {
      let pattern = try pattern()
      try expect(.in)
      clauses.append(Clause(pattern, in: try expression()))
    }
    let condition = accept(.if) ? try expression() : nil
    if condition != nil, kind == .for || kind == .if {
      throw failure(
        "one condition ends a comprehension", label: "expected `]`",
        hint: "join conditions with `and` behind the last `for`")
    }
    try close(.bracketClose, open, condition == nil ? "`for`, `if` or `]`" : "`]`")
    return Expression(
      .comprehension(element, clauses, condition: condition), span(from: open.span))
  }

  /// Record ::= '{' (Entry (',' Entry)* ','?)? '}'
  mutating func record() throws(SyntaxFailure) -> Expression {
    let open = advance()
    var entries: [Entry] = []
    while kind != .braceClose {
      entries.append(try entry())
      guard accept(.comma) else { break }
    }
    if kind == .assign {
      throw failure("a field takes `:`, not `=`", hint: "write `{a: 1}`")
    }
    try close(.braceClose, open, "`,` or `}`")
    return Expression(.record(entries), span(from: open.span))
  }

  /// Entry ::= (Name | String) ':' Expression | Name | '...' Expression
  private mutating func entry() throws(SyntaxFailure) -> Entry {
    let first = token
    switch first.kind {
    case .ellipsis:
      advance()
      return .spread(try expression())
    case .name:
      let name = try name("a field")
      return accept(.colon) ? .named(name, try expression()) : .shorthand(name)
    case .string:
      let key = Identifier(StringText.literal(bytes(advance())), first.span)
      try expect(.colon, "`:` and a value")
      return .named(key, try expression())
    case .stringHead:
      let key = try primary()
      try expect(.colon, "`:` and a value")
      return .computed(key, try expression())
    default: throw badEntry()
    }
  }

  private mutating func badEntry() -> SyntaxFailure {
    if kind == .number, nextKind == .comma || previous.kind == .comma {
      return failure(
        "there are no sets", label: "expected a field",
        hint: "`distinct([1, 2, 2])` has each value once; a record is written `{a: 1}`")
    }
    if kind == .number, nextKind == .colon {
      return failure(
        "fields have names", label: "expected a name or a string",
        hint: "write `\"\(text(token))\": ..`; a list has positions: `[a, b]`")
    }
    guard kind.isKeyword else { return unexpected("a field or `}`") }
    let word = kind.rawValue
    if nextKind == .colon {
      return failure(
        "`\(word)` is a keyword", label: "expected a field", hint: "write `\"\(word)\": ..`")
    }
    return failure(
      "this `{` opens a record", label: "`\(word)` cannot stand in a record",
      hint: "a block follows `if`, `for`, `while`, `try` or `fn` on the same line")
  }
}
