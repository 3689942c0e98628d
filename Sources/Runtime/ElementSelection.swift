// SPDX-License-Identifier: Apache-2.0
//
// Which elements a subscript names in an object of the library that has elements, such as a data
// set. Numbers, slices, lists of positions and masks mean what they mean for tensors.

import Tensors

/// The elements that `x[..]` names.
public enum ElementSelection {
  /// One element, by its position.
  case one(Int)
  /// Several elements, by their positions, in order.
  case many([Int])

  /// Reads a subscript of an object of `count` elements.
  ///
  /// - Parameter what: the object in words, such as "a data set", for errors.
  /// - Throws: a `ScriptError` for several entries, positions that do not exist, and other types.
  public init(_ entries: [SubscriptValue], count: Int, of what: String) throws {
    guard entries.count == 1 else {
      throw ScriptError.index("\(what) has one dimension, not \(entries.count)")
    }
    switch entries[0] {
    case .ellipsis: self = .many(Array(0..<count))
    case .slice(let start, let stop, let step):
      let positions = Indexing.positions(start: start, stop: stop, step: step, count: count)
      self = .many(positions.map { $0 })
    case .value(let value):
      switch value {
      case .number: self = .one(try Indexing.position(value, count: count, what))
      case .tensor, .list, .range:
        let all = try Conversion.scripted {
          try Tensor(shape: [count], values: (0..<count).map { Float($0) })
        }
        let chosen = try Indexing.subscripted(all, entries)
        guard chosen.rank == 1 else {
          self = .one(try Indexing.position(.tensor(chosen), count: count, what))
          return
        }
        self = .many(chosen.toArray().map { Int($0) })
      default:
        throw ScriptError.type("\(what) is indexed by numbers, not \(value.typePhrase)")
      }
    }
  }
}
