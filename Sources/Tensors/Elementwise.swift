// SPDX-License-Identifier: Apache-2.0
//
// Operations on two operands, element by element. Each operation is three C kernels (run and run,
// run and number, number and run), and so is the gradient of each operand; the table of them is
// `operations.h`. Equal shapes and single numbers, the common cases, go straight to a kernel; all
// others through the loops of `Broadcast`.

import CKernels

/// An operation on two operands that works element by element and broadcasts; the table of them is
/// `operations.h`.
public typealias BinaryOperation = SmapBinaryOperation

extension BinaryOperation {
  /// All of them, in the order of the table.
  public static var allCases: [BinaryOperation] {
    (0..<smap_binary_count).compactMap { BinaryOperation(rawValue: UInt8($0)) }
  }

  /// The name, as the table has it.
  public var name: String { String(cString: row.pointee.name) }

  /// What the table says.
  @inline(__always)
  package var row: UnsafePointer<SmapBinaryRow> { smap_binary_row(self) }

  /// Whether two masks give a mask: their product is "and", their maximum "or".
  @inline(__always)
  var keepsMasks: Bool { row.pointee.kind == .choice }

  /// Whether the result is a mask; comparisons have no gradient.
  @inline(__always)
  package var isComparison: Bool { row.pointee.kind == .comparison }
}

extension Tensor {
  /// The number of elements per block of a thread.
  package static var blockSize: Int { 65536 }

  /// Whether a result of this tensor must be recorded on the tape.
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
      try throughRuns(result.pointer, a.count) {
        operation.row.pointee.run_number(a.pointer + $0, b, $1, $2)
      }
    }
    if operation.isComparison { result.isMask = true }
    guard a.isRecording else { return result }
    if let place = a.node?.place { return try place.trace.add(operation, a, b, result) }
    return operation.isComparison ? result : operation.record(result, a, b)
  }

  /// Combines a number with each element.
  public static func combine(
    _ operation: BinaryOperation, _ a: Float, _ b: Tensor
  ) throws -> Tensor {
    let result = try b.uninitializedLike()
    try Profile.measure(.elementwise, operations: b.count, bytes: 8 &* b.count) {
      try throughRuns(result.pointer, b.count) {
        operation.row.pointee.number_run(a, b.pointer + $0, $1, $2)
      }
    }
    if operation.isComparison { result.isMask = true }
    guard b.isRecording else { return result }
    if let place = b.node?.place { return try place.trace.add(operation, a, b, result) }
    return operation.isComparison ? result : operation.record(result, a, b)
  }

  private static func computed(
    _ operation: BinaryOperation, _ a: Tensor, _ b: Tensor
  ) throws -> Tensor {
    try ForwardKernels(operation, a, b).result(a, b)
  }

  /// The kernels of an operation, and its operands.
  private struct ForwardKernels: RunKernels {
    let a: UnsafePointer<Float>
    let b: UnsafePointer<Float>
    let row: UnsafePointer<SmapBinaryRow>

    @inline(__always)
    init(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor) {
      (self.a, self.b) = (UnsafePointer(a.pointer), UnsafePointer(b.pointer))
      row = smap_binary_row(operation)
    }

    @inline(__always)
    func runs(_ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int) {
      row.pointee.runs(a + i, b + j, out, count)
    }

    @inline(__always)
    func runNumber(
      _ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int
    ) {
      row.pointee.run_number(a + i, b[j], out, count)
    }

    @inline(__always)
    func numberRun(
      _ i: Int, _ j: Int, _ start: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int
    ) {
      row.pointee.number_run(a[i], b + j, out, count)
    }
  }

  /// Calls `body` with the start of each piece of a result of so many elements, its destination,
  /// and its length; long results are divided among threads.
  @inline(__always)
  static func throughRuns(
    _ out: UnsafeMutablePointer<Float>, _ count: Int,
    _ body: (Int, UnsafeMutablePointer<Float>, Int) -> Void
  ) throws {
    guard count > blockSize else { return body(0, out, count) }
    try forEachPiece(of: out, count, body)
  }

  /// Calls `body` with the start of each piece of a result, its destination, and its length.
  ///
  /// Writing a result larger than the caches would first read each cache line from memory. So its
  /// pieces are computed in a small buffer and copied from there with non-temporal stores.
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

  /// The size in elements from which a result fits in no cache: 32 MiB.
  private static var streamedSize: Int { 1 << 23 }
  /// The number of elements in the buffer for non-temporal stores.
  private static var pieceSize: Int { 2048 }
}
