// SPDX-License-Identifier: Apache-2.0
//
// Figures in characters, as a terminal shows them.

import Plots
import TerminalText
import Testing

@Suite struct TextRendererTests {
  @Test func aDiagonalInASCII() throws {
    let figure = try Figure.line(y: [[0, 1, 2, 3]])
    let text = TextRenderer(columns: 12, rows: 4, isUnicode: false).render(figure)
    let expected = """
        |          **
      2 +      ****
        |   ***
      0 +***
        +------------
         0      2

      """
    #expect(text == expected)
  }

  @Test func namedBars() throws {
    let figure = try Figure.bar(values: [1, 2], names: ["one", "second"])
    let text = TextRenderer(columns: 10, rows: 3, isUnicode: false).render(figure)
    #expect(text == "     one ##### 1\n  second ########## 2\n")
    let blocks = TextRenderer(columns: 10, rows: 3).render(
      try Figure.bar(values: [1, 16], names: ["a", "b"]))
    #expect(blocks == "  a ▋ 1\n  b ██████████ 16\n")
  }

  @Test func plainTextHasNoEscapes() throws {
    let figure = try Figure.line(y: [[1, 2], [2, 1]], labels: ["up", "down"])
    #expect(!TextRenderer().render(figure).contains("\u{1B}"))
    #expect(TextRenderer(isColored: true).render(figure).contains("\u{1B}[31m"))
    #expect(TextRenderer().render(figure).contains("━━ up   ╍╍ down"))
  }

  /// In a window no line is longer than it, and without one a drawing has its usual size.
  @Test(arguments: [20, 33, 40, 80, 200, 400]) func linesFitTheWindow(_ width: Int) throws {
    let name = "a name of many words, also wide ones: 画像"
    var figures = [
      try Figure.line(y: [[1e9, -2e-9], [0, 1]], labels: [name, name + name]),
      try Figure.bar(values: [12345.678, 3], names: [name, "b"]),
      try Figure.histogram(values: [1, 2, 2, 5]),
      try Figure.heatmap(values: [1, 2, 3, 4], rows: 2, columns: 2),
    ]
    for index in figures.indices {
      (figures[index].title, figures[index].xLabel, figures[index].yLabel) = (name, name, name)
      let text = TextRenderer(fitting: width).render(figures[index])
      for line in text.split(separator: "\n") {
        #expect(DisplayWidth.of(line) <= max(width, 21), "\(line)")
      }
    }
    #expect(TextRenderer(fitting: nil).render(figures[0]) == TextRenderer().render(figures[0]))
  }

  @Test func everyLineHasItsWidth() throws {
    let values = (0..<100).map { Double($0 * $0 % 37) }
    let text = TextRenderer(columns: 30, rows: 6).render(try Figure.histogram(values: values))
    let lines = text.split(separator: "\n")
    #expect(lines.count == 8)
    #expect(lines.allSatisfy { $0.count <= 30 + 6 })
  }
}
