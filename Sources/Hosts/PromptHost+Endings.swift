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
      let keepsResult = session.partialResult != nil && ScriptError(anything: error).isInterrupt
      if keepsResult, let work = StoppedWork(source) {
        record.append(
          source, isShown: work.name == nil, from: stream, to: session.randomPlace,
          isStopped: true)
      } else if mayHaveChanged(source, error) {
        let isTyped = source.path == "[\(entries)]"
        record.omit(
          isTyped ? source.text(source.span) : ":load \(source.path)",
          ScriptError(anything: error).isInterrupt ? .stopped : .failed, setsAnswer: keepsResult)
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
    let name = StoppedWork(source)?.name
    if let name { session.define(name, result) }
    session.note("`\(name ?? "ans")` is the history up to there")
  }
}

/// An input that is one training, perhaps with a name for its history: when it is stopped, it is
/// known what its result so far is.
private struct StoppedWork {
  /// The name of the history; nil where it is shown.
  let name: String?

  init?(_ source: Source) {
    let statements = Parser.parse(source.withoutSkippedCells).program.statements
    guard statements.count == 1 else { return nil }
    switch statements[0].kind {
    case .let(let pattern, let value):
      guard case .name(let given) = pattern.kind, StoppedWork.isTraining(value) else { return nil }
      name = given.text
    case .assignment(let target, .set, let value):
      guard case .name(let given) = target.kind, StoppedWork.isTraining(value) else { return nil }
      name = given
    case .expression(let value):
      guard StoppedWork.isTraining(value) else { return nil }
      name = nil
    default: return nil
    }
  }

  /// Whether this is a call such as `smap.train(..)`.
  private static func isTraining(_ value: Expression) -> Bool {
    guard case .call(let callee, _) = value.kind, case .field(_, let name) = callee.kind else {
      return false
    }
    return name.text == "train"
  }
}
