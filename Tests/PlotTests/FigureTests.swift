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

  /// Curves differ by stroke and mark, so that they can be told apart in grey.
  @Test func curvesDifferWithoutColour() throws {
    let y = (0..<4).map { [Double($0), 1, Double($0)] }
    let names = ["a", "b", "c", "d"]
    let lines = SVGRenderer.render(try .line(y: y, labels: names))
    #expect(lines.components("stroke-dasharray=\"7 3\"") == 2)
    #expect(lines.components("stroke-dasharray=\"1.60 2.60\"") == 2)
    let text = TextRenderer().render(try .scatter(x: [0, 1, 2], y: y, labels: names))
    #expect(text.contains("● a   ■ b   ▲ c   ◆ d"))
    let strokes = TextRenderer().render(try .line(y: y, labels: names))
    #expect(strokes.contains("━━ a   ╍╍ b   ·· c   ━· d"))
  }

  /// Many curves without names are a bundle of solid lines.
  @Test func bundlesAreSolid() throws {
    let figure = try Figure.line(y: (0..<7).map { [Double($0), 0] })
    #expect(!SVGRenderer.render(figure).contains("stroke-dasharray"))
  }

  @Test func theLegendIsBesideTheData() throws {
    let plain = try Figure.line(y: [[1, 2], [2, 1]])
    let named = try Figure.line(y: [[1, 2], [2, 1]], labels: ["first", "second"])
    // The axis ends earlier, and the names begin behind it.
    #expect(try #require(plain.frameEnd) > (try #require(named.frameEnd)) + 30)
    #expect(try #require(named.textStart("first")) > (try #require(named.frameEnd)))
  }

  @Test func limitsAreKept() throws {
    var figure = try Figure.line(y: [[1, 100]])
    try figure.limit(x: (0, 4), y: (0, 10))
    #expect(SVGRenderer.render(figure).contains(">10</text>"))
    #expect(!SVGRenderer.render(figure).contains(">100</text>"))
    for (low, high) in [(1.0, 1.0), (2, 1), (.nan, 1), (0, .infinity)] {
      #expect(throws: PlotError.self) { try figure.limit(x: (low, high), y: nil) }
    }
    figure.yScale = .log
    #expect(throws: PlotError.self) { try figure.limit(x: nil, y: (0, 1)) }
  }

  @Test(arguments: [
    (Figure.Spread.range, 1.0, 6.0), (.std, 3 - 2.6457513, 3 + 2.6457513),
    (.sem, 3 - 1.5275252, 3 + 1.5275252),
  ])
  func bandsSummariseRepetitions(spread: Figure.Spread, low: Double, high: Double) throws {
    let figure = try Figure.band(runs: [[[1, .nan], [6, 2], [2, 4]]], spread: spread)
    guard case .series(let series) = figure.content else {
      Issue.record("a band is a curve")
      return
    }
    #expect(series[0].y == [3, 3])
    #expect(abs(series[0].low[0] - low) < 1e-6 && abs(series[0].high[0] - high) < 1e-6)
    #expect(SVGRenderer.render(figure).contains("<polygon"))
    #expect(throws: PlotError.self) { try Figure.band(runs: [[[1], [1, 2]]]) }
  }

  @Test func barsStandAtTheirPositions() throws {
    let figure = try Figure.bar(values: [1, 2, 3], x: [1, 2, 4])
    guard case .bars(let bars, _) = figure.content else {
      Issue.record("bars are bars")
      return
    }
    #expect(bars.map { ($0.left + $0.right) / 2 } == [1, 2, 4])
    #expect(abs(bars[0].right - bars[0].left - 0.8) < 1e-12)
    #expect(throws: PlotError.self) { try Figure.bar(values: [1], x: [.nan]) }
    #expect(throws: PlotError.self) { try Figure.bar(values: [1], x: [1, 2]) }
  }

  /// Text is text, equal figures give equal files, and odd numbers do no harm.
  @Test func pdfHoldsText() throws {
    for figure in try FigureTests.all() {
      let bytes = try PDFRenderer.render([figure])
      #expect(bytes.starts(with: Array("%PDF-".utf8)))
      #expect(try PDFRenderer.render([figure]) == bytes)
      #expect(String(decoding: bytes, as: UTF8.self).contains("/FontDescriptor"))
    }
    let odd = try Figure.line(y: [[1, .nan, .infinity, 1e308], [0, 1, 2, -1e308]])
    #expect(!(try PDFRenderer.render([odd, odd], columns: 1)).isEmpty)
  }

  @Test func errorsAreBarsWithCaps() throws {
    func lines(_ figure: Figure) -> Int {
      SVGRenderer.render(figure).split(separator: "\n").count { $0.hasPrefix("<polyline") }
    }
    let y = [[0.0, 2, 4]]
    let plain = lines(try .line(y: y))
    #expect(lines(try .line(y: y, errors: [[.nan, 1, 0]])) == plain + 3)
    // Bars of two curves at one position stand side by side.
    let two = try Figure.line(y: [[0, 2, 4], [0, 2, 4]], errors: [[0, 1, 0], [0, 1, 0]])
    let bars = SVGRenderer.render(two).split(separator: "\n").filter {
      $0.hasPrefix("<polyline") && $0.contains("stroke-width=\"1\"")
    }
    #expect(Set(bars).count == bars.count)
    // A curve without a point is not in the legend, and keeps its colour.
    let gap = try Figure.line(y: [[.nan, .nan], [1, 2]], labels: ["none", "some"])
    let both = try Figure.line(y: [[1, 2], [1, 2]], labels: ["none", "some"])
    let color = try #require(
      SVGRenderer.render(both).split(separator: "stroke=\"").last?.prefix { $0 != "\"" })
    #expect(!SVGRenderer.render(gap).contains(">none<") && SVGRenderer.render(gap).contains(color))
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

extension String {
  /// How often a text occurs.
  fileprivate func components(_ text: String) -> Int { split(separator: text).count - 1 }
}

extension Figure {
  /// The right end of the frame in the SVG.
  fileprivate var frameEnd: Double? {
    SVGRenderer.render(self).split(separator: "\n").first { line in
      line.contains("#6e6e76") && line.split(separator: "\"")[1].split(separator: " ").count == 3
    }
    .flatMap { $0.split(separator: "\"")[1].split(separator: " ").last }
    .flatMap { $0.split(separator: ",").first }.flatMap { Double($0) }
  }

  /// Where a text begins in the SVG.
  fileprivate func textStart(_ text: String) -> Double? {
    SVGRenderer.render(self).split(separator: "\n").first { $0.contains(">\(text)</text>") }
      .map { $0.split(separator: "\"")[1] }.flatMap { Double($0) }
  }
}
