// SPDX-License-Identifier: Apache-2.0
//
// The tensor: a shape over a contiguous block of floats in row-major order.
//
// Tensors are always contiguous. Strided views would make slices free, but every kernel would need
// a second variant; here a slice copies, a reshape shares, and each kernel sees plain memory.
// Values never change under a reader: operations create new tensors, and the few that write in
// place (`replacing`, optimizers) copy first unless their reference to the storage is unique.

import CKernels

/// An n-dimensional array of 32-bit floats, in row-major order.
public final class Tensor {
  /// The size along each dimension; empty for a scalar.
  public let shape: [Int]
  package var storage: Storage
  /// Whether the elements are booleans, 1 for true and 0 for false, so that as an index they
  /// select.
  ///
  /// Comparisons and predicates set it; moving elements keeps it; arithmetic does not.
  public package(set) var isMask = false
  /// The elements as exact integers, if some of them are no floats.
  package var whole: WholeNumbers?
  /// The node of this tensor in the recorded computation, if it is differentiated.
  package var node: GradientNode?

  package init(storage: Storage, shape: [Int]) {
    self.storage = storage
    self.shape = shape
  }

  /// Makes a tensor whose values the caller must set before anyone reads them.
  package convenience init(uninitialized shape: [Int]) throws {
    self.init(storage: try Storage(uninitialized: try Tensor.elementCount(shape)), shape: shape)
  }

  /// Makes a tensor of the given shape from its values in row-major order.
  ///
  /// Throws a ShapeError if the number of values does not match the shape.
  public convenience init(shape: [Int], values: [Float]) throws {
    let count = try Tensor.elementCount(shape)
    guard count == values.count else {
      throw TensorError.shape("\(values.count) values do not fill the shape \(shape)")
    }
    try self.init(uninitialized: shape)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { storage.pointer.update(from: base, count: count) }
    }
  }

  /// Makes a tensor filled with one value.
  public convenience init(repeating value: Float, shape: [Int]) throws {
    let count = try Tensor.elementCount(shape)
    self.init(storage: try Storage(repeating: value, count: count), shape: shape)
  }

  /// A tensor without dimensions that holds one number.
  public static func scalar(_ value: Float) throws -> Tensor {
    try Tensor(repeating: value, shape: [])
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: [Int]) throws -> Tensor {
    try Tensor(repeating: 0, shape: shape)
  }

  /// The product of the sizes; throws for negative sizes and for products beyond the address space.
  public static func elementCount(_ shape: [Int]) throws -> Int {
    guard shape.count <= 16 else {
      throw TensorError.shape("a tensor has at most 16 dimensions, not \(shape.count)")
    }
    // A size of 0 does not excuse the others: no partial product may overflow.
    var (volume, isEmpty) = (1, false)
    for size in shape {
      guard size >= 0 else { throw TensorError.shape("a size cannot be negative: \(shape)") }
      if size == 0 { isEmpty = true }
      let (product, overflow) = volume.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow, product <= Int(Int32.max) * 64 else {
        throw TensorError.limit("a tensor of shape \(shape) is larger than memory can be")
      }
      volume = product
    }
    return isEmpty ? 0 : volume
  }

  /// The number of elements.
  public var count: Int { storage.count }

  /// The number of dimensions.
  public var rank: Int { shape.count }

  package var pointer: UnsafeMutablePointer<Float> { storage.pointer }

  /// Calls `body` with the elements in row-major order.
  public func withValues<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage.pointer, count: storage.count))
    }
  }

  /// The elements in row-major order.
  public func toArray() -> [Float] { withValues { Array($0) } }

  /// The only element; throws if there are more or none.
  public func item() throws -> Float {
    try requireOne()
    return storage.pointer[0]
  }

  /// The only element as a 64-bit number; throws if there are more or none.
  public func onlyNumber() throws -> Double {
    try requireOne()
    return number(at: 0)
  }

  private func requireOne() throws {
    guard count == 1 else {
      throw TensorError.shape(
        "a tensor of shape \(shape) is not one number",
        hint: "index it, or reduce it with sum or mean")
    }
  }

  /// The same values, detached from the recorded computation.
  public var detached: Tensor {
    guard node != nil else { return self }
    let plain = Tensor(storage: storage, shape: shape)
    plain.whole = whole
    return plain
  }

  /// The same values as a mask: 1 where an element is not 0.
  public func asMask() throws -> Tensor { try Tensor.combine(.unequal, detached, 0) }

  /// This tensor, marked as a mask if the tensors that its elements come from are masks.
  func keepingMask(of sources: Tensor...) -> Tensor {
    if sources.allSatisfy(\.isMask) { isMask = true }
    return self
  }

  /// Converts a dimension counted from either end into one counted from the front.
  public func dimension(_ dim: Int) throws -> Int {
    let resolved = dim < 0 ? dim + rank : dim
    guard resolved >= 0, resolved < rank else {
      throw TensorError.index(
        "there is no dimension \(dim) in a tensor of shape \(shape)",
        hint: rank == 0
          ? "a scalar has no dimensions" : "dimensions go from \(-rank) to \(rank - 1)")
    }
    return resolved
  }
}
