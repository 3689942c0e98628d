// SPDX-License-Identifier: Apache-2.0
//
// Which files some work reads and whether it writes any: what a cached result depends on. Files
// that are the program's own, such as caches, do not count.

import Glibc
import Synchronization

/// The files that are opened while it is on.
public final class FileTrace: Sendable {
  private struct Files {
    var read: [String] = []
    var written: [String] = []
  }

  private let files = Mutex(Files())
  private static let current = Mutex<FileTrace?>(nil)

  private init() {}

  /// Begins to note the files that any thread opens.
  public static func begin() -> FileTrace {
    let trace = FileTrace()
    current.withLock { $0 = trace }
    return trace
  }

  /// Ends noting.
  public static func end() { current.withLock { $0 = nil } }

  /// Whether files are noted.
  public static var isOn: Bool { current.withLock { $0 != nil } }

  /// The paths of files and folders that were read or looked for, in order, each once.
  public var read: [String] { files.withLock { $0.read } }

  /// The paths that were written.
  public var written: [String] { files.withLock { $0.written } }

  static func note(_ path: String, changes: Bool) {
    guard let trace = current.withLock({ $0 }) else { return }
    trace.files.withLock { files in
      if changes {
        files.written.append(path)
      } else if !files.read.contains(path) {
        files.read.append(path)
      }
    }
  }
}

/// The content of a file as a dependency of a result.
public struct FileVersion: Sendable, Equatable {
  /// The path as it was opened.
  public let path: String
  /// Size, time of change and number of the file: equal ones need no second look.
  public let stamp: String
  /// The SHA-256 of the content; of a folder, that of the names, sizes and times in it; empty
  /// without a file.
  public let hash: String

  /// A stored version.
  public init(path: String, stamp: String, hash: String) {
    (self.path, self.stamp, self.hash) = (path, stamp, hash)
  }

  /// The version of a file as it is now.
  public init(of path: String) {
    self.path = path
    stamp = FileVersion.stamp(of: path)
    hash = FileVersion.hash(of: path)
  }

  /// Whether the file is still as it was.
  public var isCurrent: Bool {
    !stamp.isEmpty && stamp == FileVersion.stamp(of: path) || hash == FileVersion.hash(of: path)
  }

  private static func stamp(of path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "none" }
    // What is inside a folder may change without the folder itself.
    guard status.st_mode & S_IFMT == S_IFREG else { return "" }
    return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
  }

  private static func hash(of path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "" }
    var hash = ContentHash()
    if status.st_mode & S_IFMT == S_IFDIR {
      addFolder(path, depth: 0, to: &hash)
    } else if let bytes = try? FileReader.read(path: path) {
      bytes.withUnsafeBytes { hash.add($0) }
    } else {
      return "unreadable"
    }
    return hash.hexadecimal
  }

  private static func addFolder(_ path: String, depth: Int, to hash: inout ContentHash) {
    guard depth < 32, let names = try? FileReader.names(inFolder: path) else { return }
    for name in names {
      var status = stat()
      guard stat(path + "/" + name, &status) == 0 else { continue }
      hash.add(name)
      guard status.st_mode & S_IFMT != S_IFDIR else {
        addFolder(path + "/" + name, depth: depth + 1, to: &hash)
        continue
      }
      for number in [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec] {
        hash.add(number)
      }
    }
  }
}
