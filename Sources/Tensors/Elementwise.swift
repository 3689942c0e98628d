// SPDX-License-Identifier: Apache-2.0
//
// Operations on two operands, element by element. Each operation is three C kernels (run and run,
// run and number, number and run) and a rule for its gradient. Equal shapes and single numbers,
// the common cases, go straight to a kernel; all others through the loops of `Broadcast`.

import CKernels

/// An operation on two operands that works element by element and broadcasts.
public enum BinaryOperation: Sendable, CaseIterable {
  case add, subtract, multiply, divide
  case maximum, minimum, power
  /// The quotient rounded down, and the remainder of the divisor's sign.
  case floorDivide, remainder
  /// The remainder of the dividend's sign.
  case fmod
  /// The angle of the point (second, first), and its distance from the origin.
  case atan2, hypot
  /// Comparisons give 1 or 0.
  case equal, unequal, less, lessOrEqual, greater, greaterOrEqual

  package typealias Runs =
    @convention(c) (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
    ) -> Void
  package typealias RunNumber =
    @convention(c) (UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>, Int) -> Void
  package typealias NumberRun =
    @convention(c) (Float, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void

  @inline(__always)
  package var kernels: (Runs, RunNumber, NumberRun) {
    switch self {
    case .add: (smap_add, smap_add_scalar, smap_scalar_add)
    case .subtract: (smap_sub, smap_sub_scalar, smap_scalar_sub)
    case .multiply: (smap_mul, smap_mul_scalar, smap_scalar_mul)
    case .divide: (smap_div, smap_div_scalar, smap_scalar_div)
    case .maximum: (smap_max, smap_max_scalar, smap_scalar_max)
    case .minimum: (smap_min, smap_min_scalar, smap_scalar_min)
    case .power: (smap_pow, smap_pow_scalar, smap_scalar_pow)
    case .floorDivide: (smap_floordiv, smap_floordiv_scalar, smap_scalar_floordiv)
    case .remainder: (smap_remainder, smap_remainder_scalar, smap_scalar_remainder)
    case .fmod: (smap_fmod, smap_fmod_scalar, smap_scalar_fmod)
    case .atan2: (smap_atan2, smap_atan2_scalar, smap_scalar_atan2)
    case .hypot: (smap_hypot, smap_hypot_scalar, smap_scalar_hypot)
    case .equal: (smap_equal, smap_equal_scalar, smap_scalar_equal)
    case .unequal: (smap_unequal, smap_unequal_scalar, smap_scalar_unequal)
    case .less: (smap_less, smap_less_scalar, smap_scalar_less)
    case .lessOrEqual: (smap_less_equal, smap_less_equal_scalar, smap_scalar_less_equal)
    case .greater: (smap_greater, smap_greater_scalar, smap_scalar_greater)
    case .greaterOrEqual:
      (smap_greater_equal, smap_greater_equal_scalar, smap_scalar_greater_equal)
    }
  }

  /// Whether two masks give a mask: their product is "and", their maximum "or".
  var keepsMasks: Bool { self == .multiply || self == .maximum || self == .minimum }

  /// Comparisons have no gradient.
  var isComparison: Bool {
    switch self {
    case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual: true
    default: false
    }
  }
}

extension Tensor {
  /// How many elements one thread takes at a time.
  package static var blockSize: Int { 65536 }

  /// Whether a result of this tensor must be put on the tape.
  @inline(__always)
  package var isRecording: Bool { node != nil && smap_gradients_enabled() != 0 }

  /// The same values as a separate tensor off the tape: what a pullback may keep of a result.
  package var unrecorded: Tensor { Tensor(storage: storage, shape: shape) }

  /// A tensor of this shape whose values are not set.
  @inline(__always)
  package func uninitializedLike() throws -> Tensor {
    Tensor(storage: try Storage(uninitialized: count), shape: shape)
  }

  /// Combines two tensors element by element, with broadcasting.
  ///
  /// Throws a ShapeError that names both shapes if they do not fit.
  public static func combine(
    _ operation: BinaryOperation, _ a: Tensor, _ b: Tensor
  ) throws -> Tensor {
    let result = try Profile.measure(
      .elementwise, operations: max(a.count, b.count), bytes: 12 &* max(a.count, b.count)
    ) { try computed(operation, a, b) }
    if operation.isComparison || (operation.keepsMasks && a.isMask && b.isMask) {
      result.isMask = true
    }
    guard a.isRecording || b.isRecording else { return result }
    if let place = a.node?.place ?? b.node?.place {
      return try place.trace.add(operation, a, b, result)
    }
    return operation.isComparison ? result : operation.record(result, a, b)
  }

  /// Combines each element with a number.
  public static func combine(
    _ operation: BinaryOperation, _ a: Tensor, _ b: Float
  ) throws -> Tensor {
    let result = try a.uninitializedLike()
    try Profile.measure(.elementwise, operations: a.count, bytes: 8 &* a.count) {
      try runNumber(operation.kernels.1, a.pointer, b, result.pointer, a.count)
    }
    result.isMask = operation.isComparison
    guard a.isRecording else { return result }
    if let place = a.node?.place { return try place.trace.add(operation, a, b, result) }
    guard !operation.isComparison else { return result }
    switch operation {
    case .add, .subtract: return result.recorded(from: [a]) { [$0] }
    case .multiply: return result.recorded(from: [a]) { [try $0 * b] }
    case .divide: return result.recorded(from: [a]) { [try $0 / b] }
    default: return operation.record(result, a, try Tensor.scalar(b))
    }
  }

