// SPDX-License-Identifier: Apache-2.0
//
// `tokens[...]`: a prefix of the tokens, of all pictures or of some.

import Models
import Runtime
import Tensors

/// The subscripts of `tokens[...]`.
///
/// One entry is a prefix, the same for all pictures; of two, the first selects pictures.
struct TokenSubscript {
  private let tokens: Tokens
  private var pictures: [Int]
  private var keep: Int

  init(_ subscripts: [SubscriptValue], of tokens: Tokens) throws {
    self.tokens = tokens
    pictures = Array(0..<tokens.count)
    keep = tokens.length
    switch subscripts.count {
    case 1: keep = try TokenSubscript.prefix(subscripts[0], length: tokens.length)
    case 2:
      pictures = try TokenSubscript.pictures(subscripts[0], count: tokens.count)
      keep = try TokenSubscript.prefix(subscripts[1], length: tokens.length)
    default:
      throw ScriptError.index(
        "tokens have two axes, pictures and tokens", hint: TokenSubscript.advice)
    }
  }

  func result() throws -> Tokens {
    let chosen = pictures == Array(0..<tokens.count) ? tokens : try tokens.picked(pictures)
    return try chosen.prefix(keep)
  }

  private static let advice =
    "tokens[:k] keeps the first k tokens, tokens[i, :] is picture i, tokens[[i, j], :] are two"

  private static func prefix(_ entry: SubscriptValue, length: Int) throws -> Int {
    if case .ellipsis = entry { return length }
    guard case .slice(let start, let stop, step: 1) = entry, start ?? 0 == 0 else {
      throw ScriptError.value(
        "tokens can only be cut to a prefix: what comes first carries the most", hint: advice)
    }
    guard let stop else { return length }
    let keep = stop < 0 ? length + stop : stop
    guard keep >= 1, keep <= length else {
      throw ScriptError.value(
        "cannot keep \(counted(stop, "token")): there are \(length)", hint: "from 1 to \(length)")
    }
    return keep
  }

  private static func pictures(_ entry: SubscriptValue, count: Int) throws -> [Int] {
    switch entry {
    case .ellipsis: return Array(0..<count)
    case .slice(let start, let stop, step: 1):
      let (low, high) = (bounded(start ?? 0, count), bounded(stop ?? count, count))
      guard low < high else {
        throw ScriptError.index("this slice holds none of the \(count) pictures", hint: advice)
      }
      return Array(low..<high)
    case .value(let value):
      if let number = Conversion.number(value) { return [try place(number, count)] }
      let items: [Double]? =
        switch value {
        case .list(let list): list.items.map { Conversion.number($0) ?? .nan }
        case .tensor(let tensor) where tensor.rank == 1 && !tensor.isMask:
          tensor.toArray().map(Double.init)
        case .range(let range): (0..<range.count).map { range[$0] }
        default: nil
        }
      guard let items, !items.isEmpty else { break }
      return try items.map { try place($0, count) }
    default: break
    }
    throw ScriptError.index(
      "pictures are chosen by a number, a slice or a list of numbers", hint: advice)
  }

  private static func place(_ number: Double, _ count: Int) throws -> Int {
    guard let index = Int(exactly: number) else {
      throw ScriptError.index("pictures are chosen by whole numbers", hint: advice)
    }
    let place = index < 0 ? index + count : index
    guard place >= 0, place < count else {
      throw ScriptError.index(
        "there is no picture \(index) among \(count)", hint: "pictures count from 0")
    }
    return place
  }

  private static func bounded(_ index: Int, _ count: Int) -> Int {
    min(max(index < 0 ? index + count : index, 0), count)
  }
}
