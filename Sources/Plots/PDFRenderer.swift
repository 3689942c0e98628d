// SPDX-License-Identifier: Apache-2.0
//
// A figure as one page of PDF, a unit to the point. Text stays text: libcairo embeds the part of
// the font that is used, so papers can search it. The date in the file is fixed, so that equal
// figures give equal files on one machine.

import CCairo
import Images
import Tensors

/// Draws figures as PDF.
public enum PDFRenderer {
  /// The PDF of several figures side by side, `columns` in a row, or of one.
  ///
  /// - Throws: `PlotError` when there are no figures or no columns, or libcairo is missing.
  public static func render(_ figures: [Figure], columns: Int? = nil) throws -> [UInt8] {
    let grid = try FigureGrid(figures, columns: columns)
    guard smap_cairo_open() != 0 else {
      throw PlotError(
        kind: "SystemError",
        message: "PDF needs libcairo: \(String(cString: smap_cairo_problem()))",
        hint: "apt-get install libcairo2, or write .svg")
    }
    guard let pointer = smap_page_begin(Double(grid.width), Double(grid.height), 11) else {
      throw PlotError(kind: "MemoryError", message: "there is no memory for a PDF")
    }
    let page = PDFPage(pointer)
    for (index, scene) in grid.scenes.enumerated() {
      let origin = grid.origin(index)
      smap_page_push_origin(pointer, Double(origin.x), Double(origin.y))
      for item in scene.items { page.draw(item) }
      smap_page_pop(pointer)
    }
    var count = 0
    var problem: UnsafePointer<CChar>?
    guard let bytes = smap_page_end(pointer, &count, &problem) else {
      let words = problem.map { String(cString: $0) } ?? "unknown"
      throw PlotError(kind: "ValueError", message: "libcairo cannot write this figure: \(words)")
    }
    defer { smap_page_free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}

/// A page of PDF that is being drawn on.
private final class PDFPage {
  private let page: OpaquePointer
  private var isClipped = false

  init(_ page: OpaquePointer) { self.page = page }

  func draw(_ item: SceneItem) {
    switch item {
    case .line(let points, let color, let width, let dash):
      set(color)
      smap_page_line(page, flat(points), Int32(points.count), width, dash, Int32(dash.count))
    case .rectangle(let box, let fill): self.fill(box, fill)
    case .band(let upper, let lower, let fill):
      set(fill)
      polygon(upper + lower.reversed())
    case .marks(let points, let mark, let color, let radius):
      set(color)
      for point in points { draw(mark, at: clamped(point), radius: radius) }
    case .text(let words, let place, let anchor, let color, let isVertical):
      set(color)
      // A C string ends at the first zero.
      let text = words.filter { $0 != "\0" }
      let shift: Int32 = anchor == .start ? 0 : anchor == .middle ? 1 : 2
      smap_page_text(page, text, place.x, place.y, shift, isVertical ? 1 : 0)
    case .cells(let colors, let rows, let columns, let box):
      cells(colors, rows: rows, columns: columns, box)
    case .clip(let box):
      if isClipped { smap_page_pop(page) }
      isClipped = box != nil
      if let box { smap_page_push_clip(page, box.x, box.y, box.width, box.height) }
    }
  }

  private func draw(_ mark: Mark, at point: Point, radius: Double) {
    let corners = mark.corners.map { Point(point.x + radius * $0.x, point.y + radius * $0.y) }
    if corners.isEmpty {
      smap_page_circle(page, point.x, point.y, radius)
    } else {
      polygon(corners)
    }
  }

  /// Cells overlap slightly, so that viewers leave no seams between them.
  private func cells(_ colors: [Color], rows: Int, columns: Int, _ box: Box) {
    let (width, height) = (box.width / Double(columns), box.height / Double(rows))
    for (index, color) in colors.enumerated() {
      let (row, column) = (index / columns, index % columns)
      fill(
        Box(
          x: box.x + Double(column) * width, y: box.y + Double(row) * height,
          width: width + (column + 1 < columns ? 0.3 : 0),
          height: height + (row + 1 < rows ? 0.3 : 0)), color)
    }
  }

  private func fill(_ box: Box, _ color: Color) {
    set(color)
    polygon([
      Point(box.x, box.y), Point(box.right, box.y), Point(box.right, box.bottom),
      Point(box.x, box.bottom),
    ])
  }

  private func polygon(_ points: [Point]) {
    smap_page_polygon(page, flat(points), Int32(points.count))
  }

  private func set(_ color: Color) {
    smap_page_color(
      page, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255,
      Double(color.alpha) / 255)
  }

  private func flat(_ points: [Point]) -> [Double] {
    points.flatMap { point in
      let near = clamped(point)
      return [near.x, near.y]
    }
  }

  /// Far outside the sheet the exact position does not matter; cairo's numbers are fixed-point.
  private func clamped(_ point: Point) -> Point {
    Point(min(max(point.x, -1e5), 1e5), min(max(point.y, -1e5), 1e5))
  }
}
