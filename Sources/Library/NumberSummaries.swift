// SPDX-License-Identifier: Apache-2.0
//
// Reductions of plain numbers. A list of numbers, or a range, has 64 bits for each; as a tensor it
// would have 32. So functions that reduce such a list to one value work on the numbers themselves
// and return a number: `max(xs)` is an element of `xs`, whatever its size. If a dimension is named
// or a tensor is in the list, the tensor reduction is used. Likewise positions and truth values
// derive from the numbers themselves: as 32-bit floats, seconds since 1970 or record numbers would
// be equal to their neighbours.

import Glibc
import Runtime
import Tensors

/// The numbers of a flat list or a range, read in place.
struct NumberSequence {
  /// How many there are, at least one.
  let count: Int
  /// The range that they are from, if they are.
  let range: NumberRange?
  private let element: (Int) -> Double
  private let check: () throws -> Void

  /// The number of elements read between two polls.
  private static let checkInterval = 1 << 16

  /// The numbers in an argument of a built-in that accepts them: nil for a tensor, and for an empty
  /// list. Booleans count as 1 and 0.
  init?(_ call: Call, _ name: String) throws {
    check = { try call.checkInterrupt() }
    switch try call[name] {
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

  /// The number at an index, which must be within `0..<count`.
  subscript(index: Int) -> Double { element(index) }

  /// Calls `body` for all numbers in order.
  func forEach(_ body: (Double) throws -> Void) throws {
    for index in 0..<count {
      if index % NumberSequence.checkInterval == 0 { try check() }
      try body(element(index))
    }
  }

  /// The numbers in an array.
  func array() throws -> [Double] {
    var numbers: [Double] = []
    numbers.reserveCapacity(count)
    try forEach { numbers.append($0) }
    return numbers
  }

  /// The numbers in ascending order, NaN last.
  func sorted() throws -> [Double] {
    try array().sorted { $0 < $1 || ($1.isNaN && !$0.isNaN) }
  }

  /// A vector of 1 where a number is not 0, and of 0 elsewhere. As a float, a tiny number would be
  /// 0.
  func mask() throws -> Tensor {
    var values: [Float] = []
    values.reserveCapacity(count)
    try forEach { values.append($0 != 0 ? 1 : 0) }
    let mask = try Tensor(shape: [count], values: values)
    mask.isMask = true
    return mask
  }

  /// A vector of the numbers at some indices, as floats.
  func tensor(at places: [Int]) throws -> Tensor {
    try Tensor(shape: [places.count], values: places.map { Float(self[$0]) })
  }
}

/// Two arguments that are plain numbers, or flat lists of them, of one length.
struct NumberPairs {
  /// The length of the lists; nil for two numbers.
  let count: Int?
  private let x: (Int) -> Double
  private let y: (Int) -> Double

  /// The arguments `x` and `y` of a built-in that takes numbers; nil where one is a tensor.
  init?(_ call: Call) throws {
    let lists = [try NumberSequence(call, "x"), try NumberSequence(call, "y")]
    switch (try call["x"], try call["y"], lists[0], lists[1]) {
    case (.number(let a), .number(let b), _, _): (count, x, y) = (nil, { _ in a }, { _ in b })
    case (.number(let a), _, _, let b?): (count, x, y) = (b.count, { _ in a }, { b[$0] })
    case (_, .number(let b), let a?, _): (count, x, y) = (a.count, { a[$0] }, { _ in b })
    case (_, _, let a?, let b?):
      guard a.count == b.count else { return nil }
      (count, x, y) = (a.count, { a[$0] }, { b[$0] })
    default: return nil
    }
  }

  /// Whether a predicate is true, for each pair.
  func map(_ call: Call, _ holds: (Double, Double) -> Bool) throws -> [Bool] {
    try (0..<(count ?? 1)).map(checking: call.session) { holds(x($0), y($0)) }
  }
}

// MARK: - Sums

extension NumberSequence {
  /// The sum, with compensation for rounding errors (Neumaier 1974), as in Python, so ten times 0.1
  /// is 1.
  func sum(of term: (Double) -> Double = { $0 }) throws -> Double {
    var (sum, lost) = (0.0, 0.0)
    try forEach {
      let number = term($0)
      let next = sum + number
      lost += abs(sum) >= abs(number) ? sum - next + number : number - next + sum
      sum = next
    }
    // With an infinity, the compensation is NaN.
    return lost.isFinite ? sum + lost : sum
  }

  /// The sum of all numbers; that of a range of integers in closed form.
  func total() throws -> Double {
    guard let range, range.start == range.start.rounded(), range.step == range.step.rounded() else {
      return try sum()
    }
    // An even number of elements forms pairs of equal sum; of an odd number, the middle is the
    // mean.
    let ends = range[0] + range[count - 1]
    let isEven = count % 2 == 0
    return (isEven ? ends : ends / 2) * Double(isEven ? count / 2 : count)
  }

  /// The mean.
  func mean() throws -> Double {
    let total = try total()
    if total.isFinite { return total / Double(count) }
    // The sum of large numbers may overflow although their mean does not.
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

  /// The norm; of order `inf` the largest absolute value, of `-inf` the smallest, of 0 the number
  /// of elements that are not 0.
  func norm(order: Double) throws -> Double {
    if order == 0 { return Double(try nonzeroCount()) }
    if order < 0 {
      var smallest = Double.infinity
      try forEach { smallest = $0.isNaN || abs($0) < smallest ? abs($0) : smallest }
      if order == -.infinity || smallest == 0 || !smallest.isFinite { return smallest }
      return try smallest * pow(sum { pow(abs($0) / smallest, order) }, 1 / order)
    }
    var largest = 0.0
    try forEach { largest = $0.isNaN || abs($0) > largest ? abs($0) : largest }
    if order == .infinity || largest == 0 || !largest.isFinite { return largest }
    if order == 1 { return try sum { abs($0) } }
    // Scaled by the largest, so that no power overflows or underflows.
    return try largest * pow(sum { pow(abs($0) / largest, order) }, 1 / order)
  }

  /// The number of elements that are not 0.
  func nonzeroCount() throws -> Int {
    var found = 0
    try forEach { if $0 != 0 { found += 1 } }
    return found
  }
}

// MARK: - Ordering

extension NumberSequence {
  /// The first extreme number and its index; NaN precedes all.
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

  /// The sorting permutation; it is stable, and NaN is last, or first where it counts as the
  /// largest.
  func order(descending: Bool = false, startsWithNaN: Bool = false) throws -> [Int] {
    let numbers = try array()
    var compared = 0
    return try numbers.indices.sorted { a, b in
      compared += 1
      if compared % NumberSequence.checkInterval == 0 { try check() }
      let (x, y) = (numbers[a], numbers[b])
      if x.isNaN != y.isNaN { return x.isNaN == startsWithNaN }
      return x == y || x.isNaN ? a < b : (x < y) != descending
    }
  }

  /// The index at which to insert a number into these, which ascend; after equal ones if `right`.
  func place(of number: Double, right: Bool) -> Int {
    func isBefore(_ a: Double, _ b: Double) -> Bool { a < b || b.isNaN && !a.isNaN }
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      let isBehind =
        right ? !isBefore(number, self[middle]) : isBefore(self[middle], number)
      if isBehind { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The quantile `q`, linearly interpolated; NaN if any number is.
  func quantile(_ q: Double) throws -> Double {
    let numbers = try sorted()
    guard let last = numbers.last, !last.isNaN else { return .nan }
    let place = q * Double(count - 1)
    let below = Int(place.rounded(.down))
    let share = place - Double(below)
    let (low, high) = (numbers[below], numbers[min(below + 1, count - 1)])
    if share == 0 || low == high { return low }
    // The distance to an infinity is not finite.
    return low.isFinite && high.isFinite
      ? low + (high - low) * share : low * (1 - share) + high * share
  }
}
