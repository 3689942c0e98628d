// SPDX-License-Identifier: Apache-2.0
//
// Work beside the threads that compute: it mostly waits for something outside this process, and
// takes little of a processor.

import CKernels
import Glibc

/// Work that has begun on a thread of its own, with the settings of the thread that began it.
package final class SideWork<Outcome>: @unchecked Sendable {
  private let body: () throws -> Outcome
  private let settings = smap_thread_settings()
  // Of the side thread until it has ended.
  private var outcome: Result<Outcome, any Error>?
  private var thread: pthread_t?

  /// Begins work. Stops of the calling thread end it as they end the work of the pool.
  ///
  /// `result` must be called before what `body` uses goes away.
  package init(_ body: @escaping () throws -> Outcome) {
    self.body = body
    var created = pthread_t()
    let context = Unmanaged.passRetained(Runner { self.run() })
    let failed = pthread_create(
      &created, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Runner>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    if failed == 0 { thread = created } else { context.release() }
  }

  private func run() {
    smap_use_thread_settings(settings)
    smap_begin_side_work()
    outcome = Result { try body() }
  }

  /// Waits for the end of the work. Where no thread could be created, the work is done here.
  package func result() throws -> Outcome {
    if let thread {
      pthread_join(thread, nil)
      self.thread = nil
    }
    let found = outcome ?? Result { try body() }
    outcome = found
    return try found.get()
  }
}
