// SPDX-License-Identifier: Apache-2.0
//
// Random numbers for the choices of a training step: which pictures, which shift, how many tokens.
// Each step and micro-batch starts its own stream from its indices, so samples do not depend on
// which thread runs first. SplitMix64 (Steele, Lea and Flood, 2014).

import Glibc

/// A stream of random numbers that depends on a few integers.
public struct RandomStream {
  private var state: UInt64

  /// Starts the stream of a seed and a path of numbers, such as step and micro-batch.
  public init(seed: UInt64, _ path: Int...) {
    state = seed
    for part in path { state = next() ^ UInt64(bitPattern: Int64(part)) }
    _ = next()
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 up to but not including 1.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number between two bounds.
  public mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + Float(uniform()) * (high - low)
  }

  /// An integer from 0 to below `bound` (at least 1).
  public mutating func index(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(max(bound, 1))).high)
  }

  /// A sample from the standard normal distribution (Box-Muller).
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return Float(radius * cos(2 * Double.pi * uniform()))
  }

  /// The numbers 0..<count in random order (Fisher-Yates).
  public mutating func permutation(_ count: Int) throws -> [Int] {
    var order = Array(0..<max(count, 0))
    for i in order.indices.reversed() {
      try Stop.check(at: i)
      order.swapAt(i, index(below: i + 1))
    }
    return order
  }
}
