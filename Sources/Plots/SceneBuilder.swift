// SPDX-License-Identifier: Apache-2.0
//
// From a figure to a scene. Text is measured with the bitmap typeface, which also approximates the
// fonts of SVG viewers, so both renderers share one layout.

import Images

/// Lays out a figure.
struct SceneBuilder {
  private let figure: Figure
  private let xAxis: Axis
  private let yAxis: Axis
  private let area: Box
  private let xTicks: [Axis.Tick]
  private let yTicks: [Axis.Tick]
  private var scene: Scene

  /// The height of a line of text in units.
  private static let lineHeight = 12.0

  /// The scene of a figure; sizes below 160 x 120 units are raised to that.
  static func scene(for figure: Figure) -> Scene {
    var builder = SceneBuilder(figure)
    return builder.build()
  }

  private init(_ figure: Figure) {
    self.figure = figure
    let (width, height) = (min(max(160, figure.width), 8192), min(max(120, figure.height), 8192))
    (xAxis, yAxis) = FigureAxes.axes(of: figure)
    let line = SceneBuilder.lineHeight
    yTicks = FigureAxes.yTicks(of: figure, axis: yAxis, count: max(2, height / 50))
    let tickWidth = yTicks.map { SceneBuilder.width($0.text) }.max() ?? 0
    let left = 12 + tickWidth + (figure.yLabel.isEmpty ? 0 : line + 6)
    let top = figure.title.isEmpty ? 12.0 : 14 + line + 4
    let bottom = 14 + line + (figure.xLabel.isEmpty ? 0 : line + 4)
    let legend = SceneBuilder.legendWidth(of: figure, at: width)
    let right = FigureAxes.heatRange(of: figure) == nil ? 14.0 + legend : 62
    area = Box(
      x: left.rounded(), y: top, width: max(20, Double(width) - left.rounded() - right),
      height: max(20, Double(height) - top - bottom))
    xTicks = FigureAxes.xTicks(of: figure, axis: xAxis, width: area.width) {
      SceneBuilder.width($0)
    }
    scene = Scene(width: width, height: height)
  }

  private mutating func build() -> Scene {
    let isHeatmap = FigureAxes.heatRange(of: figure) != nil
    if !isHeatmap { drawGrid() }
    scene.items.append(.clip(area))
    switch figure.content {
    case .series(let series):
      let barred = series.indices.filter { index in
        series[index].ends.contains { !$0.isEmpty }
      }
      for (index, one) in series.enumerated() {
        let rank = Double(barred.firstIndex(of: index) ?? 0)
        draw(one, index, barShift: (rank - Double(barred.count - 1) / 2) * SceneBuilder.barShift)
      }
    case .bars(let bars, _): draw(bars)
    case .heatmap(let map): draw(map)
    }
    scene.items.append(.clip(nil))
    drawFrame()
    drawTexts()
    if case .series(let series) = figure.content { drawLegend(series) }
    if let range = FigureAxes.heatRange(of: figure) { drawColorBar(range) }
    return scene
  }

  static func width(_ text: String) -> Double { Double(BitmapFont.width(of: text)) }

  // MARK: - Places

  private func point(_ x: Double, _ y: Double) -> Point? {
    guard let across = xAxis.place(x), let up = yAxis.place(y) else { return nil }
    return Point(area.x + across * area.width, area.bottom - up * area.height)
  }

  // MARK: - Data

  /// How far bars of curves are apart where these have a position in common, in units.
  private static let barShift = 2.5

  private mutating func draw(_ series: Figure.Series, _ index: Int, barShift: Double) {
    let color = PlotColors.series(index)
    drawBand(series, color)
    var run: [Point] = []
    for (x, y) in zip(series.x, series.y) {
      if let point = point(x, y) { run.append(point) } else { flush(&run, series.style, index) }
    }
    flush(&run, series.style, index)
    for (x, ends) in zip(series.x, series.ends) where !ends.isEmpty {
      drawBar(x, ends, color, barShift)
    }
  }

