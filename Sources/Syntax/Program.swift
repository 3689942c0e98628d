// SPDX-License-Identifier: Apache-2.0
//
// The tree of a script: statements, blocks, patterns and signatures. Expressions have a file of
// their own. Every node is a struct with a span around an enum that says what it is.
//
// Passes over the tree may recurse: the parser bounds its height (see `Expression.height`), so
// neither a visitor nor the release of a tree can run out of stack.

/// A parsed script, module or cell.
public struct Program: Sendable {
  /// The text it was parsed from; all spans refer to it.
  public var source: Source
  /// The statements in order. Those with syntax errors are left out.
  public var statements: [Statement]
  /// The comments in order, without their newlines.
  public var comments: [Span]

  /// Makes a program.
  public init(source: Source, statements: [Statement], comments: [Span] = []) {
    self.source = source
    self.statements = statements
    self.comments = comments
  }
}

/// A name where it is introduced or used, with its place.
public struct Identifier: Hashable, Sendable {
  /// The name.
  public var text: String
  /// Where it stands.
  public var span: Span

  /// Makes an identifier.
  public init(_ text: String, _ span: Span) {
    self.text = text
    self.span = span
  }
}

/// One statement.
public struct Statement: Sendable {
  /// What a statement is.
  public indirect enum Kind: Sendable {
    /// `let pattern = value`
    case `let`(Pattern, Expression)
    /// `fn name(..) ..`
    case function(Identifier, Function)
    /// `for pattern in sequence { .. }`
    case `for`(Pattern, Expression, Block)
    /// `while condition { .. }`
    case `while`(Expression, Block)
    /// `return` with an optional value
    case `return`(Expression?)
    /// `break`
    case `break`
    /// `continue`
    case `continue`
    /// `target = value` and its compound forms; the target is a name, a field or an index.
    case assignment(Expression, AssignmentOperator, Expression)
    /// An expression on its own.
    case expression(Expression)
  }

  /// What it is.
  public var kind: Kind
  /// Where it stands, without the separator after it.
  public var span: Span
  /// The text of the `##` lines directly above a `let` or `fn`, joined by newlines.
  public var documentation: String?
  /// Whether a `;` follows, which suppresses the display of its value.
  public var isMuted: Bool

  /// Makes a statement.
  public init(_ kind: Kind, _ span: Span, documentation: String? = nil, isMuted: Bool = false) {
    self.kind = kind
    self.span = span
    self.documentation = documentation
    self.isMuted = isMuted
  }
}

/// The operator of an assignment.
public enum AssignmentOperator: String, Sendable {
  /// `=`
  case set = "="
  /// `+=`
  case add = "+="
  /// `-=`
  case subtract = "-="
  /// `*=`
  case multiply = "*="
  /// `/=`
  case divide = "/="

  /// The operator that combines old and new value, or nil for plain `=`.
  public var binary: BinaryOperator? {
    switch self {
    case .set: nil
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    }
  }
}

/// Statements between braces; its value is that of the last statement if that is an expression.
public struct Block: Sendable {
  /// The statements in order.
  public var statements: [Statement]
  /// Where it stands, braces included.
  public var span: Span

  /// Makes a block.
  public init(_ statements: [Statement], _ span: Span) {
    self.statements = statements
    self.span = span
  }
}

/// What a `let`, a `for` or a parameter binds.
public struct Pattern: Sendable {
  /// What a pattern is.
  public enum Kind: Sendable {
    /// A single name.
    case name(Identifier)
    /// `[a, b, ...rest]`; the rest is optional and last.
    case list([Pattern], rest: Identifier?)
    /// `{a, b}`: fields by name.
    case record([Identifier])
  }

  /// What it is.
  public var kind: Kind
  /// Where it stands.
  public var span: Span

  /// Makes a pattern.
  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  /// All names the pattern binds, from left to right.
  public var names: [Identifier] {
    switch kind {
    case .name(let name): [name]
    case .list(let items, let rest): items.flatMap(\.names) + (rest.map { [$0] } ?? [])
    case .record(let names): names
    }
  }
}

/// A function, named or anonymous: everything after `fn` and the name.
public struct Function: Sendable {
  /// The body of a function.
  public indirect enum Body: Sendable {
    /// `= expression`
    case expression(Expression)
    /// `{ .. }`
    case block(Block)
  }

  /// The parameters and the result.
  public var signature: Signature
  /// The body.
  public var body: Body
  /// Where it stands, from `fn` to the end of the body.
  public var span: Span

  /// Makes a function.
  public init(signature: Signature, body: Body, span: Span) {
    self.signature = signature
    self.body = body
    self.span = span
  }
}
