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
  static let functions: [Builtin] = [
    line, band, scatter, bar, histogram, heatmap, figures, table, save,
  ]

  /// What is around the data, and how large the figure is.
  static let frame =
    "title = nil, xlabel = nil, ylabel = nil, width = 480, height = 320"
  private static let limits = "xlim = nil, ylim = nil"
  private static let shared = "labels = nil, \(frame), \(limits)"
  private static let scales = "xscale = \"linear\", yscale = \"linear\""

  private static let scaleChoices = [
    "xscale": Figure.Scale.words, "yscale": Figure.Scale.words,
  ]

  private static let line = Builtin(
    "plot.line(y, x = nil, *, errors = nil, \(shared), \(scales)) -> figure",
    "Draws a curve through numbers, or several curves.",
    details: """
      `y` is a list or tensor of numbers, or a list of these, or a matrix with one curve a row. `x` \
      holds the positions across, 0, 1, 2, ... by default, for all curves or, as a list of lists, for each of \
      them. `errors`, in the shape of `y`, are how far \
      the bar of each point reaches up and down, such as half an interval; nan means no bar. Bars of several \
      curves stand side by side. `labels` name the curves; a curve of nan alone keeps its colour, but is not \
      in the legend. Scales are "linear" or "log". `width` and `height` are in units, pixels of an SVG and \
      points of a PDF; `xlim` and `ylim` say where the axes begin and end, as [0, 1].
      """,
    example: "plot.line([1, 4, 9])   #=> figure(1 curve, 3 points)",
    choices: scaleChoices,
    body: { call in
      let curves = try call.curves("y")
      let (x, xs) = try call.positions("x")
      return try finished(
        try Figure.line(
          y: curves, x: x, xs: xs, labels: try call.labels(),
          errors: call["errors"].isNil ? [] : call.curves("errors")), call)
    })

  private static let band = Builtin(
    "plot.band(runs, x = nil, *, spread = \"range\", \(shared), \(scales)) -> figure",
    "Draws the mean of repeated curves in a band that shows how much they differ.",
    details: """
      `runs` is a matrix with one repetition a row, such as the curves of several seeds, or a list of such \
      matrices, one for each curve. The band is from the smallest to the largest value ("range"), or one \
      standard deviation ("std") or standard error of the mean ("sem") to each side. The other arguments are \
      as in plot.line.
      """,
    example: "plot.band([[1, 2, 3], [1, 3, 5]])   #=> figure(1 curve, 3 points)",
    choices: scaleChoices.merging(["spread": Figure.Spread.words]) { $1 },
    body: { call in
      let x = try call["x"].isNil ? nil : try call.numbers("x", areShown: true)
      let spread = try call.choice("spread", as: Figure.Spread.self)
      return try finished(
        try Figure.band(runs: call.runs("runs"), x: x, labels: call.labels(), spread: spread), call)
    })

  private static let scatter = Builtin(
    "plot.scatter(x, y, *, \(shared), \(scales)) -> figure",
    "Draws a dot for every pair of numbers.",
    details:
      "`y` may be several lists of numbers; then `x` holds their positions, for all or for each.",
    example: "plot.scatter([1, 2], [3, 4])   #=> figure(1 curve, 2 points)",
    choices: scaleChoices,
    body: { call in
      let (x, xs) = try call.positions("x")
      return try finished(
        try Figure.scatter(x: x, xs: xs, y: call.curves("y"), labels: call.labels()), call)
    })

  private static let bar = Builtin(
    "plot.bar(values, x = nil, *, \(shared), yscale = \"linear\") -> figure",
    "Draws a bar for every number, at the positions `x`; `labels` are below the bars.",
    example: "plot.bar([3, 1], labels = [\"cat\", \"clock\"])   #=> figure(2 bars)",
    choices: ["yscale": Figure.Scale.words],
    body: { call in
      try finished(
        try Figure.bar(
          values: call.numbers("values", areShown: true),
          x: call["x"].isNil ? nil : call.numbers("x", areShown: true), names: call.labels()),
        call)
    })

  private static let histogram = Builtin(
    "plot.hist(values, bins = 20, *, \(frame), \(limits), yscale = \"linear\") -> figure",
    "Counts how many numbers fall into each of `bins` equal intervals.",
    example: "plot.hist([1, 2, 2, 3], bins = 3)   #=> figure(3 bars)",
    choices: ["yscale": Figure.Scale.words],
    body: { call in
      let bins = try call.integer("bins", in: 1...10_000)
      return try finished(
        try Figure.histogram(values: call.flatNumbers("values"), bins: bins), call)
    })

  private static let heatmap = Builtin(
    "plot.heatmap(x: [_, _], *, \(frame)) -> figure",
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
    "plot.table(table: table, *, columns = nil, \(frame), \(limits), \(scales)) -> figure",
    "Draws the columns of a table as curves over its first column.",
    details: "`columns` are the names of those to draw, by default all that hold numbers.",
    example:
      "plot.table(table([{k: 1, db: 18.5}, {k: 2, db: 21}]))   #=> figure(1 curve, 2 points)",
    choices: scaleChoices,
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
    "Writes a figure to an .svg, .pdf or .png file; `scale` is the number of pixels a unit of a PNG.",
    details: "The text of an SVG and of a PDF is text, which can be searched and edited.",
    example: """
      plot.save(plot.line([1, 4, 9]), "squares.png", scale = 1)
      image.load("squares.png").shape   #=> [1, 3, 320, 480]
      """,
    body: { call in
      let figure = try call.object("figure", MediaTypes.figure, as: FigureObject.self)
      let path = try call.path("path", endingIn: [".svg", ".pdf", ".png"])
      let scale = try call.integer("scale", in: 1...16)
      if path.lowercased().hasSuffix(".svg") {
        try AtomicFile.write(path: path, bytes: Array(figure.svg().utf8))
      } else if path.lowercased().hasSuffix(".pdf") {
        try AtomicFile.write(path: path, bytes: figure.pdf())
      } else {
        try PNG.save(figure.render(scale: scale), path: path)
      }
      return .nil
    })

  /// Sets size, title and labels of a figure, unless they are nil.
  static func framed(_ plain: Figure, _ call: Call) throws -> Figure {
    var figure = plain
    figure.title = try call.optionalString("title") ?? figure.title
    figure.xLabel = try call.optionalString("xlabel") ?? figure.xLabel
    figure.yLabel = try call.optionalString("ylabel") ?? figure.yLabel
    figure.width = try call.integer("width", in: 160...8192)
    figure.height = try call.integer("height", in: 120...8192)
    return figure
  }

  /// Sets the options that figures of numbers share.
  private static func finished(_ plain: Figure, _ call: Call) throws -> Value {
    var figure = try framed(plain, call)
    if call.takes("xscale") { figure.xScale = try call.choice("xscale", as: Figure.Scale.self) }
    if call.takes("yscale") { figure.yScale = try call.choice("yscale", as: Figure.Scale.self) }
    if call.takes("xlim") {
      try figure.limit(x: call.limits("xlim"), y: call.limits("ylim"))
    }
    if let omission = figure.omission { call.session.note(omission) }
    return FigureObject([figure]).value
  }
}

