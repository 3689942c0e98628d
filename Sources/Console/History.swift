// SPDX-License-Identifier: Apache-2.0
//
// The history of statements. Entries are whole statements, kept in an append-only file of JSON
// lines: each session appends under a lock, so that parallel sessions lose nothing. Reading is
// defensive: only the end of a huge file is read, and malformed lines are skipped.

import Files
import Glibc

/// The statements typed in this and earlier sessions, oldest first.
public final class History {
  /// All entries, oldest first.
  public private(set) var entries: [String] = []
  /// What is wrong with the file, as a message for the user, or nil.
  public private(set) var note: String?
  /// Statements of this session that failed: arrows recall them, but they are not suggested.
  public var failures: Set<String> = []
  private let path: String?
  /// Whether another program held the lock for too long when an entry was last stored.
  private var isLockHeld = false

  /// The most entries kept in memory.
  private static let entryLimit = 10_000
  /// The most bytes that are read, from the end of the file.
  private static let readLimit = 4 << 20

  /// Loads the history at a path; without one, or when it cannot be read, starts empty.
  public init(path: String?) {
    self.path = path
    guard let path, access(path, F_OK) == 0 else { return }
    do {
      try load(path)
    } catch {
      note = "the history is not used: \(error)"
    }
  }

  /// The default path: `smap/history.jsonl` under `XDG_STATE_HOME`, or under `~/.local/state`.
  ///
  /// Nil when there is no home folder.
  public static func defaultPath(
    environment: (String) -> String? = Terminal.variable
  ) -> String? {
    if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
      return state + "/smap/history.jsonl"
    }
    guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
    return home + "/.local/state/smap/history.jsonl"
  }

  /// Adds an entry, here and in the file; blank texts and repetitions are skipped.
  ///
  /// A file that cannot be written does not stop the session: `note` says so.
  public func append(_ text: String) {
    guard text.contains(where: { !$0.isWhitespace }), text != entries.last else { return }
    entries.append(text)
    if entries.count > History.entryLimit { entries.removeFirst() }
    guard let path else { return }
    do {
      try store(text, in: path)
    } catch {
      note = "the history is not saved: \(error)"
    }
  }

  /// The index of the latest entry before `index` that begins with `prefix`, other than `current`.
  public func previous(before index: Int, prefix: String, unlike current: String) -> Int? {
    entries[..<min(max(index, 0), entries.count)].lastIndex {
      $0.hasPrefix(prefix) && $0 != current
    }
  }

  /// The index of the first entry after `index` that begins with `prefix`, other than `current`.
  public func next(after index: Int, prefix: String, unlike current: String) -> Int? {
    guard index + 1 < entries.count, index >= -1 else { return nil }
    return entries[(index + 1)...].firstIndex { $0.hasPrefix(prefix) && $0 != current }
  }

  /// The index of the latest entry before `index` that contains `text`.
  public func search(_ text: String, before index: Int) -> Int? {
    entries[..<min(max(index, 0), entries.count)].lastIndex { $0.containsText(text) }
  }

  // MARK: - File

  private func load(_ path: String) throws {
    // Non-blocking, since opening a pipe would block the prompt until its writer opens it.
    let file = try Descriptor(
      path: path, flags: O_RDONLY | O_NONBLOCK, operation: "read", isOwn: true)
    let status = try file.status()
    try History.expectRegular(status, path, operation: "read")
    let skipped = max(0, Int(status.st_size) - History.readLimit)
    guard lseek(file.number, off_t(skipped), SEEK_SET) >= 0 else { throw file.error("read") }
    var bytes: [UInt8] = []
    while bytes.count < 2 * History.readLimit {
      let chunk = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if chunk.isEmpty { break }
      bytes += chunk
    }
    var lines = bytes.split(separator: UInt8(ascii: "\n"))
    // The first line is incomplete when the beginning of the file was skipped.
    if skipped > 0 && !lines.isEmpty { lines.removeFirst() }
    let texts = lines.map(HistoryLine.text)
    entries = Array(texts.compactMap { $0 }.suffix(History.entryLimit))
    let damaged = texts.count { $0 == nil }
    if damaged > 0 {
      note = "\(damaged) damaged line\(damaged == 1 ? "" : "s") of the history ignored"
    }
  }

  private func store(_ text: String, in path: String) throws {
    try History.makeFolders(of: path)
    let flags = O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK
    let file = try Descriptor(
      path: path, flags: flags, mode: 0o600, operation: "write", isOwn: true)
    try History.expectRegular(try file.status(), path, operation: "write")
    try lock(file, path)
    defer { _ = flock(file.number, LOCK_UN) }
    var line = HistoryLine.encode(text, time: time(nil)) + "\n"
    // A line cut short by a killed session must not corrupt the next one.
    let size = try file.status().st_size
    var last = UInt8(ascii: "\n")
    if size > 0 && pread(file.number, &last, 1, size - 1) == 1 && last != UInt8(ascii: "\n") {
      line = "\n" + line
    }
    try Array(line.utf8).withUnsafeBytes { try file.write($0) }
  }

  /// Rejects folders, pipes and devices.
  private static func expectRegular(_ status: stat, _ path: String, operation: String) throws {
    guard !status.isRegular else { return }
    throw FileError(
      path: path, operation: operation, code: EINVAL, reason: "it is not an ordinary file")
  }

  /// Locks the file. Another session holds the lock for a moment; the first time it is held longer,
  /// this waits a second, and from then on not at all.
  private func lock(_ file: borrowing Descriptor, _ path: String) throws {
    for attempt in 0..<200 {
      let number = file.number
      if retrying({ flock(number, LOCK_EX | LOCK_NB) }) == 0 {
        isLockHeld = false
        return
      }
      guard errno == EWOULDBLOCK else { throw file.error("lock") }
      if isLockHeld || attempt == 199 { break }
      usleep(5_000)
    }
    isLockHeld = true
    throw FileError(
      path: path, operation: "write", code: EWOULDBLOCK, reason: "another program keeps it locked")
  }

  private static func makeFolders(of path: String) throws {
    let parts = path.split(separator: "/").dropLast()
    var folder = path.hasPrefix("/") ? "" : "."
    for part in parts {
      folder += "/" + part
      if mkdir(folder, 0o700) != 0 && errno != EEXIST {
        throw FileError(path: folder, operation: "create", code: errno)
      }
    }
  }
}

extension String {
  /// Whether another text occurs in this one, byte for byte; the empty text does not.
  fileprivate func containsText(_ other: String) -> Bool {
    let (text, wanted) = (Array(utf8), Array(other.utf8))
    guard !wanted.isEmpty, wanted.count <= text.count else { return false }
    return (0...text.count - wanted.count).contains { start in
      text[start..<start + wanted.count].elementsEqual(wanted)
    }
  }
}
