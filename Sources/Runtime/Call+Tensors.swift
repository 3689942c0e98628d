// SPDX-License-Identifier: Apache-2.0
//
// Arguments of a built-in that are lists, records, tensors, dimensions, shapes and seeds. Numbers,
// ranges and rectangular lists of numbers convert to tensors where one is expected.

import Tensors

extension Call {
  /// A list; the elements of ranges, and of tensors along their first dimension.
  public func values(_ name: String) throws -> [Value] {
    do {
      return try session.elements(of: self[name])
    } catch let error as ScriptError where error.kind == .type {
      throw wrongType(name, "a list")
    }
  }

  /// The list object itself, for functions that change it.
  public func list(_ name: String) throws -> List {
    if case .list(let list) = try self[name] { return list }
    throw wrongType(name, "a list")
  }

  /// A record.
  public func record(_ name: String) throws -> Record {
    if case .record(let record) = try self[name] { return record }
    throw wrongType(name, "a record")
  }

  /// A tensor to compute with; numbers, ranges and rectangular lists of numbers are converted.
  public func tensor(_ name: String) throws -> Tensor {
    let value = try self[name]
    do {
      return try Conversion.tensor(value)
    } catch let error as ScriptError where error.kind == .type {
      throw wrongType(name, "a tensor")
    }
  }

  /// A tensor whose elements are only read or moved, so that positions beyond 2^24 stay exact.
  public func elements(_ name: String) throws -> Tensor {
    if case .tensor(let tensor) = try self[name] { return tensor }
    return try tensor(name)
  }

  /// Positions, given as a tensor or a list of integers, which stay exact.
  public func positions(_ name: String) throws -> Tensor {
    if case .tensor(let tensor) = try self[name] { return tensor }
    do {
      return try Conversion.positions(self[name])
    } catch let error as ScriptError where error.kind == .type {
      throw wrongType(name, "a tensor")
    }
  }

  /// A tensor, or nil if the argument is `nil`.
  public func optionalTensor(_ name: String) throws -> Tensor? {
    try self[name].isNil ? nil : tensor(name)
  }

  /// The tensors in a list.
  public func tensors(_ name: String) throws -> [Tensor] {
    try values(name).map { value in
      do {
        return try Conversion.tensor(value)
      } catch let error as ScriptError where error.kind == .type {
        guard case .object = value else { throw wrongType(name, "a list of tensors") }
        throw wrongType(name, "a list of tensors", found: "this list holds \(value.typePhrase)")
      }
    }
  }

  /// A dimension, or nil for all of them.
  public func axis(_ name: String) throws -> Int? { try optionalInteger(name) }

  /// Several dimensions given as a number or a list, or nil for all of them.
  public func axes(_ name: String) throws -> [Int]? {
    if try self[name].isNil { return nil }
    return try integers(name)
  }

  /// Integers, given as one number, a list, a range or a tensor.
  public func integers(_ name: String) throws -> [Int] {
    let value = try self[name]
    if case .number = value { return [try integer(name)] }
    return try values(name).enumerated().map { place, item in
      try refuseGradients(item, name)
      guard let number = Conversion.number(item), let integer = Int(exactly: number) else {
        throw wrongElement(name, "a list of whole numbers", place, item)
      }
      return integer
    }
  }

  /// Numbers, given as one number, a list, a range or a tensor.
  ///
  /// Throws a ValueError where gradients would be lost, unless the numbers are only displayed.
  public func numbers(_ name: String, areShown: Bool = false) throws -> [Double] {
    let value = try self[name]
    if case .number(let number) = value { return [number] }
    return try values(name).enumerated().map { place, item in
      if !areShown { try refuseGradients(item, name) }
      guard let number = Conversion.number(item) else {
        throw wrongElement(name, "a list of numbers", place, item)
      }
      return number
    }
  }

  /// `sizes must be a list of whole numbers, but element 1 is 2.5`, about an argument.
  private func wrongElement(
    _ name: String, _ wanted: String, _ place: Int, _ item: Value
  ) -> ScriptError {
    guard case .list = try? self[name] else { return wrongType(name, wanted) }
    return wrongType(name, wanted, found: "element \(place) is \(sizePhrase(item))")
  }

  /// A shape given as `f(2, 3)` through a rest parameter, or as one list `f([2, 3])`.
  public func shape(_ name: String) throws -> [Int] {
    if case .list(let list) = try self[name], list.count == 1 {
      switch list[0] {
      case .tensor(let tensor) where tensor.rank == 0: break
      case .list, .range, .tensor:
        let sizes = try session.elements(of: list[0])
        return try sizes.map { try size($0, name) }
      default: break
      }
    }
    return try values(name).map { try size($0, name) }
  }

  private func size(_ value: Value, _ name: String) throws -> Int {
    try refuseGradients(value, name)
    guard let number = Conversion.number(value), let size = Int(exactly: number) else {
      throw failure(
        .type, "\(name) must be whole numbers, but this is \(sizePhrase(value))",
        hint: builtin.header.brief(on: name), argument: name)
    }
    return size
  }

  /// A value that is no size, in words: a number as it is, anything else by its type.
  private func sizePhrase(_ value: Value) -> String {
    if case .number(let number) = value { return Display.number(number) }
    return value.typePhrase
  }

  /// The seed that the caller passed, or the next one of the session's stream.
  public func seed(_ name: String) throws -> UInt64 {
    if try self[name].isNil { return try session.nextSeed() }
    let number = try number(name)
    guard let seed = UInt64(exactly: number), number < 0x1p53 else {
      throw failure(
        .value, "\(name) must be a whole number from 0 to 2**53 - 1",
        argument: name)
    }
    return seed
  }
}
