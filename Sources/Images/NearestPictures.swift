// SPDX-License-Identifier: Apache-2.0
//
// The nearest of many pictures. A product of matrices gives all distances at once, to the rounding
// of 32-bit floats; only pictures that may be nearest, given that rounding, are compared pixel by
// pixel. So the result is that of comparing all, in a fraction of the time.

import Tensors

/// The index and mean squared error of the picture in `pool` [N, C, H, W] that is nearest to each
/// picture of `queries` [B, C, H, W].
///
/// Of several equally near ones, the first is returned. `own` has for each query the index in the
/// pool that is no candidate, such as that of the query itself; indices outside the pool exclude
/// nothing. With `skipsEqual`, pictures that equal the query are no candidates either. Where no
/// candidate is left, the error is infinite. Complexity: O(B N C H W).
///
/// - Throws: `ImageError` when the pictures have not the same shape or the pool is empty.
public func nearestNeighbors(
  of queries: Tensor, in pool: Tensor, excluding own: [Int]? = nil, skipsEqual: Bool = false
) throws -> [(index: Int, error: Double)] {
  guard queries.rank == 4, pool.rank == 4, queries.shape[1...] == pool.shape[1...] else {
    throw ImageError.shape(
      "pictures of shapes \(queries.shape) and \(pool.shape) cannot be compared")
  }
  guard pool.shape[0] > 0, queries.shape[0] == 0 || queries.count > 0 else {
    throw ImageError.shape("there are no pictures to compare with in \(pool.shape)")
  }
  guard queries.shape[0] > 0 else { return [] }
  return try Tensor.withoutGradients {
    try NearestPictures(queries, pool, own, skipsEqual).found()
  }
}

/// A search of the nearest pictures.
private struct NearestPictures {
  private let queries, pool: Tensor
  private let own: [Int]?
  private let skipsEqual: Bool
  /// Numbers of a picture.
  private let size: Int

  /// Pictures of the pool and queries that one product compares, fewer if they are large.
  private static let candidatesAtATime = 512, queriesAtATime = 256
  /// The numbers of pictures that are copied for a product: 64 MB.
  private static let mostNumbers = 1 << 24

  init(_ queries: Tensor, _ pool: Tensor, _ own: [Int]?, _ skipsEqual: Bool) throws {
    size = pool.count / pool.shape[0]
    self.queries = try queries.detached.reshape([queries.shape[0], size])
    self.pool = try pool.detached.reshape([pool.shape[0], size])
    (self.own, self.skipsEqual) = (own, skipsEqual)
  }

  /// The nearest picture of each query.
  func found() throws -> [(index: Int, error: Double)] {
    var best = [(index: Int, error: Double)](
      repeating: (0, .infinity), count: queries.shape[0])
    try groups(pool.shape[0], NearestPictures.candidatesAtATime) { candidates in
      let some = try rows(candidates, of: pool)
      let lengths = squaredLengths(some)
      try groups(queries.shape[0], NearestPictures.queriesAtATime) { asked in
        let rows = try rows(asked, of: queries)
        let products = try Tensor.product(rows, some, transposeB: true)
        let own = squaredLengths(rows)
        for (row, query) in asked.enumerated() {
          try Stop.check()
          products.withValues { values in
            improve(
              &best[query], query, candidates, lengths, own[row],
              UnsafeBufferPointer(
                rebasing: values[row * candidates.count..<(row + 1) * candidates.count]))
          }
        }
      }
    }
    return best.map { ($0.index, $0.error / Double(size)) }
  }

  /// Compares a query with the candidates that may be nearer than the best one so far.
  ///
  /// The rounding error of a product of n numbers in any order is at most n u |a| |b|, with u =
  /// 2^-24, and |a| |b| at most half of |a|^2 + |b|^2. Higham, Accuracy and Stability of Numerical
  /// Algorithms, section 3.1.
  private func improve(
    _ best: inout (index: Int, error: Double), _ query: Int, _ candidates: Range<Int>,
    _ lengths: [Double], _ length: Double, _ products: UnsafeBufferPointer<Float>
  ) {
    let rounding = 1.01 * Double(size) * 0x1p-24
    for (place, candidate) in candidates.enumerated() {
      let sum = length + lengths[place]
      guard sum - 2 * Double(products[place]) - rounding * sum < best.error else { continue }
      if let own, own[query] == candidate { continue }
      let error = squaredError(
        queries.pointer + query * size, pool.pointer + candidate * size, bound: best.error)
      if skipsEqual, error == 0 { continue }
      if error < best.error { best = (candidate, error) }
    }
  }

  private func groups(_ count: Int, _ most: Int, _ body: (Range<Int>) throws -> Void) rethrows {
    let step = max(1, min(most, NearestPictures.mostNumbers / size))
    for start in stride(from: 0, to: count, by: step) {
      try body(start..<min(start + step, count))
    }
  }

  /// Some rows of a matrix, without a copy if they are all.
  private func rows(_ range: Range<Int>, of matrix: Tensor) throws -> Tensor {
    range.count == matrix.shape[0]
      ? matrix : try matrix.narrow(dim: 0, start: range.lowerBound, count: range.count)
  }

  /// The sums of squares of the rows.
  private func squaredLengths(_ rows: Tensor) -> [Double] {
    rows.withValues { values in
      (0..<rows.shape[0]).map { row in
        var (sums, rest) = (SIMD8<Double>.zero, 0.0)
        let (start, end) = (row * size, (row + 1) * size)
        let whole = start + size / 8 * 8
        for i in stride(from: start, to: whole, by: 8) {
          var part = SIMD8<Float>.zero
          for lane in 0..<8 { part[lane] = values[i + lane] }
          let wide = SIMD8<Double>(part)
          sums += wide * wide
        }
        for i in whole..<end { rest += Double(values[i]) * Double(values[i]) }
        return sums.sum() + rest
      }
    }
  }

  /// The sum of squared differences of two pictures; stops early once `bound` is exceeded.
  private func squaredError(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, bound: Double
  ) -> Double {
    var total = 0.0
    for block in stride(from: 0, to: size, by: 256) {
      var sums = SIMD8<Float>.zero
      let end = min(block + 256, size)
      var position = block
      while position + 8 <= end {
        var difference = SIMD8<Float>.zero
        for lane in 0..<8 { difference[lane] = a[position + lane] - b[position + lane] }
        sums += difference * difference
        position += 8
      }
      total += Double(sums.sum())
      while position < end {
        let difference = Double(a[position] - b[position])
        total += difference * difference
        position += 1
      }
      if total > bound { return total }
    }
    return total
  }
}
