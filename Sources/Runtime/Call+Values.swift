// SPDX-License-Identifier: Apache-2.0
//
// Arguments of a built-in that are numbers, truth values, strings and library objects. A tensor of
// one element converts to a number where no gradient would be lost.

import Syntax
import Tensors

extension Call {
  /// A number; one-element tensors count as numbers.
  ///
  /// Throws a ValueError for a tensor whose gradient would silently be lost; functions that pass
  /// gradients on use `scalar`.
  public func number(_ name: String) throws -> Double {
    let value = try self[name]
    if case .number(let number) = value { return number }
    if case .tensor(let tensor) = value, tensor.count == 1 {
      try refuseGradients(value, name)
      return try tensor.onlyNumber()
    }
    throw wrongType(name, "a number")
  }

  /// A number as a tensor without dimensions, through which gradients flow.
  public func scalar(_ name: String) throws -> Tensor {
    guard case .tensor(let tensor) = try self[name], tensor.count == 1, tensor.isRecording else {
      let number = Float(try number(name))
      return try Conversion.scripted { try Tensor.scalar(number) }
    }
    return try Conversion.scripted { try tensor.reshape([]) }
  }

  /// Whether gradients are recorded for the tensor in an argument.
  public func isRecording(_ name: String) throws -> Bool {
    if case .tensor(let tensor) = try self[name] { return tensor.isRecording }
    return false
  }

  /// Throws if `value` is a tensor whose gradient would be lost by converting it to a number.
  func refuseGradients(_ value: Value, _ name: String) throws {
    guard case .tensor(let tensor) = value, tensor.isRecording else { return }
    throw failure(
      .value, "there is no gradient with respect to \(name)",
      hint: "if no gradient is needed, pass x.item()", argument: name)
  }

  /// A number, or nil if the argument is `nil`.
  public func optionalNumber(_ name: String) throws -> Double? {
    try self[name].isNil ? nil : number(name)
  }

  /// An integer.
  public func integer(_ name: String) throws -> Int {
    let number = try number(name)
    guard let integer = Int(exactly: number) else {
      throw failure(
        .value, "\(name) must be a whole number, not \(Display.number(number))",
        argument: name)
    }
    return integer
  }

  /// An integer within bounds; anything else is a ValueError that names them.
  public func integer(_ name: String, in bounds: ClosedRange<Int>) throws -> Int {
    let integer = try integer(name)
    guard bounds.contains(integer) else {
      let wanted =
        bounds.upperBound == Int.max
        ? "at least \(bounds.lowerBound)"
        : "between \(bounds.lowerBound) and \(bounds.upperBound)"
      throw failure(
        .value, "\(name) must be \(wanted), not \(integer)", argument: name)
    }
    return integer
  }

  /// An integer, or nil if the argument is `nil`.
  public func optionalInteger(_ name: String) throws -> Int? {
    try self[name].isNil ? nil : integer(name)
  }

  /// `true` or `false`.
  public func bool(_ name: String) throws -> Bool {
    if case .bool(let bool) = try self[name] { return bool }
    throw wrongType(name, "true or false")
  }

  /// A string.
  public func string(_ name: String) throws -> String {
    if case .text(let text) = try self[name] { return text.string }
    throw wrongType(name, "a string")
  }

  /// A string with cached information on its characters.
  func text(_ name: String) throws -> Text {
    if case .text(let text) = try self[name] { return text }
    throw wrongType(name, "a string")
  }

  /// A string, or nil if the argument is `nil`.
  public func optionalString(_ name: String) throws -> String? {
    try self[name].isNil ? nil : string(name)
  }

  /// One of the words that `Builtin.choices` declares for a parameter; any other is a ValueError
  /// that lists them and names the nearest. So completion and checks know every word that a body
  /// takes.
  ///
  /// - Throws: also an InternalError if none are declared.
  public func choice(_ name: String) throws -> String {
    guard let words = builtin.choices[name] else {
      throw ScriptError(
        .internalError, "`\(builtin.qualifiedName)` declares no words for `\(name)`",
        isCatchable: false)
    }
    let word = try string(name)
    if words.contains(word) { return word }
    let (message, hint) = Hints.forChoice(word, of: name, among: words)
    throw failure(.value, message, hint: hint, argument: name)
  }

  /// The Swift object behind a library object of the given type.
  public func object<Payload: AnyObject>(
    _ name: String, _ type: ForeignType, as payload: Payload.Type
  ) throws -> Payload {
    guard case .object(let object) = try self[name], object.type === type else {
      throw wrongType(name, type.name.withArticle)
    }
    return try object.payload(as: payload)
  }
}
