// SPDX-License-Identifier: Apache-2.0
//
// Cancellation of work that does not poll `Stop`: LAPACK's singular value and eigenvalue routines
// take seconds for a thousand rows, in one call. Such a call runs on a thread of its own; when a
// stop is requested, the waiting thread abandons it. It works on copies, ends unobserved, and frees
// what it holds.
//
// A process may exit before such a call ends. Library destructors would then free memory that the
// call still uses; so the process exits without running them.

import CKernels
import Glibc
import Synchronization

/// The calls that are running.
private enum RunningCalls {
  static let count = Atomic<Int>(0)

  /// Set up once: at exit, buffered output is flushed and library destructors are skipped.
  static let watchesExit: Bool =
    on_exit(
      { status, _ in
        guard RunningCalls.count.load(ordering: .acquiring) > 0 else { return }
        fflush(nil)
        _exit(status)
      }, nil) == 0
}

/// A call on a thread of its own, and its result.
private final class Abandonable<Outcome>: @unchecked Sendable {
  private let body: () throws -> Outcome
  private let settings: SmapThreadSettings
  private var outcome: Result<Outcome, any Error>?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let isDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// The interval between polls for a stop, in nanoseconds.
  private static var interval: Int { 10_000_000 }

  init(_ body: @escaping () throws -> Outcome) {
    self.body = body
    // It computes as its caller does, but is not stopped: who waits for it is. Its caller may be
    // gone when it ends, and the caller's flag with it.
    var settings = smap_thread_settings()
    (settings.stop, settings.deadline) = (nil, 0)
    self.settings = settings
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(isDone, nil)
  }

  deinit {
    pthread_cond_destroy(isDone)
    pthread_mutex_destroy(mutex)
    isDone.deallocate()
    mutex.deallocate()
  }

  /// Starts the call; false if no thread can be created.
  func start() -> Bool {
    guard RunningCalls.watchesExit else { return false }
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Runner { self.run() })
    RunningCalls.count.add(1, ordering: .acquiringAndReleasing)
    let failed = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<Runner>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    if failed != 0 {
      RunningCalls.count.subtract(1, ordering: .acquiringAndReleasing)
      context.release()
    }
    return failed == 0
  }

  private func run() {
    smap_use_thread_settings(settings)
    let result = Result { try body() }
    RunningCalls.count.subtract(1, ordering: .acquiringAndReleasing)
    pthread_mutex_lock(mutex)
    outcome = result
    pthread_cond_signal(isDone)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for the result; throws a `CancellationError` if a stop is requested first.
  func wait() throws -> Outcome {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let outcome { return try outcome.get() }
      try Stop.check()
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      time.tv_nsec += Abandonable.interval
      if time.tv_nsec >= 1_000_000_000 {
        time.tv_sec += 1
        time.tv_nsec -= 1_000_000_000
      }
      pthread_cond_timedwait(isDone, mutex, &time)
    }
  }
}

/// Long calls into libraries that cannot be interrupted.
package enum LongCall {
  /// Runs `body` such that a stop need not wait for it: on a thread of its own, which is abandoned
  /// then. So `body` must work on values that it holds, and change nothing else.
  package static func run<Outcome>(_ body: @escaping () throws -> Outcome) throws -> Outcome {
    guard !Profile.isOn else { return try body() }
    let call = Abandonable(body)
    guard call.start() else { return try body() }
    return try call.wait()
  }
}

/// The closure that a thread runs.
final class Runner {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

extension DoubleMatrix {
  /// Multiplications from which a decomposition may take too long to wait for.
  private static let longWork = 0x1p26

  /// Runs `body` on this matrix such that a stop need not wait for it. A profile records only its
  /// own thread, and under a tight memory limit calls are serialised: in these cases it runs
  /// inline.
  package func stoppable<Outcome>(_ body: @escaping (DoubleMatrix) throws -> Outcome) throws
    -> Outcome
  {
    let work = Double(rows) * Double(columns) * Double(min(rows, columns))
    guard work > DoubleMatrix.longWork, BLAS.isFree, !Profile.isOn else { return try body(self) }
    return try LongCall.run { try body(self) }
  }
}
