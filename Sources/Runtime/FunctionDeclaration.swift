// SPDX-License-Identifier: Apache-2.0
//
// Functions as text: the declaration that made one, and the function that a declaration makes. To
// declare a function runs nothing of it.

import Syntax

/// The text that declares one function, `fn f(x) = ..` or `let f = fn(x) = ..`.
public struct FunctionDeclaration {
  private let name: String
  private let program: Program

  /// Reads a declaration; nil if the text is anything else.
  public init?(_ name: String, _ text: String) {
    let (program, diagnostics) = Parser.parse(Source(path: name, text: text))
    guard diagnostics.isEmpty, program.statements.count == 1,
      FunctionDeclaration.declares(program.statements[0], name)
    else { return nil }
    (self.name, self.program) = (name, program)
  }

  /// The function, which becomes a global name of the session.
  ///
  /// - Throws: `SyntaxErrors` for a function that cannot be compiled.
  public func function(in session: Session) throws -> Value {
    _ = try session.evaluate(program)
    return session.value(named: name) ?? .nil
  }

  static func declares(_ statement: Statement, _ name: String) -> Bool {
    switch statement.kind {
    case .function(let given, _): return given.text == name
    case .let(let pattern, let value):
      guard case .name(let given) = pattern.kind, given.text == name,
        case .function = value.kind
      else { return false }
      return true
    default: return false
    }
  }
}

extension Closure {
  /// The text that declares this function under a global name; nil for one that is made otherwise,
  /// or that has variables of its own.
  public func declaration(named name: String) -> String? {
    guard capturedCount == 0 else { return nil }
    let source = code.source
    let statements = Parser.parse(source.withoutSkippedCells).program.statements
    guard
      let statement = statements.last(where: { FunctionDeclaration.declares($0, name) })
    else { return nil }
    return source.text(statement.span)
  }
}
