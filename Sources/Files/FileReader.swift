// SPDX-License-Identifier: Apache-2.0
//
// Reading whole files, with a limit. The size that the system reports is only a first guess: pipes
// and devices report none, and files may grow while they are read.

import Glibc

/// Reads whole files into memory.
public enum FileReader {
  /// Reads a file of at most `limit` bytes.
  ///
  /// ```swift
  /// let bytes = try FileReader.read(path: "notes.smap")
  /// ```
  ///
  /// - Throws: `FileError`; its kind is `.tooLarge` when there is more than `limit`.
  public static func read(path: String, limit: Int = 1 << 31) throws -> [UInt8] {
    guard !path.utf8.contains(0) else {
      throw FileError(path: path, operation: "read", code: EINVAL)
    }
    let file = try Descriptor(path: path, flags: O_RDONLY, operation: "read")
    let status = try file.status()
    if status.isFolder { throw file.error("read", code: EISDIR) }
    let expected = status.isRegular ? Int(status.st_size) : 0
    guard expected <= limit else { throw file.error("read", code: EFBIG) }
    return try readAll(file, expected: expected, limit: limit)
  }

  private static func readAll(
    _ file: borrowing Descriptor, expected: Int, limit: Int
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(expected)
    while true {
      // One byte more than expected, so that the usual file takes two calls.
      let room = max(expected - bytes.count + 1, 1 << 16)
      let chunk = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if chunk.isEmpty { return bytes }
      guard chunk.count <= limit - bytes.count else { throw file.error("read", code: EFBIG) }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
    }
  }

  /// The names in a folder, sorted by their bytes, without `.` and `..`.
  ///
  /// - Throws: `FileError` when the folder cannot be listed.
  public static func names(inFolder path: String) throws -> [String] {
    guard let folder = opendir(path) else {
      throw FileError(path: path, operation: "list", code: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw FileError(path: path, operation: "list", code: errno) }
    return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }

  /// Whether the path names a folder that exists.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.isFolder
  }

  /// Whether anything exists at the path.
  public static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }
}
