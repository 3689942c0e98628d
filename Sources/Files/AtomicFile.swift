// SPDX-License-Identifier: Apache-2.0
//
// Writing a file so that no reader sees half of it, whether after a crash or on a full disk. The
// bytes go to a temporary file in the same folder, are flushed to the disk with fsync, and are
// renamed to the final name; then the folder itself is flushed, so that the new name survives a
// power failure. When anything fails the old file is unchanged and the temporary one is removed.
// What a killed process has left is removed by the next save in the folder (`TemporaryFile.swift`).
//
// A target that is no ordinary file (a pipe, /dev/full) cannot be replaced and is written directly.
// The signal SIGXFSZ is assumed to be ignored, so that a limit on file sizes arrives as an error.

import Glibc

/// Writes files atomically: all or nothing.
public enum AtomicFile {
  /// Replaces the file at `path` by `bytes`.
  ///
  /// - Throws: `FileError`; the old file, if any, is unchanged then.
  public static func write(path: String, bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { raw in
      try write(path: path) { try $0.append(raw) }
    }
  }

  /// Creates the missing folders on the way to `path`, such as `out/models/` in a fresh checkout.
  public static func makeFolders(for path: String) throws {
    // A path with a NUL would be truncated there and name another file.
    guard !path.utf8.contains(0), path.utf8.count <= PATH_MAX else {
      let code = path.utf8.count > PATH_MAX ? ENAMETOOLONG : EINVAL
      throw FileError(path: path, operation: "write", code: code)
    }
    var missing: [(folder: String, entry: String)] = []
    var place = Place(path)
    while !FileReader.isFolder(place.folder), let parent = place.parent {
      missing.append((parent.folder, parent.entry))
      place = parent
    }
    for (folder, entry) in missing.reversed() {
      let parent = try openFolder(folder, named: path)
      guard mkdirat(parent.number, PathText.systemName(entry), 0o777) == 0 || errno == EEXIST else {
        throw FileError(path: path, operation: "write", code: errno)
      }
    }
  }

  /// Replaces the file at `path` by what `body` appends, for content too large to hold at once.
  ///
  /// ```swift
  /// try AtomicFile.write(path: "model.safetensors") { writer in
  ///   try writer.append(header)
  ///   try writer.append(tensorBytes)
  /// }
  /// ```
  ///
  /// - Throws: `FileError`, or whatever `body` throws; the old file is unchanged then.
  public static func write(path: String, _ body: (inout FileWriter) throws -> Void) throws {
    if let memory {
      var writer = FileWriter(memory: memory)
      try body(&writer)
      return try writer.finish(synchronize: false)
    }
    try SharedWriting.once(path) { try writeHere(path: path, body) }
  }

  /// What `body` writes, as bytes: no file is made, wherever its paths lead.
  public static func bytes(of body: () throws -> Void) rethrows -> [UInt8] {
    let memory = Memory()
    try $memory.withValue(memory, operation: body)
    return memory.bytes
  }

  /// Bytes that would go into a file. One thread uses them.
  fileprivate final class Memory: @unchecked Sendable {
    var bytes: [UInt8] = []
  }
  @TaskLocal private static var memory: Memory?

  private static func writeHere(
    path: String, _ body: (inout FileWriter) throws -> Void
  ) throws {
    try makeFolders(for: path)
    guard let target = try existing(path) else {
      return try replace(Place(newPath(path)), named: path, mode: nil, body)
    }
    if target.status.isFolder {
      throw FileError(path: path, operation: "write", code: EISDIR)
    }
    if !target.status.isRegular {
      try writeDirectly(path: path, body)
    } else {
      try replace(
        Place(target.path), named: path, mode: target.status.st_mode & 0o7777, body)
    }
  }

  /// Makes the missing folders on the way to `path`, and checks that a file can be written there.
  ///
  /// What is at the path stays as it is.
  ///
  /// - Throws: `FileError` when a later write would fail as things are.
  public static func check(path: String) throws {
    try SharedWriting.once(path) { try checkHere(path: path) }
  }

  private static func checkHere(path: String) throws {
    try makeFolders(for: path)
    if let target = try existing(path) {
      if target.status.isFolder { throw FileError(path: path, operation: "write", code: EISDIR) }
      guard target.status.isRegular else { return }
      try replaceable(Place(target.path), named: path, exists: true)
    } else {
      try replaceable(Place(newPath(path)), named: path, exists: false)
    }
  }

  private static func replaceable(_ target: Place, named path: String, exists: Bool) throws {
    let folder = try openFolder(target.folder, named: path)
    if exists { try requireWritable(target, in: folder, named: path) }
    _ = try TemporaryFile(in: folder, for: path)
  }

  private static func requireWritable(
    _ target: Place, in folder: borrowing Descriptor, named path: String
  ) throws {
    guard faccessat(folder.number, PathText.systemName(target.entry), W_OK, 0) == 0 else {
      throw FileError(path: path, operation: "write", code: errno)
    }
  }

  /// Removes the file at `path` if that is possible; who has it open keeps its content.
  public static func remove(path: String) {
    let place = Place(path)
    guard let folder = try? openFolder(place.folder, named: path) else { return }
    _ = unlinkat(folder.number, PathText.systemName(place.entry), 0)
  }

