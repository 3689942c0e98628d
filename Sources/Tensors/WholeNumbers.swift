// SPDX-License-Identifier: Apache-2.0
//
// Positions and counts beyond 2^24. The elements of a tensor are 32-bit floats, which represent
// every integer only up to there. A tensor of positions of which some are larger stores them a
// second time, as 64-bit integers; small ones, by far the most common, cost nothing. Operations
// that move or read elements or use them as an index preserve the integers. Arithmetic would round
// them, so code that passes a tensor to it calls `requireFloats` first.

/// 64-bit integers in a block that counts against the memory limit.
package final class WholeNumbers: @unchecked Sendable {
  private let storage: Storage
  package let count: Int

  /// Makes `count` integers; `number` gives each by its index.
  package init(count: Int, _ number: (Int) throws -> Int) throws {
    self.count = count
    // Two floats have the size of one integer.
    storage = try Storage(uninitialized: 2 * count)
    let base = UnsafeMutableRawPointer(storage.pointer)
    for i in 0..<count {
      try Stop.check(at: i)
      base.storeBytes(of: try number(i), toByteOffset: 8 * i, as: Int.self)
    }
  }

  package subscript(index: Int) -> Int {
    UnsafeRawPointer(storage.pointer).load(fromByteOffset: 8 * index, as: Int.self)
  }
}

extension Tensor {
  /// Up to here floats represent every integer.
  package static var largestWhole: Int { 1 << 24 }

  /// Makes a tensor of integers, all of which are exact.
  package convenience init(
    wholeNumbers count: Int, shape: [Int], _ number: (Int) throws -> Int
  ) throws {
    try self.init(uninitialized: shape)
    var isExact = true
    for i in 0..<count {
      try Stop.check(at: i)
      let whole = try number(i)
      pointer[i] = Float(whole)
      if whole.magnitude > UInt(Tensor.largestWhole) { isExact = false }
    }
    if !isExact { whole = try WholeNumbers(count: count, number) }
  }

  /// Makes a tensor of integers, all of which are exact.
  package convenience init(wholeNumbers: [Int], shape: [Int]) throws {
    try self.init(wholeNumbers: wholeNumbers.count, shape: shape) { wholeNumbers[$0] }
  }

  /// The element at an index in row-major order, which may be an integer that no float represents.
  public func number(at place: Int) -> Double {
    whole.map { Double($0[place]) } ?? Double(pointer[place])
  }

  /// The element at an index in row-major order, nil if it is not an integer.
  package func wholeNumber(at place: Int) -> Int? {
    whole.map { $0[place] } ?? Int(exactly: pointer[place])
  }

  /// Throws a ValueError for a tensor of integers of which some are no floats.
  public func requireFloats() throws {
    guard whole != nil else { return }
    throw TensorError.value(
      "these positions lie beyond 2**24, where the elements of tensors are no longer exact",
      hint: "they can be used as an index; compute with numbers: x.item() or x.tolist()")
  }

  /// The elements compared as 64-bit numbers, with broadcasting: integers are exact.
  public static func compareExactly(
    _ a: Tensor, _ b: Tensor, _ holds: (Double, Double) -> Bool
  ) throws -> Tensor {
    let shape = try broadcastShape(a.shape, b.shape)
    let (x, y) = (
      StridedView(expanding: a.shape, to: shape).offsets,
      StridedView(expanding: b.shape, to: shape).offsets
    )
    let result = try Tensor(uninitialized: shape)
    for i in 0..<result.count {
      result.pointer[i] = holds(a.number(at: x[i]), b.number(at: y[i])) ? 1 : 0
    }
    result.isMask = true
    return result
  }
}
