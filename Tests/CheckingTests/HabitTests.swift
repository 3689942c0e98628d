// SPDX-License-Identifier: Apache-2.0
//
// Habits from other languages, each with its message: `Habits.txt` contains sources, a line of
// `-----`, the message as a terminal shows it, and a line of `=====`. `UPDATE=1 swift test --filter
// HabitTests` regenerates the messages.

import Checking
import Files
import Glibc
import Syntax
import Testing

@Suite struct HabitTests {
  private static let path = Corpus.root + "Tests/CheckingTests/Habits.txt"

  @Test func tellsWhatToWrite() throws {
    let text = try Corpus.read("Tests/CheckingTests/Habits.txt").bytes
    let entries = String(decoding: text, as: UTF8.self).split(separator: "=====\n")
    #expect(entries.count >= 60)
    let answered = entries.map { entry -> String in
      let source = entry.split(separator: "-----\n", maxSplits: 1).first ?? ""
      let report = Corpus.check(Source(path: "notes.smap", text: String(source)))
      let found = report.findings.filter { $0.level == .error }.map(\.diagnostic)
      let message = found.isEmpty ? "nothing\n" : DiagnosticRenderer().render(found) + "\n"
      return "\(source)-----\n\(message)"
    }
    let joined = answered.joined(separator: "=====\n")
    if getenv("UPDATE") != nil {
      try AtomicFile.write(path: HabitTests.path, bytes: Array(joined.utf8))
    } else {
      #expect(joined == String(decoding: text, as: UTF8.self))
    }
  }
}
