// SPDX-License-Identifier: Apache-2.0
//
// Broadcasting as in NumPy: shapes are right-aligned, and a missing or unit size is stretched.
//
// Two shapes become a nest of loops with as few levels as possible: adjacent dimensions over which
// both operands have consistent strides are merged into one level. The innermost level is always a
// run in which each operand either advances by one or stays, so three kernels cover all cases.
import CKernels

/// The common shape of two operands, and the loops that visit both.
package struct Broadcast {
  /// The shape of the result.
  package private(set) var shape: [Int]
  /// Sizes and strides of the loops, innermost first.
  private var levels: [Level] = []

  private struct Level {
    var size: Int
    var stepA: Int
    var stepB: Int
  }

  package init(_ a: [Int], _ b: [Int]) throws {
    let rank = max(a.count, b.count)
    shape = [Int](repeating: 1, count: rank)
    var (spanA, spanB) = (1, 1)
    for back in stride(from: 1, through: rank, by: 1) {
      let sizeA = back <= a.count ? a[a.count - back] : 1
      let sizeB = back <= b.count ? b[b.count - back] : 1
      guard sizeA == sizeB || sizeA == 1 || sizeB == 1 else {
        throw Broadcast.mismatch(a, b, dimension: -back, sizeA, sizeB)
      }
      let size = sizeA == 1 ? sizeB : sizeA
      shape[rank - back] = size
      add(Level(size: size, stepA: sizeA == 1 ? 0 : spanA, stepB: sizeB == 1 ? 0 : spanB))
      spanA *= sizeA
      spanB *= sizeB
    }
    if levels.isEmpty { levels = [Level(size: 1, stepA: 1, stepB: 1)] }
  }

  private mutating func add(_ level: Level) {
    guard level.size != 1 else { return }
    if let last = levels.last, level.stepA == last.stepA * last.size,
      level.stepB == last.stepB * last.size
    {
      levels[levels.count - 1].size *= level.size
    } else {
      levels.append(level)
    }
  }

  /// The number of inner runs.
  package var runs: Int { levels.dropFirst().reduce(1) { $0 * $1.size } }
  /// The length of an inner run.
  package var runLength: Int { levels[0].size }
  /// The strides of the operands within a run.
  package var runSteps: (a: Int, b: Int) { (levels[0].stepA, levels[0].stepB) }

  /// Calls `body` with the offsets of both operands for each run in `range`.
  @inline(__always)
  package func forEachRun(in range: Range<Int>, _ body: (Int, Int, Int) -> Void) {
    var counters = [Int](repeating: 0, count: levels.count)
    var (offsetA, offsetB) = (0, 0)
    var rest = range.lowerBound
    for depth in 1..<levels.count {
      counters[depth] = rest % max(levels[depth].size, 1)
      rest /= max(levels[depth].size, 1)
      offsetA += counters[depth] * levels[depth].stepA
      offsetB += counters[depth] * levels[depth].stepB
    }
    for run in range {
      body(run, offsetA, offsetB)
      var depth = 1
      while depth < levels.count {
        let level = levels[depth]
        counters[depth] += 1
        offsetA += level.stepA
        offsetB += level.stepB
        if counters[depth] < level.size { break }
        counters[depth] = 0
        offsetA -= level.stepA * level.size
        offsetB -= level.stepB * level.size
        depth += 1
      }
    }
  }

  private static func mismatch(
    _ a: [Int], _ b: [Int], dimension: Int, _ sizeA: Int, _ sizeB: Int
  ) -> TensorError {
    TensorError.shape(
      "shapes \(a) and \(b) do not fit together: dimension \(dimension) is \(sizeA) and \(sizeB)",
      hint: "sizes must be equal or 1, counted from the right")
  }
}

extension Tensor {
  /// The common shape of tensors of these shapes.
  ///
  /// Throws a ShapeError if they do not broadcast.
  public static func broadcastShape(_ a: [Int], _ b: [Int]) throws -> [Int] {
    if a == b { return a }
    return try Broadcast(a, b).shape
  }

  /// The sum over all broadcast dimensions: maps the gradient of a result to that of an operand.
  package func summed(to target: [Int]) throws -> Tensor {
    if shape == target { return self }
    var sizes = shape
    var current = self
    let missing = shape.count - target.count
    for dim in sizes.indices.reversed() {
      let wanted = dim < missing ? 1 : target[dim - missing]
      guard sizes[dim] != wanted, wanted == 1 else { continue }
      var first = dim  // Reduces adjacent broadcast dimensions in one pass.
      while first > 0, first - 1 < missing || target[first - 1 - missing] == 1 { first -= 1 }
      let split = AxisSplit(sizes, dims: first...dim)
      current = try current.summedMiddle(split, scale: 1)
      for reduced in first...dim { sizes[reduced] = 1 }
    }
    return Tensor(storage: current.storage, shape: target)
  }

  /// The tensor broadcast to `shape`, where -1 keeps a size.
  public func expand(_ shape: [Int]) throws -> Tensor {
    let missing = shape.count - rank
    var target = shape
    for (dim, size) in shape.enumerated() where size == -1 {
      guard dim >= missing, missing >= 0 else {
        throw TensorError.shape("a new dimension needs a size, not -1: \(shape)")
      }
      target[dim] = self.shape[dim - missing]
    }
    guard target != self.shape else { return self }
    _ = try Tensor.elementCount(target)
    let plan = try Broadcast(self.shape, target)
    guard plan.shape == target else {
      throw TensorError.shape(
        "shape \(self.shape) does not stretch to \(target)",
        hint: "only missing dimensions and those of size 1 stretch")
    }
    let result = try StridedView(expanding: self.shape, to: target).copied(from: self)
      .keepingMask(of: self)
    if let whole {
      let places = StridedView(expanding: self.shape, to: target).offsets
      result.whole = try WholeNumbers(count: places.count) { whole[places[$0]] }
    }
    guard node != nil else { return result }
    let source = self.shape
    return result.recorded(from: [self]) { [try $0.summed(to: source)] }
  }
}
