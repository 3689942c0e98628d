// SPDX-License-Identifier: Apache-2.0
//
// Statements that end early, by an error or by Ctrl-C: what they have done so far stays, in
// variables and in models, so the record for `:save` names them, and work that was stopped keeps
// its result and its place in the record.

import Library
import Runtime
import Syntax

extension PromptHost {
  /// Evaluates a text; one that ends after it has begun to run is noted as such.
  func evaluateNoting(_ source: Source) throws -> Outcome {
    let stream = session.randomPlace
    do {
      return try session.evaluate(source)
    } catch {
      if session.partialResult != nil, ScriptError(anything: error).isInterrupt {
        record.append(
          source, isShown: showsValue(source), from: stream, to: session.randomPlace,
          isStopped: true)
      } else if mayHaveChanged(source, error) {
        let isTyped = source.path == "[\(entries)]"
        record.omit(
          isTyped ? source.text(source.span) : ":load \(source.path)",
          ScriptError(anything: error).isInterrupt ? .stopped : .failed)
      }
      throw error
    }
  }

  /// Whether the last statement is one whose value is shown.
  private func showsValue(_ source: Source) -> Bool {
    if case .expression? = Parser.parse(source).program.statements.last?.kind { return true }
    return false
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
