// SPDX-License-Identifier: Apache-2.0
//
// What evaluating a program gives: a value, or the errors that were found before it ran.

import Syntax

/// What evaluating a program gave.
public struct Outcome {
  /// The value of the last statement, `nil` for statements without one.
  public let value: Value
  /// Whether a `;` follows it, which silences its display.
  public let isMuted: Bool

  /// Whether a prompt would show the value.
  public var isShown: Bool { !isMuted && !value.isNil }
}

/// Errors found before anything ran: by the parser, the resolver or the compiler.
public struct SyntaxErrors: Error {
  /// The errors in the order of the source; never empty.
  public let diagnostics: [Diagnostic]

  /// Makes an error of all that was found.
  public init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}
