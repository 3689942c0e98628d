// SPDX-License-Identifier: Apache-2.0
//
// The writers: characters with a meaning in a format are escaped, and the lightweight markup of the
// texts is rendered in each.

import Testing

@testable import Manual

@Suite struct WriterTests {
  @Test func textsAreParagraphsAndCode() {
    #expect(
      Block.parse("One `two`\nthree.\n\n  let x = 1\n    x\n\nname   what it does")
        == [
          .paragraph([.plain("One "), .code("two"), .plain(" three.")]),
          .code(["let x = 1", "  x"]), .code(["name   what it does"]),
        ])
    #expect(Block.parse("") == [])
    #expect(Block.pieces("a ` b") == [.plain("a ` b")])
  }

  @Test func placesHaveNamesOfTheirOwn() {
    var anchors = Anchors()
    #expect(anchors.unique("The command line") == "the-command-line")
    #expect(anchors.unique("smap.encode") == "smapencode")
    #expect(anchors.unique("Errors") == "errors")
    #expect(anchors.unique("Errors") == "errors-1")
  }

  @Test func linesBreakBetweenWords() {
    #expect("one two three".wrapped(to: 8) { _ in true } == ["one two", "three"])
    #expect("one two .three".wrapped(to: 8) { !$0.hasPrefix(".") } == ["one two .three"])
    #expect("".wrapped(to: 8) { _ in true } == [""])
  }

  @Test func marksOfAFormatAreEscaped() throws {
    let manual = try ManualTests.manual.get()
    let markdown = ManualFormat.markdown.files(of: manual)[0].text
    #expect(markdown.contains("| `x <= y \\| z` |") == false)
    #expect(markdown.contains("| `\\|>` |"))
    let html = ManualFormat.html.files(of: manual)[0].text
    #expect(html.contains("<dt><code>==  !=  &lt;  &lt;=  &gt;  &gt;=  in</code></dt>"))
    #expect(html.contains("&quot;x = {x}&quot;"))
    #expect(html.contains("Content-Security-Policy"))
    let pages = ManualFormat.man.files(of: manual)
    #expect(pages.map(\.path) == ["man1/smap.1", "man7/smap-language.7"])
    #expect(pages[0].text.contains("\\-\\-max\\-seconds <n>"))
    #expect(pages[1].text.contains("\\&.num_tokens") == false)
    for line in pages.flatMap({ $0.text.split(separator: "\n") }) where line.hasPrefix(".") {
      #expect(Self.requests.contains { line.hasPrefix($0) }, "\(line)")
    }
    #expect(pages.allSatisfy { !$0.text.contains("\n'") })
  }

  /// All macros that the writer uses.
  private static let requests = [
    ".\\\"", ".TH", ".SH", ".SS", ".TP", ".PP", ".IP", ".RS", ".RE", ".nf", ".fi", ".B", ".br",
  ]
}
