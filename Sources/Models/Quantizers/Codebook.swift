// SPDX-License-Identifier: Apache-2.0
//
// The vector-quantised bottleneck: every token becomes the nearest of V unit vectors. Tokens and
// codes are compared after l2 normalisation, so the nearest code is the one with the largest inner
// product: one matrix product with a running arg-max. Codes follow the tokens assigned to them by
// a moving average; a code that nobody uses is moved onto a token of the present batch, because a
// codebook left alone collapses to a few dozen codes.

import CKernels
import Glibc
import Tensors

/// A codebook of unit vectors with its usage.
final class Codebook {
  /// [V, T], rows of length one.
  let codes: Tensor
  /// Moving average of how many tokens chose each code: [V].
  let sizes: Tensor
  /// Moving average of the sum of the tokens that chose each code: [V, T].
  let sums: Tensor
  private let decay: Float

  init(size: Int, dim: Int, seed: UInt64, decay: Float = 0.999) throws {
    let shape = [size, dim]
    codes = try Tensor(uninitialized: shape)
    var draws = RandomStream(seed: seed, 0xC0DE)
    for i in 0..<codes.count { codes.pointer[i] = draws.normal() }
    sizes = try Tensor(repeating: 1, shape: [size])
    sums = try Tensor.zeros(shape)
    self.decay = decay
    for v in 0..<shape[0] { normalize(codes.pointer + v * shape[1], shape[1]) }
    resetSums()
  }

  var count: Int { codes.shape[0] }
  var dim: Int { codes.shape[1] }

  /// The index of the nearest code for each row of unit vectors [n, T].
  func nearest(_ rows: Tensor) throws -> [Int] {
    let n = rows.count / dim
    var result = [Int](repeating: 0, count: n)
    guard n > 0 else { return result }
    let block = 256
    let scores = try Tensor(uninitialized: [min(block, n), count])
    for start in stride(from: 0, to: n, by: block) {
      let rowCount = min(block, n - start)
      BLAS.multiply(
        transposeA: false, transposeB: true, m: rowCount, n: count, k: dim,
        a: rows.pointer + start * dim, lda: dim, b: codes.pointer, ldb: dim, c: scores.pointer,
        ldc: count)
      for i in 0..<rowCount {
        let row = scores.pointer + i * count
        var best = 0
        for v in 1..<max(count, 1) where row[v] > row[best] { best = v }
        result[start + i] = best
      }
    }
    return result
  }

  /// The codes of the given indices: [n, T].
  func vectors(_ ids: [Int]) throws -> Tensor { try codes.rows(at: ids) }

  /// Makes the moving averages agree with the present codes.
  func resetSums() {
    for v in 0..<count {
      for d in 0..<dim { sums.pointer[v * dim + d] = codes.pointer[v * dim + d] * sizes.pointer[v] }
    }
  }

  /// Moves the codes towards the unit vectors [n, T] that chose them.
  func follow(_ rows: Tensor, ids: [Int]) throws {
    let batchSums = try Tensor.zeros([count, dim])
    var batchSizes = [Float](repeating: 0, count: count)
    for (i, id) in ids.enumerated() {
      batchSizes[id] += 1
      smap_accumulate(batchSums.pointer + id * dim, rows.pointer + i * dim, dim)
    }
    for v in 0..<count {
      sizes.pointer[v] = decay * sizes.pointer[v] + (1 - decay) * batchSizes[v]
      for d in 0..<dim {
        let i = v * dim + d
        sums.pointer[i] = decay * sums.pointer[i] + (1 - decay) * batchSums.pointer[i]
        codes.pointer[i] = sums.pointer[i]
      }
      normalize(codes.pointer + v * dim, dim)
    }
  }

