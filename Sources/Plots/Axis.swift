// SPDX-License-Identifier: Apache-2.0
//
// An axis maps values to positions from 0 to 1 and marks round numbers. On a linear axis these are
// multiples of 1, 2 or 5 times a power of ten; on a logarithmic one they are powers of ten, with
// marks between them where few powers are in range, and linear marks within less than a power.
// Whole numbers between two powers of two, such as numbers of tokens, have marks at powers of two.

import Glibc

/// The range of values along one side of a figure.
package struct Axis: Equatable, Sendable {
  /// A tick mark: a value, its text and its position from 0 to 1.
  package struct Tick: Equatable, Sendable {
    package let value: Double
    package let text: String
    package let place: Double
  }

  package let low, high: Double
  package let scale: Figure.Scale
  /// The exponents of two between which all values lie, if they are whole numbers.
  private let binary: ClosedRange<Int>?

  /// An axis over all finite values, widened a little so that nothing lies on the frame.
  ///
  /// On a logarithmic axis only positive values count.
  package init(
    values: some Collection<Double>, scale: Figure.Scale, margin: Double = 0.04,
    includingZero: Bool = false
  ) {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite && (scale == .linear || value > 0) {
      low = min(low, value)
      high = max(high, value)
    }
    self.scale = scale
    binary = scale == .log ? Axis.exponents(of: values) : nil
    if low > high { (low, high) = scale == .log ? (1, 10) : (0, 1) }
    if includingZero && scale == .linear { (low, high) = (min(low, 0), max(high, 0)) }
    if scale == .log {
      let (bottom, top) = Axis.padded(log10(low), log10(high), margin: margin)
      self.low = max(pow(10, bottom), .leastNormalMagnitude)
      self.high = min(pow(10, top), .greatestFiniteMagnitude)
    } else {
      let limit = Double.greatestFiniteMagnitude / 4
      (low, high) = (max(low, -limit), min(high, limit))
      let isFloored = includingZero && low == 0
      let isCeiled = includingZero && high == 0
      let (bottom, top) = Axis.padded(low, high, margin: margin)
      self.low = isFloored ? 0 : bottom
      self.high = isCeiled ? 0 : top
    }
  }

  /// An axis between two given values, which are positive on a logarithmic axis.
  package init(_ limits: ClosedRange<Double>, scale: Figure.Scale) {
    (low, high) = (limits.lowerBound, limits.upperBound)
    self.scale = scale
    binary = nil
  }

  /// The exponents of the least and the largest of some whole numbers from 1 to 2^19; nil if one of
  /// these is no power of two, or all numbers are the same.
  private static func exponents(of values: some Collection<Double>) -> ClosedRange<Int>? {
    var (least, most) = (Double.infinity, 0.0)
    for value in values where value.isFinite && value > 0 {
      guard (1...524_288).contains(value), value == value.rounded() else { return nil }
      (least, most) = (min(least, value), max(most, value))
    }
    guard least < most, least.significand == 1, most.significand == 1 else { return nil }
    return Int(least.exponent)...Int(most.exponent)
  }

  private static func padded(_ low: Double, _ high: Double, margin: Double) -> (Double, Double) {
    if low == high {
      let room = low == 0 ? 1 : abs(low) * 0.5
      return (low - room, high + room)
    }
    let room = (high - low) * margin
    return (low - room, high + room)
  }

  /// The position of a value, 0 at the low end and 1 at the high one; nil if it has none.
  package func place(_ value: Double) -> Double? {
    guard value.isFinite, scale == .linear || value > 0 else { return nil }
    let place =
      scale == .linear
      ? (value - low) / (high - low)
      : (log10(value) - log10(low)) / (log10(high) - log10(low))
    return place.isFinite ? place : nil
  }

  /// About `count` tick marks at round values.
  package func ticks(_ count: Int) -> [Tick] {
    if let binary {
      let stepping = max(1, (binary.count + count - 1) / max(1, count))
      return stride(from: binary.lowerBound, through: binary.upperBound, by: stepping).compactMap {
        let value = pow(2, Double($0))
        return place(value).map { Tick(value: value, text: NumberText.short(value), place: $0) }
      }
    }
    if scale == .log {
      for factors in [[1.0, 2, 5], [1, 3]] {
        let marks = marks(at: factors, atMost: count)
        if marks.count >= 3 { return marks }
      }
      let powers = logarithmicTicks(count)
      if powers.count >= 2 { return powers }
    }
    let step = Axis.roundStep((high - low) / Double(max(1, count)))
    guard step > 0, step.isFinite else { return [] }
    let (first, last) = ((low / step).rounded(.up), (high / step).rounded(.down))
    guard last - first < 1000 else { return [] }
    return stride(from: first, through: last, by: 1).compactMap { index in
      let value = index * step
      return place(value).map {
        Tick(value: value, text: NumberText.tick(value, step: step), place: $0)
      }
    }
  }

  /// Marks at these multiples of powers of ten; none if there would be more than `limit`.
  private func marks(at factors: [Double], atMost limit: Int) -> [Tick] {
    let (first, last) = (Int(log10(low).rounded(.down)), Int(log10(high).rounded(.up)))
    guard first <= last, last - first <= limit else { return [] }
    let marks = (first...last).flatMap { exponent in
      factors.compactMap { factor -> Tick? in
        let value = factor * pow(10, Double(exponent))
        guard value >= low, value <= high else { return nil }
        let text = factor == 1 ? NumberText.power(exponent) : NumberText.short(value)
        return place(value).map { Tick(value: value, text: text, place: $0) }
      }
    }
    return marks.count <= limit ? marks : []
  }

  private func logarithmicTicks(_ count: Int) -> [Tick] {
    let (first, last) = (Int(log10(low).rounded(.up)), Int(log10(high).rounded(.down)))
    guard first <= last else { return [] }
    let stepping = max(1, (last - first + count - 1) / max(1, count))
    return stride(from: first, through: last, by: stepping).compactMap { exponent in
      let value = pow(10, Double(exponent))
      return place(value).map { Tick(value: value, text: NumberText.power(exponent), place: $0) }
    }
  }

  /// The smallest of 1, 2, 5 times a power of ten that is not below `rough`.
  package static func roundStep(_ rough: Double) -> Double {
    guard rough > 0, rough.isFinite else { return 0 }
    let power = pow(10, log10(rough).rounded(.down))
    let factor = rough / power
    // With some tolerance, since the quotient may be 2.0000000000000004.
    let rounded = [1.0, 2, 5].first { factor <= $0 * (1 + 1e-9) } ?? 10
    return rounded * power
  }
}

