// SPDX-License-Identifier: Apache-2.0
//
// Opens descriptors 0 to 2. The parent process may have closed them; the next file that is opened
// would then get the number, and smap would read it as its input or write its messages into it.

import Glibc

/// The descriptors that every process starts with.
public enum StandardStreams {
  /// Opens those that are closed; call it before anything else is opened.
  /// A closed input becomes an empty one. A closed output becomes one that cannot be written, so
  /// that lost results are an error: /dev/null is opened read-only in its place, too.
  public static func openClosed() {
    for descriptor in STDIN_FILENO...STDERR_FILENO {
      guard fcntl(descriptor, F_GETFD) < 0, errno == EBADF else { continue }
      // The lowest free number is this one, since those below are open.
      guard open("/dev/null", O_RDONLY) == descriptor else { _exit(StandardOutput.failureCode) }
    }
  }
}
