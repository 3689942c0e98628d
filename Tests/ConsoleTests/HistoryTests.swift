// SPDX-License-Identifier: Apache-2.0
//
// The history survives damaged files, killed sessions and parallel writers.

import Console
import Files
import Glibc
import Testing

@Suite struct HistoryTests {
  private func scratch() throws -> String {
    var template = Array("/tmp/smap-history-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Failure.noFolder }
    return String(cString: made)
  }

  enum Failure: Error { case noFolder }

  @Test func entriesComeBack() throws {
    let path = try scratch() + "/deep/er/history.jsonl"
    let first = History(path: path)
    let texts = ["let x = 1", "f(\n  \"ünï\",\n\t'\\')", "\u{1} 😀"]
    for text in texts + ["   ", "\u{1} 😀"] { first.append(text) }
    #expect(first.note == nil)
    let second = History(path: path)
    #expect(second.entries == texts && second.note == nil)
  }

  @Test func damagedLinesArePassedOver() throws {
    let path = try scratch() + "/history.jsonl"
    let lines = [
      "{\"time\":1,\"text\":\"good\"}", "{\"time\":1,\"text\":\"cut", "garbage", "[]",
      "{\"text\":5}", "{\"text\":\"a\",\"text\":\"b\"}", "{\"text\":\"\\ud83d\\ude00\"}",
      "{\"text\":\"\\ud83d\"}", " {\"more\": \"x\", \"text\": \"spaced\" } ", "{\"text\":\"x\"} y",
    ]
    let bytes = Array(lines.joined(separator: "\n").utf8) + [10, 0xFF, 0xFE, 10]
    try AtomicFile.write(path: path, bytes: bytes)
    let history = History(path: path)
    #expect(history.entries == ["good", "😀", "spaced"])
    #expect(history.note == "8 damaged lines of the history ignored")
  }

  @Test func aCutLineDoesNotSpoilTheNext() throws {
    let path = try scratch() + "/history.jsonl"
    try AtomicFile.write(path: path, bytes: Array("{\"time\":1,\"te".utf8))
    History(path: path).append("new")
    #expect(History(path: path).entries == ["new"])
  }

  @Test func pipesAreNoHistories() throws {
    let path = try scratch() + "/history.jsonl"
    #expect(mkfifo(path, 0o600) == 0)
    let history = History(path: path)
    #expect(history.note?.contains("not an ordinary file") == true)
    history.append("1 + 1")
    #expect(history.entries == ["1 + 1"])
    #expect(history.note?.contains("is not saved") == true)
  }

  /// A program that holds the lock costs a second once, and no entry.
  @Test func lockedHistoriesAreGivenUp() throws {
    let path = try scratch() + "/history.jsonl"
    let history = History(path: path)
    history.append("first")
    // A process that another test starts meanwhile would inherit the lock.
    let owner = open(path, O_RDONLY | O_CLOEXEC)
    #expect(flock(owner, LOCK_EX) == 0)
    let start = time(nil)
    for entry in 0..<20 { history.append("entry \(entry)") }
    #expect(time(nil) - start < 15)
    #expect(history.note?.contains("another program keeps it locked") == true)
    #expect(history.entries.count == 21)
    close(owner)
    history.append("last")
    #expect(History(path: path).entries == ["first", "last"])
  }

  @Test func manyWritersLoseNothing() async throws {
    let path = try scratch() + "/history.jsonl"
    await withTaskGroup { group in
      for writer in 0..<8 {
        group.addTask {
          let history = History(path: path)
          for index in 0..<100 { history.append("writer \(writer) line \(index)") }
        }
      }
    }
    let all = History(path: path)
    #expect(all.note == nil)
    #expect(Set(all.entries).count == 800)
  }

  @Test func hugeFilesAreReadFromTheEnd() throws {
    let path = try scratch() + "/history.jsonl"
    let line = HistoryLine.encode(String(repeating: "x", count: 1000), time: 0) + "\n"
    var bytes = Array(String(repeating: line, count: 6000).utf8)
    bytes += Array((HistoryLine.encode("last", time: 0) + "\n").utf8)
    try AtomicFile.write(path: path, bytes: bytes)
    let history = History(path: path)
    #expect(history.entries.last == "last" && history.note == nil)
    #expect(history.entries.count < 6000)
  }

  @Test func unusableFilesLeaveANote() throws {
    let folder = try scratch()
    let history = History(path: folder)
    #expect(history.note?.contains("not used") == true)
    history.append("x")
    #expect(history.entries == ["x"])
    #expect(history.note?.contains("not saved") == true)
  }

  @Test func prefixesAndPartsAreFound() {
    let history = History(path: nil)
    for text in ["let a = 1", "print(a)", "let b = 2", "print(b)"] { history.append(text) }
    #expect(history.previous(before: 4, prefix: "let", unlike: "let") == 2)
    #expect(history.previous(before: 2, prefix: "let", unlike: "let b = 2") == 0)
    #expect(history.previous(before: 0, prefix: "let", unlike: "") == nil)
    #expect(history.next(after: 0, prefix: "let", unlike: "") == 2)
    #expect(history.next(after: 3, prefix: "", unlike: "") == nil)
    #expect(history.search("(a", before: 4) == 1)
    #expect(history.search("", before: 4) == nil)
    #expect(history.previous(before: 99, prefix: "", unlike: "") == 3)
  }

  @Test func theStandardPlaces() {
    func path(_ variables: [String: String]) -> String? {
      History.defaultPath { variables[$0] }
    }
    #expect(path(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/smap/history.jsonl")
    #expect(path(["XDG_STATE_HOME": "s", "HOME": "/h"]) == "/h/.local/state/smap/history.jsonl")
    #expect(path([:]) == nil)
  }
}