/// Numbers as short text.
package enum NumberText {
  /// A tick mark's value with as many digits as its step needs.
  package static func tick(_ value: Double, step: Double) -> String {
    let magnitude = Int(log10(step).rounded(.down))
    let largest = max(abs(value), step)
    if largest >= 1e6 || step < 1e-4 { return short(value) }
    return fixed(value, digits: max(0, -magnitude))
  }

  /// A power of ten.
  package static func power(_ exponent: Int) -> String {
    (-3...4).contains(exponent) ? short(pow(10, Double(exponent))) : "1e\(exponent)"
  }

  /// A value with a fixed number of decimals, at most nine.
  package static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    let digits = min(max(digits, 0), 9)
    let factor = Int(pow(10, Double(digits)) + 0.5)
    let scaled = Int((abs(value) * Double(factor)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return sign + "\(scaled)" }
    let fraction = "\(scaled % factor)"
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return sign + "\(scaled / factor)." + zeros + fraction
  }

  /// A value with about three significant digits, such as `0.012`, `1.5` or `2.3e8`.
  package static func short(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    guard value != 0 else { return "0" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    if (-4..<6).contains(exponent) {
      return trimmed(fixed(value, digits: max(0, 2 - exponent)))
    }
    // Two divisions, since powers of ten from 309 on overflow.
    let mantissa = value / pow(10, Double(exponent / 2)) / pow(10, Double(exponent - exponent / 2))
    return trimmed(fixed(mantissa, digits: 2)) + "e\(exponent)"
  }

  /// The text without trailing zeros in its fraction.
  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var shorter = text
    while shorter.hasSuffix("0") { shorter.removeLast() }
    if shorter.hasSuffix(".") { shorter.removeLast() }
    return shorter
  }
}
