// SPDX-License-Identifier: Apache-2.0
//
// A table of V codes and how much each is used. On the sphere, tokens and codes are unit vectors
// and the nearest code is the one with the largest inner product; off it, half of the code's
// squared length is subtracted from the product. Either way a search is one matrix product and an
// arg-max.
//
// Codes follow the tokens assigned to them by a moving average, unless gradients train them. Codes
// that nobody uses are moved: all at once onto tokens of the present batch (a restart), or step by
// step towards tokens, the less a code is used the further (re-anchoring: Zheng and Vedaldi, 2023).
// A codebook left alone collapses to a few dozen codes.

import CKernels
import Glibc
import Tensors

/// Codes with their usage.
final class Codebook {
  /// [V, T]; rows of length one if the codebook is on the sphere.
  let codes: Tensor
  /// Moving average of how many tokens chose each code: [V].
  let sizes: Tensor
  /// Moving average of the sum of the tokens that chose each code: [V, T].
  let sums: Tensor
  /// Moving average of the share of tokens that chose each code, for re-anchoring: [V].
  let usage: Tensor
  /// Whether tokens and codes are unit vectors.
  let isOnSphere: Bool
  private let decay: Float

  /// Random codes from `seed`; `areTrained` says that gradients move them.
  init(
    size: Int, dim: Int, seed: UInt64, decay: Float = 0.999, isOnSphere: Bool = true,
    areTrained: Bool = false
  ) throws {
    let shape = [size, dim]
    let initial = try Tensor(uninitialized: shape)
    var draws = RandomStream(seed: seed, 0xC0DE)
    for i in 0..<initial.count { initial.pointer[i] = draws.normal() }
    codes = areTrained ? try .parameter(initial) : initial
    sizes = try Tensor(repeating: 1, shape: [size])
    sums = try Tensor.zeros(shape)
    usage = try Tensor.zeros([size])
    self.decay = decay
    self.isOnSphere = isOnSphere
    for v in 0..<size { normalize(v) }
    resetSums()
  }

  var count: Int { codes.shape[0] }
  var dim: Int { codes.shape[1] }

  // MARK: - Search

  /// The index of the nearest row of `table` [V, T], the codes unless given, for each row [n, T].
  func nearest(_ rows: Tensor, in table: Tensor? = nil) throws -> [Int] {
    let table = table ?? codes
    let n = rows.count / dim
    var result = [Int](repeating: 0, count: n)
    guard n > 0 else { return result }
    let block = min(256, n)
    let scores = try Tensor(uninitialized: [block, count])
    let best = try Tensor(uninitialized: [block])
    let offsets = isOnSphere ? nil : try Codebook.halfSquares(table)
    for start in stride(from: 0, to: n, by: block) {
      let rowCount = min(block, n - start)
      if let offsets {
        for i in 0..<rowCount {
          (scores.pointer + i * count).update(from: offsets.pointer, count: count)
        }
      }
      BLAS.multiply(
        transposeA: false, transposeB: true, m: rowCount, n: count, k: dim,
        a: rows.pointer + start * dim, lda: dim, b: table.pointer, ldb: dim,
        beta: offsets == nil ? 0 : 1, c: scores.pointer, ldc: count)
      smap_argmax_rows(scores.pointer, rowCount, count, best.pointer)
      for i in 0..<rowCount { result[start + i] = Int(best.pointer[i]) }
    }
    return result
  }

  /// -‖e‖² / 2 of each row: [V].
  private static func halfSquares(_ table: Tensor) throws -> Tensor {
    let (count, dim) = (table.shape[0], table.shape[1])
    let result = try Tensor(uninitialized: [count])
    for v in 0..<count {
      var sum: Float = 0
      for d in 0..<dim { sum += table.pointer[v * dim + d] * table.pointer[v * dim + d] }
      result.pointer[v] = -0.5 * sum
    }
    return result
  }

  /// The codes of the given indices: [n, T].
  func vectors(_ ids: [Int]) throws -> Tensor { try codes.rows(at: ids) }

  // MARK: - Moving averages

  private static let smoothing: Float = 1e-5

  /// What the sum of a code's tokens is divided by. On the sphere any positive number would do; off
  /// it, sizes are smoothed (Laplace), so that a code without tokens keeps its place.
  private func divisor(_ v: Int, total: Float) -> Float {
    guard !isOnSphere else { return sizes.pointer[v] }
    let smoothing = Codebook.smoothing
    return (sizes.pointer[v] + smoothing) / (total + Float(count) * smoothing) * total
  }

  private var totalSize: Float {
    var total: Float = 0
    for v in 0..<count { total += sizes.pointer[v] }
    return total
  }

