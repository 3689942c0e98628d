// SPDX-License-Identifier: Apache-2.0
//
// What the body of a built-in receives: its arguments, bound and checked against the header,
// through typed accessors; the session; and a way to call functions that were passed in.
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

  /// The number of parameters; each has a value.
  public var count: Int { builtin.header.parameters.count }

  /// The argument for the parameter at `index`, in the order of the header.
  ///
  /// A rest parameter holds a list. An index beyond the parameters gives `nil`.
  public subscript(index: Int) -> Value {
    guard index >= 0, index < count else { return .nil }
    return arguments[index]
  }

  /// Whether the caller passed this argument.
  public func isGiven(_ index: Int) -> Bool {
    index >= 0 && index < count && index < 64 && missing & (1 << UInt64(index)) == 0
  }

  // MARK: - Plain values

  /// A number; one-element tensors count as numbers.
  ///
  /// Throws a ValueError for a tensor whose gradient would silently be lost; functions that pass
  /// gradients on use `scalar`.
  public func number(_ index: Int) throws -> Double {
    let value = self[index]
    if case .number(let number) = value { return number }
    if case .tensor(let tensor) = value, tensor.count == 1 {
      try refuseGradients(value, index)
      return try tensor.onlyNumber()
    }
    throw wrongType(index, "a number")
  }

  /// A number as a tensor without dimensions, through which gradients flow.
  public func scalar(_ index: Int) throws -> Tensor {
    guard case .tensor(let tensor) = self[index], tensor.count == 1, tensor.isRecording else {
      let number = Float(try number(index))
      return try Conversion.scripted { try Tensor.scalar(number) }
    }
    return try Conversion.scripted { try tensor.reshape([]) }
  }

  /// Whether gradients are recorded for the tensor in an argument.
  public func isRecording(_ index: Int) -> Bool {
    if case .tensor(let tensor) = self[index] { return tensor.isRecording }
    return false
  }

  /// Throws if `value` is a tensor whose gradient would be lost by converting it to a number.
  private func refuseGradients(_ value: Value, _ index: Int) throws {
    guard case .tensor(let tensor) = value, tensor.isRecording else { return }
    throw failure(
      .value, "there is no gradient with respect to \(parameterName(index))",
      hint: "if no gradient is needed, pass x.item()", argument: index)
  }

  /// A number, or nil if the argument is `nil`.
  public func optionalNumber(_ index: Int) throws -> Double? {
    self[index].isNil ? nil : try number(index)
  }

  /// An integer.
  public func integer(_ index: Int) throws -> Int {
    let number = try number(index)
    guard let integer = Int(exactly: number) else {
      throw failure(
        .value, "\(parameterName(index)) must be a whole number, not \(Display.number(number))",
        argument: index)
    }
    return integer
  }

  /// An integer within bounds; anything else is a ValueError that names them.
  public func integer(_ index: Int, in bounds: ClosedRange<Int>) throws -> Int {
    let integer = try integer(index)
    guard bounds.contains(integer) else {
      let wanted =
        bounds.upperBound == Int.max
        ? "at least \(bounds.lowerBound)"
        : "between \(bounds.lowerBound) and \(bounds.upperBound)"
      throw failure(
        .value, "\(parameterName(index)) must be \(wanted), not \(integer)", argument: index)
    }
    return integer
  }

  /// An integer, or nil if the argument is `nil`.
  public func optionalInteger(_ index: Int) throws -> Int? {
    self[index].isNil ? nil : try integer(index)
  }

  /// `true` or `false`.
  public func bool(_ index: Int) throws -> Bool {
    if case .bool(let bool) = self[index] { return bool }
    throw wrongType(index, "true or false")
  }

  /// A string.
  public func string(_ index: Int) throws -> String {
    if case .text(let text) = self[index] { return text.string }
    throw wrongType(index, "a string")
  }

  /// A string with cached information on its characters.
  func text(_ index: Int) throws -> Text {
    if case .text(let text) = self[index] { return text }
    throw wrongType(index, "a string")
  }

  /// A string, or nil if the argument is `nil`.
  public func optionalString(_ index: Int) throws -> String? {
    self[index].isNil ? nil : try string(index)
  }

  /// One of the given words; any other is a ValueError that lists them and names the nearest.
  public func choice(_ index: Int, among words: [String]) throws -> String {
    let word = try string(index)
    if words.contains(word) { return word }
    let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
    let nearest = Spelling.nearest(to: word, in: words)
    throw failure(
      .value, "\(parameterName(index)) cannot be \"\(word)\"; it is one of \(list)",
      hint: nearest.map { "did you mean \"\($0)\"?" } ?? "", argument: index)
  }

  // MARK: - Collections

  /// A list; the elements of ranges, and of tensors along their first dimension.
  public func values(_ index: Int) throws -> [Value] {
    do {
      return try session.elements(of: self[index])
    } catch let error as ScriptError where error.kind == .type {
      throw wrongType(index, "a list")
    }
  }

  /// The list object itself, for functions that change it.
  public func list(_ index: Int) throws -> List {
    if case .list(let list) = self[index] { return list }
    throw wrongType(index, "a list")
  }

  /// A record.
  public func record(_ index: Int) throws -> Record {
    if case .record(let record) = self[index] { return record }
    throw wrongType(index, "a record")
  }

  /// A callable; pass it to `invoke`.
  public func function(_ index: Int) throws -> Value {
    let value = self[index]
    guard value.isCallable else { throw wrongType(index, "a function") }
    return value
  }

  /// A callable, or nil if the argument is `nil`.
  public func optionalFunction(_ index: Int) throws -> Value? {
    self[index].isNil ? nil : try function(index)
  }

  /// A function to be called with one record, or nil if the argument is `nil`.
  ///
  /// A function that cannot be called in this way is an ArgumentError before any work is done.
  /// `example` shows such a function in the hint.
  public func optionalObserver(_ index: Int, example: String) throws -> Value? {
    guard let function = try optionalFunction(index) else { return nil }
    let header: Header
    switch function {
    case .function(let closure): header = closure.code.header
    case .builtin(let builtin): header = builtin.header
    default: return function
    }
    guard header.takesOneArgument else {
      throw failure(
        .argument,
        "\(parameterName(index)) is called with one argument, a record, but this is `\(header.text)`",
        hint: "write \(parameterName(index)) = \(example)", argument: index)
    }
    return function
  }

  /// A function to be called with one record or with nothing, and which of the two it takes.
  ///
  /// Any other function is an ArgumentError before any work is done. `example` shows one in the
  /// hint.
  public func observerOrThunk(
    _ index: Int, example: String
  ) throws -> (function: Value, takesRecord: Bool) {
    let function = try function(index)
    let header: Header
    switch function {
    case .function(let closure): header = closure.code.header
    case .builtin(let builtin): header = builtin.header
    default: return (function, true)
    }
    guard header.takesOneArgument || header.takesNoArguments else {
      throw failure(
        .argument,
        "\(parameterName(index)) is called with one argument, a record, or with none, but this is "
          + "`\(header.text)`", hint: "write \(parameterName(index)) = \(example)", argument: index)
    }
    return (function, header.takesOneArgument)
  }

  /// The Swift object behind a library object of the given type.
  public func object<Payload: AnyObject>(
    _ index: Int, _ type: ForeignType, as payload: Payload.Type
  ) throws -> Payload {
    guard case .object(let object) = self[index], object.type === type else {
      throw wrongType(index, type.name.withArticle)
    }
    return try object.payload(as: payload)
  }

  // MARK: - Tensors

  /// A tensor to compute with; numbers, ranges and rectangular lists of numbers are converted.
  public func tensor(_ index: Int) throws -> Tensor {
    let value = self[index]
    do {
      return try Conversion.tensor(value)
    } catch let error as ScriptError where error.kind == .type {
      throw wrongType(index, "a tensor")
    }
  }

  /// A tensor whose elements are only read or moved, so that positions beyond 2^24 stay exact.
  public func elements(_ index: Int) throws -> Tensor {
    if case .tensor(let tensor) = self[index] { return tensor }
    return try tensor(index)
  }

  /// Positions, given as a tensor or a list of integers, which stay exact.
  public func positions(_ index: Int) throws -> Tensor {
    if case .tensor(let tensor) = self[index] { return tensor }
    do {
      return try Conversion.positions(self[index])
    } catch let error as ScriptError where error.kind == .type {
      throw wrongType(index, "a tensor")
    }
  }

  /// A tensor, or nil if the argument is `nil`.
  public func optionalTensor(_ index: Int) throws -> Tensor? {
    self[index].isNil ? nil : try tensor(index)
  }

  /// The tensors in a list.
  public func tensors(_ index: Int) throws -> [Tensor] {
    try values(index).map { value in
      do {
        return try Conversion.tensor(value)
      } catch let error as ScriptError where error.kind == .type {
        throw wrongType(index, "a list of tensors")
      }
    }
  }

  /// A dimension, or nil for all of them.
  public func axis(_ index: Int) throws -> Int? { try optionalInteger(index) }

  /// Several dimensions given as a number or a list, or nil for all of them.
  public func axes(_ index: Int) throws -> [Int]? {
    if self[index].isNil { return nil }
    return try integers(index)
  }

  /// Integers, given as one number, a list, a range or a tensor.
  public func integers(_ index: Int) throws -> [Int] {
    let value = self[index]
    if case .number = value { return [try integer(index)] }
    return try values(index).map { item in
      try refuseGradients(item, index)
      guard let number = Conversion.number(item), let integer = Int(exactly: number) else {
        throw wrongType(index, "a list of whole numbers")
      }
      return integer
    }
  }

  /// Numbers, given as one number, a list, a range or a tensor.
  ///
  /// Throws a ValueError where gradients would be lost, unless the numbers are only displayed.
  public func numbers(_ index: Int, areShown: Bool = false) throws -> [Double] {
    let value = self[index]
    if case .number(let number) = value { return [number] }
    return try values(index).map { item in
      if !areShown { try refuseGradients(item, index) }
      guard let number = Conversion.number(item) else {
        throw wrongType(index, "a list of numbers")
      }
      return number
    }
  }

  /// A shape given as `f(2, 3)` through a rest parameter, or as one list `f([2, 3])`.
  public func shape(_ index: Int) throws -> [Int] {
    if case .list(let list) = self[index], list.count == 1 {
      switch list[0] {
      case .tensor(let tensor) where tensor.rank == 0: break
      case .list, .range, .tensor:
        let sizes = try session.elements(of: list[0])
        return try sizes.map { try size($0, index) }
      default: break
      }
    }
    return try values(index).map { try size($0, index) }
  }

  private func size(_ value: Value, _ index: Int) throws -> Int {
    try refuseGradients(value, index)
    guard let number = Conversion.number(value), let size = Int(exactly: number) else {
      throw failure(
        .type, "\(parameterName(index)) must be whole numbers, but this is \(sizePhrase(value))",
        hint: builtin.header.text, argument: index)
    }
    return size
  }

  /// A value that is no size, in words: a number as it is, anything else by its type.
  private func sizePhrase(_ value: Value) -> String {
    if case .number(let number) = value { return Display.number(number) }
    return value.typePhrase
  }

  /// The seed that the caller passed, or the next one of the session's stream.
  public func seed(_ index: Int) throws -> UInt64 {
    if self[index].isNil { return try session.nextSeed() }
    let number = try number(index)
    guard let seed = UInt64(exactly: number), number < 0x1p53 else {
      throw failure(
        .value, "\(parameterName(index)) must be a whole number from 0 to 2**53 - 1",
        argument: index)
    }
    return seed
  }

  // MARK: - Calling back, output, errors

  /// Calls a function that was passed in. Script functions, built-ins and callable objects are
  /// bound and checked alike; calls may nest, up to the depth limit of the session.
  @discardableResult
  public func invoke(
    _ function: Value, _ arguments: [Value], named: KeyValuePairs<String, Value> = [:]
  ) throws -> Value {
    try session.invoke(function, arguments, named: named)
  }

  /// Writes text to the session's output.
  public func write(_ text: String) throws { try session.write(text) }

  /// Throws if an interrupt was requested or a limit is exceeded; call it in long loops.
  public func checkInterrupt() throws { try session.poll() }

  /// An error about one argument: its span in the caller's source is underlined.
  public func failure(
    _ kind: Diagnostic.Kind, _ message: String, hint: String = "", argument: Int? = nil
  ) -> ScriptError {
    var error = ScriptError(kind, "\(builtin.qualifiedName): \(message)", hint: hint)
    if let argument {
      error.argument = ArgumentReference(index: argument, countsArguments: false)
    }
    return error
  }

  /// `dim must be a number, but this is a string`, about the argument at `index`.
  ///
  /// Of a list that cannot be a tensor, the element that prevents it is named.
  public func wrongType(_ index: Int, _ wanted: String) -> ScriptError {
    var found = "this is \(self[index].typePhrase)"
    if wanted.hasPrefix("a tensor"), case .list(let list) = self[index] {
      found = Hints.culprit(in: list) ?? found
    }
    var error = builtin.header.typeMismatch(wanted, parameterName(index), found: found)
    error.argument = ArgumentReference(index: index, countsArguments: false)
    return error
  }

  private func parameterName(_ index: Int) -> String {
    guard index >= 0, index < count else { return "the argument" }
    return builtin.header.phrase(for: index)
  }
}
