// SPDX-License-Identifier: Apache-2.0
//
// Ranges of numbers, which allocate no elements.

/// The numbers from `start` up to, but not including, `stop`.
///
/// A range is lazy: `range(0, 1e15)` allocates no elements.
public final class NumberRange {
  /// The first number.
  public let start: Double
  /// The exclusive bound.
  public let stop: Double
  /// The distance between neighbours, never zero.
  public let step: Double
  /// How many numbers there are.
  public let count: Int

  /// Makes a range; throws a ValueError for a step of zero, bounds that are not finite, and
  /// ranges of more than 2**53 numbers.
  public init(_ start: Double, _ stop: Double, step: Double = 1) throws {
    guard start.isFinite, stop.isFinite, step.isFinite else {
      throw ScriptError.value("the bounds of a range must be finite numbers")
    }
    guard step != 0 else { throw ScriptError.value("the step of a range cannot be 0") }
    let length = ((stop - start) / step).rounded(.up)
    guard length <= 0x1p53 else {
      throw ScriptError.value("this range would hold more than 2**53 numbers")
    }
    self.start = start
    self.stop = stop
    self.step = step
    count = length > 0 ? Int(length) : 0
  }

  /// The numbers at these positions. Start and bound are the values at those of the slice, as in
  /// Python; where rounding would add or drop a number, the bound is half a step after the last
  /// instead.
  func part(at places: Indexing.Positions) throws -> NumberRange {
    let distance = step * Double(places.step)
    let first = self[places.first]
    let range = try NumberRange(first, self[places.stop], step: distance)
    if range.count == places.count { return range }
    return try NumberRange(first, first + distance * (Double(places.count) - 0.5), step: distance)
  }

  /// The number at `index`, which must be within `0..<count`.
  @inline(__always) public subscript(index: Int) -> Double { start + Double(index) * step }
}
