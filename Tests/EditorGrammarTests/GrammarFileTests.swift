// SPDX-License-Identifier: Apache-2.0
//
// Lists are replaced where they are marked, and nothing else is changed.

import EditorGrammars
import Library
import Runtime
import Testing

@Suite struct GrammarFileTests {
  private let builtins = Session(library: Catalog.all, output: { _ in }).builtins

  private func file(_ suffix: String) throws -> GrammarFile {
    try #require(GrammarFile.all.first { $0.path.hasSuffix(suffix) })
  }

  private func updated(_ text: String, as suffix: String) throws -> String {
    try file(suffix).updated(text, from: builtins)
  }

  @Test func patternsAreReplacedInTheirGroup() throws {
    let text = "  # generated: literal\n  a: '\\b(?:old|words)\\b(?=x)'\n  b: (?:kept)\n"
    #expect(
      try updated(text, as: ".sublime-syntax")
        == "  # generated: literal\n  a: '\\b(?:false|nil|true)\\b(?=x)'\n  b: (?:kept)\n")
  }

  @Test func symbolsAreEscaped() throws {
    let text = "generated: flow\n\"(?:a(b)c)\"\n"
    #expect(
      try updated(text, as: ".json") == "generated: flow\n\"(?:\\\\.\\\\.\\\\.|\\\\|>|->)\"\n")
    #expect(
      try updated(text, as: ".sublime-syntax") == "generated: flow\n\"(?:\\.\\.\\.|\\|>|->)\"\n")
  }

  @Test func quotedWordsReplaceWholeLines() throws {
    let text = "# generated: literal\nold\nolder\n# generated: end\nkept\n"
    #expect(
      try updated(text, as: ".py")
        == "# generated: literal\n    \"false\", \"nil\", \"true\",\n# generated: end\nkept\n")
    let long = try updated("; generated: member\n; generated: end\n", as: ".scm")
    #expect(long.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test func aSecondUpdateChangesNothing() throws {
    let text = "# generated: function\n# generated: end\n# generated: type\n# generated: end\n"
    let once = try updated(text, as: ".py")
    #expect(try updated(once, as: ".py") == once)
  }

  @Test(arguments: [
    ("# generated: nonsense\n", "no list `nonsense`"),
    ("nothing here\n", "no list in the file"),
    ("# generated: literal\nno end", "`literal` has no end"),
  ])
  func mistakesAreNamed(text: String, message: String) throws {
    let error = #expect(throws: GrammarFileError.self) { try updated(text, as: ".py") }
    #expect(error?.description.contains(message) == true)
  }

  @Test func aMissingGroupIsAMistake() throws {
    for text in ["generated: type\n(plain)", "generated: type\n(?:open", "generated: type"] {
      #expect(throws: GrammarFileError.self) { try updated(text, as: ".json") }
    }
  }
}
