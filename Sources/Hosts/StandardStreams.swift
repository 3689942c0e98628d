// SPDX-License-Identifier: Apache-2.0
//
// Descriptors 0 to 2 as smap expects them. Whoever starts a program may close them; the next file
// that is opened then gets the number, and smap would read it as its input or write its messages
// into it.

import Glibc

/// The descriptors that every process starts with.
public enum StandardStreams {
  /// Opens those that are closed; call it before anything else is opened.
  ///
  /// A closed input is an empty one. A closed output is one that cannot be written, so that lost
  /// results are an error: /dev/null is opened for reading only in its place, too.
  public static func openClosed() {
    for descriptor in STDIN_FILENO...STDERR_FILENO {
      guard fcntl(descriptor, F_GETFD) < 0, errno == EBADF else { continue }
      // The lowest number that is free is this one, since those below are open.
      guard open("/dev/null", O_RDONLY) == descriptor else { _exit(StandardOutput.failureCode) }
    }
  }
}
