// SPDX-License-Identifier: Apache-2.0
//
// The matrix product on plain memory. The bits of an OpenBLAS result depend on its number of
// threads, so it runs on one, over tiles of the result that depend on the shape alone; the pool
// distributes the tiles.
//
// OpenBLAS maps some 130 MB for each thread, and for each concurrent call; if a limited address
// space is exhausted, it retries forever. So a plain loop replaces it under a tight limit. Under a
// generous one, its first call is made early, and later calls are serialised, so that they reuse
// its memory.

import CBLAS
import CKernels
import Glibc
import Synchronization

/// Products of row-major matrices.
package enum BLAS {
  /// c = alpha * op(a) * op(b) + beta * c, where op transposes or does nothing.
  ///
  /// op(a) is m by k, op(b) is k by n, c is m by n; `lda`, `ldb` and `ldc` are the row strides.
  /// With `beta` 0, the contents of `c` are ignored. With `mayStop`, tiles are skipped once a stop
  /// is requested; the caller must check for that.
  package static func multiply(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Float = 1,
    a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
    c: UnsafeMutablePointer<Float>, ldc: Int, mayStop: Bool = false
  ) {
    guard m > 0, n > 0 else { return }
    let tiles = Tiling(m: m, n: n, k: k)
    Profile.measure(
      .libraryProduct, operations: 2 &* m &* n &* k,
      bytes: 4 &* (m &* k &+ k &* n &+ m &* n),
      sizes: Profile.Sizes(rows: m, depth: k, columns: n)
    ) {
      ThreadPool.forEach(chunks: tiles.count) { chunk in
        if mayStop, Stop.isRequested { return }
        let (row, column) = (tiles.row(of: chunk), tiles.column(of: chunk))
        single(
          transposeA, transposeB, min(tiles.height, m - row), min(tiles.width, n - column), k,
          alpha, a + (transposeA ? row : row * lda), lda,
          b + (transposeB ? column * ldb : column), ldb, beta, c + row * ldc + column, ldc)
      }
    }
  }

  /// One tile, on the calling thread.
  private static func single(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, _ beta: Float,
    _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) {
    let limit = Int(Int32.max)
    guard use.isPossible, max(m, n, k) <= limit, max(lda, ldb, ldc) <= limit, k > 0 else {
      smap_plain_product(
        transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
      return
    }
    func call() {
      smap_sgemm(
        Int32(SMAP_BLAS_ROW_MAJOR),
        Int32(transposeA ? SMAP_BLAS_TRANS : SMAP_BLAS_NO_TRANS),
        Int32(transposeB ? SMAP_BLAS_TRANS : SMAP_BLAS_NO_TRANS),
        Int32(m), Int32(n), Int32(k), alpha, a, Int32(max(lda, 1)), b, Int32(max(ldb, 1)), beta, c,
        Int32(max(ldc, 1)))
    }
    if use == .freely { call() } else { turns.withLock { _ in call() } }
  }

  /// Calls other routines of the library, on one thread.
  ///
  /// Throws a LimitError if the address space is too small for the library, and an IOError if there
  /// is no library.
  package static func withLibrary<Result>(_ body: () throws -> Result) throws -> Result {
    return try Profile.measure(.decomposition) {
      switch use {
      case .freely: return try body()
      case .inTurns: return try turns.withLock { _ in try body() }
      case .never:
        throw TensorError.limit(
          "linear algebra needs more address space than this process may use",
          hint: "run it with a larger ulimit -v")
      case .missing:
        throw TensorError(
          kind: "IOError",
          message: "linear algebra needs OpenBLAS: \(String(cString: smap_blas_problem()))",
          hint: "install libopenblas0")
      }
    }
  }

  /// Loads the library now, for callers that will not be able to open files later.
  package static func prepare() { _ = use }

  /// Why OpenBLAS cannot be used, or nil if it can; loads it.
  package static var problem: String? {
    smap_blas_open() == 0 ? String(cString: smap_blas_problem()) : nil
  }

  /// The x86-64 level of smap's own kernels in use: 4, 3, or 1 for all others.
  package static var kernelLevel: Int { Int(smap_kernel_level()) }

  /// What smap's own kernels in use are made for: AVX-512, AVX2, NEON or portable.
  package static var kernelName: String { String(cString: smap_kernel_name()) }

  /// The processor that the library's kernels were made for; nil if it has not been used so far.
  package static var core: String? {
    let name = String(cString: smap_blas_core())
    return name.isEmpty ? nil : name
  }

  /// Whether several threads may call the library at the same time.
  static var isFree: Bool { use == .freely }

  private enum Use {
    case freely, inTurns, never, missing

    /// Whether the library can be called at all.
    var isPossible: Bool { self == .freely || self == .inTurns }
  }

  private static let turns = Mutex(())

  /// Loads the library; without one, products use smap's own loops, and a note says so.
  private static func open(_ use: Use) -> Use {
    guard smap_blas_open() != 0 else {
      let problem = String(cString: smap_blas_problem())
      Remarks.receive("without OpenBLAS, products of matrices are slow (\(problem))")
      return .missing
    }
    return use
  }

  /// How OpenBLAS may be called; the first access loads it.
  private static let use: Use = {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur < 1 << 60
    else {
      return open(.freely)
    }
    let processors = max(sysconf(Int32(_SC_NPROCESSORS_CONF)), 1)
    let spare = 1 << 28
    guard limit.rlim_cur >= UInt(1 << 30 + processors << 27),
      let probe = mmap(nil, spare, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      probe != MAP_FAILED
    else { return .never }
    munmap(probe, spare)
    guard open(.inTurns) == .inTurns else { return .missing }
    let size = 256  // large enough for OpenBLAS to allocate its buffers
    let ones = [Float](repeating: 1, count: size * size)
    var result = ones
    let edge = Int32(size)
    smap_sgemm(
      Int32(SMAP_BLAS_ROW_MAJOR), Int32(SMAP_BLAS_NO_TRANS), Int32(SMAP_BLAS_NO_TRANS), edge, edge,
      edge, 1, ones, edge, ones, edge, 0, &result, edge)
    return .inTurns
  }()

  /// How the result is divided into tiles: by shape alone, into at most 32 of a few million
  /// multiplications each, or into as many as take some hundredths of a second each. Rows are
  /// divided first, down to 128: OpenBLAS packs its operands in every call, and the overhead is
  /// smallest when each call covers all columns.
  private struct Tiling {
    let height: Int
    let width: Int
    private let across: Int
    let count: Int

    init(m: Int, n: Int, k: Int) {
      var (height, width, pieces) = (m, n, 1)
      let work = Double(m) * Double(n) * Double(max(k, 1))
      while work / Double(pieces) > (pieces < 32 ? 4_000_000 : 1_000_000_000),
        max(height, width) >= 128
      {
        if height >= 256 || (height >= 128 && width < 256) {
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
