// SPDX-License-Identifier: Apache-2.0
//
// What the body of a built-in receives: its arguments, bound and checked against the header,
// through typed accessors; the session; and a way to call functions that were passed in.
//
// An argument is read by the name of its parameter, never by its position, so that a header can be
// changed without a look at its body. A name that the header lacks is a mistake in the library: an
// InternalError. Code that functions of different headers share reads the value before the point
// as `receiver`.
//
// Accessors convert as the language does: a one-element tensor converts to a number, a number or a
// rectangular list of numbers to a tensor. Every error names the function and the parameter.

import Syntax
import Tensors

/// A running call of a built-in. Valid only until the body returns.
public struct Call {
  /// The session in which the call runs.
  public let session: Session
  /// The built-in that is running.
  public let builtin: Builtin
  /// The registers that hold the arguments; the register file never moves.
  let arguments: UnsafeMutablePointer<Value>
  /// Bit i is set if parameter i was omitted and has its default.
  let missing: UInt64

  // MARK: - Arguments by name

  /// The argument for a parameter; a rest parameter holds a list.
  ///
  /// - Throws: an InternalError for a name that the header lacks.
  public subscript(name: String) -> Value {
    get throws { arguments[try place(of: name)] }
  }

  /// The name of the first parameter, which the value before the point fills: for code that
  /// functions of different headers share.
  public var receiver: String { builtin.places.names.first ?? "" }

  /// Whether the header has a parameter of this name; functions that share a body may differ.
  public func takes(_ name: String) -> Bool { builtin.places.find(name) != nil }

  /// Whether the caller passed this argument.
  public func isGiven(_ name: String) throws -> Bool {
    let place = try place(of: name)
    return place < 64 && missing & (1 << UInt64(place)) == 0
  }

  @inline(__always)
  private func place(of name: String) throws -> Int {
    guard let place = builtin.places.find(name) else { throw unknownParameter(name) }
    return place
  }

  @inline(never)
  private func unknownParameter(_ name: String) -> ScriptError {
    ScriptError(
      .internalError, "`\(builtin.qualifiedName)` has no parameter `\(name)`", isCatchable: false)
  }

  // MARK: - Output and errors

  /// Writes text to the session's output.
  public func write(_ text: String) throws { try session.write(text) }

  /// Throws if an interrupt was requested or a limit is exceeded; call it in long loops.
  public func checkInterrupt() throws { try session.poll() }

  /// An error about one argument: its span in the caller's source is underlined.
  public func failure(
    _ kind: Diagnostic.Kind, _ message: String, hint: String = "", argument: String? = nil
  ) -> ScriptError {
    var error = ScriptError(kind, "\(builtin.qualifiedName): \(message)", hint: hint)
    if let argument {
      guard let place = builtin.places.find(argument) else { return unknownParameter(argument) }
      error.argument = ArgumentReference(index: place, countsArguments: false)
    }
    return error
  }

  /// `dim must be a number, but this is a string`, about the argument of that name.
  ///
  /// Of a list that cannot be a tensor, the element that prevents it is named.
  public func wrongType(_ name: String, _ wanted: String, found: String? = nil) -> ScriptError {
    guard let place = builtin.places.find(name) else { return unknownParameter(name) }
    let value = arguments[place]
    var found = found ?? "this is \(value.typePhrase)"
    if wanted.hasPrefix("a tensor"), case .list(let list) = value {
      found = Hints.culprit(in: list) ?? found
    }
    var error = builtin.header.typeMismatch(wanted, name, found: found)
    error.argument = ArgumentReference(index: place, countsArguments: false)
    return error
  }
}
