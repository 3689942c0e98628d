// SPDX-License-Identifier: Apache-2.0
//
// A figure in characters, for terminals and logs. A braille character has 2 x 4 dots, so a curve
// of 60 x 15 characters has 120 x 60 points; bars grow by eighths of a character; a heat map uses
// shades. Everything exists in plain ASCII as well. In a window no line is longer than the window.

import TerminalText

/// Draws figures as text.
public struct TextRenderer: Sendable {
  /// The size of the drawing without its labels, in characters.
  public var columns, rows: Int
  /// Whether braille and block characters may be used.
  public var isUnicode: Bool
  /// Whether curves are distinguished by colour, as SGR escape sequences.
  public var isColored: Bool
  /// The most columns of a line, labels included; nil where lines have any length.
  public private(set) var width: Int?

  /// Makes a renderer; sizes are kept between 10 x 3 and 400 x 200.
  public init(
    columns: Int = 60, rows: Int = 14, isUnicode: Bool = true, isColored: Bool = false
  ) {
    self.columns = min(max(columns, 10), 400)
    self.rows = min(max(rows, 3), 200)
    self.isUnicode = isUnicode
    self.isColored = isColored
  }

  /// Makes a renderer for a window of `width` columns: a drawing fills most of a narrow window, and
  /// grows with a wide one. Without a window, the drawing has its usual size.
  public init(fitting width: Int?, isUnicode: Bool = true, isColored: Bool = false) {
    let columns = width.map { min(max($0 * 3 / 4, 60), 120) } ?? 60
    // A drawing of twice the width is not twice as high: it should leave room for the prompt.
    self.init(
      columns: columns, rows: min(14 * columns / 60, 20), isUnicode: isUnicode,
      isColored: isColored)
    // A line that fills the last column is continued by some terminals.
    self.width = width.map { max(20, $0 - 1) }
  }

  /// The figure as text, ending in a newline.
  public func render(_ figure: Figure) -> String {
    let (xAxis, yAxis) = FigureAxes.axes(of: figure)
    var fitted = self
    if let width {
      let labels = TextFrame.labels(figure, yAxis, rows: rows)
      fitted.columns = max(6, min(columns, width - TextFrame.margin(labels)))
    }
    return fitted.draw(figure, xAxis, yAxis)
  }

  private func draw(_ figure: Figure, _ xAxis: Axis, _ yAxis: Axis) -> String {
    let body: [String]
    switch figure.content {
    case .series(let series): body = curves(series, xAxis, yAxis)
    case .bars(let bars, let names):
      if !names.isEmpty { return namedBars(bars, names, figure) }
      body = columnBars(bars, xAxis, yAxis)
    case .heatmap(let map): body = shades(map, figure)
    }
    let frame = TextFrame(
      figure: figure, xAxis: xAxis, yAxis: yAxis, columns: columns, rows: rows, width: width)
    return frame.lines(around: body, isUnicode: isUnicode).joined(separator: "\n") + "\n"
      + legend(figure)
  }

  // MARK: - Curves

  private func curves(_ series: [Figure.Series], _ xAxis: Axis, _ yAxis: Axis) -> [String] {
    var canvas = DotCanvas(columns: columns, rows: rows, isUnicode: isUnicode)
    for (index, one) in series.enumerated() {
      // The edges of a band are dotted.
      for edge in [one.low, one.high] {
        var last: (Int, Int)?
        for (x, y) in zip(one.x, edge) {
          guard let across = xAxis.place(x), let up = yAxis.place(y) else {
            last = nil
            continue
          }
          let point = canvas.position(across, up)
          if let last { canvas.line(from: last, to: point, index, every: 4) }
          canvas.set(point.0, point.1, index)
          last = point
        }
      }
      var last: (Int, Int)?
      for (x, y) in zip(one.x, one.y) {
        guard let across = xAxis.place(x), let up = yAxis.place(y) else {
          last = nil
          continue
        }
        let point = canvas.position(across, up)
        if let last, one.style == .line { canvas.line(from: last, to: point, index) }
        if one.style == .dots && series.count > 1 {
          canvas.put(DotCanvas.glyph(index), at: point, index)
        } else if last == nil || one.style == .dots {
          canvas.set(point.0, point.1, index)
        }
        last = point
      }
    }
    return canvas.lines(isColored: isColored)
  }