  /// Moves every code whose share fell below `threshold` of the mean onto a token of the batch.
  ///
  /// Returns how many were moved.
  func restartDead(from rows: Tensor, threshold: Float = 0.03, _ draws: inout RandomStream) -> Int {
    let n = rows.count / dim
    guard n > 0 else { return 0 }
    var total: Float = 0
    for v in 0..<count { total += sizes.pointer[v] }
    let mean = total / Float(count)
    var moved = 0
    for v in 0..<count where sizes.pointer[v] < threshold * mean {
      let source = rows.pointer + draws.index(below: n) * dim
      for d in 0..<dim { codes.pointer[v * dim + d] = source[d] + 1e-3 * draws.normal() }
      normalize(codes.pointer + v * dim, dim)
      sizes.pointer[v] = mean
      for d in 0..<dim { sums.pointer[v * dim + d] = codes.pointer[v * dim + d] * mean }
      moved += 1
    }
    return moved
  }

  /// Spherical k-means over unit vectors [n, T], from codes drawn among them.
  func fit(_ rows: Tensor, rounds: Int = 12, _ draws: inout RandomStream) throws -> [Int] {
    let n = rows.count / dim
    guard n > 0 else { return [] }
    for v in 0..<count {
      (codes.pointer + v * dim).update(from: rows.pointer + draws.index(below: n) * dim, count: dim)
    }
    var ids: [Int] = []
    for _ in 0..<rounds {
      ids = try nearest(rows)
      let totals = try Tensor.zeros([count, dim])
      for v in 0..<count { sizes.pointer[v] = 0 }
      for (i, id) in ids.enumerated() {
        sizes.pointer[id] += 1
        smap_accumulate(totals.pointer + id * dim, rows.pointer + i * dim, dim)
      }
      for v in 0..<count {
        let source =
          sizes.pointer[v] > 0
          ? totals.pointer + v * dim : rows.pointer + draws.index(below: n) * dim
        (codes.pointer + v * dim).update(from: source, count: dim)
        normalize(codes.pointer + v * dim, dim)
      }
    }
    resetSums()
    return try nearest(rows)
  }

  private func normalize(_ row: UnsafeMutablePointer<Float>, _ width: Int) {
    var sum: Float = 0
    for d in 0..<width { sum += row[d] * row[d] }
    let scale = 1 / max(sum.squareRoot(), 1e-12)
    for d in 0..<width { row[d] *= scale }
  }
}

extension Tensor {
  /// Every row of the last dimension divided by its length.
  func unitRows() throws -> Tensor {
    let width = shape[rank - 1]
    let rows = count / max(width, 1)
    let result = try Tensor(uninitialized: shape)
    let lengths = try Tensor(uninitialized: [rows])
    for r in 0..<rows {
      var sum: Float = 0
      for d in 0..<width { sum += pointer[r * width + d] * pointer[r * width + d] }
      let length = max(sum.squareRoot(), 1e-12)
      lengths.pointer[r] = length
      for d in 0..<width { result.pointer[r * width + d] = pointer[r * width + d] / length }
    }
    let y = Tensor(storage: result.storage, shape: shape)
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor(uninitialized: y.shape)
      for r in 0..<rows {
        var overlap: Float = 0
        for d in 0..<width { overlap += gradient.pointer[r * width + d] * y.pointer[r * width + d] }
        for d in 0..<width {
          let i = r * width + d
          dx.pointer[i] = (gradient.pointer[i] - overlap * y.pointer[i]) / lengths.pointer[r]
        }
      }
      return [dx]
    }
  }

  /// The values of `self` with the gradient going to `source` instead (straight-through).
  func straightThrough(to source: Tensor) -> Tensor {
    Tensor(storage: storage, shape: source.shape).recorded(from: [source]) { [$0] }
  }

  /// The mean over rows of the squared distance to fixed rows.
  func meanRowDistance(to target: Tensor) throws -> Tensor {
    let rows = max(count / max(shape[rank - 1], 1), 1)
    let difference = try Tensor(uninitialized: shape)
    smap_subtract(pointer, target.pointer, difference.pointer, count)
    let sum = smap_square_sum(difference.pointer, count)
    let result = try Tensor.scalar(Float(sum / Double(rows)))
    return result.recorded(from: [self]) { gradient in
      let dx = try Tensor(uninitialized: difference.shape)
      smap_multiply_scalar(
        difference.pointer, 2 * gradient.pointer[0] / Float(rows), dx.pointer, dx.count)
      return [dx]
    }
  }
}
