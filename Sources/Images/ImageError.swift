// SPDX-License-Identifier: Apache-2.0
//
// Errors of pictures are data of the same form as those of tensors: a kind from the language's
// list, a message and a hint. Faults of the file system keep their own type, `FileError`.

/// What went wrong with a picture or a data set, as a message for the user.
public struct ImageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `IOError`, `ShapeError`, `ValueError` or `LimitError`.
  public let kind: String
  /// What was wrong, without a full stop.
  public let message: String
  /// What to try instead, or empty.
  public let hint: String
  /// The exit code of a program that ends with this error.
  public let exitCode: Int32

  /// Makes an error of the given kind.
  public init(kind: String, message: String, hint: String = "", exitCode: Int32 = 1) {
    self.kind = kind
    self.message = message
    self.hint = hint
    self.exitCode = exitCode
  }

  /// The kind and the message on one line.
  public var description: String { "\(kind): \(message)" }

  /// A file holds something other than expected; the exit code is 65.
  public static func data(_ message: String, hint: String = "") -> ImageError {
    ImageError(kind: "IOError", message: message, hint: hint, exitCode: 65)
  }

  /// A size does not fit.
  public static func shape(_ message: String, hint: String = "") -> ImageError {
    ImageError(kind: "ShapeError", message: message, hint: hint)
  }

  /// A value is out of its range.
  public static func value(_ message: String, hint: String = "") -> ImageError {
    ImageError(kind: "ValueError", message: message, hint: hint)
  }

  /// A picture would exceed the pixel limit; the exit code is 75.
  public static func limit(_ message: String, hint: String = "") -> ImageError {
    ImageError(kind: "LimitError", message: message, hint: hint, exitCode: 75)
  }
}
