// SPDX-License-Identifier: Apache-2.0
//
// Files that grow by lines, such as the results of experiments. A line is added at the end by one
// write and flushed to the disk, under a lock of the file, so several processes may add lines to
// one file. A process that is killed leaves a whole line or none; after a power failure the last
// line may be cut short, and is removed by the next one that is added. Where a line cannot be
// written as a whole, as on a full disk, the file gets its old length back.

import Glibc

/// Adds lines to files.
public enum LineFile {
  /// The longest line that is looked at when it lacks its end, in bytes.
  private static let longestLine = 1 << 24

  /// Adds a line to the file at `path`, which is created with its folders where it is missing.
  ///
  /// - Parameters:
  ///   - path: An ordinary file, or a link to one.
  ///   - line: The content, without a line end.
  ///   - isWhole: Whether a last line without a line end is complete. Such a line gets its end; one
  ///     that is not complete is removed.
  /// - Throws: `FileError`, the file is unchanged then; or what `Waiting.check` throws.
  public static func append(
    path: String, line: [UInt8], isWhole: ([UInt8]) -> Bool
  ) throws {
    try SharedWriting.once(path) { try appendHere(path: path, line: line, isWhole: isWhole) }
  }

  private static func appendHere(
    path: String, line: [UInt8], isWhole: ([UInt8]) -> Bool
  ) throws {
    try AtomicFile.makeFolders(for: path)
    while true {
      let file = try Descriptor(
        path: path, flags: O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, operation: "write")
      let status = try file.status()
      guard status.isRegular else {
        let code = status.isFolder ? EISDIR : EINVAL
        throw FileError(
          path: path, operation: "write", code: code,
          reason: status.isFolder ? nil : "it is not an ordinary file")
      }
      while !(try FileLock.locks(file)) { try Waiting.pause() }
      // The file may have been replaced before it was locked.
      guard let current = FileReader.status(path), current.st_ino == status.st_ino,
        current.st_dev == status.st_dev
      else { continue }
      return try add(line, to: file, isWhole)
    }
  }

  private static func add(
    _ line: [UInt8], to file: borrowing Descriptor, _ isWhole: ([UInt8]) -> Bool
  ) throws {
    let size = Int(try file.status().st_size)
    let rest = try unfinished(file, size)
    var (start, bytes) = (size, line + [UInt8(ascii: "\n")])
    if !rest.isEmpty {
      if isWhole(rest) {
        bytes.insert(UInt8(ascii: "\n"), at: 0)
      } else {
        start = size - rest.count
        try setSize(file, start)
      }
    }
    do {
      try bytes.withUnsafeBytes { try file.write($0) }
      try file.synchronize()
    } catch {
      try? setSize(file, start)
      throw error
    }
  }

  /// What follows the last line end of a file.
  private static func unfinished(_ file: borrowing Descriptor, _ size: Int) throws -> [UInt8] {
    var rest: [UInt8] = []
    var end = size
    while end > 0, rest.count < longestLine {
      let count = min(end, 1 << 16)
      var block = [UInt8](repeating: 0, count: count)
      let found = try block.withUnsafeMutableBytes { try file.read(at: end - count, into: $0) }
      guard found == count else { throw file.error("read", code: EIO) }
      if let last = block.lastIndex(of: UInt8(ascii: "\n")) {
        return Array(block[(last + 1)...]) + rest
      }
      rest = block + rest
      end -= count
    }
    return rest
  }

  private static func setSize(_ file: borrowing Descriptor, _ size: Int) throws {
    let number = file.number
    guard retrying({ ftruncate(number, size) }) == 0 else { throw file.error("write") }
  }
}

/// Locks that processes agree on by the name of a file.
///
/// The system releases a lock when its holder ends, in whatever way.
public enum FileLock {
  /// Calls `body` while holding the lock of the file at `path`, which is created where it is
  /// missing; false, without a call, where somebody else holds it.
  ///
  /// - Throws: `FileError` when the file cannot be opened, or its file system has no locks; or what
  ///   `body` throws.
  public static func hold(path: String, _ body: () throws -> Void) throws -> Bool {
    // In a job one process locks for all of them, and all of them do what the lock is for.
    var held: HeldLock?
    let isHeld = try SharedWriting.decided(path) {
      held = try HeldLock(path)
      return held != nil
    }
    guard isHeld else { return false }
    try withExtendedLifetime(held) { try body() }
    return true
  }

  /// A lock that is released with this value.
  private final class HeldLock {
    private let file: Descriptor

    /// Nil where somebody else holds it.
    init?(_ path: String) throws {
      try AtomicFile.makeFolders(for: path)
      file = try Descriptor(
        path: path, flags: O_RDWR | O_CREAT | O_NONBLOCK, operation: "lock")
      guard try FileLock.locks(file) else { return nil }
    }

    deinit { _ = flock(file.number, LOCK_UN) }
  }

  /// Locks an open file unless somebody else has.
  static func locks(_ file: borrowing Descriptor) throws -> Bool {
    let number = file.number
    if retrying({ flock(number, LOCK_EX | LOCK_NB) }) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw file.error("lock") }
    return false
  }
}