  /// Makes the moving averages agree with the present codes.
  func resetSums() {
    let total = totalSize
    for v in 0..<count {
      let divisor = divisor(v, total: total)
      for d in 0..<dim { sums.pointer[v * dim + d] = codes.pointer[v * dim + d] * divisor }
    }
  }

  /// Brings sizes up to date with the tokens [n, T] that chose the codes `ids`, and moves the codes
  /// to the averages of their tokens, unless gradients train them.
  func follow(_ rows: Tensor, ids: [Int], movesCodes: Bool = true) throws {
    var batchSizes = [Float](repeating: 0, count: count)
    for id in ids { batchSizes[id] += 1 }
    for v in 0..<count {
      sizes.pointer[v] = decay * sizes.pointer[v] + (1 - decay) * batchSizes[v]
    }
    guard movesCodes else { return }
    let batchSums = try Tensor.zeros([count, dim])
    for (i, id) in ids.enumerated() {
      smap_accumulate(batchSums.pointer + id * dim, rows.pointer + i * dim, dim)
    }
    let total = isOnSphere ? 0 : totalSize
    for v in 0..<count {
      let scale = isOnSphere ? 1 : 1 / divisor(v, total: total)
      for i in v * dim..<(v + 1) * dim {
        sums.pointer[i] = decay * sums.pointer[i] + (1 - decay) * batchSums.pointer[i]
        codes.pointer[i] = sums.pointer[i] * scale
      }
      normalize(v)
    }
  }

  // MARK: - Unused codes

  /// Moves every code whose share fell below `threshold` of the mean onto a token of the batch.
  ///
  /// Returns how many were moved.
  func restartDead(from rows: Tensor, threshold: Float = 0.03, _ draws: inout RandomStream) -> Int {
    let n = rows.count / dim
    guard n > 0 else { return 0 }
    let mean = totalSize / Float(count)
    var moved = 0
    for v in 0..<count where sizes.pointer[v] < threshold * mean {
      let source = rows.pointer + draws.index(below: n) * dim
      for d in 0..<dim { codes.pointer[v * dim + d] = source[d] + 1e-3 * draws.normal() }
      settle(v, size: mean)
      moved += 1
    }
    return moved
  }

  private static let usageDecay: Float = 0.99

  /// Moves each code by the share exp(-10 V p / 0.01 - 0.001) of the way to a token of the batch
  /// [n, T], where p is the moving average of its share of the tokens: an unused code goes all the
  /// way, a used one stays.
  func anchorUnused(to rows: Tensor, ids: [Int], _ draws: inout RandomStream) {
    let n = rows.count / dim
    guard n > 0 else { return }
    var chosen = [Float](repeating: 0, count: count)
    for id in ids { chosen[id] += 1 }
    let mean = totalSize / Float(count)
    let rate = 1 - Codebook.usageDecay
    for v in 0..<count {
      usage.pointer[v] = Codebook.usageDecay * usage.pointer[v] + rate * chosen[v] / Float(n)
      let share = expf(-10 * Float(count) * usage.pointer[v] / rate - 1e-3)
      guard share > 1e-6 else { continue }
      let anchor = rows.pointer + draws.index(below: n) * dim
      for d in 0..<dim {
        codes.pointer[v * dim + d] += share * (anchor[d] - codes.pointer[v * dim + d])
      }
      settle(v, size: sizes.pointer[v] + share * (mean - sizes.pointer[v]))
    }
  }

  /// Makes the averages of a code that was moved agree with its new place.
  private func settle(_ v: Int, size: Float) {
    normalize(v)
    sizes.pointer[v] = size
    for i in v * dim..<(v + 1) * dim { sums.pointer[i] = codes.pointer[i] * size }
  }

  // MARK: - Fitting

  /// k-means over tokens [n, T], from codes sampled among them; spherical if the codes are.
  ///
  /// Returns the code of each token.
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
        let size = sizes.pointer[v]
        let source =
          size > 0 ? totals.pointer + v * dim : rows.pointer + draws.index(below: n) * dim
        let scale: Float = isOnSphere || size == 0 ? 1 : 1 / size
        for d in 0..<dim { codes.pointer[v * dim + d] = source[d] * scale }
        normalize(v)
      }
    }
    resetSums()
    return try nearest(rows)
  }

  private func normalize(_ v: Int) {
    guard isOnSphere else { return }
    let row = codes.pointer + v * dim
    var sum: Float = 0
    for d in 0..<dim { sum += row[d] * row[d] }
    let scale = 1 / max(sum.squareRoot(), 1e-12)
    for d in 0..<dim { row[d] *= scale }
  }
}
