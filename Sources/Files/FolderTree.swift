// SPDX-License-Identifier: Apache-2.0
//
// All files below a folder, at any depth. Links are followed, but not into a folder that is being
// listed already: a link to a parent would never end. Folders that cannot be listed are reported
// and passed over, since one of them must not hide the others.

import Glibc

/// The files below a folder.
public struct FolderTree: Sendable {
  /// An ordinary file.
  public struct File: Sendable {
    /// The path below the folder, with slashes.
    public let path: String
    /// Bytes.
    public let size: Int
    /// When its content changed last, in nanoseconds since 1970.
    public let modified: Int
  }

  /// Ordinary files, folder by folder, sorted by the bytes of their names; no hidden ones.
  public private(set) var files: [File] = []
  /// The names of the folders directly in this one, sorted by their bytes; no hidden ones.
  public private(set) var folders: [String] = []
  /// What cannot be listed or looked at, or leads back to a folder above: path and reason.
  public private(set) var problems: [(path: String, reason: String)] = []

  /// The most entries that are listed.
  private static let entryLimit = 4_000_000

  /// A folder on the way from the root to where the listing is.
  private struct Identity: Hashable {
    let device: UInt
    let inode: UInt

    init(_ status: stat) {
      (device, inode) = (UInt(status.st_dev), UInt(status.st_ino))
    }
  }

  /// A folder whose entries are still to be looked at.
  private struct Level {
    let path: String
    let identity: Identity
    var names: ArraySlice<String>
  }

  /// Lists a folder; `check` is called between entries, and what it throws ends the listing.
  ///
  /// - Throws: `FileError` when the folder itself cannot be listed, or holds millions of files.
  public init(_ root: String, check: () throws -> Void = {}) throws {
    let names = try FolderTree.visibleNames(in: root)
    guard let status = FileReader.status(root) else {
      throw FileError(path: root, operation: "list", code: ENOENT)
    }
    var levels = [Level(path: "", identity: Identity(status), names: names[...])]
    var count = 0
    while let name = levels.last?.names.first {
      levels[levels.count - 1].names.removeFirst()
      count += 1
      if count & 0xFF == 0 { try check() }
      guard count <= FolderTree.entryLimit else {
        throw FileError(
          path: root, operation: "list", code: EFBIG,
          reason: "it holds more than \(FolderTree.entryLimit) files")
      }
      let path = levels[levels.count - 1].path + name
      if let level = look(at: path, in: root, above: levels) { levels.append(level) }
      while levels.last?.names.isEmpty == true { levels.removeLast() }
    }
  }

  /// Adds a file, or returns the level of a folder to list next.
  private mutating func look(at path: String, in root: String, above levels: [Level]) -> Level? {
    guard let status = FileReader.status("\(root)/\(path)") else {
      problems.append((path, "it cannot be looked at; is it a link that leads nowhere?"))
      return nil
    }
    guard status.isFolder else {
      guard status.isRegular else {
        problems.append((path, "it is a device or a pipe"))
        return nil
      }
      let seconds = Int(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
      files.append(
        File(
          path: path, size: Int(status.st_size),
          modified: seconds.partialValue &+ Int(status.st_mtim.tv_nsec)))
      return nil
    }
    if levels.count == 1 { folders.append(path) }
    let identity = Identity(status)
    guard !levels.contains(where: { $0.identity == identity }) else {
      problems.append((path, "it is a link to a folder above it"))
      return nil
    }
    do {
      let names = try FolderTree.visibleNames(in: "\(root)/\(path)")
      return Level(path: path + "/", identity: identity, names: names[...])
    } catch {
      problems.append((path, (error as? FileError)?.reason ?? "\(error)"))
      return nil
    }
  }

  private static func visibleNames(in folder: String) throws -> [String] {
    try FileReader.names(inFolder: folder).filter { !$0.hasPrefix(".") }
  }
}

extension FileReader {
  /// Whether the path itself is a symbolic link, wherever it leads.
  public static func isLink(_ path: String) -> Bool {
    let link = try? Descriptor(path: path, flags: pathOnly | O_NOFOLLOW, operation: "look at")
    guard let status = try? link?.status() else { return false }
    return status.st_mode & S_IFMT == S_IFLNK
  }
}
