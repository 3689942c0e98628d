// SPDX-License-Identifier: Apache-2.0
//
// Distances of all pairs of rows, without storing the differences of all pairs.

import CKernels

extension Tensor {
  /// The distances of all pairs of rows: [..., N, F] and [..., M, F] give [..., N, M].
  ///
  /// `order` is that of the norm of the difference of two rows; see `norm`. The gradient is 0 where
  /// a distance is.
  public static func pairDistances(_ a: Tensor, _ b: Tensor, order: Float = 2) throws -> Tensor {
    guard a.rank >= 2, b.rank >= 2, a.shape.last == b.shape.last else {
      throw TensorError.shape(
        "cdist takes rows of one length, not \(a.shape) and \(b.shape)")
    }
    let kind = try PairDistances.kind(order)
    let stack = try broadcastShape(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    let pairs = PairDistances(
      a: try a.expand(stack + a.shape.suffix(2)), b: try b.expand(stack + b.shape.suffix(2)),
      kind: kind, order: Double(order))
    if pairs.width == 0, order.isInfinite {
      throw TensorError.value("\(order > 0 ? "max" : "min") of no elements (rows have length 0)")
    }
    let result = try pairs.distances(stack)
    let (left, right) = (pairs.a, pairs.b)
    let kept = PairDistances(
      a: left.detached, b: right.detached, kind: kind, order: Double(order))
    let distances = result.unrecorded
    let (needsLeft, needsRight) = (left.node != nil, right.node != nil)
    return result.recorded(from: [left, right]) { gradient in
      [
        needsLeft ? try kept.gradient(distances, gradient) : nil,
        needsRight ? try kept.turned.gradient(distances, gradient, isTurned: true) : nil,
      ]
    }
  }
}

/// Two stacks of matrices with rows of one length.
private struct PairDistances {
  let a, b: Tensor
  let kind: SmapDistance
  let order: Double

  static func kind(_ order: Float) throws -> SmapDistance {
    switch order {
    case 2: return SMAP_DISTANCE_EUCLIDEAN
    case 1: return SMAP_DISTANCE_SUM
    case 0: return SMAP_DISTANCE_COUNT
    case .infinity: return SMAP_DISTANCE_LARGEST
    case -.infinity: return SMAP_DISTANCE_SMALLEST
    default:
      guard !order.isNaN else { throw TensorError.value("the order of a norm cannot be nan") }
      return SMAP_DISTANCE_POWER
    }
  }

  var rows: Int { a.shape[a.rank - 2] }
  var columns: Int { b.shape[b.rank - 2] }
  var width: Int { a.shape[a.rank - 1] }
  /// The number of pairs of matrices.
  var depth: Int { a.shape.dropLast(2).reduce(1, *) }
  var count: Int { depth * rows * columns }

  /// The same with the sides exchanged.
  var turned: PairDistances { PairDistances(a: b, b: a, kind: kind, order: order) }

  func distances(_ stack: [Int]) throws -> Tensor {
    let result = try Tensor(uninitialized: stack + [rows, columns])
    guard result.count > 0 else { return result }
    let across = try b.detached.transposed()
    let (x, y, out) = (a.pointer, across.pointer, result.pointer)
    try forEachRows { matrix, block in
      smap_distances(
        x + (matrix * rows + block.lowerBound) * width, y + matrix * width * columns, block.count,
        columns, width, kind, order, out + (matrix * rows + block.lowerBound) * columns)
    }
    return result
  }

  /// The gradient of `a`. `isTurned`: distances and gradient have the rows of `a` along their
  /// columns.
  func gradient(_ distances: Tensor, _ gradient: Tensor, isTurned: Bool = false) throws -> Tensor {
    let result = try Tensor.zeros(a.shape)
    guard result.count > 0, columns > 0 else { return result }
    let across = try b.transposed()
    let (x, y, out) = (a.pointer, across.pointer, result.pointer)
    let (d, g) = (distances.pointer, gradient.pointer)
    let (down, along) = isTurned ? (1, rows) : (columns, 1)
    try forEachRows { matrix, block in
      let first = matrix * rows * columns + block.lowerBound * down
      smap_distances_gradient(
        x + (matrix * rows + block.lowerBound) * width, y + matrix * width * columns, d + first,
        g + first, down, along, block.count, columns, width, kind, order,
        out + (matrix * rows + block.lowerBound) * width)
    }
    return result
  }

  /// Divides the rows of all matrices among threads; long work can be stopped between blocks.
  private func forEachRows(_ body: (Int, Range<Int>) -> Void) throws {
    let work = max(columns * max(width, 1), 1)
    Profile.measure(.elementwise, operations: depth &* rows &* work) {
      for matrix in 0..<depth {
        ThreadPool.forEachBlock(rows: rows, rowsPerBlock: max(1, (1 << 18) / work)) { block in
          if Stop.isRequested { return }
          body(matrix, block)
        }
      }
    }
    try Stop.check()
  }
}
