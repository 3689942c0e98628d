// SPDX-License-Identifier: Apache-2.0
//
// Files that are being written, before they get their final names. The writer holds a lock on the
// file, which the system releases however the process ends: a temporary file whose lock is free has
// no owner any more and is removed. A process number in its name would not show that, since numbers
// are reused and mean something else on each machine that shares the folder.

import Glibc
import Synchronization

/// A locked file under a temporary name, which is removed when this value ends.
struct TemporaryFile: ~Copyable {
  /// The name in its folder.
  let name: String
  /// The file, open for writing and locked. A copy of the descriptor shares the lock.
  let file: Descriptor
  private let folder: Int32

  /// Creates one in an open folder, which must outlive it; errors name `path`.
  init(in folder: borrowing Descriptor, for path: String) throws {
    while true {
      let name = TemporaryName.next()
      UnfinishedFile.begin(name, in: folder)
      do {
        let file = try Descriptor(creating: name, in: folder, operation: "write", name: path)
        if try TemporaryFile.locks(file) {
          self.name = name
          self.file = file
          self.folder = folder.number
          return
        }
      } catch {
        UnfinishedFile.end()
        throw error
      }
      // Another process removed the file as a leftover before it was locked.
      UnfinishedFile.end()
    }
  }

  deinit {
    // After the file was renamed nothing has this name.
    unlinkat(folder, name, 0)
    UnfinishedFile.end()
  }

  /// Locks a new file; false if it has been removed in the meantime, or is about to be.
  private static func locks(_ file: borrowing Descriptor) throws -> Bool {
    guard flock(file.number, LOCK_EX | LOCK_NB) != 0 else {
      return try file.status().st_nlink > 0
    }
    // A file system without locks: nobody else can lock the file either.
    return errno != EWOULDBLOCK
  }
}

/// What was removed.
public struct SweptFiles: Sendable, Equatable {
  /// The number of files.
  public var count = 0
  /// Their bytes.
  public var bytes = 0

  /// So many files with so many bytes.
  public init(count: Int = 0, bytes: Int = 0) {
    self.count = count
    self.bytes = bytes
  }
}

extension AtomicFile {
  /// Removes temporary files that writers left in a folder when they were killed; files of
  /// processes that still write are kept.
  ///
  /// - Throws: `FileError` when the folder cannot be listed.
  @discardableResult
  public static func sweep(folder: String) throws -> SweptFiles {
    let opened = try Descriptor(path: folder, flags: O_RDONLY | O_DIRECTORY, operation: "list")
    return try sweep(opened)
  }

  /// When folders were last swept, by device and inode.
  private static let sweeps = Mutex<[String: Int]>([:])
  /// Seconds for which a folder is assumed to be clean: many saves in a row list it once.
  private static let pause = 10

  /// Sweeps a folder unless that has just been done; failures to remove files are ignored.
  static func sweepNowAndThen(_ folder: borrowing Descriptor) {
    guard let status = try? folder.status() else { return }
    let (key, now) = ("\(status.st_dev) \(status.st_ino)", time(nil))
    let isDue = sweeps.withLock { sweeps in
      if let last = sweeps[key], now < last + pause { return false }
      sweeps[key] = now
      return true
    }
    if isDue { _ = try? sweep(folder) }
  }

  static func sweep(_ folder: borrowing Descriptor) throws -> SweptFiles {
    var swept = SweptFiles()
    for name in try FileReader.names(in: folder) where TemporaryName.matches(name) {
      if let bytes = remove(name, from: folder) {
        swept.count += 1
        swept.bytes += bytes
      }
    }
    return swept
  }

  /// Removes a temporary file if nobody has locked it, and returns its size.
  private static func remove(_ name: String, from folder: borrowing Descriptor) -> Int? {
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let parent = folder.number
    let number = retrying { openat(parent, name, flags) }
    guard number >= 0 else { return nil }
    defer { close(number) }
    var (mine, named) = (stat(), stat())
    guard fstat(number, &mine) == 0, mine.isRegular, flock(number, LOCK_EX | LOCK_NB) == 0,
      fstatat(parent, name, &named, AT_SYMLINK_NOFOLLOW) == 0,
      mine.st_ino == named.st_ino, mine.st_dev == named.st_dev, unlinkat(parent, name, 0) == 0
    else { return nil }
    return Int(mine.st_size)
  }
}

/// The names of temporary files: the number of the writing process, for people, and a random
/// number.
enum TemporaryName {
  private static let prefix = ".smap-"
  private static let suffix = ".tmp"

  /// A name that no other writer uses.
  static func next() -> String {
    "\(prefix)\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36))\(suffix)"
  }

  /// Whether a name is one of these.
  static func matches(_ name: String) -> Bool {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
    let parts = name.dropFirst(prefix.count).dropLast(suffix.count)
      .split(separator: "-", omittingEmptySubsequences: false)
    return parts.count == 2 && pid_t(parts[0]).map { $0 > 0 } == true
      && !parts[1].isEmpty && parts[1].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
  }
}
