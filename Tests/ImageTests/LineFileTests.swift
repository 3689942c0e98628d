// SPDX-License-Identifier: Apache-2.0
//
// Files that grow by lines: a line is added as a whole or not at all.

import Files
import Glibc
import Testing

@Suite struct LineFileTests {
  private static func text(_ path: String) throws -> String {
    String(decoding: try FileReader.read(path: path), as: UTF8.self)
  }

  private static func append(_ line: String, _ path: String) throws {
    try LineFile.append(path: path, line: Array(line.utf8)) { $0.last == UInt8(ascii: "}") }
  }

  @Test func linesAreAddedAtTheEnd() throws {
    let folder = try TestFolder()
    let path = folder.path + "/new/rows.jsonl"
    for line in ["{1}", "{2}", ""] { try Self.append(line, path) }
    #expect(try Self.text(path) == "{1}\n{2}\n\n")
  }

  @Test(arguments: [
    ("{1}\n{2", "{1}\n{3}\n"), ("{1", "{3}\n"), ("{1}\n{2}", "{1}\n{2}\n{3}\n"),
    ("{1}\n", "{1}\n{3}\n"), ("", "{3}\n"),
  ])
  func aLineThatWasCutShortIsRemoved(_ old: String, _ new: String) throws {
    let folder = try TestFolder()
    let path = folder.path + "/rows.jsonl"
    try AtomicFile.write(path: path, bytes: Array(old.utf8))
    try Self.append("{3}", path)
    #expect(try Self.text(path) == new)
  }

  @Test func aLongLineThatWasCutShortIsRemoved() throws {
    let folder = try TestFolder()
    let path = folder.path + "/rows.jsonl"
    let long = String(repeating: "x", count: 200_000)
    try AtomicFile.write(path: path, bytes: Array("{1}\n{\(long)".utf8))
    try Self.append("{3}", path)
    #expect(try Self.text(path) == "{1}\n{3}\n")
  }

  @Test func foldersAndPipesAreErrors() throws {
    let folder = try TestFolder()
    #expect(throws: FileError.self) { try Self.append("{1}", folder.path) }
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(throws: FileError.self) { try Self.append("{1}", folder.path + "/pipe") }
  }

  @Test func aFullDiskLeavesTheOldLines() async {
    // The limit belongs to the process, so this runs in one of its own.
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      let folder = try TestFolder()
      let path = folder.path + "/rows.jsonl"
      try AtomicFile.write(path: path, bytes: Array("{1}\n".utf8))
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      do {
        try LineFile.append(path: path, line: [UInt8](repeating: 120, count: 10_000)) { _ in true }
        exit(1)
      } catch let error as FileError {
        guard error.kind == .full else { exit(2) }
      }
      guard try FileReader.read(path: path) == Array("{1}\n".utf8) else { exit(3) }
    }
  }

  @Test func linesOfSeveralThreadsAreAllThere() async throws {
    let folder = try TestFolder()
    let path = folder.path + "/rows.jsonl"
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          for line in 0..<25 { try Self.append("{\(writer * 25 + line)}", path) }
        }
      }
      try await group.waitForAll()
    }
    let lines = try Self.text(path).split(separator: "\n").map(String.init)
    #expect(lines.sorted() == (0..<100).map { "{\($0)}" }.sorted())
  }

  @Test func aLockIsHeldByOne() throws {
    let folder = try TestFolder()
    let path = folder.path + "/locks/part.lock"
    var calls: [String] = []
    var inner = true
    let outer = try FileLock.hold(path: path) {
      calls.append("outer")
      inner = try FileLock.hold(path: path) { calls.append("inner") }
    }
    #expect(outer)
    #expect(!inner)
    #expect(calls == ["outer"])
    #expect(throws: FileError.self) {
      _ = try FileLock.hold(path: path) { throw FileError(path: "x", operation: "read", code: EIO) }
    }
    // The error has released the lock.
    let again = try FileLock.hold(path: path) {}
    #expect(again)
  }
}
