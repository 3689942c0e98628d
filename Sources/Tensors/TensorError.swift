// SPDX-License-Identifier: Apache-2.0
//
// Errors of the tensor core are data: a kind from the language's list, a message, a hint.

/// What went wrong in a tensor operation, as a message for the user.
public struct TensorError: Error, Equatable, Sendable {
  /// `ShapeError`, `ValueError`, `IndexError`, `TypeError`, `LimitError` or `IOError`.
  public let kind: String
  /// What was wrong, without a full stop.
  public let message: String
  /// What to try instead, or empty.
  public let hint: String

  /// Makes an error of the given kind.
  public init(kind: String, message: String, hint: String = "") {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  /// Shapes are incompatible.
  public static func shape(_ message: String, hint: String = "") -> TensorError {
    TensorError(kind: "ShapeError", message: message, hint: hint)
  }

  /// A value is out of its range.
  public static func value(_ message: String, hint: String = "") -> TensorError {
    TensorError(kind: "ValueError", message: message, hint: hint)
  }

  /// An index is out of range.
  public static func index(_ message: String, hint: String = "") -> TensorError {
    TensorError(kind: "IndexError", message: message, hint: hint)
  }

  /// A limit of the session or the machine was reached.
  public static func limit(_ message: String, hint: String = "") -> TensorError {
    TensorError(kind: "LimitError", message: message, hint: hint)
  }

  /// A number in words: an integer without a point.
  static func words<Number: BinaryFloatingPoint>(_ number: Number) -> String {
    if let whole = Int(exactly: number) { return "\(whole)" }
    return "\(number)"
  }
}

/// A number as messages print it: integers without a point.
func described(_ number: Double) -> String {
  Int(exactly: number).map { "\($0)" } ?? "\(number)"
}
