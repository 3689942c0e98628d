// SPDX-License-Identifier: Apache-2.0
//
// Cells: what begins one, what its mark says, and what of a script runs.

import Syntax
import Testing

@Suite struct CellTests {
  private func cells(_ text: String) -> [Cell] { Cells(Source(path: "t", text: text)).all }

  @Test func marksHaveTitlesAndTags() {
    let found = cells(
      "# %%\n1\n# %% Two words\n2\n# %% [markdown]\n# text\n# %% Slow [skip]\n3\n# %% [skip] Late\n# %% [folded]"
    )
    #expect(found.map(\.title) == ["", "Two words", "", "Slow", "Late", ""])
    #expect(found.map(\.tag) == [nil, nil, .markdown, .skip, .skip, .folded])
    #expect(found.map(\.line) == [1, 3, 5, 7, 9, 10])
    #expect(found.map { $0.tag == .skip } == [false, false, false, true, true, false])
  }

  @Test func aSkippedCellIsSkippedWhateverElseItIs() {
    let found = cells("# %% A [folded] [skip]\n1\n# %% [skip] [markdown] B\n# %% [folded] [folded]")
    #expect(found.map(\.tag) == [.skip, .skip, .folded])
    #expect(found.map(\.title) == ["A", "B", ""])
  }

  @Test func cellsReachToTheNextMark() {
    let source = Source(path: "t", text: "0\n# %% a\n1\n# %% b\n2\n")
    #expect(Cells(source).all.map { source.text($0.span) } == ["# %% a\n1\n", "# %% b\n2\n"])
  }

  @Test func aMarkBeginsItsLine() {
    #expect(cells("1 # %% no\n  # %% no\n\"# %% no\"\n## %% no\n#%% no\n").isEmpty)
  }

  /// The text of other cells may have errors.
  @Test func errorsHideNoMarks() {
    #expect(cells("# %% a\n\"open\n# %% b\nf((\n# %% c [skip]").map(\.title) == ["a", "b", "c"])
  }

  @Test func skippedCellsAreLeftOut() {
    let text = "0\n# %% a\n1; 2\n# %% b [skip]\n3 \"é\n\r\n# %% c\n# nothing\n# %% d\n4"
    let source = Source(path: "t", text: text).withoutSkippedCells
    let (program, diagnostics) = Parser.parse(source)
    #expect(diagnostics.isEmpty)
    #expect(
      source.text(source.span)
        == text.replacing("3 \"é", with: String(repeating: " ", count: 5)))
    func texts(_ program: Program) -> [String] {
      program.statements.map { program.source.text($0.span) }
    }
    #expect(program.parts(of: program.cells).map(texts) == [["0"], ["1", "2"], ["4"]])
  }

  /// The words of the tag alone, in a string or in another comment, skip nothing.
  @Test(arguments: ["let t = \"# %% [skip]\"", "# see [skip]\n1", " # %% [skip]\n1", "# %% [skip"])
  func onlyAMarkSkips(_ text: String) {
    let source = Source(path: "t", text: text)
    #expect(source.withoutSkippedCells === source)
  }
}
