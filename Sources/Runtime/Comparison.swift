// SPDX-License-Identifier: Apache-2.0
//
// Comparison, equality and membership. Comparing tensors gives a mask of ones and zeros, comparing
// scalars (numbers and tensors without dimensions) a boolean. Lists and records are equal if their
// elements are.

import Syntax
import Tensors

/// Comparisons and conditions.
package enum Comparison {
  /// How deep lists may nest to be compared; in practice only cyclic ones nest deeper.
  private static let maximumDepth = 500

  /// `left operation right`: a boolean or a mask.
  static func compare(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value, _ session: Session
  ) throws -> Value {
    if case .number(let a) = left, case .number(let b) = right, operation != .contains {
      return .bool(numbers(operation, a, b))
    }
    switch operation {
    case .contains: return .bool(try contains(left, in: right, session))
    case .equal, .notEqual:
      if let mask = try mask(operation, left, right) { return mask }
      return .bool(try equal(left, right, session) == (operation == .equal))
    default:
      if case .text(let a) = left, case .text(let b) = right {
        return .bool(try strings(operation, a.string, b.string, session))
      }
      if let mask = try mask(operation, left, right) { return mask }
      throw misfit(operation, left, right)
    }
  }

  /// The comparison as a condition; a mask is an error.
  static func holds(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value, _ session: Session
  ) throws -> Bool {
    try condition(try compare(operation, left, right, session), "a condition")
  }

  /// The boolean in a value; anything else is a TypeError with a hint.
  static func condition(_ value: Value, _ what: String) throws -> Bool {
    switch value {
    case .bool(let bool): return bool
    case .tensor(let tensor):
      if tensor.rank == 0, let element = tensor.first { return element != 0 }
      throw ScriptError.type(
        "\(what) must be true or false, but this is a mask of shape \(tensor.shape)",
        hint: "ask for all(..) or any(..) of it")
    default:
      let hint: String
      switch value {
      case .number: hint = "compare it: x != 0"
      case .nil: hint = "compare it: x != nil"
      case .list, .text, .record: hint = "ask for len(x) > 0"
      default: hint = ""
      }
      throw ScriptError.type(
        "\(what) must be true or false, but this is \(value.typePhrase)", hint: hint)
    }
  }

  @inline(__always)
  private static func numbers(_ operation: ComparisonOperator, _ a: Double, _ b: Double) -> Bool {
    switch operation {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual, .contains: a >= b
    }
  }

  private static func strings(
    _ operation: ComparisonOperator, _ a: String, _ b: String, _ session: Session
  ) throws -> Bool {
    if a.utf8.count >= TextWalk.long, b.utf8.count >= TextWalk.long,
      let order = try TextWalk.order(a, b, session)
    {
      return switch operation {
      case .less: order < 0
      case .lessOrEqual: order <= 0
      case .greater: order > 0
      default: order >= 0
      }
    }
    return switch operation {
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    default: a >= b
    }
  }

  /// The mask of an elementwise comparison, a boolean for scalars, or nil if no tensor is involved.
  private static func mask(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value
  ) throws -> Value? {
    let ordering = operation != .equal && operation != .notEqual
    guard Conversion.isNumeric(left), Conversion.isNumeric(right) else { return nil }
    guard left.isTensor || right.isTensor || ordering else { return nil }
    let a: Tensor
    let b: Tensor
    do {
      (a, b) = try operands(left, right)
    } catch let error as ScriptError where error.kind == .type && !ordering {
      return nil
    }
    let mask = try Conversion.scripted {
      if a.whole != nil || b.whole != nil {
        return try Tensor.compareExactly(a, b) { numbers(operation, $0, $1) }
      }
      return try Tensor.combine(operation.kernel, a, b)
    }
    if mask.rank == 0, let element = mask.first { return .bool(element != 0) }
    return .tensor(mask)
  }

  /// Both operands as tensors. Next to positions that no float represents, numbers stay exact.
  private static func operands(_ left: Value, _ right: Value) throws -> (Tensor, Tensor) {
    guard left.holdsPositions || right.holdsPositions else {
      return (try Conversion.tensor(left), try Conversion.tensor(right))
    }
    func exact(_ value: Value) throws -> Tensor {
      if case .tensor(let tensor) = value { return tensor }
      return try Conversion.positions(value)
    }
    return (try exact(left), try exact(right))
  }

  private static func misfit(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value
  ) -> ScriptError {
    .type(
      "`\(operation.rawValue)` cannot order \(left.typePhrase) and \(right.typePhrase)")
  }

  // MARK: - Equality

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

  private static func contains(
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

extension Value {
  /// Whether this is a tensor of positions that no float represents.
  fileprivate var holdsPositions: Bool {
    if case .tensor(let tensor) = self { return tensor.whole != nil }
    return false
  }

  fileprivate var isTensor: Bool {
    if case .tensor = self { return true }
    return false
  }
}

extension ComparisonOperator {
  fileprivate var kernel: BinaryOperation {
    switch self {
    case .equal: .equal
    case .notEqual: .unequal
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual, .contains: .greaterOrEqual
    }
  }
}
