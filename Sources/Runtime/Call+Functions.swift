// SPDX-License-Identifier: Apache-2.0
//
// Arguments of a built-in that are functions, and calls of them. Whether a function can be called
// in the way in which a built-in will call it is checked before any work is done.

extension Call {
  /// A callable; pass it to `invoke`.
  public func function(_ name: String) throws -> Value {
    let value = try self[name]
    guard value.isCallable else { throw wrongType(name, "a function") }
    return value
  }

  /// A callable, or nil if the argument is `nil`.
  public func optionalFunction(_ name: String) throws -> Value? {
    try self[name].isNil ? nil : function(name)
  }

  /// A function to be called with one record, or nil if the argument is `nil`.
  ///
  /// A function that cannot be called in this way is an ArgumentError before any work is done.
  /// `example` shows such a function in the hint.
  public func optionalObserver(_ name: String, example: String) throws -> Value? {
    guard let function = try optionalFunction(name) else { return nil }
    let header: Header
    switch function {
    case .function(let closure): header = closure.code.header
    case .builtin(let builtin): header = builtin.header
    default: return function
    }
    guard header.takesOneArgument else {
      throw failure(
        .argument,
        "\(name) is called with one argument, a record, but this is `\(header.text)`",
        hint: "write \(name) = \(example)", argument: name)
    }
    return function
  }

  /// A function to be called with so many values, which `words` names: "one value".
  ///
  /// A function that cannot be called in this way is an ArgumentError before any work is done.
  /// `example` shows such a function in the hint.
  public func function(
    _ name: String, taking count: Int, _ words: String, example: String
  ) throws -> Value {
    let function = try function(name)
    let header: Header
    switch function {
    case .function(let closure): header = closure.code.header
    case .builtin(let builtin): header = builtin.header
    default: return function
    }
    guard header.takes(count) else {
      throw failure(
        .argument, "\(name) is called with \(words), but this is `\(header.text)`",
        hint: "write \(example)", argument: name)
    }
    return function
  }

  /// A function to be called with one record or with nothing, and which of the two it takes.
  ///
  /// Any other function is an ArgumentError before any work is done. `example` shows one in the
  /// hint.
  public func observerOrThunk(
    _ name: String, example: String
  ) throws -> (function: Value, takesRecord: Bool) {
    let function = try function(name)
    let header: Header
    switch function {
    case .function(let closure): header = closure.code.header
    case .builtin(let builtin): header = builtin.header
    default: return (function, true)
    }
    guard header.takesOneArgument || header.takesNoArguments else {
      throw failure(
        .argument,
        "\(name) is called with one argument, a record, or with none, but this is "
          + "`\(header.text)`", hint: "write \(name) = \(example)", argument: name)
    }
    return (function, header.takesOneArgument)
  }

  /// Calls a function that was passed in. Script functions, built-ins and callable objects are
  /// bound and checked alike; calls may nest, up to the depth limit of the session.
  @discardableResult
  public func invoke(
    _ function: Value, _ arguments: [Value], named: KeyValuePairs<String, Value> = [:]
  ) throws -> Value {
    try session.invoke(function, arguments, named: named)
  }
}
