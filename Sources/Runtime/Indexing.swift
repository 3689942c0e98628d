// SPDX-License-Identifier: Apache-2.0
//
// `x[..]` and `x[..] = value` for every kind of container. Indices count from 0, negative ones
// from the end; a single index must exist, slices clip.

import Syntax
import Tensors

/// Reading and writing elements.
enum Indexing {
  // MARK: - Numbers as indices

  /// A bound of a slice: an integer or `nil`.
  static func bound(_ value: Value) throws -> Int? {
    if value.isNil { return nil }
    guard let number = Conversion.number(value) else {
      throw ScriptError.type("a slice counts in whole numbers, not \(value.typePhrase)")
    }
    if number.isInfinite { return number > 0 ? Int.max : Int.min + 1 }
    return try whole(number)
  }

  /// The step of a slice: 1 if omitted, never 0.
  static func step(_ value: Value) throws -> Int {
    guard let step = try bound(value) else { return 1 }
    guard step != 0 else { throw ScriptError.value("the step of a slice cannot be 0") }
    return step
  }

  private static func whole(_ number: Double) throws -> Int {
    guard let index = Int(exactly: number) else {
      throw ScriptError.index(
        "an index must be a whole number, not \(Display.number(number))",
        hint: number.isFinite ? "round it, or divide with //" : "")
    }
    return index
  }

  /// The position of an index in a container of `count` elements.
  static func position(_ value: Value, count: Int, _ what: String) throws -> Int {
    guard let number = Conversion.number(value) else {
      throw ScriptError.type("\(what) is indexed by numbers, not \(value.typePhrase)")
    }
    let index = try whole(number)
    let position = index < 0 ? index + count : index
    guard position >= 0, position < count else {
      throw ScriptError.index(
        "there is no index \(index) in \(what) of \(counted(count, "element"))",
        hint: count == 0
          ? "it is empty"
          : (index == count ? "counting starts at 0: " : "")
            + "indices go from \(-count) to \(count - 1)")
    }
    return position
  }

  /// The positions of a slice in a container of `count` elements.
  static func positions(start: Int?, stop: Int?, step: Int, count: Int) -> Positions {
    func clip(_ bound: Int, _ low: Int, _ high: Int) -> Int {
      let (sum, overflow) = bound.addingReportingOverflow(bound < 0 ? count : 0)
      return overflow ? low : min(max(sum, low), high)
    }
    // A step longer than the container selects at most one element.
    let step = min(max(step, -count - 1), count + 1)
    if step > 0 {
      let from = start.map { clip($0, 0, count) } ?? 0
      return Positions(from, stop.map { clip($0, 0, count) } ?? count, step)
    }
    let from = start.map { clip($0, -1, count - 1) } ?? count - 1
    return Positions(from, stop.map { clip($0, -1, count - 1) } ?? -1, step)
  }

  /// Equally spaced positions.
  struct Positions {
    let first: Int
    /// The exclusive bound; it need not be a multiple of the step away.
    let stop: Int
    let step: Int
    let count: Int

    init(_ start: Int, _ stop: Int, _ step: Int) {
      first = start
      self.stop = stop
      self.step = step
      let length = step > 0 ? stop - start : start - stop
      count = length <= 0 ? 0 : (length - 1) / abs(step) + 1
    }

    func map<Element>(_ transform: (Int) throws -> Element) rethrows -> [Element] {
      try (0..<count).map { try transform(first + $0 * step) }
    }
  }

  // MARK: - Reading

  static func get(
    _ container: Value, _ entries: [SubscriptValue], _ session: Session
  ) throws -> Value {
    switch container {
    case .tensor(let tensor):
      return .tensor(try subscripted(tensor, entries))
    case .record(let record):
      return try field(record, entries)
    case .object(let object):
      guard let index = object.type.index else { break }
      return try index(object, entries, session)
    case .list(let list):
      guard entries.count == 1 else {
        return .tensor(try subscripted(try Conversion.tensor(container), entries))
      }
      return try element(of: list, entries[0], session)
    case .range(let range):
      guard entries.count == 1 else { break }
      return try element(of: range, entries[0], session)
    case .text(let text):
      guard entries.count == 1 else { break }
      return try character(of: text, entries[0], session)
    default: break
    }
    if entries.count > 1, case .text = container {
      throw ScriptError.index("a string takes one index, not \(entries.count)")
    }
    throw ScriptError.type(
      "\(container.typePhrase) cannot be indexed", hint: container.isNil ? Hints.forNil : "")
  }

  /// The single index among the entries, if there is only one.
  private static func index(_ entries: [SubscriptValue]) -> Value? {
    guard entries.count == 1, case .value(let value) = entries[0] else { return nil }
    return value
  }

  private static func field(_ record: Record, _ entries: [SubscriptValue]) throws -> Value {
    guard entries.count == 1, case .value(.text(let key)) = entries[0] else {
      throw ScriptError.type(
        "a record is indexed by the name of a field", hint: Hints.forRecordIndex(index(entries)))
    }
    if let value = record[key.string] { return value }
    throw ScriptError.index(
      "there is no field \"\(key.string)\" in \(record.phrase)",
      hint: Spelling.nearest(to: key.string, in: record.keys(atMost: Hints.mostNames)).map {
        "did you mean \"\($0)\"?"
      }
        ?? "")
  }

