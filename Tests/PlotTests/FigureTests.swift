// SPDX-License-Identifier: Apache-2.0
//
// Figures accept all data that can be drawn, reject the rest, and give the same output every time.

import Images
import Plots
import Testing

@Suite struct FigureTests {
  private static func all() throws -> [Figure] {
    let rising = (0..<50).map { Double($0) }
    var line = try Figure.line(y: [rising, rising.map { $0 * $0 }], labels: ["one", "two <&>"])
    line.title = "Growth"
    line.xLabel = "step"
    line.yLabel = "loss"
    var log = line
    log.yScale = .log
    return [
      line, log, try Figure.scatter(x: rising, y: [rising.reversed()]),
      try Figure.bar(values: [1, -2, 0.5], names: ["a", "b", "c"]),
      try Figure.histogram(values: rising, bins: 7),
      try Figure.heatmap(values: rising, rows: 5, columns: 10),
    ]
  }

  @Test func everyRendererIsDeterministic() throws {
    for figure in try FigureTests.all() {
      #expect(SVGRenderer.render(figure) == SVGRenderer.render(figure))
      #expect(try RasterRenderer.render(figure) == RasterRenderer.render(figure))
      #expect(TextRenderer().render(figure) == TextRenderer().render(figure))
    }
  }

  @Test func picturesHaveTheSizeOfTheFigure() throws {
    var figure = try Figure.line(y: [[1, 2]])
    (figure.width, figure.height) = (300, 200)
    let picture = try RasterRenderer.render(figure, scale: 3)
    #expect(picture.width == 900 && picture.height == 600)
    #expect(picture[0, 0] == .white)
    #expect(SVGRenderer.render(figure).contains("viewBox=\"0 0 300 200\""))
    #expect(throws: ImageError.self) { try RasterRenderer.render(figure, scale: 0) }
  }

  @Test func oddNumbersLeaveGaps() throws {
    let values: [[Double]] = [
      [1, .nan, 3, .infinity, 5, -.infinity, 0, -1], [.nan, .nan], [0], [.infinity],
      [1e308, -1e308], [.leastNonzeroMagnitude, 2 * .leastNonzeroMagnitude],
      [1, 1.0000000000000002], [-1, -2],
      [.greatestFiniteMagnitude, 1],
    ]
    for list in values {
      for scale in Figure.Scale.allCases {
        var line = try Figure.line(y: [list])
        line.yScale = scale
        var dots = try Figure.scatter(x: list, y: [list])
        (dots.xScale, dots.yScale) = (scale, scale)
        var bars = try Figure.bar(values: list)
        bars.yScale = scale
        let map = try Figure.heatmap(values: list, rows: 1, columns: list.count)
        for figure in [line, dots, bars, map] {
          #expect(!SVGRenderer.render(figure).contains("nan"))
          _ = try RasterRenderer.render(figure, scale: 1)
          _ = TextRenderer(columns: 20, rows: 5).render(figure)
        }
      }
      if list.contains(where: \.isFinite) {
        _ = TextRenderer().render(try Figure.histogram(values: list, bins: 3))
      }
    }
  }

  @Test func wrongDataIsRefused() {
    #expect(throws: PlotError.self) { try Figure.line(y: []) }
    #expect(throws: PlotError.self) { try Figure.line(y: [[1, 2]], x: [1]) }
    #expect(throws: PlotError.self) { try Figure.line(y: [[1]], labels: ["a", "b"]) }
    #expect(throws: PlotError.self) { try Figure.bar(values: [1], names: ["a", "b"]) }
    #expect(throws: PlotError.self) { try Figure.histogram(values: [.nan]) }
    #expect(throws: PlotError.self) { try Figure.histogram(values: [1], bins: 0) }
    #expect(throws: PlotError.self) { try Figure.heatmap(values: [1, 2], rows: 2, columns: 2) }
    #expect(throws: PlotError.self) { try Figure.heatmap(values: [1], rows: .max, columns: .max) }
    #expect(throws: PlotError.self) { try SVGRenderer.render([Figure]()) }
  }

  @Test func histogramsCountEverything() throws {
    let figure = try Figure.histogram(values: [0, 0.1, 0.5, 0.99, 1, .nan], bins: 2)
    guard case .bars(let bars, _) = figure.content else {
      Issue.record("a histogram has bars")
      return
    }
    #expect(bars.map(\.value) == [2, 3])
    #expect(bars[0].left == 0 && bars[1].right == 1)
  }

  @Test func errorsAreBarsWithCaps() throws {
    func lines(_ figure: Figure) -> Int {
      SVGRenderer.render(figure).split(separator: "\n").count { $0.hasPrefix("<polyline") }
    }
    let y = [[0.0, 2, 4]]
    let plain = lines(try .line(y: y))
    #expect(lines(try .line(y: y, errors: [[.nan, 1, 0]])) == plain + 3)
    // The axis reaches as far as the bars.
    let reaching = try Figure.line(y: y, errors: [[0, 0, 36]])
    #expect(SVGRenderer.render(reaching).contains(">40</text>"))
    // On a logarithmic axis, a bar from below zero begins at the edge and has one cap.
    var log = try Figure.line(y: [[1, 10]], errors: [[2, 0]])
    log.yScale = .log
    var without = try Figure.line(y: [[1, 10]])
    without.yScale = .log
    #expect(lines(log) >= lines(without) + 2)
    #expect(throws: PlotError.self) { try Figure.line(y: y, errors: [[1, 2]]) }
    #expect(!(try RasterRenderer.render(reaching) == RasterRenderer.render(.line(y: y))))
  }

  @Test func svgIsEscapedAndClosed() throws {
    let text = try SVGRenderer.render(try FigureTests.all(), columns: 2)
    #expect(text.contains("two &lt;&amp;&gt;") && !text.contains("<&>"))
    for tag in ["g", "svg", "clipPath", "text"] {
      let opened = text.split(separator: "<\(tag) ", omittingEmptySubsequences: false).count
      let closed = text.split(separator: "</\(tag)>", omittingEmptySubsequences: false).count
      #expect(opened == closed, "\(tag)")
    }
  }

  @Test func sheetsArrangeFigures() throws {
    let sheet = try RasterRenderer.render(try FigureTests.all(), columns: 4, scale: 1)
    #expect(sheet.width == 4 * 480 && sheet.height == 2 * 320)
  }
}
