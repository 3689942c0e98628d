// SPDX-License-Identifier: Apache-2.0
//
// The distinct values of a sequence, found by hashing. Two values are the same if `==` says so, so
// equal values need equal hashes: a list and a range of the same numbers, a number and a tensor of
// it without dimensions, 0 and -0, records whatever the order of their fields.

import Tensors

/// Pairwise different values, in the order in which they were inserted.
public struct DistinctValues {
  /// The values.
  public private(set) var values: [Value] = []
  /// The index of the last value with a hash.
  private var last: [Int: Int] = [:]
  /// For each value the index of the previous one with the same hash, or -1: lists of indices would
  /// be an allocation for each value.
  private var previous: [Int] = []
  private let session: Session
  private var polling: Polling

  /// Parts nested deeper than this are not hashed.
  private static let maximumDepth = 16

  /// Makes an empty collection.
  public init(_ session: Session) {
    self.session = session
    polling = Polling(session)
  }

  /// Adds a value unless an equal one is there already; true if it is new.
  public mutating func insert(_ value: Value) throws -> Bool {
    var hasher = Hasher()
    try hash(value, depth: 0, into: &hasher)
    let hash = hasher.finalize()
    let found = last[hash] ?? -1
    var place = found
    while place >= 0 {
      if try Comparison.equal(values[place], value, session) { return false }
      place = previous[place]
    }
    last[hash] = values.count
    previous.append(found)
    values.append(value)
    return true
  }

  private mutating func hash(_ value: Value, depth: Int, into hasher: inout Hasher) throws {
    guard depth < DistinctValues.maximumDepth else { return }
    try polling.turn()
    switch value {
    case .number(let number): hasher.combine(number)
    case .tensor(let tensor) where tensor.rank == 0: hasher.combine(tensor.number(at: 0))
    case .tensor(let tensor):
      for index in 0..<min(tensor.count, DistinctValues.maximumElements) {
        hasher.combine(tensor.number(at: index))
      }
    case .bool(let bool): hasher.combine(bool)
    case .text(let text): hasher.combine(text.string)
    case .list(let list):
      for index in 0..<list.count { try hash(list[index], depth: depth + 1, into: &hasher) }
    case .range(let range):
      for index in 0..<range.count {
        try polling.turn()
        if depth + 1 < DistinctValues.maximumDepth { hasher.combine(range[index]) }
      }
    case .record(let record):
      // The order of fields is ignored: their hashes are added.
      var sum = 0
      for (name, value) in zip(record.keys, record.values) {
        var field = Hasher()
        field.combine(name)
        try hash(value, depth: depth + 1, into: &field)
        sum &+= field.finalize()
      }
      hasher.combine(sum)
    // Values that are equal only by identity are rare enough to be compared one by one.
    case .function, .builtin, .object, .cell, .nil: break
    }
  }

  /// Further elements of a tensor are not hashed.
  private static let maximumElements = 64
}
