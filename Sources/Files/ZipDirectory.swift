// SPDX-License-Identifier: Apache-2.0
//
// The central directory at the end of a zip archive. The local headers before the contents repeat
// it; they are read only for the offset of a content, so that two copies cannot disagree.

/// Reads the directory of a zip archive.
struct ZipDirectory {
  let bytes: [UInt8]
  let path: String

  /// The entries, checked against the file and against each other.
  mutating func entries() throws -> [ZipArchive.Entry] {
    let end = try self.end()
    var (entries, position) = ([ZipArchive.Entry](), end.start)
    var names: Set<String> = []
    entries.reserveCapacity(min(end.count, bytes.count / 46))
    for _ in 0..<end.count {
      let (entry, next) = try self.entry(at: position, before: end)
      guard names.insert(entry.name).inserted else {
        throw fault("the name `\(entry.name)` occurs twice")
      }
      entries.append(entry)
      position = next
    }
    guard position == end.end else { throw fault("its directory is inconsistent") }
    var covered = 0
    for range in entries.map(\.stored).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard range.lowerBound >= covered else { throw fault("two of its entries overlap") }
      covered = max(covered, range.upperBound)
    }
    return entries
  }

  /// Where the directory lies, and the number of its entries.
  private struct End {
    let start: Int
    let end: Int
    let count: Int
  }

  private func fault(_ problem: String) -> ArchiveError {
    ArchiveError(path: path, message: problem)
  }

  private func short(_ offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }

  private func long(_ offset: Int) -> Int { short(offset) | short(offset + 2) << 16 }

  /// The end record, before a comment of at most 64 KB.
  private func end() throws -> End {
    var position = bytes.count - 22
    let earliest = max(0, position - 0xFFFF)
    while position >= earliest {
      if long(position) == 0x0605_4b50, position + 22 + short(position + 20) == bytes.count {
        let (count, size, start) = (short(position + 10), long(position + 12), long(position + 16))
        guard short(position + 4) == 0, short(position + 6) == 0, short(position + 8) == count
        else {
          throw fault("it is a part of an archive in several parts")
        }
        guard count != 0xFFFF, start != 0xFFFF_FFFF else {
          throw fault("archives of more than 4 GB or 65,534 entries are not read")
        }
        guard start + size == position else { throw fault("its directory is inconsistent") }
        return End(start: start, end: position, count: count)
      }
      position -= 1
    }
    throw fault("it is no zip archive, or its end is missing")
  }

  private func entry(at position: Int, before end: End) throws -> (ZipArchive.Entry, next: Int) {
    guard position + 46 <= end.end, long(position) == 0x0201_4b50 else {
      throw fault("its directory is inconsistent")
    }
    let (flags, method) = (short(position + 8), short(position + 10))
    let (packed, size) = (long(position + 20), long(position + 24))
    let nameEnd = position + 46 + short(position + 28)
    let next = nameEnd + short(position + 30) + short(position + 32)
    guard next <= end.end else { throw fault("its directory is inconsistent") }
    guard let name = String(validating: bytes[position + 46..<nameEnd], as: UTF8.self) else {
      throw fault("the name of an entry is not UTF-8")
    }
    if let problem = ZipDirectory.problem(withName: name) {
      throw fault("the name `\(name)` \(problem)")
    }
    guard flags & 1 == 0 else { throw fault("`\(name)` is encrypted") }
    guard method == 0 || method == 8 else {
      throw fault("`\(name)` is packed by a method other than deflate")
    }
    guard packed != 0xFFFF_FFFF, size != 0xFFFF_FFFF else {
      throw fault("`\(name)` has more than 4 GB, which is not read")
    }
    guard method == 8 || packed == size else { throw fault("`\(name)` has two sizes") }
    let start = try contentStart(long(position + 42), name, before: end)
    guard start + packed <= end.start else { throw fault("`\(name)` is outside of the file") }
    let entry = ZipArchive.Entry(
      name: name, size: size, isDeflated: method == 8, checksum: UInt32(long(position + 16)),
      stored: start..<start + packed)
    return (entry, next)
  }

  /// The offset of the content whose local header is at `header`.
  private func contentStart(_ header: Int, _ name: String, before end: End) throws -> Int {
    guard header + 30 <= end.start, long(header) == 0x0403_4b50 else {
      throw fault("`\(name)` is not where the directory says")
    }
    return header + 30 + short(header + 26) + short(header + 28)
  }

  /// Why a name is refused, or nil: it would leave the folder that it is unpacked to.
  static func problem(withName name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name.utf8.count > 4096 { return "is too long" }
    if name.utf8.contains(0) { return "contains a NUL" }
    if name.contains("\\") { return "contains a backslash" }
    if name.hasPrefix("/") { return "is an absolute path" }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains("..") { return "leads out of its folder" }
    return nil
  }
}
