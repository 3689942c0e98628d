// SPDX-License-Identifier: Apache-2.0
//
// Files that are not ready at once: pipes whose other end is slow or missing. They are opened
// non-blocking and polled at short intervals, with a call of the caller's check in between, so that
// Ctrl-C and time limits end the wait. A named pipe without a peer times out after a second.

import Glibc
import Synchronization

/// Waiting for the other end of a pipe.
public enum Waiting {
  /// A function that is the value of a mutex itself is wrapped once more by each access.
  private struct Check: Sendable {
    var run: @Sendable () throws -> Void
  }
  private static let current = Mutex(Check {})

  /// Called between two polls; what it throws ends the reading or writing.
  public static var check: @Sendable () throws -> Void {
    get { current.withLock { $0.run } }
    set { current.withLock { $0.run = newValue } }
  }

  /// The number of polls for which a named pipe may have no peer.
  static let turns = 50
  /// Microseconds between two polls.
  private static let turn: UInt32 = 20_000

  /// Waits for one interval.
  static func pause() throws {
    usleep(turn)
    try check()
  }

  /// Waits until a file can be read or written, or has ended.
  static func wait(for number: Int32, _ events: Int32) throws {
    var waiting = pollfd(fd: number, events: Int16(events), revents: 0)
    _ = poll(&waiting, 1, 50)
    try check()
  }
}

/// Reads a file piece by piece.
struct PatientReader {
  /// Polls in which a named pipe had no writer; negative once that no longer matters.
  private var turnsAlone: Int

  /// Reads from a file that ends where no more bytes come.
  init() { turnsAlone = -1 }

  /// Reads from `file`, which was opened non-blocking and has the given status.
  init(_ file: borrowing Descriptor, _ status: stat) {
    // An unnamed pipe has its writer from the beginning.
    let isNamedPipe = status.isPipe && file.realPath?.hasPrefix("pipe:") == false
    turnsAlone = isNamedPipe ? 0 : -1
  }

  /// Reads into `buffer` and returns the count, 0 at the end.
  ///
  /// - Throws: `FileError`, or what `Waiting.check` throws.
  mutating func read(
    _ file: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    while true {
      let number = file.number
      let count = retrying { Glibc.read(number, buffer.baseAddress, min(buffer.count, 1 << 30)) }
      if count > 0 { turnsAlone = -1 }
      if count > 0 || count == 0 && turnsAlone < 0 { return count }
      if count == 0 {
        guard turnsAlone < Waiting.turns else {
          throw FileError(
            path: file.path, operation: "read", code: ETIMEDOUT,
            reason: "it is a pipe, and nobody writes to it")
        }
        turnsAlone += 1
        try Waiting.pause()
        continue
      }
      guard errno == EAGAIN else { throw file.error("read") }
      turnsAlone = -1
      try Waiting.wait(for: number, POLLIN)
    }
  }
}

extension Descriptor {
  /// Opens something that cannot be replaced, such as a device or a pipe, for writing.
  ///
  /// - Throws: `FileError`, also when a pipe has no reader; or what `Waiting.check` throws.
  static func openForWriting(_ path: String) throws -> Descriptor {
    for _ in 0..<Waiting.turns {
      do {
        return try Descriptor(path: path, flags: O_WRONLY | O_NONBLOCK, operation: "write")
      } catch let error as FileError where error.code == ENXIO {
        try Waiting.pause()
      }
    }
    throw FileError(
      path: path, operation: "write", code: ENXIO,
      reason: "it is a pipe, and nobody reads from it")
  }
}
