// SPDX-License-Identifier: Apache-2.0
//
// Text on its way to standard output, through write(2): what cannot be written is remembered and
// becomes the exit code, since a script whose results are lost has not succeeded.

import Files
import Glibc

/// Buffered output to a descriptor, the standard one by default.
final class StandardOutput {
  private var buffer: [UInt8] = []
  private var failure: Int32 = 0
  private let descriptor: Int32
  private let isTerminal: Bool

  init(descriptor: Int32 = STDOUT_FILENO) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
  }

  /// Adds text; on a terminal, or when enough has gathered, it is written at once.
  func write(_ text: String) {
    guard failure == 0 else { return }
    buffer.append(contentsOf: text.utf8)
    if isTerminal || buffer.count >= 1 << 16 { flush() }
  }

  /// Writes what has gathered.
  func flush() {
    var start = 0
    while start < buffer.count, failure == 0 {
      let written = buffer.withUnsafeBytes { bytes in
        Glibc.write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
      }
      if written > 0 {
        start += written
      } else if written < 0, errno != EINTR {
        failure = errno
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the rest and says how it went: 0, 141 for a closed pipe, 74 for anything else.
  func finish() -> Int32 {
    flush()
    guard failure != 0 else { return 0 }
    if failure == EPIPE { return 141 }
    Diagnostics.say("smap: cannot write the output: \(String(cString: strerror(failure)))")
    return 74
  }
}

/// What goes to standard error.
enum Diagnostics {
  /// Writes a line; there is nowhere to report a failure of this.
  static func say(_ text: String) {
    var bytes = Array(text.utf8)
    if bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    var start = 0
    while start < bytes.count {
      let written = bytes.withUnsafeBytes { part in
        Glibc.write(STDERR_FILENO, part.baseAddress.map { $0 + start }, part.count - start)
      }
      if written > 0 {
        start += written
      } else if errno != EINTR {
        return
      }
    }
  }
}
