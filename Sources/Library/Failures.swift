// SPDX-License-Identifier: Apache-2.0
//
// Errors of the layers below, in the words of the language. Files, checkpoints, pictures and
// figures each have an error type of their own; a script sees one kind of error, which keeps the
// fault of a file as data, since the exit code of a program depends on it.

import Files
import Images
import Networks
import Plots
import Runtime
import Tensors

extension ScriptError {
  /// Why a module cannot be read.
  public init(module error: any Error) {
    self.init(anything: error)
    if case .notFound? = (error as? FileError)?.kind { hint = Modules.hintForMissing }
  }

  /// The end of a script whose output cannot be written, which no script can catch.
  public init(unwritable error: any Error) {
    self.init(anything: error)
    // Ctrl-C and limits that end the wait for a reader are what they are anywhere else.
    if error is FileError { isCatchable = false }
  }

  /// Any error of the package as the script's error.
  public init(anything error: any Error) { self.init(error) }

  /// A file that holds something else than it should.
  public static func data(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.damaged, message, hint: hint)
  }

  /// Nothing is where it was looked for.
  static func missing(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.missing, message, hint: hint)
  }
}

extension FileError: ScriptErrorConvertible {
  /// The error that a script sees.
  public var scriptError: ScriptError {
    ScriptError(FileFault(kind), description, hint: hint ?? "")
  }
}

extension CheckpointError: ScriptErrorConvertible {
  /// The error that a script sees.
  public var scriptError: ScriptError {
    .data("'\(path)' cannot be used: \(message)", hint: hint)
  }
}

extension ArchiveError: ScriptErrorConvertible {
  /// The error that a script sees.
  public var scriptError: ScriptError {
    .data("'\(path)' cannot be used: \(message)", hint: "is the archive whole?")
  }
}

extension ImageError: ScriptErrorConvertible {
  /// The error that a script sees.
  public var scriptError: ScriptError {
    kind == "IOError"
      ? .data(message, hint: hint) : ScriptError(.init(rawValue: kind), message, hint: hint)
  }
}

extension PlotError: ScriptErrorConvertible {
  /// The error that a script sees.
  public var scriptError: ScriptError { ScriptError(.init(rawValue: kind), message, hint: hint) }
}

extension Call {
  /// A finite number within bounds, by the parameter's name.
  func number(_ name: String, in bounds: ClosedRange<Double>) throws -> Double {
    let value = try number(name)
    guard value.isFinite, bounds.contains(value) else {
      let wanted =
        bounds.upperBound == .greatestFiniteMagnitude
        ? "at least \(decimal(bounds.lowerBound))"
        : "between \(decimal(bounds.lowerBound)) and \(decimal(bounds.upperBound))"
      throw failure(
        .value, "\(name) must be \(wanted), not \(decimal(value))", argument: name)
    }
    return value
  }

  /// One of the raw values of an enumeration, by the parameter's name, whose words
  /// `Builtin.choices` declares.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, as type: Choice.Type
  ) throws -> Choice where Choice.RawValue == String {
    let word = try choice(name)
    guard let choice = Choice(rawValue: word) else {
      throw ScriptError(
        .internalError, "`\(builtin.qualifiedName)` declares \"\(word)\" for `\(name)` in vain",
        isCatchable: false)
    }
    return choice
  }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
  /// All words of a choice.
  static var words: [String] { allCases.map(\.rawValue) }
}

/// A number in words, whole ones without a point.
func decimal(_ value: Double) -> String {
  if let whole = Int(exactly: value) { return "\(whole)" }
  return Display.number(value)
}
