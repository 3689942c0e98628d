// SPDX-License-Identifier: Apache-2.0
//
// Tables in windows: texts give way, numbers never, and what is too wide continues below.

import TerminalText
import Testing

@testable import Library

@Suite struct TableLayoutTests {
  private let names = ["name", "psnr", "class"]
  private let cells = [["a long text that goes on", "21.25", "flower"], ["b", "18.5", ""]]

  private func lines(_ width: Int) -> [String] {
    TableLayout(names: names, cells: cells, isNumeric: [false, true, false], width: width).lines
  }

  @Test func aWideWindowShowsAll() {
    #expect(
      lines(80) == [
        "name                       psnr  class",
        "------------------------  -----  ------",
        "a long text that goes on  21.25  flower",
        "b                          18.5",
      ])
  }

  @Test func textsGiveWayFirst() {
    #expect(
      lines(25) == [
        "name         psnr  class", "----------  -----  ------", "a long t..  21.25  flower",
        "b            18.5",
      ])
  }

  @Test func theRestStandsBelow() {
    #expect(
      lines(16) == [
        "name       psnr", "--------  -----", "a long..  21.25", "b          18.5", "",
        "name      class", "--------  ------", "a long..  flower", "b",
      ])
  }

  @Test(arguments: 1...60) func noLineIsLonger(_ width: Int) {
    for line in lines(width) { #expect(DisplayWidth.of(line) <= max(width, 16)) }
  }

  @Test func tablesWithoutColumnsHaveNoWidth() {
    let empty = TableLayout(names: [], cells: [[], []], isNumeric: [], width: 10)
    #expect(empty.lines == ["", "", "", ""])
  }
}
