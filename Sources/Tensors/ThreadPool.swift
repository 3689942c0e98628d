// SPDX-License-Identifier: Apache-2.0
//
// Work divided among threads. The number of chunks depends on the shape of the work, never on the
// number of threads, so every result has the same bits on any machine with the same processor.

import CKernels
import Glibc
import Synchronization

/// The threads that run large operations.
public enum ThreadPool {
  /// The processors that the control groups of this process allow, rounded up, or nil without a
  /// quota.
  ///
  /// Containers limit processor time in this way. `root` is put before `/proc` and `/sys`.
  public static func processorQuota(root: String = "") -> Int? {
    let quota = Int(smap_processor_quota(root))
    return quota > 0 ? quota : nil
  }

  /// The number of cores that processors belong to; hyper-threads share one.
  ///
  /// `allowed` says for each processor whether it counts; `root` is put before `/sys`.
  public static func coreCount(allowed: [Bool], root: String = "") -> Int {
    Int(smap_core_count(root, allowed.map { $0 ? 1 : 0 }, Int32(allowed.count)))
  }

  /// The processors on which threads of this process run at the same time: one of each core, and no
  /// more than the quota.
  package static var processorCount: Int { Int(smap_processor_count()) }

  /// The largest number of threads.
  public static var mostThreads: Int { Int(smap_most_threads()) }

  /// What `SMAP_NUM_THREADS` says where that is no number of threads, else nil.
  public static var unusableSetting: String? {
    guard let text = getenv("SMAP_NUM_THREADS").map({ String(cString: $0) }), !text.isEmpty,
      Int(text).map({ !(1...mostThreads).contains($0) }) ?? true
    else { return nil }
    return text
  }

  /// The number of threads, from 1 to 256; the default is one for each core that this process may
  /// use (its affinity, and the quota of its control groups), or the environment variable
  /// `SMAP_NUM_THREADS`.
  public static var threadCount: Int {
    get { Int(smap_thread_count()) }
    set { smap_set_thread_count(Int32(clamping: newValue)) }
  }

  /// Whether the caller is itself in a chunk, so that its own chunks run inline.
  package static var isInsideChunk: Bool { smap_is_inside_chunk() != 0 }

  /// Calls `body` for each chunk number below `chunks`; chunks run in any order, on any thread.
  ///
  /// Nested calls run on the same thread. The body must only write to memory that belongs to its
  /// chunk.
  package static func forEach(chunks: Int, _ body: (Int) -> Void) {
    guard chunks > 1 else {
      if chunks == 1 { body(0) }
      return
    }
    withoutActuallyEscaping(body) { escapable in
      var work = Work(body: escapable)
      withUnsafeMutablePointer(to: &work) { pointer in
        smap_parallel_for(
          Int32(clamping: chunks),
          { context, chunk in
            guard let context else { return }
            context.assumingMemoryBound(to: Work.self).pointee.body(Int(chunk))
          },
          pointer)
      }
    }
  }

  /// Splits `rows` into blocks of at most `rowsPerBlock` and calls `body` with each range.
  package static func forEachBlock(
    rows: Int, rowsPerBlock: Int, _ body: (Range<Int>) -> Void
  ) {
    let size = max(rowsPerBlock, 1)
    forEach(chunks: (rows + size - 1) / size) { chunk in
      body(chunk * size..<min(rows, (chunk + 1) * size))
    }
  }

  /// Splits `rows` into blocks as `forEachBlock` does, to compute a result that is not visible yet:
  /// once a stop is requested, long work skips the rest of its blocks and throws.
  package static func forEachBlock(
    unlessStopped rows: Int, rowsPerBlock: Int, _ body: (Range<Int>) -> Void
  ) throws {
    guard rows / max(rowsPerBlock, 1) >= blocksOfLongWork else {
      return forEachBlock(rows: rows, rowsPerBlock: rowsPerBlock, body)
    }
    forEachBlock(rows: rows, rowsPerBlock: rowsPerBlock) { block in
      if !Stop.isRequested { body(block) }
    }
    try Stop.check()
  }

  /// Splits `rows` into blocks as `forEachBlock` does; where blocks fail, throws the error of the
  /// first of them in their order, whatever the number of threads.
  package static func forEachBlock(
    trying rows: Int, rowsPerBlock: Int, _ body: (Range<Int>) throws -> Void
  ) throws {
    let failure = Mutex<(place: Int, error: any Error)?>(nil)
    forEachBlock(rows: rows, rowsPerBlock: rowsPerBlock) { block in
      do {
        try body(block)
      } catch {
        failure.withLock { first in
          if first.map({ block.lowerBound < $0.place }) ?? true {
            first = (block.lowerBound, error)
          }
        }
      }
    }
    if let first = failure.withLock({ $0 }) { throw first.error }
  }

  /// The number of blocks from which work may take long enough to poll for interrupts.
  private static var blocksOfLongWork: Int { 64 }

  private struct Work {
    let body: (Int) -> Void
  }

  /// Calls `body(phase, part)` for all parts of each phase, phase after phase; what the parts of
  /// one phase wrote can be read in the next. Parts of a phase run concurrently and must only write
  /// to memory of their own.
  ///
  /// Meant for long loops of short steps, such as sampling one picture: the transition to the next
  /// phase costs much less than a dispatch, and a part stays on one thread, whose core has its
  /// weights in the cache.
  package static func forEachPhase(
    phases: Int, parts: Int, _ body: (_ phase: Int, _ part: Int) -> Void
  ) {
    withoutActuallyEscaping(body) { escapable in
      var work = PhaseWork(body: escapable)
      withUnsafeMutablePointer(to: &work) { pointer in
        smap_parallel_phases(
          Int32(clamping: phases), Int32(clamping: parts),
          { context, phase, part in
            guard let context else { return }
            context.assumingMemoryBound(to: PhaseWork.self).pointee.body(Int(phase), Int(part))
          },
          pointer)
      }
    }
  }

  /// The number of parts worth using for phases of so many multiplications on `threads` threads, in
  /// this context: one inside a chunk. The caller makes sure that the number of parts changes no
  /// bits.
  package static func parts(multiplications: Int, threads: Int = threadCount) -> Int {
    isInsideChunk ? 1 : max(1, min(threads, multiplications >> 14, 16))
  }

  private struct PhaseWork {
    let body: (Int, Int) -> Void
  }
}
