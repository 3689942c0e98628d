// SPDX-License-Identifier: Apache-2.0
//
// Where a tensor is expected, a number or a rectangular list of numbers is converted to one.

import Tensors

/// Conversions that the language makes on demand.
public enum Conversion {
  /// How deep lists may nest to be converted to a tensor; the number of dimensions is limited, too.
  private static let maximumDepth = 16

  /// The number in a number or in a tensor of one element, else nil.
  public static func number(_ value: Value) -> Double? {
    switch value {
    case .number(let number): return number
    case .tensor(let tensor): return tensor.count == 1 ? tensor.number(at: 0) : nil
    default: return nil
    }
  }

  /// The integer in a value, else nil.
  public static func integer(_ value: Value) -> Int? { number(value).flatMap { Int(exactly: $0) } }

  /// Converts a value to a tensor to compute with. Throws a TypeError for what is not made of
  /// numbers, a ShapeError for lists whose rows differ in length, and a ValueError for positions
  /// that no float represents.
  public static func tensor(_ value: Value) throws -> Tensor {
    switch value {
    case .tensor(let tensor):
      try scripted { try tensor.requireFloats() }
      return tensor
    case .number(let number): return try scripted { try Tensor.scalar(Float(number)) }
    case .bool(let bool): return try mask(bool)
    case .range(let range): return try self.tensor(range)
    case .list(let list): return try self.tensor(list)
    default: throw ScriptError.type("\(value.typePhrase) is not a tensor")
    }
  }

  /// The mask without dimensions that represents the result of comparing two scalars.
  static func mask(_ bool: Bool) throws -> Tensor {
    try scripted {
      let mask = try Tensor.scalar(bool ? 1 : 0)
      mask.isMask = true
      return mask
    }
  }

  /// Whether a value is a number, a tensor, or might convert to one.
  static func isNumeric(_ value: Value) -> Bool {
    switch value {
    case .number, .tensor, .list, .range: true
    default: false
    }
  }

  /// Whether a value can be an element of a list that converts to a tensor.
  static func isElement(_ value: Value) -> Bool {
    if case .bool = value { return true }
    return isNumeric(value)
  }

  /// Whether a list holds numbers only, or booleans only.
  fileprivate static func isPlain(_ list: List) -> Bool {
    guard list.count > 0 else { return true }
    if case .bool = list[0] { return list.isMask }
    return (0..<list.count).allSatisfy { if case .number = list[$0] { true } else { false } }
  }

  private static func tensor(_ range: NumberRange) throws -> Tensor {
    try scripted {
      let tensor = try Tensor(uninitialized: [range.count])
      for index in 0..<range.count { tensor.pointer[index] = Float(range[index]) }
      return tensor
    }
  }

  private static func tensor(_ list: List) throws -> Tensor {
    if (0..<list.count).contains(where: { if case .tensor = list[$0] { true } else { false } }) {
      return try stacked(list, depth: 1)
    }
    var shape: [Int] = []
    var probe = Value.list(list)
    while true {
      if case .list(let inner) = probe {
        shape.append(inner.count)
        guard inner.count > 0 else { break }
        let first = inner[0]
        probe = first
      } else if case .range(let range) = probe {
        shape.append(range.count)
        break
      } else {
        if case .tensor = probe { return try stacked(list, depth: 1) }
        if case .bool = probe { return try mask(list, shape) }
        break
      }
      guard shape.count <= maximumDepth else { throw tooDeep() }
    }
    do {
      return try scripted {
        let tensor = try Tensor(uninitialized: shape)
        var position = 0
        try fill(.list(list), shape[...], tensor, &position)
        return tensor
      }
    } catch is TensorAmongNumbers {
      return try stacked(list, depth: 1)
    }
  }

  /// A list as positions: integers that no float represents stay exact.
  static func positions(_ value: Value) throws -> Tensor {
    var (shape, numbers) = ([Int](), [Double]())
    guard collect(value, depth: 0, &shape, &numbers),
      numbers.contains(where: { abs($0) > Double(Tensor.largestWhole) }),
      numbers.allSatisfy({ Int(exactly: $0) != nil })
    else { return try tensor(value) }
    return try scripted {
      try Tensor(wholeNumbers: numbers.count, shape: shape) { Int(exactly: numbers[$0]) ?? 0 }
    }
  }

