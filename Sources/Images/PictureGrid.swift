// SPDX-License-Identifier: Apache-2.0
//
// Contact sheets: rows and columns of pictures with padding, a caption under each picture, labels
// before the rows and above the columns. Small pictures are enlarged without blurring; the text
// keeps its own size. `Layout` computes every position in whole pixels, so that a sheet is the same
// on every machine.

/// A sheet of pictures with captions.
public struct PictureGrid: Sendable {
  /// The pictures in reading order; smaller ones are centred in their cells.
  public var pictures: [Picture]
  /// Pictures in a row; nil chooses a sheet that is about square.
  public var columns: Int?
  /// Pixels between pictures and around the sheet.
  public var padding = 4
  /// How many pixels wide a pixel of a picture is drawn.
  public var scale = 1
  /// A text under each picture; may be shorter than `pictures`.
  public var captions: [String] = []
  /// A text before each row.
  public var rowLabels: [String] = []
  /// A text above each column.
  public var columnLabels: [String] = []
  /// A text above the sheet.
  public var title = ""
  /// How many pixels wide a dot of the text is drawn; 0 chooses.
  public var textScale = 0
  /// Lines that a caption may take.
  public var captionLines = 2
  /// The colour between the pictures.
  public var background = Color.white
  /// The colour of the text.
  public var textColor = Color(40, 40, 48)

  /// Makes a sheet; everything but the pictures may also be set afterwards.
  public init(
    _ pictures: [Picture], columns: Int? = nil, padding: Int = 4, scale: Int = 1,
    captions: [String] = [], rowLabels: [String] = []
  ) {
    self.pictures = pictures
    self.columns = columns
    self.padding = padding
    self.scale = scale
    self.captions = captions
    self.rowLabels = rowLabels
  }

  /// Draws the sheet.
  ///
  /// - Throws: `ImageError` when there is nothing to draw, an option is out of range, or the sheet
  ///   would be too large.
  public func render() throws -> Picture {
    let layout = try Layout(self)
    var sheet = try Picture(width: layout.width, height: layout.height, fill: background)
    if !title.isEmpty {
      let text = BitmapFont.fitting(
        title, width: layout.width - 2 * padding, scale: layout.text)
      sheet.write(text, x: padding, y: padding, color: textColor, scale: layout.text)
    }
    for (column, label) in columnLabels.prefix(layout.columns).enumerated() {
      let origin = layout.origin(row: 0, column: column)
      center(label, on: &sheet, x: origin.x, y: layout.columnLabelTop, layout: layout)
    }
    for (row, label) in rowLabels.prefix(layout.rows).enumerated() {
      let y = layout.origin(row: row, column: 0).y
      let middle = y + (layout.cellHeight - BitmapFont.ascent * layout.text) / 2
      sheet.write(label, x: padding, y: middle, color: textColor, scale: layout.text)
    }
    for index in pictures.indices { try place(index, on: &sheet, layout: layout) }
    return sheet
  }

  private func place(_ index: Int, on sheet: inout Picture, layout: Layout) throws {
    let picture = try pictures[index].enlarged(by: scale)
    let origin = layout.origin(row: index / layout.columns, column: index % layout.columns)
    sheet.draw(
      picture, x: origin.x + (layout.cellWidth - picture.width) / 2,
      y: origin.y + (layout.cellHeight - picture.height) / 2)
    guard index < captions.count else { return }
    let lines = BitmapFont.wrapped(
      captions[index], width: layout.cellWidth, lines: captionLines, scale: layout.text)
    for (number, line) in lines.enumerated() {
      let y = origin.y + layout.cellHeight + layout.captionGap + number * layout.lineHeight
      center(line, on: &sheet, x: origin.x, y: y, layout: layout)
    }
  }

  private func center(
    _ text: String, on sheet: inout Picture, x: Int, y: Int, layout: Layout
  ) {
    let line = BitmapFont.fitting(text, width: layout.cellWidth, scale: layout.text)
    let inset = (layout.cellWidth - BitmapFont.width(of: line, scale: layout.text)) / 2
    sheet.write(line, x: x + inset, y: y, color: textColor, scale: layout.text)
  }
}

extension PictureGrid {
  /// The positions of all parts, in pixels of the sheet.
  struct Layout {
    let columns, rows: Int
    let cellWidth, cellHeight: Int
    let text, lineHeight, captionGap: Int
    let columnLabelTop: Int
    let width, height: Int
    private let left, top, stepX, stepY: Int

    init(_ grid: PictureGrid) throws {
      try Layout.check(grid)
      let count = grid.pictures.count
      columns = min(grid.columns ?? Layout.squareColumns(count), count)
      rows = (count + columns - 1) / columns
      cellWidth = grid.scale * (grid.pictures.map(\.width).max() ?? 1)
      cellHeight = grid.scale * (grid.pictures.map(\.height).max() ?? 1)
      text = grid.textScale > 0 ? grid.textScale : (cellWidth >= 160 ? 2 : 1)
      lineHeight = (BitmapFont.height + 1) * text
      captionGap = 2 * text
      let labels = grid.rowLabels.prefix(rows).map { [text] in BitmapFont.width(of: $0, scale: text)
      }
      let labelWidth = labels.max() ?? 0
      left = grid.padding + (labelWidth > 0 ? labelWidth + max(grid.padding, 4 * text) : 0)
      columnLabelTop = grid.padding + (grid.title.isEmpty ? 0 : lineHeight + 2 * text)
      top = columnLabelTop + (grid.columnLabels.isEmpty ? 0 : lineHeight + text)
      let captioned = Layout.captionHeight(grid, cellWidth: cellWidth, text: text)
      stepX = cellWidth + grid.padding
      stepY = cellHeight + grid.padding + (captioned > 0 ? captionGap + captioned * lineHeight : 0)
      let gridRight = left + columns * stepX
      let titleRight = 2 * grid.padding + BitmapFont.width(of: grid.title, scale: text)
      width = max(gridRight, min(titleRight, 2 * gridRight))
      height = top + rows * stepY
    }

    /// The left upper corner of a cell.
    func origin(row: Int, column: Int) -> (x: Int, y: Int) {
      (left + column * stepX, top + row * stepY)
    }

    /// The number of lines in the longest caption.
    private static func captionHeight(_ grid: PictureGrid, cellWidth: Int, text: Int) -> Int {
      let lines = grid.captions.prefix(grid.pictures.count).map {
        BitmapFont.wrapped($0, width: cellWidth, lines: grid.captionLines, scale: text).count
      }
      return lines.max() ?? 0
    }

    private static func squareColumns(_ count: Int) -> Int {
      var side = 1
      while side * side < count { side += 1 }
      return side
    }

    /// Bounds every factor, so that the sums above cannot overflow.
    private static func check(_ grid: PictureGrid) throws {
      guard !grid.pictures.isEmpty else { throw ImageError.value("a grid needs pictures") }
      guard grid.columns ?? 1 > 0 else {
        throw ImageError.value("a grid has at least one column, not \(grid.columns ?? 0)")
      }
      for (name, value, range) in [
        ("padding", grid.padding, 0...4096), ("scale", grid.scale, 1...1024),
        ("text scale", grid.textScale, 0...64), ("caption lines", grid.captionLines, 1...64),
      ] where !range.contains(value) {
        throw ImageError.value(
          "\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
      }
    }
  }
}
