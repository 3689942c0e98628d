// SPDX-License-Identifier: Apache-2.0
//
// A figure is a value: what is shown, not how. Renderers turn it into SVG, into pixels or into
// characters; equal figures give equal output. Numbers that are not finite are allowed in the data
// and leave gaps, because the curve of a training run that diverged is worth looking at too.

/// What went wrong with a figure, as a message for the user.
public struct PlotError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `ValueError` or `ShapeError`.
  public let kind: String
  /// What was wrong, without a full stop.
  public let message: String
  /// What to try instead, or empty.
  public let hint: String

  /// Makes an error of the given kind.
  public init(kind: String, message: String, hint: String = "") {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  /// The kind and the message on one line.
  public var description: String { "\(kind): \(message)" }
}

/// A plot with its title, its axes and its data.
public struct Figure: Sendable, Equatable {
  /// How values are spaced along an axis.
  public enum Scale: String, Sendable, CaseIterable {
    case linear
    /// Equal ratios are equally spaced; values that are not positive are left out.
    case log
  }

  /// Points that are drawn as one curve.
  public struct Series: Sendable, Equatable {
    /// How the points are drawn.
    public enum Style: Sendable, Equatable {
      case line
      case dots
    }

    /// Horizontal and vertical positions, equally many.
    public let x, y: [Double]
    /// The name in the legend, or empty.
    public let label: String
    /// How the points are drawn.
    public let style: Style
    /// How far the bar of each point reaches up and down; empty without bars.
    public let errors: [Double]
    /// The edges of a band around the curve, as many as there are points; empty without a band.
    public var low: [Double] = [], high: [Double] = []
  }

  /// A bar from 0 to its value, between two positions on the axis across.
  public struct Bar: Sendable, Equatable {
    /// Where the bar begins and ends.
    public let left, right: Double
    /// How high it is.
    public let value: Double
  }

  /// A matrix shown in colours; row 0 is at the top.
  public struct Heatmap: Sendable, Equatable {
    /// The values row by row.
    public let values: [Double]
    /// How many of each there are.
    public let rows, columns: Int
  }

  /// What a figure shows.
  public enum Content: Sendable, Equatable {
    case series([Series])
    /// Bars; `names` are written below them, or the axis has numbers if there are none.
    case bars([Bar], names: [String])
    case heatmap(Heatmap)
  }

  /// What is shown.
  public let content: Content
  /// The heading.
  public var title = ""
  /// The labels of the axes.
  public var xLabel = "", yLabel = ""
  /// How values are spaced along the axes.
  public var xScale = Scale.linear, yScale = Scale.linear
  /// The size in units; a unit is a pixel of an SVG and a point of a PDF.
  public var width = 480, height = 320
  /// Where the axis across begins and ends; nil for what the data need. Set by `limit`.
  public private(set) var xLimits: ClosedRange<Double>?
  /// Where the axis upwards begins and ends; nil for what the data need.
  public private(set) var yLimits: ClosedRange<Double>?

  private init(_ content: Content) { self.content = content }

  /// Whether curves are drawn alike: many without names are a bundle, not things to tell apart.
  var isBundle: Bool {
    guard case .series(let series) = content else { return false }
    return series.count > 6 && series.allSatisfy { $0.label.isEmpty }
  }

  /// The number of curves.
  var seriesCount: Int {
    if case .series(let series) = content { series.count } else { 0 }
  }
}

extension Figure {
  /// The most numbers that a figure may hold.
  private static let pointLimit = 1 << 20

