// SPDX-License-Identifier: Apache-2.0
//
// Sources with the output expected for them: the wording of errors as a user would see it (the
// files in `Snapshots`), the same as JSON, HTML and with colours (`Snapshots/Renderers`), and the
// formatted text (`Snapshots/Formatter`). `UPDATE=1 swift test` rewrites the outputs; review the
// diff.

import Syntax
import Testing

@Suite struct SnapshotTests {
  static let folder = Fixtures.folder + "/Snapshots"

  @Test(arguments: Fixtures.names(in: folder, suffix: ".txt")) func messages(_ name: String) {
    Self.check(name) { DiagnosticRenderer().render($0) }
  }

  @Test func colors() {
    Self.check("Renderers/color.txt") { diagnostics in
      DiagnosticRenderer(style: .color, width: 60).render(diagnostics)
        .split(separator: "\u{1B}").joined(separator: "<ESC>")
    }
  }

  @Test func json() {
    Self.check("Renderers/json.txt", DiagnosticJSON.render)
  }

  @Test func html() {
    Self.check("Renderers/html.txt") { DiagnosticRenderer(style: .html, width: 60).render($0) }
  }

  @Test(arguments: Fixtures.names(in: folder + "/Formatter", suffix: ".txt"))
  func formatted(_ name: String) {
    Self.checkAnswers("Formatter/" + name) { source in
      do { return try Formatter.format(source) } catch { return "\(error)\n" }
    }
  }

  @Test func thereAreSnapshots() {
    #expect(Fixtures.names(in: Self.folder, suffix: ".txt").count >= 5)
    #expect(Fixtures.names(in: Self.folder + "/Formatter", suffix: ".txt").count >= 3)
  }

  private static func check(_ name: String, _ render: ([Diagnostic]) -> String) {
    checkAnswers(name) { source in
      let (_, diagnostics) = Parser.parse(source)
      return (diagnostics.isEmpty ? "no error" : render(diagnostics)) + "\n"
    }
  }

  private static func checkAnswers(_ name: String, _ answer: (Source) -> String) {
    let text = Fixtures.read(folder + "/" + name)
    let answered = answered(text, answer)
    if Fixtures.isUpdating {
      Fixtures.write(answered, to: folder + "/" + name)
    } else {
      #expect(answered == text)
    }
  }

  /// The file with each output regenerated: cases are separated by `=====`, parts by `-----`.
  private static func answered(_ text: String, _ answer: (Source) -> String) -> String {
    var cases: [String] = []
    var lines: [Substring] = []
    let end: [Substring] = ["====="]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) + end {
      guard line == "=====" else {
        lines.append(line)
        continue
      }
      if !lines.allSatisfy(\.isEmpty) { cases.append(pair(lines, answer)) }
      lines = []
    }
    return cases.joined(separator: "=====\n")
  }

  private static func pair(_ lines: [Substring], _ answer: (Source) -> String) -> String {
    var text = lines.prefix { $0 != "-----" }.joined(separator: "\n")
    while text.hasSuffix("\n") { text.removeLast() }
    text += "\n"
    return text + "-----\n" + answer(Source(path: "notes.smap", text: text))
  }
}
