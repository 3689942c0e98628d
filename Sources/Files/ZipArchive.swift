// SPDX-License-Identifier: Apache-2.0
//
// Zip archives, such as NumPy's .npz files: the reader is strict, the writer plain. The claims of a
// file are checked before memory is allocated: entries lie within the file and do not overlap (so
// none is counted twice), an entry is not larger than its bytes can inflate to, all together stay
// below a limit, names stay below the folder they would be unpacked to, and the checksums match.
// Public description: PKWARE's APPNOTE.TXT.

import CZlib
import Glibc

/// An archive that is damaged or not what the caller expects.
public struct ArchiveError: Error, Sendable, Equatable {
  /// The file.
  public let path: String
  /// What is wrong with it.
  public let message: String

  /// Makes an error about a file.
  public init(path: String, message: String) {
    (self.path, self.message) = (path, message)
  }
}

/// A zip archive in memory.
public struct ZipArchive: Sendable {
  /// One file of an archive, as the directory at its end describes it.
  public struct Entry: Sendable {
    /// The name, with folders before slashes.
    public let name: String
    /// The number of bytes of its content.
    public let size: Int
    let isDeflated: Bool
    let checksum: UInt32
    let stored: Range<Int>
  }

  /// The entries, in the order of the directory.
  public let entries: [Entry]
  private let path: String
  private let bytes: [UInt8]

  /// Deflate cannot shrink a run of equal bytes by more than this.
  private static let largestRatio = 1032

  /// Reads the directory of an archive; `limit` bounds the bytes of all entries together.
  ///
  /// - Throws: `ArchiveError` if the file is malformed, `FileError` if it holds more than `limit`.
  public init(_ bytes: [UInt8], path: String, limit: Int) throws {
    self.bytes = bytes
    self.path = path
    var reader = ZipDirectory(bytes: bytes, path: path)
    entries = try reader.entries()
    var total = 0
    for entry in entries {
      guard entry.size <= entry.stored.count * ZipArchive.largestRatio + 64 else {
        throw ArchiveError(
          path: path, message: "`\(entry.name)` claims more bytes than it can hold")
      }
      total += entry.size
      guard total <= limit else {
        let room = FileReader.size(limit)
        throw FileError(
          path: path, operation: "read", code: EFBIG,
          reason: "its arrays take more than the \(room) that memory has room for")
      }
    }
  }

  /// The content of an entry.
  ///
  /// - Throws: `ArchiveError` if it is damaged.
  public func content(of entry: Entry) throws -> [UInt8] {
    let stored = bytes[entry.stored]
    let content = entry.isDeflated ? inflated(stored, size: entry.size) : Array(stored)
    guard let content else { throw damaged(entry, "its content does not inflate to its size") }
    let checksum = content.withUnsafeBufferPointer { buffer in
      smap_crc32(0, buffer.baseAddress, UInt(buffer.count))
    }
    guard checksum == entry.checksum else { throw damaged(entry, "its checksum is wrong") }
    return content
  }

  private func damaged(_ entry: Entry, _ problem: String) -> ArchiveError {
    ArchiveError(path: path, message: "`\(entry.name)`: \(problem)")
  }

  /// The inflated bytes, or nil unless there are exactly `size` of them.
  private func inflated(_ stored: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
    var isSound = false
    let content = stored.withUnsafeBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: size) { output, count in
        isSound =
          smap_inflate(
            input.baseAddress, UInt32(clamping: input.count), output.baseAddress,
            UInt32(clamping: size)) == 1
        count = isSound ? size : 0
      }
    }
    return isSound ? content : nil
  }

  /// Writes an archive whose entries are stored uncompressed; names are checked as in reading.
  ///
  /// - Throws: `FileError` if it cannot be written, `ArchiveError` for names that could not be
  /// read.
  public static func write(_ files: [(name: String, content: [UInt8])], path: String) throws {
    var seen: Set<String> = []
    for file in files {
      if let problem = ZipDirectory.problem(withName: file.name)
        ?? (seen.insert(file.name).inserted ? nil : "occurs twice")
      {
        throw ArchiveError(path: path, message: "the name `\(file.name)` \(problem)")
      }
    }
    let total = files.reduce(0) { $0 + $1.content.count + $1.name.utf8.count * 2 + 128 }
    guard total < Int(UInt32.max), files.count < Int(UInt16.max) else {
      throw ArchiveError(path: path, message: "an archive of more than 4 GB is not written")
    }
    try AtomicFile.write(path: path) { writer in
      var (offset, directory) = (0, [UInt8]())
      for file in files {
        let fields = ZipFields(file.name, file.content)
        let local = fields.localHeader
        try writer.append(local)
        try writer.append(file.content)
        directory += fields.directoryEntry(at: offset)
        offset += local.count + file.content.count
      }
      try writer.append(directory)
      try writer.append(
        ZipFields.end(count: files.count, size: directory.count, offset: offset))
    }
  }
}

/// The headers of a stored file. All dates are 1 January 1980, so equal content gives equal files.
private struct ZipFields {
  private let name: [UInt8]
  private let common: [UInt8]

  init(_ name: String, _ content: [UInt8]) {
    self.name = Array(name.utf8)
    let checksum = content.withUnsafeBufferPointer {
      smap_crc32(0, $0.baseAddress, UInt($0.count))
    }
    common =
      ZipFields.short(20) + ZipFields.short(0x800) + ZipFields.short(0) + ZipFields.short(0)
      + ZipFields.short(0x21) + ZipFields.long(Int(checksum)) + ZipFields.long(content.count)
      + ZipFields.long(content.count) + ZipFields.short(self.name.count) + ZipFields.short(0)
  }

  var localHeader: [UInt8] { ZipFields.long(0x0403_4b50) + common + name }

  func directoryEntry(at offset: Int) -> [UInt8] {
    ZipFields.long(0x0201_4b50) + ZipFields.short(20) + common + [UInt8](repeating: 0, count: 10)
      + ZipFields.long(offset) + name
  }

  static func end(count: Int, size: Int, offset: Int) -> [UInt8] {
    long(0x0605_4b50) + short(0) + short(0) + short(count) + short(count) + long(size)
      + long(offset) + short(0)
  }

  private static func short(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
  }

  private static func long(_ value: Int) -> [UInt8] { short(value) + short(value >> 16) }
}
