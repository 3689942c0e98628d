// SPDX-License-Identifier: Apache-2.0
//
// Work in phases: every part once per phase, no phase before the previous one has ended, also in
// nested calls and with fewer threads.

import Foundation
import Synchronization
import Tensors
import Testing

@Suite(.serialized) struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 7])
  func phasesFollowEachOther(_ parts: Int) {
    let phases = 400
    withThreadCounts { _ in
      let ended = Atomic<Int>(0)
      let early = Atomic<Int>(0)
      let calls = Mutex([Int](repeating: 0, count: phases * parts))
      ThreadPool.forEachPhase(phases: phases, parts: parts) { phase, part in
        if ended.load(ordering: .acquiring) < phase * parts {
          early.add(1, ordering: .relaxed)
        }
        calls.withLock { $0[phase * parts + part] += 1 }
        ended.add(1, ordering: .acquiringAndReleasing)
      }
      #expect(early.load(ordering: .relaxed) == 0)
      #expect(calls.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  /// A sum over neighbours, again and again: wrong as soon as a part reads too early or too late.
  @Test func partsSeeWhatOthersWrote() {
    let (parts, phases, width) = (4, 1001, 64)
    withThreadCounts { _ in
      let cells = UnsafeMutablePointer<Int>.allocate(capacity: 2 * parts * width)
      defer { cells.deallocate() }
      cells.initialize(repeating: 1, count: 2 * parts * width)
      ThreadPool.forEachPhase(phases: phases, parts: parts) { phase, part in
        let (from, to) = (
          cells + phase % 2 * parts * width, cells + (phase + 1) % 2 * parts * width
        )
        for i in part * width..<(part + 1) * width {
          to[i] = from[(i + 1) % (parts * width)] + from[(i + parts * width / 2) % (parts * width)]
          to[i] %= 1_000_003
        }
      }
      let powers = (0..<phases).reduce(1) { power, _ in power * 2 % 1_000_003 }
      #expect((0..<parts * width).allSatisfy { cells[phases % 2 * parts * width + $0] == powers })
    }
  }

  @Test func phasesInsideChunksRunInline() {
    withThreadCounts { _ in expectPhasesInline() }
  }

  /// A pool that is busy leaves the chunks to the caller alone, and they are still chunks.
  @Test func phasesInsideChunksRunInlineBesideOtherWork() {
    let others = OtherWork()
    // A separate thread: a task could wait for the one that this test blocks.
    Thread.detachNewThread { others.run() }
    while !others.isBusy.load(ordering: .acquiring) { sched_yield() }
    expectPhasesInline()
    others.isSeen.store(true, ordering: .releasing)
  }

  /// A job that occupies the pool until it is released.
  private final class OtherWork: Sendable {
    let isBusy = Atomic<Bool>(false)
    let isSeen = Atomic<Bool>(false)

    func run() {
      ThreadPool.forEach(chunks: 2) { chunk in
        isBusy.store(true, ordering: .releasing)
        while chunk == 0 && !isSeen.load(ordering: .acquiring) { sched_yield() }
      }
    }
  }

  private func expectPhasesInline() {
    let sum = Atomic<Int>(0)
    let parts = Atomic<Int>(0)
    ThreadPool.forEach(chunks: 8) { _ in
      parts.add(ThreadPool.parts(multiplications: 1 << 30, threads: 4), ordering: .relaxed)
      ThreadPool.forEachPhase(phases: 3, parts: 2) { phase, part in
        sum.add(phase * 2 + part, ordering: .relaxed)
      }
    }
    #expect(parts.load(ordering: .relaxed) == 8)
    #expect(sum.load(ordering: .relaxed) == 8 * 15)
  }

  @Test func nothingIsDoneWithoutPhases() {
    ThreadPool.forEachPhase(phases: 0, parts: 4) { _, _ in Issue.record("there is no phase") }
    ThreadPool.forEachPhase(phases: 4, parts: 0) { _, _ in Issue.record("there is no part") }
  }

  @Test(arguments: [1, 2, 4])
  func smallWorkStaysWhole(threads: Int) {
    #expect(ThreadPool.parts(multiplications: 100, threads: threads) == 1)
    #expect(ThreadPool.parts(multiplications: 1 << 30, threads: threads) == threads)
  }

  @Test func theLastChunkLeavesNoTrace() {
    ThreadPool.forEach(chunks: 3) { _ in }
    ThreadPool.forEachPhase(phases: 2, parts: 2) { _, _ in }
    #expect(ThreadPool.parts(multiplications: 1 << 30, threads: 3) == 3)
  }
}
