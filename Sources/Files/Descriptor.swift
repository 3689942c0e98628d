// SPDX-License-Identifier: Apache-2.0
//
// An open file that closes itself. All system calls of this module are here; each is retried when a
// signal interrupts it, and throws a `FileError` when it fails.

import Glibc

/// An owned file descriptor.
///
/// The descriptor is closed when the value ends, unless `close()` has closed it and reported
/// errors.
package struct Descriptor: ~Copyable, Sendable {
  package let number: Int32
  /// The path that errors name.
  package let path: String

  /// Opens a file; `mode` matters when it is created, and errors name `name` where given.
  ///
  /// A file is a script's and kept within the sandbox, if there is one, unless the caller says that
  /// it is the program's own. Pass `changes` for folders in which entries are created or renamed,
  /// since the flags do not show that.
  package init(
    path: String, flags: Int32, mode: mode_t = 0o666, operation: String, name: String? = nil,
    changes: Bool = false, isOwn: Bool = false
  ) throws {
    self.path = name ?? path
    // A path with a NUL would be truncated silently.
    guard !path.utf8.contains(0) else {
      throw FileError(path: self.path, operation: operation, code: EINVAL)
    }
    if !isOwn {
      let writes = changes || flags & (O_ACCMODE | O_CREAT) != O_RDONLY
      FileTrace.note(path, changes: writes)
    }
    if !isOwn, let sandbox = Sandbox.current {
      number = try sandbox.open(
        path, flags: flags, mode: mode, changes: changes, operation: operation, name: self.path)
      return
    }
    let number = retrying { Glibc.open(PathText.systemName(path), flags | O_CLOEXEC, mode) }
    guard number >= 0 else { throw FileError(path: self.path, operation: operation, code: errno) }
    self.number = number
  }

  /// Creates a file in an open folder; `entry` is a name, not a path, so it cannot leave the
  /// folder.
  package init(
    creating entry: String, in folder: borrowing Descriptor, operation: String, name: String
  ) throws {
    path = name
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
    let parent = folder.number
    let number = retrying { Glibc.openat(parent, PathText.systemName(entry), flags, 0o666) }
    guard number >= 0 else { throw FileError(path: name, operation: operation, code: errno) }
    self.number = number
  }

  /// Duplicates the descriptor of a file that is already open.
  package init(copying number: Int32, operation: String, name: String) throws {
    path = name
    let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw FileError(path: name, operation: operation, code: errno) }
    self.number = copy
  }

  deinit { _ = Glibc.close(number) }

  /// The size, mode and kind of the file.
  package func status() throws -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw error("read") }
    return status
  }

  /// The path of the open file without links, or nil where the system does not provide it.
  package var realPath: String? {
    Descriptor.linkText { readlink("/proc/self/fd/\(number)", $0, $1) }
  }

  /// Where the symbolic link leads that is open itself (`O_PATH | O_NOFOLLOW`); nil for others.
  package var linkTarget: String? { Descriptor.linkText { readlinkat(number, "", $0, $1) } }

  private static func linkText(
    _ read: (UnsafeMutablePointer<CChar>, Int) -> Int
  ) -> String? {
    let size = Int(PATH_MAX)
    var buffer = [CChar](repeating: 0, count: size)
    let count = buffer.withUnsafeMutableBufferPointer { text in
      text.baseAddress.map { read($0, size) } ?? 0
    }
    guard count > 0, count < size else { return nil }
    return PathText.text(of: buffer[..<count].map(UInt8.init(truncatingIfNeeded:)))
  }

  /// Throws unless the system can allocate so many bytes, and some more, now.
  package func requireMemory(_ count: Int) throws {
    guard count >= 1 << 20 else { return }
    let (size, overflow) = count.addingReportingOverflow(1 << 23)
    guard !overflow, let block = malloc(size) else { throw error("read", code: ENOMEM) }
    free(block)
  }

  /// Writes all bytes, continuing after short writes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      // Linux transfers at most 2 GiB per call.
      let written = retrying { Glibc.write(number, start, min(rest.count, 1 << 30)) }
      if written < 0, errno == EAGAIN {
        try Waiting.wait(for: number, POLLOUT)
        continue
      }
      guard written >= 0 else { throw error("write") }
      guard written > 0 else { throw error("write", code: EIO) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Reads into `buffer` and returns the count, 0 at the end of the file.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = retrying { Glibc.read(number, buffer.baseAddress, min(buffer.count, 1 << 30)) }
    guard count >= 0 else { throw error("read") }
    return count
  }

  /// Reads from a place of the file, whatever was read before, and returns the count, 0 at the end
  /// of the file.
  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = retrying { pread(number, buffer.baseAddress, min(buffer.count, 1 << 30), offset) }
    guard count >= 0 else { throw error("read") }
    return count
  }

  /// Flushes the data to the disk; devices without that operation are accepted.
  package func synchronize() throws {
    guard retrying({ fsync(number) }) != 0 else { return }
    guard errno != EINVAL && errno != EROFS else { return }
    throw error("write")
  }

  /// The error for the current `errno`, or for a given code.
  package func error(_ operation: String, code: Int32? = nil) -> FileError {
    FileError(path: path, operation: operation, code: code ?? errno)
  }
}

/// Retries a system call while signals interrupt it.
package func retrying<Count: SignedInteger>(_ call: () -> Count) -> Count {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

extension stat {
  /// Whether the file is a folder.
  package var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }

  /// Whether the file is a pipe, with a name or without.
  var isPipe: Bool { st_mode & S_IFMT == S_IFIFO }

  /// Whether the file is an ordinary one, neither device nor pipe.
  package var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
}

/// Linux's O_PATH, which the C library hides from Swift: a descriptor that only names the file.
let pathOnly: Int32 = 0o10_000_000