  private func legend(_ figure: Figure) -> String {
    guard case .series(let series) = figure.content else { return "" }
    let shown = series.enumerated().filter { !$0.element.label.isEmpty && $0.element.hasPoints }
    let names = shown.map {
      index, one -> (text: String, width: Int) in
      let sample =
        !isUnicode
        ? DotCanvas.mark(index)
        : one.style == .dots
          ? String(series.count > 1 ? DotCanvas.glyph(index) : "●") : DotCanvas.stroke(index)
      let room = (width ?? Int.max) - sample.count - 3
      let label = DisplayWidth.prefix(one.label, columns: room)
      return (
        DotCanvas.colored(sample, index, isColored) + " " + label,
        sample.count + 1 + DisplayWidth.of(label)
      )
    }
    return WordWrapping.rows(of: names, columns: width ?? Int.max).map { $0 + "\n" }.joined()
  }

  // MARK: - Bars

  /// Vertical bars over a numeric axis.
  private func columnBars(_ bars: [Figure.Bar], _ xAxis: Axis, _ yAxis: Axis) -> [String] {
    let blocks = isUnicode ? Array(" ▁▂▃▄▅▆▇█") : Array(" .:|")
    let steps = blocks.count - 1
    var heights = [Int](repeating: 0, count: columns)
    for bar in bars {
      guard let left = xAxis.place(bar.left), let right = xAxis.place(bar.right),
        let top = yAxis.place(bar.value)
      else { continue }
      let height = Int((min(max(top, 0), 1) * Double(rows * steps)).rounded())
      let first = max(0, Int(left * Double(columns)))
      let last = min(columns, max(first + 1, Int(right * Double(columns))))
      for column in first..<max(first, last) { heights[column] = max(heights[column], height) }
    }
    return (0..<rows).map { row in
      let below = (rows - 1 - row) * steps
      return String(heights.map { blocks[min(max($0 - below, 0), steps)] })
    }
  }

  /// Horizontal bars with their names on the left and their values on the right.
  private func namedBars(_ bars: [Figure.Bar], _ names: [String], _ figure: Figure) -> String {
    let blocks = isUnicode ? Array("▏▎▍▌▋▊▉█") : Array("#")
    let largest = bars.map(\.value).filter(\.isFinite).map(abs).max() ?? 0
    let values = bars.map { NumberText.short($0.value) }
    let room = width.map { max(4, $0 / 3) } ?? 24
    let left = min(names.map { DisplayWidth.of($0) }.max() ?? 0, min(room, 24))
    let right = (values.map(\.count).max() ?? 0) + 1
    let length = width.map { max(2, min(columns, $0 - 3 - left - right)) } ?? columns
    var lines = TextFrame.heading(figure.title, within: width)
    for ((bar, name), value) in zip(zip(bars, names), values) {
      let share = largest > 0 && bar.value.isFinite ? abs(bar.value) / largest : 0
      let eighths = Int((share * Double(length * blocks.count)).rounded())
      var drawn = String(
        repeating: blocks[blocks.count - 1], count: eighths / blocks.count)
      if eighths % blocks.count > 0 { drawn.append(blocks[eighths % blocks.count - 1]) }
      let shown = DisplayWidth.prefix(name, columns: left)
      let padding = String(repeating: " ", count: max(0, left - DisplayWidth.of(shown)))
      lines.append("  \(padding)\(shown) \(drawn) \(value)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: - Heat maps

  private func shades(_ map: Figure.Heatmap, _ figure: Figure) -> [String] {
    let ramp = isUnicode ? Array(" ░▒▓█") : Array(" .:-=+*#%@")
    let range = FigureAxes.heatRange(of: figure) ?? 0...1
    return (0..<rows).map { row in
      String(
        (0..<columns).map { column in
          let cell = row * map.rows / rows * map.columns + column * map.columns / columns
          let share = FigureAxes.share(map.values[cell], in: range)
          guard share.isFinite else { return "?" }
          return ramp[min(ramp.count - 1, Int(share * Double(ramp.count)))]
        })
    }
  }
}