  /// The bands between the gaps of a series.
  private mutating func drawBand(_ series: Figure.Series, _ color: Color) {
    let fill = Color(color.red, color.green, color.blue, alpha: 56)
    var (upper, lower): ([Point], [Point]) = ([], [])
    func band() -> [SceneItem] {
      upper.count > 1 ? [.band(upper: upper, lower: lower, fill: fill)] : []
    }
    for (x, (low, high)) in zip(series.x, zip(series.low, series.high)) {
      // On a logarithmic axis, a band that reaches below zero ends at the edge.
      if let top = point(x, high) {
        upper.append(top)
        lower.append(point(x, low) ?? Point(top.x, area.bottom))
      } else {
        scene.items += band()
        (upper, lower) = ([], [])
      }
    }
    scene.items += band()
  }

  /// A bar between two values with a cap at each end; on a logarithmic axis, one that begins at or
  /// below zero begins at the edge.
  private mutating func drawBar(_ x: Double, _ ends: [Double], _ color: Color, _ shift: Double) {
    func shifted(_ y: Double) -> Point? { point(x, y).map { Point($0.x + shift, $0.y) } }
    guard let top = shifted(ends[1]) else { return }
    let low = shifted(ends[0])
    let bottom = low ?? Point(top.x, area.bottom)
    scene.items.append(.line([top, bottom], color: color, width: 1))
    for end in [top] + (low.map { [$0] } ?? []) {
      let cap = [Point(end.x - 3, end.y), Point(end.x + 3, end.y)]
      scene.items.append(.line(cap, color: color, width: 1))
    }
  }

  /// Draws the points since the last gap.
  private mutating func flush(_ run: inout [Point], _ style: Figure.Series.Style, _ index: Int) {
    defer { run = [] }
    guard !run.isEmpty else { return }
    let (color, mark) = (PlotColors.series(index), PlotColors.mark(figure.isBundle ? 0 : index))
    if style == .line && run.count > 1 {
      scene.items.append(
        .line(run, color: color, width: 1.6, dash: figure.isBundle ? [] : PlotColors.dash(index)))
      // Marks tell curves apart as well, as long as they do not touch each other.
      guard figure.seriesCount > 1, !figure.isBundle, Double(run.count) * 12 < area.width else {
        return
      }
      scene.items.append(.marks(run, mark, color: color, radius: 2.4))
    } else {
      scene.items.append(.marks(run, mark, color: color, radius: run.count > 500 ? 1.5 : 2.4))
    }
  }

  private mutating func draw(_ bars: [Figure.Bar]) {
    let base = yAxis.place(0) ?? 0
    let floor = area.bottom - min(max(base, 0), 1) * area.height
    let isDense = Double(bars.count) > area.width / 3
    for bar in bars {
      guard let left = point(bar.left, bar.value), let right = point(bar.right, bar.value)
      else { continue }
      let gap = isDense ? 0 : min(1, (right.x - left.x) / 8)
      let box = Box(
        x: left.x + gap / 2, y: min(left.y, floor), width: right.x - left.x - gap,
        height: abs(left.y - floor))
      scene.items.append(.rectangle(box, fill: PlotColors.series(0)))
    }
  }

  private mutating func draw(_ map: Figure.Heatmap) {
    guard let range = FigureAxes.heatRange(of: figure) else { return }
    // More cells than this cannot be distinguished, and would make huge files.
    let (rows, columns) = (min(map.rows, 256), min(map.columns, 256))
    let colors = (0..<rows * columns).map { index in
      let (row, column) = (index / columns, index % columns)
      let cell = row * map.rows / rows * map.columns + column * map.columns / columns
      return PlotColors.heat(FigureAxes.share(map.values[cell], in: range))
    }
    scene.items.append(.cells(colors, rows: rows, columns: columns, in: area))
  }

  // MARK: - Frame

  private mutating func drawGrid() {
    for tick in yTicks {
      let y = area.bottom - tick.place * area.height
      scene.items.append(
        .line([Point(area.x, y), Point(area.right, y)], color: PlotColors.grid, width: 1))
    }
  }