  /// One line through each list of `y`; horizontal positions are `x`, or 0, 1, 2, ..., or `xs`, one
  /// list for each curve.
  ///
  /// With `errors`, in the shape of `y`, each point has a bar that reaches so far up and down;
  /// errors that are not positive numbers have none. `low` and `high` are the edges of a band
  /// around each curve.
  ///
  /// - Throws: `PlotError` when there is nothing to draw or counts differ.
  public static func line(
    y: [[Double]], x: [Double]? = nil, xs: [[Double]] = [], labels: [String] = [],
    errors: [[Double]] = [], low: [[Double]] = [], high: [[Double]] = []
  ) throws -> Figure {
    var curves = try series(y, x: x, xs: xs, labels: labels, style: .line, errors: errors)
    for edges in [low, high] where !edges.isEmpty && edges.map(\.count) != y.map(\.count) {
      throw PlotError(kind: "ShapeError", message: "a band has not the shape of its curve")
    }
    for index in curves.indices where !low.isEmpty && !high.isEmpty {
      (curves[index].low, curves[index].high) = (low[index], high[index])
    }
    return Figure(.series(curves))
  }

  /// A dot for every pair of positions; `xs` holds those of each curve, in place of `x`.
  ///
  /// - Throws: `PlotError` when there is nothing to draw or counts differ.
  public static func scatter(
    x: [Double]?, xs: [[Double]] = [], y: [[Double]], labels: [String] = []
  ) throws -> Figure {
    Figure(.series(try series(y, x: x, xs: xs, labels: labels, style: .dots)))
  }

