// SPDX-License-Identifier: Apache-2.0
//
// The end of a job that cannot go on: one process says why, on the terminal that `mpirun` was
// started from, and ends all of them.

import CMPI
import Glibc

/// Ends all processes of a job.
struct JobEnd: Sendable {
  /// A copy of standard error, which the log of this process replaces later.
  private let errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)

  /// The exit code of a job that has lost a process: that of a device that fails.
  static let lostProcess: Int32 = 74
  /// The exit code of a job whose processes do not follow the same program.
  static let fault: Int32 = 1

  /// Says why, and ends the job with an exit code.
  func callAsFunction(_ reason: String, code: Int32) {
    var text = "smap: \(reason)\n"
    _ = text.withUTF8 { write(errors, $0.baseAddress, $0.count) }
    smap_mpi_abort(code)
  }

  /// As a call, for a thread that cannot go on. Every process finds such a fault; the first one
  /// tells of it unless it has been lost.
  func never(_ reason: String, code: Int32, rank: Int) -> Never {
    if rank > 0 { sleep(5) }
    self(reason, code: code)
    while true { sleep(60) }  // Another thread is ending the job.
  }
}
