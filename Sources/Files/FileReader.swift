// SPDX-License-Identifier: Apache-2.0
//
// Reading whole files, with a limit. The size that the system reports is only a hint: pipes and
// devices report none, and files may grow while they are read.

import Glibc
import Synchronization

/// Reads whole files into memory.
public enum FileReader {
  /// What is read at most where no limit is set, in bytes.
  private static let usualLargest = 1 << 31
  private static let largest = Atomic<Int>(usualLargest)

  /// The size of the largest file that is read, whatever its reader would accept.
  public static var largestFile: Int {
    get { largest.load(ordering: .relaxed) }
    set { largest.store(max(0, newValue), ordering: .relaxed) }
  }

  /// Reads a file of at most `limit` bytes.
  ///
  /// ```swift
  /// let bytes = try FileReader.read(path: "notes.smap")
  /// ```
  ///
  /// `checkBeginning` sees the first bytes, up to 64 kB, before the rest is read, so that a large
  /// file of another kind and an endless device are refused at once. A pipe may give it fewer.
  ///
  /// - Throws: `FileError`; its kind is `.tooLarge` when there is more than `limit` or
  ///   `largestFile`. Whatever `checkBeginning` throws.
  public static func read(
    path: String, limit: Int = .max,
    checkBeginning: ((UnsafeRawBufferPointer) throws -> Void)? = nil
  ) throws -> [UInt8] {
    let limit = min(limit, largestFile)
    guard !path.utf8.contains(0) else {
      throw FileError(path: path, operation: "read", code: EINVAL)
    }
    // A pipe without a writer would block in open.
    let file = try Descriptor(path: path, flags: O_RDONLY | O_NONBLOCK, operation: "read")
    let status = try file.status()
    if status.isFolder { throw file.error("read", code: EISDIR) }
    let expected = status.isRegular ? Int(status.st_size) : 0
    guard expected <= limit else { throw tooLarge(file, expected, limit) }
    return try readAll(
      file, PatientReader(file, status), expected: expected, limit: limit,
      checkBeginning: checkBeginning)
  }

  /// Reads the standard input of this process, from the current position to its end.
  ///
  /// A path such as /dev/stdin would open a file again, at its beginning, and sockets not at all.
  ///
  /// - Throws: `FileError`, also for a folder.
  public static func readStandardInput(limit: Int = .max) throws -> [UInt8] {
    let file = try Descriptor(
      copying: STDIN_FILENO, operation: "read", name: "standard input")
    return try readAll(
      file, PatientReader(), expected: 0, limit: min(limit, largestFile))
  }

  private static func readAll(
    _ file: borrowing Descriptor, _ reader: PatientReader, expected: Int, limit: Int,
    checkBeginning: ((UnsafeRawBufferPointer) throws -> Void)? = nil
  ) throws -> [UInt8] {
    var reader = reader
    var bytes: [UInt8] = []
    // The content and values derived from it need more than this; allocating an array cannot fail.
    try file.requireMemory(expected)
    while true {
      // One byte more than expected, so that a typical file takes two system calls.
      let room = max(expected - bytes.count + 1, 1 << 16)
      let chunk = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        let buffer = UnsafeMutableRawBufferPointer(buffer)
        guard let checkBeginning, bytes.isEmpty else {
          count = try reader.read(file, into: buffer)
          return
        }
        let beginning = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(1 << 16))
        count = try reader.read(file, into: beginning)
        try checkBeginning(UnsafeRawBufferPointer(rebasing: beginning[..<count]))
        guard count == beginning.count, buffer.count > count else { return }
        count += try reader.read(
          file, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
      }
      if chunk.isEmpty { return bytes }
      guard chunk.count <= limit - bytes.count else {
        throw tooLarge(file, nil, limit)
      }
      if bytes.isEmpty {
        bytes = chunk
      } else {
        if bytes.capacity < bytes.count + chunk.count { try file.requireMemory(2 * bytes.count) }
        bytes += chunk
      }
    }
  }

  /// The error of a file that is longer than `limit`; `count` is its length, if it is known.
  private static func tooLarge(
    _ file: borrowing Descriptor, _ count: Int?, _ limit: Int
  ) -> FileError {
    let isSet = limit == largestFile && limit < usualLargest
    let reason =
      if let count {
        "it holds \(size(count)); "
          + (isSet
            ? "--max-memory permits \(size(limit))"
            : "at most \(size(limit)) are read of such a file")
      } else {
        "it holds more than the \(size(limit)) that "
          + (isSet ? "--max-memory permits" : "are read of such a file at most")
      }
    return FileError(path: file.path, operation: "read", code: EFBIG, reason: reason)
  }

  /// A number of bytes for a person, in decimal units as in `--max-memory`.
  static func size(_ bytes: Int) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
    let count = Double(bytes)
    guard let unit = units.first(where: { count >= $0.0 }) else { return "\(bytes) bytes" }
    return "\((count / unit.0 * 10).rounded() / 10) \(unit.1)"
  }

  /// The names in a folder, sorted by their bytes, without `.` and `..`.
  ///
  /// - Throws: `FileError` when the folder cannot be listed.
  public static func names(inFolder path: String) throws -> [String] {
    try names(
      in: Descriptor(path: path, flags: O_RDONLY | O_DIRECTORY, operation: "list"))
  }

  /// The names in an open folder, as `names(inFolder:)` gives them.
  static func names(in listing: borrowing Descriptor) throws -> [String] {
    // The stream closes its descriptor and moves its offset, so it gets a descriptor of its own.
    let copy = openat(listing.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw listing.error("list") }
    guard let folder = fdopendir(copy) else {
      let error = listing.error("list")
      close(copy)
      throw error
    }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: 256) { PathText.text(of: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw listing.error("list") }
    return names.sorted { $0.precedesByBytes($1) }
  }

  /// Whether the path names a folder that exists.
  public static func isFolder(_ path: String) -> Bool {
    FileReader.status(path)?.isFolder ?? false
  }

  /// Whether anything exists at the path.
  ///
  /// Within a sandbox, files outside it do not exist.
  public static func exists(_ path: String) -> Bool {
    FileReader.status(path) != nil
  }

  /// What the system knows about a path, links followed.
  static func status(_ path: String) -> stat? {
    var status = stat()
    guard Sandbox.current != nil else {
      return !path.utf8.contains(0) && stat(PathText.systemName(path), &status) == 0 ? status : nil
    }
    let file = try? Descriptor(path: path, flags: pathOnly, operation: "look at")
    return try? file?.status()
  }
}
