// SPDX-License-Identifier: Apache-2.0
//
// Reductions of plain numbers. A list of numbers, or a range, has 64 bits for each; as a tensor it would
// have 32. So what reduces such a list to one value works on the numbers themselves and gives a number:
// `max(xs)` is an element of `xs`, whatever its size. Wherever a dimension is named or a tensor is
// in the list, the reduction of tensors does it.

import Glibc
import Runtime

/// The numbers of a flat list or a range, read where they lie.
struct NumberSequence {
  /// How many there are, at least one.
  let count: Int
  /// The range that they are from, if they are.
  let range: NumberRange?
  private let element: (Int) -> Double
  private let check: () throws -> Void

  /// How many numbers are read between two looks at the clock.
  private static let checkInterval = 1 << 16

  /// The numbers in the first argument of a built-in that takes them: nil for a tensor, and where there
  /// are none. Booleans count as 1 and 0.
  init?(_ call: Call) {
    check = { try call.checkInterrupt() }
    switch call[0] {
    case .range(let range) where range.count > 0:
      (count, self.range) = (range.count, range)
      element = { range[$0] }
    case .list(let list) where list.count > 0:
      (count, self.range) = (list.count, nil)
      element = {
        switch list[$0] {
        case .number(let number): number
        case .bool(let bool): bool ? 1 : 0
        default: .nan
        }
      }
    default: return nil
    }
  }

  /// The number at a place, which must be within `0..<count`.
  subscript(index: Int) -> Double { element(index) }

  /// Goes through all numbers in order.
  func forEach(_ body: (Double) throws -> Void) throws {
    for index in 0..<count {
      if index % NumberSequence.checkInterval == 0 { try check() }
      try body(element(index))
    }
  }

  /// The numbers in rising order, not-a-number last.
  func sorted() throws -> [Double] {
    var numbers: [Double] = []
    numbers.reserveCapacity(count)
    try forEach { numbers.append($0) }
    return numbers.sorted { $0 < $1 || ($1.isNaN && !$0.isNaN) }
  }
}

// MARK: - Sums

extension NumberSequence {
  /// The sum. What rounding takes from it is summed apart (Neumaier 1974) and added at the end, as Python
  /// does, so ten times 0.1 is 1.
  func sum(of term: (Double) -> Double = { $0 }) throws -> Double {
    var (sum, lost) = (0.0, 0.0)
    try forEach {
      let number = term($0)
      let next = sum + number
      lost += abs(sum) >= abs(number) ? sum - next + number : number - next + sum
      sum = next
    }
    // Beside an infinity, what was lost is not a number.
    return lost.isFinite ? sum + lost : sum
  }

  /// The sum of all numbers; that of a range of whole numbers without going through it.
  func total() throws -> Double {
    guard let range, range.start == range.start.rounded(), range.step == range.step.rounded() else {
      return try sum()
    }
    // An even number of places make pairs of one sum; of an odd one, the middle is the mean.
    let ends = range[0] + range[count - 1]
    let isEven = count % 2 == 0
    return (isEven ? ends : ends / 2) * Double(isEven ? count / 2 : count)
  }

  /// The mean.
  func mean() throws -> Double {
    let total = try total()
    if total.isFinite { return total / Double(count) }
    // The sum of large numbers may overflow where their mean does not.
    return try sum { $0 / Double(self.count) }
  }

  /// The product.
  func product() throws -> Double {
    var product = 1.0
    try forEach { product *= $0 }
    return product
  }

  /// The logarithm of the sum of exponentials, without overflow.
  func logSumExp() throws -> Double {
    let largest = try extreme(>).value
    guard largest.isFinite else { return largest }
    return try log(sum { exp($0 - largest) }) + largest
  }

  /// The mean of squared distances from the mean, with the count less `correction` as divisor.
  func variance(correction: Double) throws -> Double {
    let mean = try mean()
    return try sum { ($0 - mean) * ($0 - mean) } / max(0, Double(count) - correction)
  }

  /// The norm of an order above 0; `inf` is the largest size.
  func norm(order: Double) throws -> Double {
    var largest = 0.0
    try forEach { largest = $0.isNaN || abs($0) > largest ? abs($0) : largest }
    if order == .infinity || largest == 0 || !largest.isFinite { return largest }
    if order == 1 { return try sum { abs($0) } }
    // Of parts of the largest, so that no power overflows or vanishes.
    return try largest * pow(sum { pow(abs($0) / largest, order) }, 1 / order)
  }

  /// How many numbers are other than 0.
  func nonzeroCount() throws -> Int {
    var found = 0
    try forEach { if $0 != 0 { found += 1 } }
    return found
  }
}

// MARK: - Orders

extension NumberSequence {
  /// The first number of which no other is ahead, and its place; not-a-number is ahead of all.
  func extreme(_ isAhead: (Double, Double) -> Bool) throws -> (value: Double, place: Int) {
    if let range {
      let place = isAhead(range[0], range[count - 1]) || count == 1 ? 0 : count - 1
      return (range[place], place)
    }
    var (best, place, index) = (self[0], 0, 0)
    try forEach { number in
      if !best.isNaN, number.isNaN || isAhead(number, best) { (best, place) = (number, index) }
      index += 1
    }
    return (best, place)
  }

  /// The number below which the share `q` of all lies, between two of them interpolated; not-a-number if
  /// any of them is.
  func quantile(_ q: Double) throws -> Double {
    let numbers = try sorted()
    guard let last = numbers.last, !last.isNaN else { return .nan }
    let place = q * Double(count - 1)
    let below = Int(place.rounded(.down))
    let share = place - Double(below)
    let (low, high) = (numbers[below], numbers[min(below + 1, count - 1)])
    if share == 0 || low == high { return low }
    // The distance to an infinity is no number.
    return low.isFinite && high.isFinite
      ? low + (high - low) * share : low * (1 - share) + high * share
  }
}