  /// Appends the numbers of a rectangular list; false if it is none.
  private static func collect(
    _ value: Value, depth: Int, _ shape: inout [Int], _ numbers: inout [Double]
  ) -> Bool {
    let count: Int
    switch value {
    case .list(let list): count = list.count
    case .range(let range): count = range.count
    default:
      guard depth == shape.count, let number = number(value) else { return false }
      numbers.append(number)
      return true
    }
    if depth == shape.count {
      guard numbers.isEmpty, depth < maximumDepth else { return false }
      shape.append(count)
    }
    guard shape[depth] == count else { return false }
    if case .range(let range) = value {
      guard depth == shape.count - 1 else { return false }
      for index in 0..<count { numbers.append(range[index]) }
      return true
    }
    guard case .list(let list) = value else { return false }
    return list.items.allSatisfy { collect($0, depth: depth + 1, &shape, &numbers) }
  }

  /// A list of numbers contains a tensor with a gradient, or with positions.
  private struct TensorAmongNumbers: Error {}

  /// A list of booleans is a mask, like the result of a comparison.
  private static func mask(_ list: List, _ shape: [Int]) throws -> Tensor {
    try scripted {
      let tensor = try Tensor(uninitialized: shape)
      var position = 0
      try fill(answers: .list(list), shape[...], tensor, &position)
      tensor.isMask = true
      return tensor
    }
  }

  private static func fill(
    answers value: Value, _ shape: ArraySlice<Int>, _ tensor: Tensor, _ position: inout Int
  ) throws {
    switch (value, shape.first) {
    case (.bool(let bool), nil):
      tensor.pointer[position] = bool ? 1 : 0
      position += 1
    case (.list(let list), let size?):
      guard list.count == size else { throw ragged(size, list.count) }
      for item in list.items { try fill(answers: item, shape.dropFirst(), tensor, &position) }
    case (.bool, _), (.list, _): throw ragged()
    default:
      throw ScriptError.type(
        "a list that holds a boolean and \(value.typePhrase) is neither a tensor nor a mask")
    }
  }

  private static func fill(
    _ value: Value, _ shape: ArraySlice<Int>, _ tensor: Tensor, _ position: inout Int
  ) throws {
    guard let size = shape.first else {
      guard let number = self.number(value) else {
        if case .list = value { throw ragged() }
        throw ScriptError.type("a list that holds \(value.typePhrase) is not a tensor")
      }
      if case .tensor(let entry) = value, entry.isRecording || entry.whole != nil {
        throw TensorAmongNumbers()
      }
      tensor.pointer[position] = Float(number)
      position += 1
      return
    }
    switch value {
    case .list(let list):
      guard list.count == size else { throw ragged(size, list.count) }
      for item in list.items { try fill(item, shape.dropFirst(), tensor, &position) }
    case .range(let range):
      guard shape.count == 1, range.count == size else { throw ragged(size, range.count) }
      for index in 0..<range.count {
        tensor.pointer[position] = Float(range[index])
        position += 1
      }
    default:
      if self.number(value) != nil { throw ragged() }
      throw ScriptError.type("a list that holds \(value.typePhrase) is not a tensor")
    }
  }

  /// A list with tensors in it: gradients flow through it, as through `stack`.
  private static func stacked(_ list: List, depth: Int) throws -> Tensor {
    guard depth <= maximumDepth else { throw tooDeep() }
    let parts = try list.items.map { item in
      if case .list(let inner) = item { return try stacked(inner, depth: depth + 1) }
      return try tensor(item)
    }
    return try scripted { try Tensor.stack(parts) }
  }

  private static func ragged(_ a: Int, _ b: Int) -> ScriptError {
    .shape("the rows of this list differ in length: \(a) and \(b)")
  }

  private static func ragged() -> ScriptError {
    .shape("this list is not rectangular: numbers stand beside lists")
  }

  private static func tooDeep() -> ScriptError {
    .shape("this list nests deeper than \(maximumDepth) levels")
  }

  /// The tensor of a matrix literal, whose rows must be lists of numbers of one length.
  static func matrix(_ rows: Value) throws -> Tensor {
    guard case .list(let list) = rows else { throw ragged() }
    for case .list(let row) in list.items {
      for item in row.items where number(item) == nil {
        throw ScriptError.type(
          "a matrix holds numbers, not \(item.typePhrase)",
          hint: "rows are separated by `;`, entries by `,`")
      }
    }
    return try tensor(list)
  }

  /// Runs tensor code and converts its errors to script errors.
  static func scripted<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as TensorError {
      throw ScriptError(error)
    }
  }
}

extension Value {
  /// Whether this is a range, or a list of only numbers, or of only booleans.
  var isPlainNumbers: Bool {
    switch self {
    case .range: true
    case .list(let list): Conversion.isPlain(list)
    default: false
    }
  }
}

extension Tensor {
  /// The first element, if there is one.
  var first: Float? { withValues { $0.first } }
}