  private static func element(
    of list: List, _ entry: SubscriptValue, _ session: Session
  ) throws -> Value {
    switch entry {
    case .slice(let start, let stop, let step):
      let found = positions(start: start, stop: stop, step: step, count: list.count)
      try session.claim(elements: found.count)
      return .list(found.map { list[$0] })
    case .value(.list(let mask)) where mask.isMask:
      return .list(try chosen(from: list, mask))
    case .value(let indices) where indices.isSequence:
      return .list(
        try session.elements(of: indices).map {
          list[try position($0, count: list.count, "a list")]
        })
    case .value(.tensor(let mask)) where mask.count != 1:
      throw ScriptError.type(
        "a list is indexed by numbers, not by a tensor",
        hint: mask.isMask
          ? "a mask chooses from a tensor: tensor(xs)[..]; of a list, write [x for x in xs if ..]"
          : "make a tensor of the list: tensor(xs)[..]")
    case .value(let index):
      return list[try position(index, count: list.count, "a list")]
    case .ellipsis:
      try session.claim(elements: list.count)
      return .list(list.items)
    }
  }

  /// The elements at the positions where a list of booleans holds `true`.
  private static func chosen(from list: List, _ mask: List) throws -> [Value] {
    guard mask.count == list.count else {
      throw ScriptError.shape(
        "a mask of \(counted(mask.count, "element")) does not fit a list of \(list.count)")
    }
    return zip(list.items, mask.items).compactMap { item, choice in
      if case .bool(true) = choice { item } else { nil }
    }
  }

  private static func element(
    of range: NumberRange, _ entry: SubscriptValue, _ session: Session
  ) throws -> Value {
    switch entry {
    case .value(let index):
      return .number(range[try position(index, count: range.count, "a range")])
    case .slice(let start, let stop, let step):
      let found = positions(start: start, stop: stop, step: step, count: range.count)
      return .range(try range.part(at: found))
    case .ellipsis: return .range(range)
    }
  }

  // MARK: - Writing

  /// `container[entries] = value`; a tensor in the container's slot is replaced.
  static func set(
    _ container: UnsafeMutablePointer<Value>, _ entries: [SubscriptValue], _ value: Value,
    _ session: Session
  ) throws {
    if container.holdsTensor { return try setTensor(container, entries, value) }
    switch container.pointee {
    case .list(let list):
      if entries.count == 1, case .slice(let start, let stop, let step) = entries[0] {
        return try setSlice(of: list, start, stop, step, value, session)
      }
      guard entries.count == 1, case .value(let index) = entries[0] else {
        throw ScriptError.type(
          "elements of a list are set one by one, or by a slice",
          hint: "build a new list, or convert it to a tensor")
      }
      list[try position(index, count: list.count, "a list")] = value
    case .record(let record):
      guard entries.count == 1, case .value(.text(let key)) = entries[0] else {
        throw ScriptError.type(
          "a record is indexed by the name of a field", hint: Hints.forRecordIndex(index(entries)))
      }
      try session.claimGrowth(
        from: record.count * Session.fieldBytes, to: (record.count + 1) * Session.fieldBytes)
      try Fields.set(record, key.string, value)
    case .text:
      throw ScriptError.type("a string cannot be changed", hint: "make a new one: \"{a}{b}\"")
    default:
      throw ScriptError.type(
        "elements of \(container.pointee.typePhrase) cannot be set")
    }
  }

  /// `list[start:stop] = values` may change the length; with a step, there is a value for each
  /// place.
  private static func setSlice(
    of list: List, _ start: Int?, _ stop: Int?, _ step: Int, _ value: Value, _ session: Session
  ) throws {
    let values: [Value]
    switch value {
    case .tensor(let tensor) where tensor.rank == 1:
      // The result of `xs[:2] += [1, 2]` is a tensor; the list gets numbers, not tensors of one
      // element.
      try session.claim(elements: tensor.count)
      values = (0..<tensor.count).map { .number(tensor.number(at: $0)) }
    case .list, .range, .tensor: values = try session.elements(of: value)
    default:
      throw ScriptError.type(
        "a slice of a list is replaced by a list, not by \(value.typePhrase)",
        hint: "for one value everywhere: [value for x in xs[..]]")
    }
    let count = list.count
    let places = positions(start: start, stop: stop, step: step, count: count)
    if step == 1 {
      try session.claim(elements: count - places.count + values.count)
      list.replace(from: places.first, count: places.count, with: values)
      return
    }
    guard values.count == places.count else {
      throw ScriptError.value(
        "\(counted(values.count, "value")) cannot fill \(counted(places.count, "place"))",
        hint: "a slice with a step keeps the length of the list")
    }
    for (place, value) in zip(places.map { $0 }, values) { list[place] = value }
  }

  private static func setTensor(
    _ container: UnsafeMutablePointer<Value>, _ entries: [SubscriptValue], _ value: Value
  ) throws {
    let values = try elementValues(value)
    guard var tensor = container.takeTensor() else { return }
    defer { container.initialize(to: .tensor(tensor)) }
    try replace(in: &tensor, entries, with: values)
  }

  private static func elementValues(_ value: Value) throws -> Tensor {
    if case .bool(let bool) = value { return try Tensor.scalar(bool ? 1 : 0) }
    do {
      return try Conversion.tensor(value)
    } catch let error as ScriptError where error.kind == .type {
      throw ScriptError.type("elements of a tensor are numbers, but this is \(value.typePhrase)")
    }
  }
}

extension List {
  /// Whether it holds only booleans, so that it is a mask and not a list of positions.
  var isMask: Bool {
    count > 0 && (0..<count).allSatisfy { if case .bool = self[$0] { true } else { false } }
  }
}

extension Value {
  /// Whether it is a list or a range.
  fileprivate var isSequence: Bool {
    switch self {
    case .list, .range: true
    default: false
    }
  }
}
