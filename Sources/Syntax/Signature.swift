// SPDX-License-Identifier: Apache-2.0
//
// The tree of signatures: parameters, defaults and the shapes that are checked at each call. The
// headers of built-ins are parsed into the same structs, so there is one argument binder.

/// The parameters of a function and the annotation of its result.
public struct Signature: Sendable {
  /// The parameters in order, the `*` marker among them.
  public var parameters: [Parameter]
  /// The annotation after `->`.
  public var result: Annotation?
  /// Where it stands, from `(` to the end of the result.
  public var span: Span

  /// Makes a signature.
  public init(_ parameters: [Parameter], result: Annotation?, span: Span) {
    self.parameters = parameters
    self.result = result
    self.span = span
  }
}

/// One entry of a parameter list.
public struct Parameter: Sendable {
  /// What a parameter is.
  public enum Kind: Sendable {
    /// A name, or a pattern that destructures its argument.
    case pattern(Pattern)
    /// `...rest`: a list of the remaining positional arguments.
    case rest(Identifier)
    /// `*`: the parameters after it are given by name only.
    case star
  }

  /// What it is.
  public var kind: Kind
  /// The annotation after `:`; only for a pattern.
  public var annotation: Annotation?
  /// The default, evaluated at each call that omits the argument; only for a pattern.
  public var defaultValue: Expression?
  /// Where it stands.
  public var span: Span

  /// Makes a parameter.
  public init(
    _ kind: Kind, annotation: Annotation? = nil, defaultValue: Expression? = nil, span: Span
  ) {
    self.kind = kind
    self.annotation = annotation
    self.defaultValue = defaultValue
    self.span = span
  }

  /// The name by which an argument can be given: that of a plain name or of a rest parameter.
  public var name: Identifier? {
    switch kind {
    case .pattern(let pattern):
      if case .name(let name) = pattern.kind { name } else { nil }
    case .rest(let name): name
    case .star: nil
    }
  }
}

/// What a parameter or result must be: a type name or a shape.
public struct Annotation: Sendable {
  /// What an annotation is.
  public enum Kind: Sendable {
    /// A type name such as `number` or `tensor`.
    case type(String)
    /// A tensor of this shape; no dimensions mean a scalar.
    case shape([Dimension])
  }

  /// What it is.
  public var kind: Kind
  /// Where it stands.
  public var span: Span

  /// Makes an annotation.
  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// One entry of a shape.
public struct Dimension: Sendable {
  /// What a dimension is.
  public enum Kind: Sendable {
    /// A name, bound at its first occurrence in the call; `_` matches anything.
    case name(String)
    /// A size. The grammar allows any number literal, so it need not be an integer.
    case size(Double)
    /// `...`: any number of dimensions.
    case ellipsis
  }

  /// What it is.
  public var kind: Kind
  /// Where it stands.
  public var span: Span

  /// Makes a dimension.
  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// The header of a built-in, as parsed by `Parser.parseSignature`.
public struct NamedSignature: Sendable {
  /// The name, with dots where it has a namespace: `random.split`.
  public var name: String
  /// The parameters and the result.
  public var signature: Signature
  /// The header itself; the spans of defaults and annotations refer to it.
  public var source: Source

  /// Makes a named signature.
  public init(name: String, signature: Signature, source: Source) {
    self.name = name
    self.signature = signature
    self.source = source
  }
}