  private mutating func drawFrame() {
    let corners = [
      Point(area.x, area.y), Point(area.x, area.bottom), Point(area.right, area.bottom),
    ]
    scene.items.append(.line(corners, color: PlotColors.frame, width: 1))
    for tick in yTicks {
      let y = area.bottom - tick.place * area.height
      mark(from: Point(area.x - 4, y), to: Point(area.x, y))
      write(tick.text, at: Point(area.x - 6, y + 3.5), .end)
    }
    for tick in xTicks {
      let x = area.x + tick.place * area.width
      mark(from: Point(x, area.bottom), to: Point(x, area.bottom + 4))
      write(tick.text, at: Point(x, area.bottom + 5 + SceneBuilder.lineHeight - 3), .middle)
    }
  }

  private mutating func mark(from start: Point, to end: Point) {
    scene.items.append(.line([start, end], color: PlotColors.frame, width: 1))
  }

  private mutating func write(_ text: String, at point: Point, _ anchor: TextAnchor) {
    guard !text.isEmpty else { return }
    scene.items.append(
      .text(text, at: point, anchor: anchor, color: PlotColors.text, isVertical: false))
  }

  private mutating func drawTexts() {
    let middle = area.x + area.width / 2
    write(figure.title, at: Point(middle, 8 + SceneBuilder.lineHeight), .middle)
    write(figure.xLabel, at: Point(middle, Double(scene.height) - 7), .middle)
    guard !figure.yLabel.isEmpty else { return }
    scene.items.append(
      .text(
        figure.yLabel, at: Point(15, area.y + area.height / 2), anchor: .middle,
        color: PlotColors.text, isVertical: true))
  }

  // MARK: - Legend

  /// The width of a line or a mark in the legend.
  private static let sampleWidth = 26.0

  /// The room beside the data that names of curves need, at most two fifths of the figure.
  private static func legendWidth(of figure: Figure, at width: Int) -> Double {
    guard case .series(let series) = figure.content else { return 0 }
    let widest = series.filter { !$0.label.isEmpty }.map { SceneBuilder.width($0.label) }.max()
    return widest.map { min($0 + sampleWidth + 12, Double(width) * 0.4).rounded() } ?? 0
  }

  /// Draws the legend to the right of the data.
  private mutating func drawLegend(_ series: [Figure.Series]) {
    let named = series.enumerated().filter { !$0.element.label.isEmpty && $0.element.hasPoints }
    let left = area.right + 10
    let room = Double(scene.width) - left - SceneBuilder.sampleWidth - 8
    for (row, (index, one)) in named.enumerated() {
      let y = area.y + 3 + (Double(row) + 0.5) * (SceneBuilder.lineHeight + 3)
      guard y < area.bottom else { break }
      let (color, middle) = (PlotColors.series(index), left + SceneBuilder.sampleWidth / 2 - 3)
      if one.style == .line {
        let line = [Point(left, y), Point(left + SceneBuilder.sampleWidth - 6, y)]
        scene.items.append(.line(line, color: color, width: 1.6, dash: PlotColors.dash(index)))
      }
      if one.style == .dots || series.count > 1 {
        scene.items.append(
          .marks([Point(middle, y)], PlotColors.mark(index), color: color, radius: 2.4))
      }
      let name = BitmapFont.fitting(one.label, width: Int(max(room, 1)), scale: 1)
      write(name, at: Point(left + SceneBuilder.sampleWidth, y + 3.5), .start)
    }
  }

  private mutating func drawColorBar(_ range: ClosedRange<Double>) {
    let bar = Box(x: area.right + 10, y: area.y, width: 10, height: area.height)
    let colors = (0..<64).map { PlotColors.heat(Double(63 - $0) / 63) }
    scene.items.append(.cells(colors, rows: 64, columns: 1, in: bar))
    write(NumberText.short(range.upperBound), at: Point(bar.right + 3, bar.y + 8), .start)
    write(NumberText.short(range.lowerBound), at: Point(bar.right + 3, bar.bottom), .start)
  }
}
