// SPDX-License-Identifier: Apache-2.0
//
// Stateless random numbers. A key is a seed, an integer below 2^53; element i of a sample depends
// on the key and i alone, through the counter-based generator Philox4x32-10. So samples are the
// same on any number of threads, and independent streams come from splitting or folding a key
// instead of sharing a generator.

import CKernels

/// A seed from which samples and further keys derive.
public struct RandomKey: Sendable, Hashable {
  /// The seed: the key as a plain number.
  public let seed: UInt64

  /// The key of a seed.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// The key of a number, as scripts write seeds.
  ///
  /// Throws a ValueError unless it is an integer from 0 to below 2^53.
  public init(number: Double) throws {
    guard let whole = UInt64(exactly: number), whole < 1 << 53 else {
      throw TensorError.value(
        "\(TensorError.words(number)) is not a seed",
        hint: "a seed is a whole number from 0 to below 2**53")
    }
    self.init(seed: whole)
  }

  /// An independent key for number `index`, such as a step of a loop.
  public func fold(_ index: Int) -> RandomKey {
    derived(UInt64(bitPattern: Int64(index)), purpose: 1)
  }

  /// `count` independent keys, different from those of `fold`.
  public func split(_ count: Int = 2) throws -> [RandomKey] {
    try (0..<max(count, 0)).map {
      try Stop.check(at: $0)
      return derived(UInt64($0), purpose: 2)
    }
  }

  private func derived(_ index: UInt64, purpose: UInt32) -> RandomKey {
    RandomKey(seed: word64(index, purpose: purpose) & (1 << 53 - 1))
  }

  private func word64(_ block: UInt64, purpose: UInt32) -> UInt64 {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4) { words in
      guard let base = words.baseAddress else { return 0 }
      smap_philox(seed, block, purpose, base)
      return UInt64(words[1]) << 32 | UInt64(words[0])
    }
  }

  /// The numbers below `count` in random order (Fisher-Yates).
  public func permutation(_ count: Int) throws -> [Int] {
    var order = Array(0..<max(count, 0))
    for i in order.indices.reversed() {
      try Stop.check(at: i)
      let draw = word64(UInt64(i), purpose: 3)
      order.swapAt(i, Int(draw.multipliedFullWidth(by: UInt64(i) + 1).high))
    }
    return order
  }
}

extension Tensor {
  /// Samples are generated in pieces of this many elements, a multiple of 64.
  private static var drawBlock: Int { 16384 }

  /// Calls `draw` for all pieces; long work may be stopped between them.
  private func fillInBlocks(_ draw: (Range<Int>) -> Void) throws {
    let isLong = count > 1 << 24
    Profile.measure(.random, bytes: 4 &* count) {
      ThreadPool.forEachBlock(rows: count, rowsPerBlock: Tensor.drawBlock) { block in
        if isLong, Stop.isRequested { return }
        draw(block)
      }
    }
    if isLong { try Stop.check() }
  }

  /// A kernel that samples: key, index of the first element, destination, count.
  private typealias Draw = (UInt64, UInt64, UnsafeMutablePointer<Float>, Int) -> Void

  /// The samples of a kernel, times `scale`, plus `shift`.
  private static func drawn(
    _ shape: [Int], key: RandomKey, scale: Float = 1, shift: Float = 0, by draw: Draw
  ) throws -> Tensor {
    let result = try Tensor(uninitialized: shape)
    let out = result.pointer
    try result.fillInBlocks { block in
      draw(key.seed, UInt64(block.lowerBound), out + block.lowerBound, block.count)
      guard scale != 1 || shift != 0 else { return }
      for index in block { out[index] = out[index] * scale + shift }
    }
    return result
  }

  /// Numbers sampled uniformly from 0 to below 1.
  public static func rand(_ shape: [Int], key: RandomKey) throws -> Tensor {
    try drawn(shape, key: key, by: smap_draw_uniform)
  }

  /// Numbers sampled from the standard normal distribution.
  public static func randn(_ shape: [Int], key: RandomKey) throws -> Tensor {
    try drawn(shape, key: key, by: smap_draw_normal)
  }

  /// Numbers sampled from the normal distribution with a mean and a standard deviation.
  public static func normal(
    mean: Float, deviation: Float, _ shape: [Int], key: RandomKey
  ) throws -> Tensor {
    try drawn(shape, key: key, scale: deviation, shift: mean, by: smap_draw_normal)
  }

  /// Numbers sampled uniformly from `low` to below `low + width`.
  public static func uniform(
    _ low: Float, width: Float, _ shape: [Int], key: RandomKey
  ) throws -> Tensor {
    try drawn(shape, key: key, scale: width, shift: low, by: smap_draw_uniform)
  }

  /// Integers sampled uniformly from `low` to below `high`.
  ///
  /// Throws a ValueError if there are none, or if they are too large to be exact in a tensor.
  public static func randint(
    _ low: Int, _ high: Int, shape: [Int], key: RandomKey
  ) throws -> Tensor {
    let largest = 1 << 24
    guard low < high else {
      throw TensorError.value("there are no whole numbers from \(low) to below \(high)")
    }
    guard low >= -largest, high <= largest + 1 else {
      throw TensorError.value(
        "randint from \(low) to \(high) goes beyond the whole numbers that a tensor holds exactly",
        hint: "the limit is 2**24 = \(largest)")
    }
    let result = try Tensor(uninitialized: shape)
    let out = result.pointer
    try result.fillInBlocks { block in
      smap_draw_integers(
        key.seed, UInt64(block.lowerBound), Int64(low), UInt64(high - low),
        out + block.lowerBound, block.count)
    }
    return result
  }

  /// The integers below `count` in random order.
  public static func permutation(_ count: Int, key: RandomKey) throws -> Tensor {
    guard count >= 0, count <= 1 << 28 else {
      throw TensorError.value(
        "a permutation of \(count) numbers is not possible", hint: "n goes from 0 to 2**28")
    }
    try MemoryBudget.requireRoom(forArrays: 8 * count)
    return try Tensor(wholeNumbers: key.permutation(count), shape: [count])
  }
}
