// SPDX-License-Identifier: Apache-2.0
//
// Iterating over values: `for`, spreading and destructuring.

import Tensors

/// The state of a `for` loop, kept in three registers before the loop variable.
///
/// A range of integers is three numbers: the current one, how many are left, the step. Anything
/// else is the container and the index of the next element, so a list may grow or shrink while it
/// is iterated.
enum Iteration {
  static func prepare(_ state: UnsafeMutablePointer<Value>, _ session: Session) throws {
    switch state.pointee {
    case .range(let range):
      if range.start.rounded() == range.start, range.step.rounded() == range.step,
        abs(range.stop) < 0x1p53, abs(range.start) < 0x1p53
      {
        state[0] = .number(range.start)
        state[1] = .number(Double(range.count))
        state[2] = .number(range.step)
        return
      }
    case .list: break
    case .tensor(let tensor) where tensor.rank > 0: break
    case .object(let object) where object.type.count != nil && object.type.index != nil: break
    default:
      state[0] = .list(try session.elements(of: state.pointee))
    }
    state[1] = .number(0)
  }

  /// Writes the next element behind the state; returns false at the end.
  static func next(_ state: UnsafeMutablePointer<Value>, _ session: Session) throws -> Bool {
    guard case .number(let position) = state[1] else { return false }
    let index = Int(position)
    switch state[0] {
    case .list(let list):
      guard index < list.count else { return false }
      state[3] = list[index]
    case .range(let range):
      guard index < range.count else { return false }
      state[3] = .number(range[index])
    case .tensor(let tensor):
      guard index < tensor.shape[0] else { return false }
      state[3] = .tensor(try Indexing.row(tensor, index))
    case .object(let object):
      guard let count = object.type.count, let element = object.type.index, index < count(object)
      else { return false }
      state[3] = try element(object, [.value(.number(position))], session)
    default: return false
    }
    state[1] = .number(position + 1)
    return true
  }
}

extension Session {
  /// The longest list that a range or a spread may be converted to.
  public static let maximumListCount = 1 << 26
  /// The longest string, in bytes.
  public static let maximumStringBytes = 1 << 28
  /// The size of a small object, such as a string of few characters.
  public static let objectBytes = 48
  /// The size of a list of two elements, as the pairs of `items`, `zip` and `enumerate` are.
  public static let pairBytes = listBytes(2)

  /// The size of a list of so many elements, besides its slot in another.
  public static func listBytes(_ count: Int) -> Int {
    // The object, its block, and the overhead of the allocator for each.
    2 * objectBytes + count * elementBytes
  }

  /// The elements that a loop over a value would see, accessed by index where that takes constant
  /// time: for a list, a range, a tensor and an object, nothing is iterated or copied.
  public func row(of value: Value) throws -> (count: Int, element: (Int) throws -> Value) {
    switch value {
    case .list(let list): return (list.count, { list[$0] })
    case .range(let range): return (range.count, { .number(range[$0]) })
    case .tensor(let tensor) where tensor.rank > 0:
      return (tensor.shape[0], { .tensor(try Indexing.row(tensor, $0)) })
    case .object(let object):
      guard let count = object.type.count, let element = object.type.index else { fallthrough }
      return (max(0, count(object)), { try element(object, [.value(.integer($0))], self) })
    default:
      let elements = try elements(of: value)
      return (elements.count, { elements[$0] })
    }
  }

  /// The elements that a loop over a value would see: those of a list, range or tensor, pairs of
  /// name and value of a record, characters of a string. Throws a TypeError for other values.
  public func elements(of value: Value) throws -> [Value] {
    switch value {
    case .list(let list):
      try claim(elements: list.count)
      return list.items
    case .range(let range):
      try claim(elements: range.count)
      return try (0..<range.count).map(checking: self) { .number(range[$0]) }
    case .record(let record):
      try claim(elements: record.count, bytesEach: Session.pairBytes + Session.objectBytes)
      return try zip(record.keys, record.values).map(checking: self) { .list([.string($0), $1]) }
    case .text(let text):
      try claim(elements: text.string.utf8.count, bytesEach: Session.objectBytes)
      return try text.string.map(checking: self) { .string(String($0)) }
    case .tensor(let tensor) where tensor.rank > 0:
      try claim(elements: tensor.shape[0], bytesEach: Session.objectBytes * 4)
      return try (0..<tensor.shape[0]).map(checking: self) { .tensor(try Indexing.row(tensor, $0)) }
    case .object(let object):
      guard let count = object.type.count, let element = object.type.index else { break }
      return try (0..<max(0, count(object))).map(checking: self) {
        try element(object, [.value(.integer($0))], self)
      }
    default: break
    }
    var hint = ""
    if case .number = value { hint = "count with range(n)" }
    if value.isNil { hint = Hints.forNil }
    throw ScriptError.type("\(value.typePhrase) has no elements to go through", hint: hint)
  }
}
