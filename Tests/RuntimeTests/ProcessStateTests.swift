// SPDX-License-Identifier: Apache-2.0
//
// Each piece of state that is not a session's reaches whom its table says: all threads, or those
// that work for the thread that set it. In processes of their own, because other tests would see
// it.

import CKernels
import Files
import Foundation
import Runtime
import Synchronization
import Tensors
import Testing

@Suite struct ProcessStateTests {
  /// The values of the table as a thread of its own sees them.
  private static func valuesOfAnotherThread() -> [String] {
    let seen = Mutex<[String]>([])
    let isDone = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      seen.withLock { $0 = ProcessState.table.map { $0.value() } }
      isDone.signal()
    }
    isDone.wait()
    return seen.withLock { $0 }
  }

  /// The values as they are seen in work that is shared between threads, each kind once.
  private static func valuesOfWorkers() -> Set<[String]> {
    let seen = Mutex<Set<[String]>>([])
    let threads = Mutex<Set<UInt>>([])
    // All threads take part: none gives its chunk back before the others have come.
    ThreadPool.forEach(chunks: 4) { _ in
      _ = threads.withLock { $0.insert(UInt(pthread_self())) }
      let values = ProcessState.table.map { $0.value() }
      _ = seen.withLock { $0.insert(values) }
      let start = Date()
      while threads.withLock({ $0.count }) < 2, Date().timeIntervalSince(start) < 10 { usleep(100) }
    }
    return seen.withLock { $0 }
  }

  /// Sets everything to something unusual while `body` runs.
  private static func withEverythingSet(_ body: () throws -> Void) throws {
    let kept = ProcessState.kept()
    let flag = StopFlag.allocate()
    flag.request()
    MemoryBudget.limit = 123 << 20
    FileReader.largestFile = 4567
    ThreadPool.threadCount = ThreadPool.threadCount == 2 ? 3 : 2
    try Sandbox.enter(folder: "/tmp", confinesProcess: false)
    Profile.start()
    _ = FileTrace.begin()
    Stop.request()
    let before = Stop.begin(flag, seconds: 1000, after: 1e6)
    try Tensor.withoutGradients {
      smap_use_bfloat16(1)
      defer { smap_use_bfloat16(0) }
      try body()
    }
    Stop.restore(before)
    flag.free()
    Stop.clear()
    _ = Profile.stop()
    FileTrace.end()
    kept.restore()
  }

  @Test func stateReachesWhomTheTableSays() async {
    await #expect(processExitsWith: .success) {
      let table = ProcessState.table
      let usual = table.map { $0.value() }
      try Self.withEverythingSet {
        let here = table.map { $0.value() }
        let elsewhere = Self.valuesOfAnotherThread()
        for (i, state) in table.enumerated() where state.value() != "a function" {
          #expect(here[i] != usual[i], "\(state.name) was not set")
          let wanted = state.reach == .process ? here[i] : usual[i]
          #expect(elsewhere[i] == wanted, "\(state.name) on another thread")
        }
        // Whoever works for this thread sees what it sees.
        #expect(Self.valuesOfWorkers() == [here])
      }
      // What can be put back is, and the pool has kept nothing of it.
      for (state, before) in zip(table, usual) where state.name != "sandbox" {
        #expect(state.value() == before, "\(state.name) was put back")
      }
      ThreadPool.threadCount = 2
      let mine = table.map { $0.value() }
      #expect(Self.valuesOfWorkers() == [mine])
    }
  }

  /// Work that is shared out within `withoutGradients` records nothing on any thread.
  @Test func gradientsAreOffForWorkersToo() async {
    await #expect(processExitsWith: .success) {
      ThreadPool.threadCount = 2
      let x = try Tensor.parameter(try Tensor(repeating: 1, shape: [3]))
      let recorded = Mutex(0)
      Tensor.withoutGradients {
        ThreadPool.forEach(chunks: 64) { _ in
          usleep(200)
          if (try? x * 2)?.requiresGradient ?? true { recorded.withLock { $0 += 1 } }
        }
      }
      #expect(recorded.withLock { $0 } == 0)
    }
  }

  /// An evaluation within another leaves the deadline of the outer one in force.
  @Test func nestedSessionsKeepTheDeadline() throws {
    let before = Stop.begin(.process, seconds: 1000, after: 1e6)
    defer { Stop.restore(before) }
    let deadline = ProcessState.table.first { $0.name == "deadline" }
    let outer = deadline?.value()
    let session = Session(library: TestLibrary.table, limits: Limits(seconds: 5)) { _ in }
    _ = try session.evaluate(text: "1 + 1")
    #expect(deadline?.value() == outer && outer != "0")
  }
}
