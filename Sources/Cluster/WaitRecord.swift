// SPDX-License-Identifier: Apache-2.0
//
// What a process waits for, so that a wait that nothing can end is found: because a process that
// is needed has left the job, or because all processes wait, each for another one.

import Glibc
import Synchronization

/// The wait of a process for the others, if it waits.
final class WaitRecord: Sendable {
  private struct Wait {
    /// What the process does, as a part of a sentence: `mpi.gather`.
    var purpose: String
    var since: Double
    /// Seconds that the transfer itself may take.
    var allowance: Double
  }
  private let wait = Mutex<Wait?>(nil)

  /// Seconds after which a wait counts as stuck. Others that compute take as long as they need.
  private static let patience = 8.0
  /// Seconds after which nothing more comes from a process that has left.
  static let farewell = 3.0
  /// Bytes a second that any network carries.
  private static let slowest = 1e7

  /// A wait begins; one that has begun goes on.
  func begin(_ purpose: String, bytes: Int = 0) {
    wait.withLock {
      guard $0 == nil else { return }
      let allowance = Double(bytes) / WaitRecord.slowest
      $0 = Wait(purpose: purpose, since: monotonicSeconds(), allowance: allowance)
    }
  }

  /// What was waited for has come.
  func end() { wait.withLock { $0 = nil } }

  /// What this process waits for and has not had for long.
  var stuck: String? { longer(than: WaitRecord.patience) }

  /// What this process waits for, longer than messages of a process that has left can take.
  var forsaken: String? { longer(than: WaitRecord.farewell) }

  private func longer(than seconds: Double) -> String? {
    wait.withLock {
      guard let wait = $0, monotonicSeconds() - wait.since > seconds + wait.allowance else {
        return nil
      }
      return wait.purpose
    }
  }
}

/// Seconds of a clock that nobody sets.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
