// SPDX-License-Identifier: Apache-2.0
//
// Subscripts of tensors: types are checked here, the tensor core does the rest.

import Tensors

extension Indexing {
  /// Row `index` of a tensor of at least one dimension.
  static func row(_ tensor: Tensor, _ index: Int) throws -> Tensor {
    try Conversion.scripted { try tensor.subscripted([.index(index)]) }
  }

  static func subscripted(_ tensor: Tensor, _ entries: [SubscriptValue]) throws -> Tensor {
    if let picks = answer(tensor, entries) {
      return try Conversion.scripted {
        let row = try tensor.reshape([1])
        return picks ? row : try row.narrow(dim: 0, start: 0, count: 0)
      }
    }
    let indices = try entries.map(index)
    return try Conversion.scripted { try tensor.subscripted(indices) }
  }

  /// Replaces elements of a tensor, in place if its reference is unique.
  static func replace(
    in tensor: inout Tensor, _ entries: [SubscriptValue], with values: Tensor
  ) throws {
    let picks = answer(tensor, entries)
    if picks == false { return }
    let indices = picks == true ? [] : try entries.map(index)
    do {
      try Tensor.replace(in: &tensor, at: indices, with: values)
    } catch let error as TensorError {
      throw ScriptError(error)
    }
  }

  /// Whether a mask without dimensions selects a scalar, as in `x[x > 0]`; nil if the index is of
  /// another kind.
  private static func answer(_ tensor: Tensor, _ entries: [SubscriptValue]) -> Bool? {
    guard tensor.rank == 0, entries.count == 1, case .value(let value) = entries[0] else {
      return nil
    }
    switch value {
    case .bool(let bool): return bool
    case .tensor(let mask) where mask.isMask && mask.rank == 0: return mask.first.map { $0 != 0 }
    default: return nil
    }
  }

  private static func index(_ entry: SubscriptValue) throws -> TensorIndex {
    switch entry {
    case .ellipsis: return .ellipsis
    case .slice(let start, let stop, let step):
      return .slice(start: start, stop: stop, step: step)
    case .value(.nil): return .newAxis
    case .value(.number(let number)):
      return .index(try position(number))
    case .value(.tensor(let tensor)):
      // A mask selects where it is 1; any other tensor lists positions.
      if tensor.rank == 0 { return .index(try position(tensor.number(at: 0))) }
      return tensor.isMask ? .mask(tensor) : .gather(tensor)
    case .value(.bool):
      throw ScriptError.type("a boolean is no index", hint: "masks come from comparing tensors")
    case .value(let value):
      do {
        let tensor = try Conversion.positions(value)
        return tensor.isMask ? .mask(tensor) : .gather(tensor)
      } catch let error as ScriptError where error.kind == .type {
        throw ScriptError.type("a tensor is indexed by numbers, not \(value.typePhrase)")
      }
    }
  }

  private static func position(_ number: Double) throws -> Int {
    guard let index = Int(exactly: number) else {
      throw ScriptError.index("an index must be a whole number, not \(Display.number(number))")
    }
    return index
  }
}

extension UnsafeMutablePointer<Value> {
  /// Whether this slot holds a tensor.
  @inline(__always) var holdsTensor: Bool {
    if case .tensor = pointee { return true }
    return false
  }

  /// Moves the tensor out of a slot and leaves `nil` there.
  ///
  /// The reference is moved bitwise from the start of the value: a pattern would retain it for a
  /// while, and then no tensor would ever be changed in place.
  func takeTensor() -> Tensor? {
    guard holdsTensor else { return nil }
    let tensor = UnsafeRawPointer(self).load(as: Unmanaged<Tensor>.self)
    initialize(to: .nil)
    return tensor.takeRetainedValue()
  }
}
