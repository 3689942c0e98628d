// SPDX-License-Identifier: Apache-2.0
//
// Confining scripts to one folder. While a sandbox is in force, every file that this module opens
// for a script goes through `Sandbox.open`. It does not judge paths by their text: a path is only
// split at the sandbox's own folder, and the system opens the rest *beneath* that folder (openat2
// with RESOLVE_BENEATH), so `..`, links and renames during the walk cannot lead out.
//
// Landlock, where the system has it, confines the whole process as a second layer; nothing depends
// on it. The console's own files, such as the history, are not the script's and are opened freely.

import CFiles
import Glibc
import Synchronization

/// A folder outside which scripts find no files.
public final class Sandbox: Sendable {
  /// A folder with its open descriptor, which stays open as long as the process lives.
  private struct Root: Sendable {
    let parts: [Substring]
    let descriptor: Int32
  }

  /// The folder, as the user named it.
  public let folder: String
  /// The folder under its names: as given and without links.
  private let writable: [Root]
  /// Folders that may be read only: shipped data and models.
  private let readable: [Root]
  private let workingFolder: String

  private static let active = Mutex<Sandbox?>(nil)

  /// The sandbox in force, or nil.
  public static var current: Sandbox? { active.withLock { $0 } }

  /// Confines this process from here on; this cannot be undone.
  ///
  /// Call it before other threads are started: Landlock confines only the calling thread and those
  /// it starts later.
  ///
  /// - Parameters:
  /// - folder: Where scripts may read and write.
  ///  - readable: Folders that they may read as well; missing ones are skipped.
  ///   - ownFolders: Where the program, not its scripts, keeps files of its own.
  /// - confinesProcess: Whether Landlock confines the program as well as its scripts.
  /// - Throws: `FileError` when the folder does not exist, or the system lacks openat2.
  public static func enter(
    folder: String, readable: [String] = [], ownFolders: [String] = [],
    confinesProcess: Bool = true
  ) throws {
    let sandbox = try Sandbox(folder: folder, readable: readable)
    // Without openat2 the first file would fail; report that at once.
    _ = try sandbox.open(
      folder, flags: pathOnly | O_DIRECTORY, mode: 0, changes: true,
      operation: "use as sandbox", name: folder)
    active.withLock { $0 = sandbox }
    if confinesProcess { sandbox.confineProcess(ownFolders) }
  }

  /// Prepares a sandbox without entering it.
  init(folder: String, readable: [String]) throws {
    guard let working = realpath(".", nil) else {
      throw FileError(path: ".", operation: "use as sandbox", code: errno)
    }
    defer { free(working) }
    let workingFolder = PathText.text(of: working)
    self.workingFolder = workingFolder
    self.folder = folder
    writable = try Sandbox.roots(folder, workingFolder)
    self.readable = readable.flatMap { (try? Sandbox.roots($0, workingFolder)) ?? [] }
  }

  /// Opens a path from a script, beneath a folder where it is allowed.
  func open(
    _ path: String, flags: Int32, mode: mode_t, changes: Bool, operation: String, name: String
  ) throws -> Int32 {
    let writes = changes || flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC) != 0
    let isAbsolute = path.hasPrefix("/")
    let full = isAbsolute ? path : workingFolder + "/" + path
    for root in writes ? writable : writable + readable {
      guard let rest = Sandbox.rest(of: full, beneath: root.parts) else { continue }
      let descriptor = retrying {
        smap_open_beneath(root.descriptor, PathText.systemName(rest), flags | O_CLOEXEC, mode)
      }
      if descriptor >= 0 { return descriptor }
      // A trailing slash or a missing file is an error of the file, not of the sandbox.
      guard errno == EXDEV else { throw FileError(path: name, operation: operation, code: errno) }
    }
    throw FileError(path: name, operation: operation, sandbox: folder)
  }

  // MARK: - Paths

  private static func roots(_ folder: String, _ workingFolder: String) throws -> [Root] {
    let descriptor = retrying {
      Glibc.open(PathText.systemName(folder), pathOnly | O_DIRECTORY | O_CLOEXEC)
    }
    guard descriptor >= 0, let real = realpath(PathText.systemName(folder), nil) else {
      throw FileError(path: folder, operation: "use as sandbox", code: errno)
    }
    defer { free(real) }
    let given = folder.hasPrefix("/") ? folder : workingFolder + "/" + folder
    let names = [PathText.text(of: real), given].map(parts)
    return (names[0] == names[1] ? [names[0]] : names).map {
      Root(parts: $0, descriptor: descriptor)
    }
  }

  /// The components of a path, with `..` resolved by the text alone.
  private static func parts(_ path: String) -> [Substring] {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts
  }

  /// What follows the folder `root` in an absolute path, unchanged, so that the system resolves it;
  /// nil when the path does not lead through the folder.
  private static func rest(of path: String, beneath root: [Substring]) -> String? {
    var walked: [Substring] = []
    var left = path[...]
    while walked != root {
      left = left.drop { $0 == "/" }
      let part = left.prefix { $0 != "/" }
      guard !part.isEmpty else { return nil }
      left = left[part.endIndex...]
      if part == ".." { _ = walked.popLast() } else if part != "." { walked.append(part) }
    }
    let rest = left.drop { $0 == "/" }
    return rest.isEmpty ? "." : String(rest)
  }

  // MARK: - The process

  /// What the terminal library reads, besides the folders of the sandbox.
  private static let systemFolders = [
    "/usr/share/terminfo", "/lib/terminfo", "/etc/terminfo", "/usr/lib/locale", "/usr/lib", "/lib",
  ]

  private func confineProcess(_ ownFolders: [String]) {
    func opened(_ paths: [String]) -> [Int32] {
      paths.map { Glibc.open($0, pathOnly | O_CLOEXEC) }.filter { $0 >= 0 }
    }
    let own = opened(ownFolders + ["/dev/tty", "/dev/null"])
    let system = opened(Sandbox.systemFolders)
    let mine = writable.map(\.descriptor) + own
    let theirs = readable.map(\.descriptor) + system
    // Where the system has no Landlock, openat2 alone enforces the sandbox.
    _ = smap_confine(mine, Int32(mine.count), theirs, Int32(theirs.count))
    for descriptor in own + system { close(descriptor) }
  }
}
