// SPDX-License-Identifier: Apache-2.0
//
// `plot.`: figures from numbers. Options that the functions share (labels, titles, scales) are read
// in one place and have the same names everywhere.

import Files
import Images
import Plots
import Runtime
import Tensors

/// The functions of `plot`.
enum PlotFunctions {
  static let functions: [Builtin] = [line, scatter, bar, histogram, heatmap, figures, table, save]

  private static let shared = "labels = nil, title = nil, xlabel = nil, ylabel = nil"
  private static let scales = "xscale = \"linear\", yscale = \"linear\""

  private static let line = Builtin(
    "plot.line(y, x = nil, *, errors = nil, \(shared), \(scales)) -> figure",
    "Draws a curve through numbers, or several curves.",
    details: """
      `y` is a list or tensor of numbers, or a list of these, or a matrix with one curve a row. `x` \
      holds the positions across, 0, 1, 2, ... by default. `errors`, in the shape of `y`, are how far \
      the bar of each point reaches up and down, such as half an interval; nan means no bar. `labels` \
      name the curves, scales are "linear" or "log".
      """,
    example: "plot.line([1, 4, 9])   #=> figure(1 curve, 3 points)",
    body: { call in
      let x = try call["x"].isNil ? nil : try call.numbers("x", areShown: true)
      let curves = try call.curves("y")
      return try finished(
        try Figure.line(
          y: curves, x: x, labels: try call.labels(),
          errors: call["errors"].isNil ? [] : call.curves("errors")), call)
    })

  private static let scatter = Builtin(
    "plot.scatter(x, y, *, \(shared), \(scales)) -> figure",
    "Draws a dot for every pair of numbers.",
    example: "plot.scatter([1, 2], [3, 4])   #=> figure(1 curve, 2 points)",
    body: { call in
      try finished(
        try Figure.scatter(
          x: call.numbers("x", areShown: true), y: call.curves("y"), labels: try call.labels()),
        call)
    })

  private static let bar = Builtin(
    "plot.bar(values, *, \(shared), yscale = \"linear\") -> figure",
    "Draws a bar for every number; `labels` are below the bars.",
    example: "plot.bar([3, 1], labels = [\"cat\", \"clock\"])   #=> figure(2 bars)",
    body: { call in
      try finished(
        try Figure.bar(values: call.numbers("values", areShown: true), names: try call.labels()),
        call)
    })

  private static let histogram = Builtin(
    "plot.hist(values, bins = 20, *, title = nil, xlabel = nil, ylabel = nil, "
      + "yscale = \"linear\") -> figure",
    "Counts how many numbers fall into each of `bins` equal intervals.",
    example: "plot.hist([1, 2, 2, 3], bins = 3)   #=> figure(3 bars)",
    body: { call in
      let bins = try call.integer("bins", in: 1...10_000)
      return try finished(
        try Figure.histogram(values: call.flatNumbers("values"), bins: bins), call)
    })

  private static let heatmap = Builtin(
    "plot.heatmap(x: [_, _], *, title = nil, xlabel = nil, ylabel = nil) -> figure",
    "Shows a matrix in colours, its first row on top.",
    example: "plot.heatmap([1, 2; 3, 4])   #=> figure(2 x 2 cells)",
    body: { call in
      let matrix = try call.tensor("x")
      return try finished(
        try Figure.heatmap(
          values: matrix.toArray().map(Double.init), rows: matrix.shape[0],
          columns: matrix.shape[1]), call)
    })

  private static let figures = Builtin(
    "plot.figures(list, cols = nil) -> figure",
    "Puts several figures on one sheet, `cols` in a row.",
    example: "plot.figures([plot.line([1, 2]), plot.bar([1, 2])])   #=> figure(2 plots)",
    body: { call in
      let figures = try call.values("list").flatMap { value -> [Figure] in
        guard let figures = Drawable.figures(of: value) else {
          throw call.wrongType("list", "a list of figures")
        }
        return figures
      }
      guard !figures.isEmpty, figures.count <= 256 else {
        throw call.failure(
          .value, "a sheet holds from 1 to 256 figures, not \(figures.count)", argument: "list")
      }
      let columns = try call["cols"].isNil ? nil : try call.integer("cols", in: 1...256)
      return FigureObject(figures, columns: columns).value
    })

