// SPDX-License-Identifier: Apache-2.0
//
// A large file of which parts are read in any order. What was read lately stays in the page cache
// of the system, which gives it back when memory is short; nothing stays in the heap. The file is
// not mapped: if another program cut a mapped file short, touching its last pages would kill this
// process by SIGBUS, where a read reports an error.

import Glibc

/// An open file whose parts are read as they are needed, on any thread.
///
/// It is meant for files that are replaced, never changed: `AtomicFile` leaves an open file as it
/// was. Size and time of change are compared before each read, so a file that somebody did change
/// gives an error in place of other content.
public final class RandomAccessFile: Sendable {
  private let file: Descriptor
  /// The number of bytes.
  public let size: Int
  private let modified: timespec

  /// Opens an ordinary file; a symbolic link is not followed.
  ///
  /// - Throws: `FileError`.
  public init(path: String) throws {
    file = try Descriptor(
      path: path, flags: O_RDONLY | O_NONBLOCK | O_NOFOLLOW, operation: "read")
    let status = try file.status()
    guard status.isRegular else {
      throw FileError(path: path, operation: "read", code: EINVAL, reason: "it is no ordinary file")
    }
    size = Int(status.st_size)
    modified = status.st_mtim
  }

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Throws: `FileError`, also when the file ends before, or was changed since it was opened.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    let status = try file.status()
    guard status.st_size == size, status.st_mtim.tv_sec == modified.tv_sec,
      status.st_mtim.tv_nsec == modified.tv_nsec
    else { throw changed }
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = try file.read(at: offset + filled, into: rest)
      guard count > 0 else { throw changed }
      filled += count
    }
  }

  /// Lets the system fetch a part into its page cache while the caller does something else.
  public func willRead(at offset: Int, count: Int) {
    // Advice only: where it cannot be taken, the read itself waits.
    _ = posix_fadvise(file.number, offset, count, POSIX_FADV_WILLNEED)
  }

  private var changed: FileError {
    FileError(
      path: file.path, operation: "read", code: ESTALE, reason: "it was changed while it was in use"
    )
  }
}
