// SPDX-License-Identifier: Apache-2.0
//
// The tree of expressions. Parentheses leave no node: they only widen the span of what they hold.
// Chains that may grow long without nesting (`else if`, list items, clauses) are flat arrays.

/// One expression.
public struct Expression: Sendable {
  /// What an expression is.
  public enum Kind: Sendable {
    /// A number literal.
    case number(Double)
    /// A string without holes, escapes resolved.
    case string(String)
    /// A string with holes.
    case interpolation([StringPart])
    /// `true` or `false`
    case boolean(Bool)
    /// `nil`
    case nothing
    /// A name.
    case name(String)
    /// `[a, ...b]`
    case list([Item])
    /// `[1, 2; 3, 4]`, by rows. There is at least one row, and each has at least one entry.
    case matrix([[Expression]])
    /// `[element for pattern in sequence .. if condition]`
    indirect case comprehension(Expression, [Clause], condition: Expression?)
    /// `{a: 1, "b c": 2, d, ...e}`
    case record([Entry])
    /// `-x` or `not x`
    indirect case unary(UnaryOperator, Expression)
    /// Arithmetic, the matrix product and power.
    indirect case binary(BinaryOperator, Expression, Expression)
    /// A comparison or `in`.
    indirect case comparison(ComparisonOperator, Expression, Expression)
    /// `and` or `or`, which evaluate the right operand only when needed.
    indirect case logical(LogicalOperator, Expression, Expression)
    /// `function(arguments)`
    indirect case call(Expression, [Argument])
    /// `input |> function(arguments)`: a call with `input` as first argument. `x |> f` has no
    /// arguments here, and so has `x |> (f(a))`, which calls the result of `f(a)`.
    indirect case pipe(Expression, Expression, [Argument])
    /// `base[subscripts]`; there is at least one subscript.
    indirect case index(Expression, [Subscript])
    /// `base.name`
    indirect case field(Expression, Identifier)
    /// `fn(..) ..`
    indirect case function(Function)
    /// `if .. { } else if .. { } else { }`; there is at least one branch.
    indirect case conditional([Branch], otherwise: Block?)
    /// `try { } catch name { }`
    indirect case attempt(Block, error: Identifier, kind: Identifier?, handler: Block)
    /// `import "path"`
    case load(path: String)
  }

  /// What it is.
  public var kind: Kind
  /// Where it stands, with the parentheses around it.
  public var span: Span
  /// The number of levels of expressions below and including this one, bounded by the parser to
  /// about `Parser.maximumHeight`; a recursive pass needs no more stack than that.
  public let height: Int32

  /// Makes an expression.
  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
    height = kind.height
  }
}

/// A piece of a string with holes.
public enum StringPart: Sendable {
  /// Literal text, escapes resolved.
  case text(String)
  /// `{expression:format}`
  case hole(Expression, Format?)
}

/// An entry of a list.
public enum Item: Sendable {
  /// One value.
  case value(Expression)
  /// `...list`: all values of a list.
  case spread(Expression)
}

/// `for pattern in sequence` inside a comprehension.
public struct Clause: Sendable {
  /// The pattern that is bound.
  public var pattern: Pattern
  /// The sequence that is iterated.
  public var sequence: Expression

  /// Makes a clause.
  public init(_ pattern: Pattern, in sequence: Expression) {
    self.pattern = pattern
    self.sequence = sequence
  }
}

/// An entry of a record.
public enum Entry: Sendable {
  /// `name: value`, or `"any text": value` with a string without holes.
  case named(Identifier, Expression)
  /// `"text {hole}": value`
  case computed(Expression, Expression)
  /// `name`, short for `name: name`
  case shorthand(Identifier)
  /// `...record`
  case spread(Expression)
}

/// An argument of a call.
public struct Argument: Sendable {
  /// How an argument is given.
  public enum Kind: Sendable {
    /// By position.
    case positional
    /// `name = value`
    case named(Identifier)
    /// `...list`
    case spread
  }

  /// How it is given.
  public var kind: Kind
  /// The value, or the list to spread.
  public var value: Expression
  /// Where it stands, name or dots included.
  public var span: Span

  /// Makes an argument.
  public init(_ kind: Kind, _ value: Expression, _ span: Span) {
    self.kind = kind
    self.value = value
    self.span = span
  }
}

/// One entry between index brackets.
public enum Subscript: Sendable {
  /// An index, list of indices, mask or `nil`.
  case index(Expression)
  /// `start:stop:step`
  case slice(start: Expression?, stop: Expression?, step: Expression?, Span)
  /// `...`
  case ellipsis(Span)

  /// The expressions to evaluate, in order.
  public var expressions: [Expression] {
    switch self {
    case .index(let index): [index]
    case .slice(let start, let stop, let step, _): [start, stop, step].compactMap { $0 }
    case .ellipsis: []
    }
  }
}

/// A condition with the block it guards.
public struct Branch: Sendable {
  /// The condition after `if`.
  public var condition: Expression
  /// The block to run if it is true.
  public var body: Block

  /// Makes a branch.
  public init(_ condition: Expression, _ body: Block) {
    self.condition = condition
    self.body = body
  }
}
