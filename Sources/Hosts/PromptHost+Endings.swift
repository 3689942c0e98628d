// SPDX-License-Identifier: Apache-2.0
//
// Statements that end early, by an error or by Ctrl-C: what they have done so far stays, in
// variables and in models, so the record for `:save` names them, and work that was stopped keeps
// its result.

import Library
import Runtime
import Syntax

extension PromptHost {
  /// Evaluates a text; one that ends after it has begun to run is noted as such.
  func evaluateNoting(_ source: Source) throws -> Outcome {
    do {
      return try session.evaluate(source)
    } catch {
      if mayHaveChanged(source, error) {
        let isTyped = source.path == "[\(entries)]"
        record.omit(
          isTyped ? source.text(source.span) : ":load \(source.path)",
          ScriptError(anything: error).isInterrupt ? .stopped : .failed)
      }
      throw error
    }
  }

  /// Whether a text may have had effects before its error: syntax errors are found before anything
  /// runs, and a misspelled name in a short statement nearly so.
  private func mayHaveChanged(_ source: Source, _ error: any Error) -> Bool {
    guard !(error is SyntaxErrors) else { return false }
    let error = ScriptError(anything: error)
    guard error.exitCode == nil else { return false }
    guard error.kind == .name, error.trace.count <= 1 else { return true }
    let statements = Parser.parse(source.withoutSkippedCells).program.statements
    guard statements.count == 1 else { return true }
    return switch statements[0].kind {
    case .let, .expression: false
    default: true
    }
  }

  /// Keeps what interrupted work has reached: under the name that the statement gives to its
  /// result, else as `ans`.
  func keepPartialResult(of source: Source) {
    guard let result = session.partialResult else { return }
    session.setAnswer(result)
    var name = "ans"
    if case .let(let pattern, let value)? = Parser.parse(source).program.statements.last?.kind,
      case .name(let given) = pattern.kind, case .call = value.kind
    {
      name = given.text
      session.define(name, result)
    }
    session.note("`\(name)` is the history up to there")
  }
}