  /// One curve for each of `runs`: the mean over its rows, in a band that shows how they differ.
  ///
  /// Each of `runs` holds the curves of its repetitions, all equally long. Values that are not
  /// finite are left out of mean and band.
  ///
  /// - Throws: `PlotError` when there is nothing to draw or counts differ.
  public static func band(
    runs: [[[Double]]], x: [Double]? = nil, labels: [String] = [], spread: Spread = .range
  ) throws -> Figure {
    try checkCount(runs.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } })
    let summaries = try runs.map { repetitions in
      guard let length = repetitions.first?.count, repetitions.allSatisfy({ $0.count == length })
      else {
        throw PlotError(kind: "ShapeError", message: "the repetitions of a curve differ in length")
      }
      return (0..<length).map { place in spread.summary(of: repetitions.map { $0[place] }) }
    }
    return try line(
      y: summaries.map { $0.map(\.middle) }, x: x, labels: labels,
      low: summaries.map { $0.map(\.low) }, high: summaries.map { $0.map(\.high) })
  }

  /// A bar for every value, named if there are names, at the positions `x` or 0, 1, 2, ...
  ///
  /// - Throws: `PlotError` when there is nothing to draw or counts differ.
  public static func bar(
    values: [Double], x: [Double]? = nil, names: [String] = []
  ) throws -> Figure {
    try checkCount(values.count)
    let x = x ?? values.indices.map(Double.init)
    guard x.count == values.count else {
      throw PlotError(
        kind: "ShapeError",
        message: "\(x.count) positions across do not fit \(values.count) values")
    }
    guard x.allSatisfy({ $0.isFinite && abs($0) < 1e300 }) else {
      throw PlotError(kind: "ValueError", message: "the position of a bar is not finite")
    }
    guard names.isEmpty || names.count == values.count else {
      throw PlotError(
        kind: "ValueError", message: "\(values.count) bars have \(names.count) labels")
    }
    // Bars take four fifths of the distance between the closest two.
    let sorted = x.sorted()
    let distances = zip(sorted, sorted.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }
    let half = 0.4 * (distances.min() ?? 1)
    let bars = zip(x, values).map { Bar(left: $0 - half, right: $0 + half, value: $1) }
    return Figure(.bars(bars, names: names))
  }

  /// The number of values in each of `bins` equal intervals; values that are not finite are
  /// ignored.
  ///
  /// - Throws: `PlotError` when there is nothing to count or `bins` is out of range.
  public static func histogram(values: [Double], bins: Int = 20) throws -> Figure {
    guard (1...10_000).contains(bins) else {
      throw PlotError(kind: "ValueError", message: "bins must be from 1 to 10000, not \(bins)")
    }
    let finite = values.filter(\.isFinite)
    guard var low = finite.min(), var high = finite.max() else {
      throw PlotError(kind: "ValueError", message: "there are no values to count")
    }
    if low == high { (low, high) = (low - 0.5, high + 0.5) }
    // Halving first avoids overflow for values near the largest double.
    let width = (high / 2 - low / 2) / Double(bins) * 2
    var counts = [Int](repeating: 0, count: bins)
    for value in finite {
      let position = width > 0 ? (value / 2 - low / 2) / width * 2 : 0
      counts[min(bins - 1, max(0, Int(min(position, Double(bins)))))] += 1
    }
    let bars = counts.enumerated().map { index, count in
      Bar(
        left: low + Double(index) * width, right: low + Double(index + 1) * width,
        value: Double(count))
    }
    return Figure(.bars(bars, names: []))
  }

  /// A matrix (`rows`, `columns`), row by row, in colours.
  ///
  /// - Throws: `PlotError` when the count does not fit.
  public static func heatmap(values: [Double], rows: Int, columns: Int) throws -> Figure {
    try checkCount(values.count)
    let (count, overflows) = rows.multipliedReportingOverflow(by: columns)
    guard rows > 0, columns > 0, !overflows, count == values.count else {
      throw PlotError(
        kind: "ShapeError",
        message: "\(values.count) values do not fill \(rows) rows of \(columns)")
    }
    return Figure(.heatmap(Heatmap(values: values, rows: rows, columns: columns)))
  }

  /// Sets where the axes begin and end; nil for what the data need.
  ///
  /// - Throws: `PlotError` for limits that are no range, or that a logarithmic axis cannot show.
  public mutating func limit(x: (Double, Double)?, y: (Double, Double)?) throws {
    xLimits = try x.map { try Figure.range($0, "xlim", xScale) }
    yLimits = try y.map { try Figure.range($0, "ylim", yScale) }
  }

  private static func range(
    _ limits: (Double, Double), _ name: String, _ scale: Scale
  ) throws -> ClosedRange<Double> {
    let largest = Double.greatestFiniteMagnitude / 4
    guard abs(limits.0) <= largest, abs(limits.1) <= largest, limits.0 < limits.1 else {
      throw PlotError(
        kind: "ValueError", message: "\(name) is no range of numbers",
        hint: "give the smaller one first: \(name) = [0, 1]")
    }
    guard scale == .linear || limits.0 > 0 else {
      throw PlotError(
        kind: "ValueError", message: "\(name) of a logarithmic axis must be positive",
        hint: "begin at 1, 0.1 or 0.01")
    }
    return limits.0...limits.1
  }

  private static func series(
    _ y: [[Double]], x: [Double]?, xs: [[Double]] = [], labels: [String], style: Series.Style,
    errors: [[Double]] = []
  ) throws -> [Series] {
    try checkCount(y.reduce(0) { $0 + $1.count })
    guard xs.isEmpty || xs.count == y.count else {
      throw PlotError(
        kind: "ShapeError",
        message:
          "there is not one list of positions for each curve (curves: \(y.count), lists: \(xs.count))",
        hint: "give one list for each curve, or one for all")
    }
    guard labels.isEmpty || labels.count == y.count else {
      throw PlotError(
        kind: "ValueError",
        message:
          "there is not one label for each curve (curves: \(y.count), labels: \(labels.count))")
    }
    guard errors.isEmpty || errors.map(\.count) == y.map(\.count) else {
      throw PlotError(
        kind: "ShapeError", message: "errors have not the shape of the curves",
        hint: "give one number for each point")
    }
    return try y.enumerated().map { index, values in
      let positions = xs.isEmpty ? x ?? values.indices.map(Double.init) : xs[index]
      guard positions.count == values.count else {
        throw PlotError(
          kind: "ShapeError",
          message: "\(positions.count) positions across do not fit \(values.count) values")
      }
      let label = labels.isEmpty ? "" : labels[index]
      return Series(
        x: positions, y: values, label: label, style: style,
        errors: errors.isEmpty ? [] : errors[index])
    }
  }

  private static func checkCount(_ count: Int) throws {
    guard count > 0 else {
      throw PlotError(kind: "ValueError", message: "there is nothing to plot")
    }
    guard count <= pointLimit else {
      throw PlotError(
        kind: "ValueError", message: "\(count) points are too many for a figure",
        hint: "take every nth, or a histogram")
    }
  }
}
