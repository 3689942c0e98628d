// SPDX-License-Identifier: Apache-2.0
//
// The matrix product on plain memory. OpenBLAS changes bits with its own number of threads, so it
// runs on one, over tiles of the result that follow from the shape alone; the pool deals out the
// tiles. Under a small address-space limit OpenBLAS never returns from its first call, so there
// a plain loop takes its place.

import CBLAS
import CKernels
import Glibc

/// Products of row-major matrices.
package enum BLAS {
  /// c = alpha * op(a) * op(b) + beta * c, where op transposes or does nothing.
  ///
  /// op(a) is m by k, op(b) is k by n, c is m by n; `lda`, `ldb` and `ldc` are the distances
  /// between rows as they lie in memory. With `beta` 0, what `c` held before does not matter.
  package static func multiply(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Float = 1,
    a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
    c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    guard m > 0, n > 0 else { return }
    let tiles = Tiling(m: m, n: n, k: k)
    ThreadPool.forEach(chunks: tiles.count) { chunk in
      let (row, column) = (tiles.row(of: chunk), tiles.column(of: chunk))
      single(
        transposeA, transposeB, min(tiles.height, m - row), min(tiles.width, n - column), k,
        alpha, a + (transposeA ? row : row * lda), lda,
        b + (transposeB ? column * ldb : column), ldb, beta, c + row * ldc + column, ldc)
    }
  }

  /// One tile, on the calling thread.
  private static func single(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, _ beta: Float,
    _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) {
    let limit = Int(Int32.max)
    guard isUsable, max(m, n, k) <= limit, max(lda, ldb, ldc) <= limit, k > 0 else {
      smap_plain_product(
        transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
      return
    }
    cblas_sgemm(
      Int32(SMAP_BLAS_ROW_MAJOR),
      Int32(transposeA ? SMAP_BLAS_TRANS : SMAP_BLAS_NO_TRANS),
      Int32(transposeB ? SMAP_BLAS_TRANS : SMAP_BLAS_NO_TRANS),
      Int32(m), Int32(n), Int32(k), alpha, a, Int32(max(lda, 1)), b, Int32(max(ldb, 1)), beta, c,
      Int32(max(ldc, 1)))
  }

  /// Whether OpenBLAS may be called; asking sets it to one thread.
  private static let isUsable: Bool = {
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < 300 << 20 {
      return false
    }
    openblas_set_num_threads(1)
    return true
  }()

  /// How the result is cut into tiles: by shape alone, at most 64 tiles of at least 64 by 64,
  /// and none where a call would do less than a few hundred thousand multiplications.
  private struct Tiling {
    let height: Int
    let width: Int
    private let across: Int
    let count: Int

    init(m: Int, n: Int, k: Int) {
      var (height, width) = (m, n)
      var pieces = 1
      let work = Double(m) * Double(n) * Double(max(k, 1))
      while pieces < 64, work / Double(pieces) > 2_000_000, max(height, width) >= 128 {
        if height >= width || width < 128 {
          height = (height + 31) / 32 * 16
        } else {
          width = (width + 31) / 32 * 16
        }
        pieces *= 2
      }
      self.height = height
      self.width = width
      across = (n + width - 1) / width
      count = (m + height - 1) / height * across
    }

    func row(of chunk: Int) -> Int { chunk / across * height }
    func column(of chunk: Int) -> Int { chunk % across * width }
  }
}