extension Call {
  /// The names of the curves or bars.
  fileprivate func labels() throws -> [String] {
    try self["labels"].isNil ? [] : try strings("labels")
  }

  /// Where an axis begins and ends, or nil.
  fileprivate func limits(_ name: String) throws -> (Double, Double)? {
    guard try !self[name].isNil else { return nil }
    let numbers = try numbers(name, areShown: true)
    guard numbers.count == 2 else {
      throw failure(
        .value, "\(name) is a list of two numbers, not of \(numbers.count)",
        hint: "for example \(name) = [0, 1]", argument: name)
    }
    return (numbers[0], numbers[1])
  }

  /// A matrix of repetitions, or a list of such matrices.
  fileprivate func runs(_ name: String) throws -> [[[Double]]] {
    if case .list(let list) = try self[name], list.count > 0,
      list.items.allSatisfy({ $0.isRow && !$0.isRowOfNumbers })
    {
      return try list.items.map { try Conversion.tensor($0).rows(self, name) }
    }
    return [try tensor(name).rows(self, name)]
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

  /// The positions across: none, those of all curves, or those of each curve.
  fileprivate func positions(_ name: String) throws -> (all: [Double]?, each: [[Double]]) {
    if try self[name].isNil { return (nil, []) }
    if try self[name].isRows { return (nil, try curves(name)) }
    return (try numbers(name, areShown: true), [])
  }

  /// One row of numbers per curve.
  fileprivate func curves(_ name: String) throws -> [[Double]] {
    if case .list(let list) = try self[name], try self[name].isRows {
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

extension Tensor {
  /// The rows of a matrix of repetitions.
  fileprivate func rows(_ call: Call, _ name: String) throws -> [[Double]] {
    guard rank == 2, count > 0 else {
      throw call.failure(
        .shape, "repetitions are the rows of a matrix, not \(shape)",
        hint: "[[1, 2, 3], [1, 3, 5]] are two repetitions of a curve", argument: name)
    }
    let numbers = toArray().map(Double.init)
    return stride(from: 0, to: count, by: shape[1]).map { Array(numbers[$0..<$0 + shape[1]]) }
  }
}

extension Value {
  /// Whether this is a list of numbers or a vector, rather than a list of rows.
  fileprivate var isRowOfNumbers: Bool {
    switch self {
    case .list(let list): list.items.allSatisfy { Conversion.number($0) != nil }
    case .tensor(let tensor): tensor.rank == 1
    default: false
    }
  }

  /// Whether this is a list of rows, or a matrix.
  fileprivate var isRows: Bool {
    switch self {
    case .list(let list): list.count > 0 && list.items.allSatisfy(\.isRow)
    case .tensor(let tensor): tensor.rank > 1
    default: false
    }
  }

  /// Whether this holds several numbers, so that a list of such values is a list of rows.
  fileprivate var isRow: Bool {
    switch self {
    case .list, .range: true
    case .tensor(let tensor): tensor.count != 1 || tensor.rank > 0
    default: false
    }
  }
}