  private static let table = Builtin(
    "plot.table(table: table, *, columns = nil, title = nil, xlabel = nil, ylabel = nil, "
      + "\(scales)) -> figure",
    "Draws the columns of a table as curves over its first column.",
    details: "`columns` are the names of those to draw, by default all that hold numbers.",
    example:
      "plot.table(table([{k: 1, db: 18.5}, {k: 2, db: 21}]))   #=> figure(1 curve, 2 points)",
    body: { call in
      let object = try call.tableObject("table")
      let table = try object.payload(as: TableValue.self)
      func numbers(_ column: Int) -> [Double]? {
        let found = table.column(column, of: object).compactMap { Conversion.number($0) }
        return found.count == table.rowCount ? found : nil
      }
      guard !table.columns.isEmpty, let x = numbers(0) else {
        throw call.failure(
          .value, "the first column of the table does not hold numbers", argument: "table")
      }
      let named = try call["columns"].isNil ? nil : call.strings("columns")
      for name in named ?? [] where !table.columns.contains(name) {
        throw call.failure(
          .value, "there is no column \"\(name)\" in this table",
          hint: "its columns are \(table.columns.joined(separator: ", "))", argument: "columns")
      }
      let drawn = table.columns.indices.dropFirst().filter { column in
        (named?.contains(table.columns[column]) ?? true) && numbers(column) != nil
      }
      guard !drawn.isEmpty else {
        throw call.failure(.value, "no other column of the table holds numbers", argument: "table")
      }
      return try finished(
        try Figure.line(
          y: drawn.compactMap { numbers($0) }, x: x, labels: drawn.map { table.columns[$0] }),
        call)
    })

  private static let save = Builtin(
    "plot.save(figure: figure, path: string, *, scale = 2)",
    "Writes a figure to an .svg or .png file; `scale` is the number of pixels a unit of a PNG.",
    example: """
      plot.save(plot.line([1, 4, 9]), "squares.png", scale = 1)
      image.load("squares.png").shape   #=> [1, 3, 320, 480]
      """,
    body: { call in
      let figure = try call.object("figure", MediaTypes.figure, as: FigureObject.self)
      let path = try call.path("path", endingIn: [".svg", ".png"])
      let scale = try call.integer("scale", in: 1...16)
      if path.lowercased().hasSuffix(".svg") {
        try AtomicFile.write(path: path, bytes: Array(figure.svg().utf8))
      } else {
        try PNG.save(figure.render(scale: scale), path: path)
      }
      return .nil
    })

  /// Sets the options that all figures share.
  private static func finished(_ plain: Figure, _ call: Call) throws -> Value {
    var figure = plain
    func text(_ name: String) throws -> String {
      call.takes(name) ? try call.optionalString(name) ?? "" : ""
    }
    figure.title = try text("title")
    figure.xLabel = try text("xlabel")
    figure.yLabel = try text("ylabel")
    if call.takes("xscale") { figure.xScale = try call.choice("xscale", as: Figure.Scale.self) }
    if call.takes("yscale") { figure.yScale = try call.choice("yscale", as: Figure.Scale.self) }
    return FigureObject([figure]).value
  }
}

extension Call {
  /// The names of the curves or bars.
  fileprivate func labels() throws -> [String] {
    try self["labels"].isNil ? [] : try strings("labels")
  }

  /// A table that `table` or a measure made.
  fileprivate func tableObject(_ name: String) throws -> ForeignObject {
    guard case .object(let object) = try self[name], object.type === TableFunctions.type else {
      throw wrongType(name, "a table")
    }
    return object
  }

  /// All numbers of a tensor or list, whatever its shape.
  fileprivate func flatNumbers(_ name: String) throws -> [Double] {
    if case .list(let list) = try self[name], list.items.contains(where: { $0.isRow }) {
      return try curves(name).flatMap { $0 }
    }
    return try tensor(name).toArray().map(Double.init)
  }

  /// One row of numbers per curve.
  fileprivate func curves(_ name: String) throws -> [[Double]] {
    if case .list(let list) = try self[name], list.count > 0,
      list.items.allSatisfy({ $0.isRow })
    {
      return try list.items.map { try Conversion.tensor($0).toArray().map(Double.init) }
    }
    if case .tensor(let tensor) = try self[name], tensor.rank == 2, tensor.shape[1] > 0 {
      let numbers = tensor.toArray().map(Double.init)
      return stride(from: 0, to: numbers.count, by: tensor.shape[1]).map {
        Array(numbers[$0..<$0 + tensor.shape[1]])
      }
    }
    if case .tensor(let tensor) = try self[name], tensor.rank > 2 {
      throw failure(
        .shape, "curves are numbers in a row or the rows of a matrix, not \(tensor.shape)",
        argument: name)
    }
    return [try numbers(name)]
  }
}

extension Value {
  /// Whether this holds several numbers, so that a list of such values is a list of rows.
  fileprivate var isRow: Bool {
    switch self {
    case .list, .range: true
    case .tensor(let tensor): tensor.count != 1 || tensor.rank > 0
    default: false
    }
  }
}
