// SPDX-License-Identifier: Apache-2.0
//
// The one value that carries an error from any stage to the user. It holds facts and messages;
// `DiagnosticRenderer` decides about layout and colour.

/// An error with its place in the source, what was found and what to try.
public struct Diagnostic: Error, Hashable, Sendable {
  /// The class of an error, as scripts see it in `e.kind`.
  ///
  /// Scripts may raise kinds of their own with `error(message, kind = "...")`, hence a struct.
  public struct Kind: RawRepresentable, Hashable, Sendable {
    /// The name shown before the message.
    public var rawValue: String

    /// Makes a kind with any name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The text does not follow the grammar.
    public static let syntax = Kind(rawValue: "SyntaxError")
    /// A name is not defined.
    public static let name = Kind(rawValue: "NameError")
    /// A value is of the wrong type.
    public static let type = Kind(rawValue: "TypeError")
    /// Tensor shapes are incompatible.
    public static let shape = Kind(rawValue: "ShapeError")
    /// A value has the right type, but is not allowed.
    public static let value = Kind(rawValue: "ValueError")
    /// An index or key does not exist.
    public static let index = Kind(rawValue: "IndexError")
    /// Arguments do not match a signature.
    public static let argument = Kind(rawValue: "ArgumentError")
    /// Reading or writing failed.
    public static let io = Kind(rawValue: "IOError")
    /// An `assert` does not hold.
    public static let assertion = Kind(rawValue: "AssertionError")
    /// A limit of the session is reached.
    public static let limit = Kind(rawValue: "LimitError")
    /// A fault of smap itself; no script should be able to raise it.
    public static let internalError = Kind(rawValue: "InternalError")
    /// The kind of `error("...")` when the script gives none.
    public static let error = Kind(rawValue: "Error")
  }

  /// The class of the error.
  public var kind: Kind
  /// The title: what is wrong, in a few words.
  public var message: String
  /// The text in which the error is, if it has a location.
  public var source: Source?
  /// The bytes to underline, if the error has a location.
  public var span: Span?
  /// What was found, printed next to the carets.
  public var label: String
  /// What to try; printed next to the carets when there is no label, and below it otherwise.
  public var hint: String?

  /// Makes a diagnostic; omit source and span for an error without a location.
  public init(
    _ kind: Kind,
    _ message: String,
    source: Source? = nil,
    span: Span? = nil,
    label: String = "",
    hint: String? = nil
  ) {
    self.kind = kind
    self.message = message
    self.source = source
    self.span = span
    self.label = label
    self.hint = hint
  }

  /// The line and column at which the error starts, if it has a location.
  public var position: Source.Position? {
    guard let source, let span else { return nil }
    return source.position(of: span.start)
  }

  /// Whether two diagnostics say the same about the same span of the same source.
  public static func == (left: Diagnostic, right: Diagnostic) -> Bool {
    left.kind == right.kind && left.message == right.message && left.source === right.source
      && left.span == right.span && left.label == right.label && left.hint == right.hint
  }

  /// Hashes the essential parts.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(message)
    hasher.combine(span)
  }
}
