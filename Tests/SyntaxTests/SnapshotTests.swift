// SPDX-License-Identifier: Apache-2.0
//
// The wording of errors. Each file in `Snapshots` holds pairs of a source and its message, as a
// user would see it; `UPDATE=1 swift test` rewrites the messages, and the diff is to be reviewed.

import Syntax
import Testing

@Suite struct SnapshotTests {
  static let folder = Fixtures.folder + "/Snapshots"

  @Test(arguments: Fixtures.names(in: folder, suffix: ".txt")) func messages(_ name: String) {
    let text = Fixtures.read(Self.folder + "/" + name)
    let rendered = Self.rendered(text)
    if Fixtures.isUpdating {
      Fixtures.write(rendered, to: Self.folder + "/" + name)
    } else {
      #expect(rendered == text)
    }
  }

  @Test func thereAreSnapshots() {
    #expect(Fixtures.names(in: Self.folder, suffix: ".txt").count >= 5)
  }

  /// The file with each message made anew: cases are split by `=====`, parts by `-----`.
  static func rendered(_ text: String) -> String {
    var cases: [String] = []
    var lines: [Substring] = []
    let end: [Substring] = ["====="]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) + end {
      guard line == "=====" else {
        lines.append(line)
        continue
      }
      if !lines.allSatisfy(\.isEmpty) { cases.append(message(for: lines)) }
      lines = []
    }
    return cases.joined(separator: "=====\n")
  }

  private static func message(for lines: [Substring]) -> String {
    let source = lines.prefix { $0 != "-----" }
    var text = source.joined(separator: "\n")
    while text.hasSuffix("\n") { text.removeLast() }
    text += "\n"
    let (_, diagnostics) = Parser.parse(Source(path: "notes.smap", text: text))
    let answer = diagnostics.isEmpty ? "no error" : DiagnosticRenderer().render(diagnostics)
    return text + "-----\n" + answer + "\n"
  }
}