  /// Combines a number with each element.
  public static func combine(
    _ operation: BinaryOperation, _ a: Float, _ b: Tensor
  ) throws -> Tensor {
    let result = try b.uninitializedLike()
    try Profile.measure(.elementwise, operations: b.count, bytes: 8 &* b.count) {
      try numberRun(operation.kernels.2, a, b.pointer, result.pointer, b.count)
    }
    result.isMask = operation.isComparison
    guard b.isRecording else { return result }
    if let place = b.node?.place { return try place.trace.add(operation, a, b, result) }
    return operation.isComparison ? result : operation.record(result, try Tensor.scalar(a), b)
  }

  private static func computed(
    _ operation: BinaryOperation, _ a: Tensor, _ b: Tensor
  ) throws -> Tensor {
    if a.shape == b.shape {
      let result = try a.uninitializedLike()
      try runs(operation.kernels.0, a.pointer, b.pointer, result.pointer, a.count)
      return result
    }
    if b.count == 1, b.rank <= a.rank {
      let result = try a.uninitializedLike()
      try runNumber(operation.kernels.1, a.pointer, b.pointer[0], result.pointer, a.count)
      return result
    }
    if a.count == 1, a.rank <= b.rank {
      let result = try b.uninitializedLike()
      try numberRun(operation.kernels.2, a.pointer[0], b.pointer, result.pointer, b.count)
      return result
    }
    if b.rank < a.rank, a.shape.suffix(b.rank).elementsEqual(b.shape), b.count > 0 {
      return try rows(operation, a, b)
    }
    return try broadcast(operation, a, b)
  }

  /// The second operand is the same for every row of the first: a bias, for example.
  private static func rows(
    _ operation: BinaryOperation, _ a: Tensor, _ b: Tensor
  ) throws -> Tensor {
    let result = try a.uninitializedLike()
    let width = b.count
    let (kernel, x, y, out) = (operation.kernels.0, a.pointer, b.pointer, result.pointer)
    try ThreadPool.forEachBlock(
      unlessStopped: a.count / width, rowsPerBlock: max(1, blockSize / width)
    ) { block in
      for row in block { kernel(x + row * width, y, out + row * width, width) }
    }
    return result
  }

  private static func broadcast(
    _ operation: BinaryOperation, _ a: Tensor, _ b: Tensor
  ) throws -> Tensor {
    let plan = try Broadcast(a.shape, b.shape)
    let result = try Tensor(uninitialized: plan.shape)
    guard result.count > 0 else { return result }
    let (both, left, right) = operation.kernels
    let (x, y, out, length) = (a.pointer, b.pointer, result.pointer, plan.runLength)
    let steps = plan.runSteps
    let perBlock = max(1, blockSize / length)
    try ThreadPool.forEachBlock(unlessStopped: plan.runs, rowsPerBlock: perBlock) { block in
      plan.forEachRun(in: block) { run, i, j in
        if steps.b == 0 {
          left(x + i, y[j], out + run * length, length)
        } else if steps.a == 0 {
          right(x[i], y + j, out + run * length, length)
        } else {
          both(x + i, y + j, out + run * length, length)
        }
      }
    }
    return result
  }

  // MARK: - Long runs are shared between threads

  @inline(__always)
  private static func runs(
    _ kernel: BinaryOperation.Runs, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, _ count: Int
  ) throws {
    guard count > blockSize else { return kernel(a, b, out, count) }
    try forEachPiece(of: out, count) { kernel(a + $0, b + $0, $1, $2) }
  }

  @inline(__always)
  private static func runNumber(
    _ kernel: BinaryOperation.RunNumber, _ a: UnsafePointer<Float>, _ b: Float,
    _ out: UnsafeMutablePointer<Float>, _ count: Int
  ) throws {
    guard count > blockSize else { return kernel(a, b, out, count) }
    try forEachPiece(of: out, count) { kernel(a + $0, b, $1, $2) }
  }

  @inline(__always)
  private static func numberRun(
    _ kernel: BinaryOperation.NumberRun, _ a: Float, _ b: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, _ count: Int
  ) throws {
    guard count > blockSize else { return kernel(a, b, out, count) }
    try forEachPiece(of: out, count) { kernel(a, b + $0, $1, $2) }
  }

  /// Calls `body` with the start of each piece of a result, where to write it, and its length.
  ///
  /// A result larger than the caches would be read from memory line by line, only to be written
  /// over. Its pieces are made in a small buffer, and stored past the caches from there.
  private static func forEachPiece(
    of out: UnsafeMutablePointer<Float>, _ count: Int,
    _ body: (Int, UnsafeMutablePointer<Float>, Int) -> Void
  ) throws {
    try ThreadPool.forEachBlock(unlessStopped: count, rowsPerBlock: blockSize) { block in
      guard count >= streamedSize else {
        return body(block.lowerBound, out + block.lowerBound, block.count)
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: pieceSize) { piece in
        guard let buffer = piece.baseAddress else { return }
        for start in stride(from: block.lowerBound, to: block.upperBound, by: pieceSize) {
          let length = min(pieceSize, block.upperBound - start)
          body(start, buffer, length)
          smap_stream(buffer, out + start, length)
        }
        smap_finish_streams()
      }
    }
  }

  /// Elements from which a result does not stay in any cache: 32 MiB.
  private static var streamedSize: Int { 1 << 23 }
  /// Elements made at a time before they are stored past the caches.
  private static var pieceSize: Int { 2048 }
}
