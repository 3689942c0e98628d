// SPDX-License-Identifier: Apache-2.0
//
// From bytes to keys, also when they arrive one at a time, and from pasted text to a program.

import Console
import Testing

@Suite struct KeyTests {
  /// All keys of some pieces of input, between which time passes.
  private func keys(_ pieces: [[UInt8]]) -> [Key] {
    var rest = pieces[...]
    var reader = KeyReader { milliseconds in
      guard let piece = rest.first else { return milliseconds < 0 ? .endOfInput : .nothing }
      rest = rest.dropFirst()
      return piece.isEmpty ? .nothing : .bytes(piece)
    }
    var keys: [Key] = []
    while keys.last != .endOfInput { keys.append(reader.next()) }
    return keys.dropLast()
  }

  private func keys(_ text: String) -> [Key] { keys([Array(text.utf8)]) }

  @Test func plainKeys() {
    #expect(keys("aé😀") == [.character("a"), .character("é"), .character("😀")])
    #expect(keys("\r\n\t\u{7F}\u{3}") == [.enter, .enter, .tab, .backspace, .control("C")])
  }

  @Test func specialKeys() {
    #expect(keys("\u{1B}[A\u{1B}OB\u{1B}[3~\u{1B}[1;5C") == [.up, .down, .delete, .wordRight])
    #expect(keys("\u{1B}[H\u{1B}[4~\u{1B}b") == [.home, .end, .alt("b")])
    #expect(keys("\u{1B}[99;99Xq") == [.unknown, .character("q")])
  }

  @Test func slowSequencesAreJoinedAndALoneEscapeIsAKey() {
    #expect(keys([[0x1B], [0x5B], [0x41]]) == [.up])
    #expect(keys([[0x1B], [], [0x61]]) == [.escape, .character("a")])
    #expect(keys([[0xC3], [0xA9]]) == [.character("é")])
  }

  @Test func damagedCharactersAreReplaced() {
    #expect(keys([[0xFF, 0x61]]) == [.character("\u{FFFD}"), .character("a")])
    #expect(keys([[0xC3, 0x61]]) == [.character("\u{FFFD}"), .character("a")])
    #expect(keys([[0xED, 0xA0, 0x80]]) == [.character("\u{FFFD}")])
  }

  @Test func pastesAreOneKey() {
    let text = "\u{1B}[200~a = [1,\r\n\t2]\r\n\u{1B}[201~x"
    #expect(keys(text) == [.paste("a = [1,\n  2]"), .character("x")])
    let bytes = Array(text.utf8)
    #expect(keys(bytes.map { [$0] }) == keys(text))
    #expect(keys("\u{1B}[200~lost") == [.paste("lost")])
  }

  /// Pending whole lines, and the keys after them.
  private func waitingLines(_ pieces: [[UInt8]]) -> (lines: [String], rest: Key) {
    var rest = pieces[...]
    var reader = KeyReader { milliseconds in
      guard let piece = rest.first else { return milliseconds < 0 ? .endOfInput : .nothing }
      rest = rest.dropFirst()
      return piece.isEmpty ? .nothing : .bytes(piece)
    }
    #expect(reader.next() == .enter)
    var lines: [String] = []
    while let line = reader.waitingLine() { lines.append(line) }
    return (lines, reader.next())
  }

  @Test func linesThatWaitAreTakenWhole() {
    let text = Array("\r  a = é\r\rb\tc\n".utf8)
    #expect(waitingLines([text]).lines == ["  a = é", "", "b  c"])
    #expect(waitingLines(text.map { [$0] }).lines == ["  a = é", "", "b  c"])
    // A partial line, and a line with other keys in it, stay keys.
    #expect(waitingLines([Array("\ra\rb".utf8)]) == (["a"], .character("b")))
    #expect(waitingLines([Array("\ra\u{1B}[A\r".utf8)]) == ([], .character("a")))
    #expect(waitingLines([[0x0D, 0x61], [], [0x0D]]) == ([], .character("a")))
  }

  /// Completeness is checked rarely within brackets, and always outside.
  @Test func longStatementsAreAskedForRarely() {
    func questions(_ lines: Int) -> Int {
      var progress = PasteProgress()
      return (0..<lines).count { progress.mayEnd(opening: $0 == 0 ? 1 : 0) }
    }
    #expect(questions(100_000) < 110)
    var progress = PasteProgress()
    #expect((0..<1000).allSatisfy { _ in progress.mayEnd(opening: 0) } == true)
  }

  @Test func pastedTranscriptsLoseTheirPrompts() {
    let transcript = "smap> f(1,\n  ... 2)\n3\nsmap> 4"
    #expect(PastedText.withoutPrompts(transcript) == "f(1,\n2)\n4")
    #expect(PastedText.withoutPrompts("a smap> b") == "a smap> b")
    let isOpen: (String) -> Bool = { $0.count { $0 == "(" } > $0.count { $0 == ")" } }
    for margin in ["", "  ", "    "] {
      let lines = ["smap> f(1,", "  ...   2)", "3", "smap> g(", "        4)", "smap> 5"]
      let indented = lines.map { margin + $0 }.joined(separator: "\n")
      for pasted in [indented, "\n" + indented, String(indented.drop { $0 == " " })] {
        let kept = PastedText.withoutPrompts(pasted, isIncomplete: isOpen)
        #expect(kept == "f(1,\n  2)\ng(\n  4)\n5", "\(margin.count) spaces")
      }
    }
    #expect(PastedText.cleaned("a\u{1B}\u{0}b".utf8) == "ab")
  }

  @Test func shownTextIsIndentedAndCleanedAgain() {
    for text in ["", "a", "f(\n  1,\n2)", "a\n\nb"] {
      #expect(EditorText.clean(EditorText.shown(text)) == text)
    }
    let shown = EditorText.shown("ab\ncd")
    #expect(String(String.UnicodeScalarView(shown)) == "ab\n      cd")
    #expect(EditorText.lineStart(shown, 5) == 3 && EditorText.textStart(shown, 5) == 9)
    #expect(EditorText.lineEnd(shown, 0) == 2 && EditorText.lineEnd(shown, 99) == 11)
  }

  @Test func candidatesAreLaidOut() {
    #expect(CompletionList.commonPrefix(["reshape", "resize"]) == "res")
    #expect(CompletionList.commonPrefix([]) == "")
    let few = [Completions.Candidate("sum", detail: "sum(x)"), .init("std")]
    #expect(CompletionList.lines(few, columns: 40, limit: 9) == ["sum  sum(x)", "std  "])
    // Wide characters take two columns, marks that combine none.
    let wide = [Completions.Candidate("日本", detail: "a"), .init("cafe\u{301}", detail: "b")]
    #expect(CompletionList.lines(wide, columns: 40, limit: 9) == ["日本  a", "cafe\u{301}  b"])
    #expect(CompletionList.lines(wide, columns: 4, limit: 9) == ["日", "caf"])
    let many = (10..<40).map { Completions.Candidate("name\($0)") }
    let lines = CompletionList.lines(many, columns: 20, limit: 4)
    #expect(lines.count == 4 && lines[3] == "... and 12 more lines")
  }
}
