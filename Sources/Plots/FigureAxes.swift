// SPDX-License-Identifier: Apache-2.0
//
// The axes of a figure's content and their tick marks, for all renderers.

import Tensors

extension Figure.Series {
  /// The lower and the upper ends of the bars of errors; none for a point without one.
  var ends: [[Double]] {
    zip(y, errors).map { value, error in
      error > 0 && error.isFinite ? [value - error, value + error] : []
    }
  }

  /// Whether it has a point at all; a curve without one is not in the legend, and those after it
  /// keep their colours.
  var hasPoints: Bool { zip(x, y).contains { $0.isFinite && $1.isFinite } }
}

extension Figure {
  /// What of the curves cannot be shown, in words; nil if everything can.
  package var omission: String? {
    guard case .series(let series) = content else { return nil }
    let points = series.flatMap { Array(zip($0.x, $0.y)) }.filter {
      $0.0.isFinite && $0.1.isFinite
    }
    guard !points.isEmpty else { return "no point of this figure is finite, so it is empty" }
    let omitted = points.filter { (xScale == .log && $0.0 <= 0) || (yScale == .log && $0.1 <= 0) }
    guard !omitted.isEmpty else { return nil }
    return "\(omitted.count) of \(counted(points.count, "point")) "
      + (omitted.count == 1 ? "is" : "are")
      + " not positive, which a logarithmic axis cannot show"
  }
}

/// Chooses axes and tick marks.
package enum FigureAxes {
  /// The horizontal and the vertical axis.
  package static func axes(of figure: Figure) -> (Axis, Axis) {
    let (x, y) = fitted(to: figure)
    return (
      figure.xLimits.map { Axis($0, scale: x.scale) } ?? x,
      figure.yLimits.map { Axis($0, scale: y.scale) } ?? y
    )
  }

  /// Axes over all that the figure holds.
  private static func fitted(to figure: Figure) -> (Axis, Axis) {
    switch figure.content {
    case .series(let series):
      return (
        Axis(values: series.lazy.flatMap(\.x), scale: figure.xScale),
        Axis(
          values: series.lazy.flatMap { $0.y + $0.ends.joined() + $0.low + $0.high },
          scale: figure.yScale)
      )
    case .bars(let bars, _):
      return (
        Axis(values: bars.lazy.flatMap { [$0.left, $0.right] }, scale: .linear, margin: 0.02),
        Axis(values: bars.lazy.map(\.value), scale: figure.yScale, includingZero: true)
      )
    case .heatmap(let map):
      return (
        Axis(values: [-0.5, Double(map.columns) - 0.5], scale: .linear, margin: 0),
        Axis(values: [-0.5, Double(map.rows) - 0.5], scale: .linear, margin: 0)
      )
    }
  }

  /// Horizontal tick marks that do not overlap; `measure` gives the width of a text.
  package static func xTicks(
    of figure: Figure, axis: Axis, width: Double, measure: (String) -> Double
  ) -> [Axis.Tick] {
    if case .bars(let bars, let names) = figure.content, !names.isEmpty {
      let ticks = zip(bars, names).compactMap { bar, name -> Axis.Tick? in
        let middle = bar.left / 2 + bar.right / 2
        guard let place = axis.place(middle), (0...1).contains(place) else { return nil }
        return Axis.Tick(value: middle, text: name, place: place)
      }
      return thinned(ticks, width: width, measure: measure)
    }
    // The marks of a logarithmic axis are crowded at one end, so fewer of them have to fit.
    var count = max(2, Int(width / (axis.scale == .log ? 35 : 70)))
    // A single mark tells no scale, and the next step may be half as wide.
    if whole(axis.ticks(count), of: figure).count < 2 { count *= 2 }
    while count > 1 {
      let ticks = whole(axis.ticks(count), of: figure)
      if fits(ticks, width: width, measure: measure) { return ticks }
      count -= 1
    }
    return thinned(whole(axis.ticks(2), of: figure), width: width, measure: measure)
  }

  /// Vertical tick marks; rows of a heat map count from the top.
  package static func yTicks(of figure: Figure, axis: Axis, count: Int) -> [Axis.Tick] {
    let ticks = whole(axis.ticks(count), of: figure)
    guard case .heatmap = figure.content else { return ticks }
    return ticks.map { Axis.Tick(value: $0.value, text: $0.text, place: 1 - $0.place) }
  }

  /// The range of the values of a heat map; nil for other figures.
  package static func heatRange(of figure: Figure) -> ClosedRange<Double>? {
    guard case .heatmap(let map) = figure.content else { return nil }
    let finite = map.values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return 0...1 }
    return low...high
  }

  /// The position of a value in a range, from 0 to 1; 0.5 if the range is a point.
  package static func share(_ value: Double, in range: ClosedRange<Double>) -> Double {
    guard range.lowerBound < range.upperBound else { return value.isFinite ? 0.5 : .nan }
    let span = range.upperBound / 2 - range.lowerBound / 2
    return (value / 2 - range.lowerBound / 2) / span
  }

  /// Cells and unnamed bars are counted, so only integers are marked there.
  private static func whole(_ ticks: [Axis.Tick], of figure: Figure) -> [Axis.Tick] {
    guard case .heatmap = figure.content else { return ticks }
    return ticks.filter { $0.value == $0.value.rounded() }
  }

  private static func fits(
    _ ticks: [Axis.Tick], width: Double, measure: (String) -> Double
  ) -> Bool {
    zip(ticks, ticks.dropFirst()).allSatisfy { left, right in
      let room = (right.place - left.place) * width
      return room >= (measure(left.text) + measure(right.text)) / 2 + 8
    }
  }

  /// Every nth mark, with the smallest n for which labels do not overlap.
  private static func thinned(
    _ ticks: [Axis.Tick], width: Double, measure: (String) -> Double
  ) -> [Axis.Tick] {
    var step = 1
    while step < ticks.count {
      let some = stride(from: 0, to: ticks.count, by: step).map { ticks[$0] }
      if fits(some, width: width, measure: measure) { return some }
      step += 1
    }
    return Array(ticks.prefix(1))
  }
}
