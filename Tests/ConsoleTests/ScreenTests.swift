// SPDX-License-Identifier: Apache-2.0
//
// The rows of an edited text, and how few of them are written again.

import Console
import Testing

@Suite struct ScreenTests {
  private func styled(_ text: String) -> [StyledScalar] {
    text.unicodeScalars.map { StyledScalar($0, .plain) }
  }

  private func place(_ text: String, _ index: Int) -> [Int] {
    let cursor = EditorLayout(styled(text), cursor: index, columns: 10).cursor
    return [cursor.row, cursor.column]
  }

  @Test func cursorsAreInRows() {
    #expect(place("abc", 3) == [0, 3])
    // A full row has no place behind it.
    #expect(place("0123456789", 10) == [1, 0] && place("0123456789", 9) == [0, 9])
    #expect(place("0123456789ab", 11) == [1, 1])
    #expect(place("a\nbc", 2) == [1, 0] && place("a\n", 2) == [1, 0])
    // A wide character that does not fit goes to the next row; marks take no place.
    #expect(place("012345678日x", 10) == [1, 2])
    #expect(place("e\u{301}x", 2) == [0, 1])
  }

  @Test func rowsAfterAnotherWidthAreCounted() {
    let layout = EditorLayout(styled("0123456789abc\nde"), cursor: 16, columns: 10)
    #expect(layout.rowsAboveCursor(columns: 10) == 2)
    #expect(layout.rowsAboveCursor(columns: 20) == 1)
    #expect(layout.rowsAboveCursor(columns: 5) == 3)
  }

  @Test func onlyWhatChangesIsWritten() {
    var screen = EditorScreen(isColored: false)
    let size = (columns: 20, rows: 10)
    #expect(screen.draw(styled("ab\ncd\nef"), cursor: 2, size: size).contains("cd"))
    #expect(screen.draw(styled("ab\ncd\nef"), cursor: 2, size: size).isEmpty)
    #expect(screen.draw(styled("abx\ncd\nef"), cursor: 3, size: size) == "x\u{1B}[K")
    #expect(screen.draw(styled("abx\ncd\nef"), cursor: 0, size: size) == "\r")
    #expect(screen.draw(styled("abx\ncd"), cursor: 0, size: size).hasSuffix("\u{1B}[J\u{1B}[1A\r"))
    #expect(screen.leave() == "\u{1B}[1B\r\u{1B}[2C\r\n")
    #expect(screen.leave().isEmpty)
  }

  @Test func highTextsShowTheRowsAroundTheCursor() {
    var screen = EditorScreen(isColored: false)
    let text = (0..<9).map { "row\($0)" }.joined(separator: "\n")
    let end = screen.draw(styled(text), cursor: text.count, size: (20, 4))
    #expect(!end.contains("row4") && end.contains("row5") && end.contains("row8"))
    let start = screen.draw(styled(text), cursor: 0, size: (20, 4))
    #expect(start.contains("row0") && start.contains("row3") && !start.contains("row4"))
  }

  @Test func bracketsHavePartners() {
    func pair(_ text: String, _ cursor: Int) -> [Int]? {
      let scalars = Array(text.unicodeScalars)
      return EditorText.brackets(
        scalars, [TextStyle](repeating: .plain, count: scalars.count), at: cursor)
    }
    #expect(pair("f(a[1])", 7) == [6, 1] && pair("f(a[1])", 1) == [1, 6])
    #expect(pair("f(a[1)", 6) == nil && pair("(", 1) == nil && pair("ab", 1) == nil)
  }

  @Test func transcriptsKeepIndentedLines() {
    func typed(_ text: String) -> String {
      PastedText.withoutPrompts(text) { $0.count { $0 == "{" } > $0.count { $0 == "}" } }
    }
    #expect(typed("smap> f {\n        1\n      }\n[1,\n      2]\nsmap> 3") == "f {\n  1\n}\n3")
    #expect(typed("smap> f {\n  ...   1\n  ... }\nx") == "f {\n  1\n}")
    #expect(typed("\nsmap> 1\n1") == "1")
    #expect(typed("a smap> b") == "a smap> b")
    #expect(typed("\n  1,\n2") == "\n  1,\n2")
  }
}
