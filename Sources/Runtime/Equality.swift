// SPDX-License-Identifier: Apache-2.0
//
// Equality and membership. Lists, records and tensors are equal if their elements are; a comparison
// can be interrupted, since a few lists that share their parts can form a tree of any size.

import Tensors

extension Comparison {
  /// Whether two values are equal, element by element for lists, records and tensors.
  package static func equal(
    _ left: Value, _ right: Value, _ session: Session? = nil
  ) throws -> Bool {
    var walk = EqualityWalk(session: session)
    return try equal(left, right, depth: 0, &walk)
  }

  private static func equal(
    _ left: Value, _ right: Value, depth: Int, _ walk: inout EqualityWalk
  ) throws -> Bool {
    try walk.step()
    guard depth < maximumDepth else {
      throw ScriptError.limit(
        "these values nest too deep to be compared", hint: "does one contain itself?",
        isCatchable: true)
    }
    switch (left, right) {
    case (.nil, .nil): return true
    case (.number(let a), .number(let b)): return a == b
    case (.bool(let a), .bool(let b)): return a == b
    case (.text(let a), .text(let b)): return a.string == b.string
    case (.range(let a), .range(let b)):
      return a === b
        || a.count == b.count && (a.count == 0 || a.start == b.start)
          && (a.count < 2 || a.step == b.step)
    case (.function(let a), .function(let b)): return a === b
    case (.builtin(let a), .builtin(let b)): return a === b
    case (.object(let a), .object(let b)):
      if a === b { return true }
      return a.type === b.type && a.type.equals?(a, b) ?? false
    case (.list(let a), .list(let b)): return try lists(a, b, depth, &walk)
    case (.record(let a), .record(let b)): return try records(a, b, depth, &walk)
    case (.list, .range), (.range, .list):
      return try sequence(left, right)
    case (.tensor(let a), .tensor(let b)):
      guard a.shape == b.shape else { return false }
      if a.whole == nil, b.whole == nil { return a.toArray() == b.toArray() }
      return (0..<a.count).allSatisfy { a.number(at: $0) == b.number(at: $0) }
    case (.tensor(let a), .number(let b)), (.number(let b), .tensor(let a)):
      return a.rank == 0 && a.number(at: 0) == b
    default: return false
    }
  }

  private static func lists(
    _ a: List, _ b: List, _ depth: Int, _ walk: inout EqualityWalk
  ) throws -> Bool {
    if a === b { return true }
    guard a.count == b.count else { return false }
    // The lists are accessed by index, not copied: typically the first elements decide.
    for place in 0..<a.count
    where try !equal(a[place], b[place], depth: depth + 1, &walk) { return false }
    return true
  }

  private static func records(
    _ a: Record, _ b: Record, _ depth: Int, _ walk: inout EqualityWalk
  ) throws -> Bool {
    if a === b { return true }
    guard a.count == b.count else { return false }
    for (key, x) in zip(a.keys, a.values) {
      guard let y = b[key], try equal(x, y, depth: depth + 1, &walk) else { return false }
    }
    return true
  }

  private static func sequence(_ left: Value, _ right: Value) throws -> Bool {
    guard case .list(let list) = left, case .range(let range) = right else {
      return try sequence(right, left)
    }
    guard list.count == range.count else { return false }
    return (0..<list.count).allSatisfy { place in
      if case .number(let number) = list[place] { number == range[place] } else { false }
    }
  }

  // MARK: - Membership

  /// The position of the first element equal to `value`, or nil.
  static func position(of value: Value, in list: List, _ session: Session) throws -> Int? {
    var walk = EqualityWalk(session: session)
    // The list is accessed by index, not copied: typically the first elements decide.
    var position = 0
    while position < list.count {
      if try equal(list[position], value, depth: 0, &walk) { return position }
      position += 1
    }
    return nil
  }

  /// How many elements are equal to `value`.
  static func count(of value: Value, in list: List, _ session: Session) throws -> Int {
    var walk = EqualityWalk(session: session)
    return try (0..<list.count).reduce(0) {
      try $0 + (equal(list[$1], value, depth: 0, &walk) ? 1 : 0)
    }
  }

  /// Whether a string holds another.
  static func contains(_ part: String, in text: Text, _ session: Session) throws -> Bool {
    if part.isEmpty { return true }
    var search = try TextSearch(part, in: text, session)
    return try search.first(from: text.string.startIndex) != nil
  }

  static func contains(
    _ value: Value, in container: Value, _ session: Session
  ) throws -> Bool {
    switch container {
    case .list(let list):
      return try position(of: value, in: list, session) != nil
    case .record(let record):
      guard case .text(let key) = value else { return false }
      return record[key.string] != nil
    case .text(let text):
      guard case .text(let part) = value else {
        throw ScriptError.type("a string contains strings, not \(value.typePhrase)")
      }
      return try contains(part.string, in: text, session)
    case .range(let range):
      guard let number = Conversion.number(value), range.count > 0 else { return false }
      let index = (number - range.start) / range.step
      return index >= 0 && index < Double(range.count) && index.rounded() == index
    case .tensor(let tensor):
      guard let number = Conversion.number(value) else { return false }
      if tensor.whole != nil {
        return (0..<tensor.count).contains { tensor.number(at: $0) == number }
      }
      return tensor.withValues { $0.contains(Float(number)) }
    case .object(let object) where object.type.count != nil:
      return try session.elements(of: container).contains { try equal($0, value, session) }
    default:
      throw ScriptError.type("`in` cannot look into \(container.typePhrase)")
    }
  }
}

/// How many values a comparison has visited. A few lists that share their parts can form a tree of
/// any size, so a comparison must be interruptible and terminate by itself.
private struct EqualityWalk {
  let session: Session?
  private var steps = 0

  private static let maximumSteps = 1 << 28
  private static let interval = 1 << 12

  init(session: Session?) { self.session = session }

  mutating func step() throws {
    steps += 1
    guard steps % EqualityWalk.interval == 0 else { return }
    try session?.countWork(EqualityWalk.interval / 64)
    try session?.poll()
    guard steps < EqualityWalk.maximumSteps else {
      throw ScriptError.limit("these values have too many parts to be compared", isCatchable: true)
    }
  }
}