  // MARK: - Steps

  /// What is at the path now, and its path without links: a symbolic link is written through, not
  /// replaced. Nil when nothing is there.
  private static func existing(_ path: String) throws -> (status: stat, path: String)? {
    do {
      let file = try Descriptor(path: path, flags: pathOnly, operation: "write", changes: true)
      return (try file.status(), file.realPath ?? path)
    } catch let error as FileError where error.code == ENOENT {
      return nil
    }
  }

  /// Where a file made at `path` lies: behind a symbolic link whose target is missing, the target.
  ///
  /// The folder of the target must exist: a link to a disk that is not mounted fails.
  private static func newPath(_ path: String) throws -> String {
    var end = path
    // As many links as Linux follows.
    for _ in 0..<40 {
      guard let target = try linkTarget(end, named: path) else { return end }
      end = target.hasPrefix("/") ? target : "\(Place(end).folder)/\(target)"
      guard FileReader.isFolder(Place(end).folder) else {
        throw FileError(
          path: path, operation: "write", code: ENOENT,
          reason: "it is a link to '\(PathText.printable(target))', whose folder is missing")
      }
    }
    throw FileError(path: path, operation: "write", code: ELOOP)
  }

  /// The text of the symbolic link at `place`, or nil where there is none.
  private static func linkTarget(_ place: String, named path: String) throws -> String? {
    do {
      let link = try Descriptor(
        path: place, flags: pathOnly | O_NOFOLLOW, operation: "write", name: path, changes: true)
      return link.linkTarget
    } catch let error as FileError where error.code == ENOENT {
      return nil
    }
  }

  private static func openFolder(_ folder: String, named path: String) throws -> Descriptor {
    try Descriptor(
      path: folder, flags: O_RDONLY | O_DIRECTORY, operation: "write", name: path, changes: true)
  }

  private static func writeDirectly(
    path: String, _ body: (inout FileWriter) throws -> Void
  ) throws {
    var writer = FileWriter(file: try Descriptor.openForWriting(path))
    try body(&writer)
    try writer.finish(synchronize: false)
  }

  /// The folder is opened once and all operations are relative to it, so a concurrent rename of the
  /// path cannot send the new file elsewhere.
  private static func replace(
    _ target: Place, named path: String, mode: mode_t?, _ body: (inout FileWriter) throws -> Void
  ) throws {
    let folder = try openFolder(target.folder, named: path)
    if mode != nil { try requireWritable(target, in: folder, named: path) }
    do {
      let temporary = try TemporaryFile(in: folder, for: path)
      let copy = try Descriptor(
        copying: temporary.file.number, operation: "write", name: path)
      if let mode { _ = fchmod(copy.number, mode) }
      var writer = FileWriter(file: copy)
      try body(&writer)
      try writer.finish(synchronize: true)
      let entry = PathText.systemName(target.entry)
      guard renameat(folder.number, temporary.name, folder.number, entry) == 0 else {
        throw FileError(path: path, operation: "replace", code: errno)
      }
    }
    try folder.synchronize()
    sweepNowAndThen(folder)
  }
}

/// A path split into a folder and the name of an entry in it.
private struct Place {
  let folder: String
  let entry: String

  init(_ path: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      folder = "."
      entry = path
      return
    }
    let name = path[path.utf8.index(after: slash)...]
    let rest = path[..<slash].utf8.reversed().drop { $0 == UInt8(ascii: "/") }
    folder = rest.isEmpty ? "/" : String(decoding: rest.reversed(), as: UTF8.self)
    entry = String(name)
  }

  /// The place of the folder itself; nil for the root and the working folder.
  var parent: Place? { folder == "." || folder == "/" ? nil : Place(folder) }
}

/// Collects bytes and writes them in blocks.
///
/// Values are made by `AtomicFile.write`; they cannot outlive its closure.
public struct FileWriter: ~Copyable {
  private enum Target: ~Copyable {
    case file(Descriptor)
    case memory(AtomicFile.Memory)
  }
  private let target: Target
  private var pending: [UInt8] = []
  private static let block = 1 << 20

  fileprivate init(file: consuming Descriptor) { target = .file(file) }

  fileprivate init(memory: AtomicFile.Memory) { target = .memory(memory) }

  /// Adds bytes at the end.
  ///
  /// - Throws: `FileError` when a block cannot be written.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
    if pending.count + bytes.count > FileWriter.block { try flush() }
    if bytes.count >= FileWriter.block {
      try store(bytes)
    } else {
      pending += bytes
    }
  }

  /// Adds bytes at the end.
  ///
  /// - Throws: `FileError` when a block cannot be written.
  public mutating func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try append($0) }
  }

  fileprivate mutating func finish(synchronize: Bool) throws {
    try flush()
    if synchronize { try self.synchronize() }
  }

  private mutating func flush() throws {
    try pending.withUnsafeBytes { try store($0) }
    pending.removeAll(keepingCapacity: true)
  }

  private func synchronize() throws {
    switch target {
    case .file(let file): try file.synchronize()
    case .memory: break
    }
  }

  private func store(_ bytes: UnsafeRawBufferPointer) throws {
    switch target {
    case .file(let file): try file.write(bytes)
    case .memory(let memory): memory.bytes += bytes
    }
  }
}
