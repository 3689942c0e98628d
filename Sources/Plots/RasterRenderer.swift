// SPDX-License-Identifier: Apache-2.0
//
// A figure as pixels. Lines and dots are antialiased: the coverage of a pixel follows from the
// distance of its centre to the shape. The segments of a curve are combined in a mask before they
// are blended, so that a pixel which two of them touch is not coloured twice. Large sheets take
// seconds: rows are skipped once a stop is requested, and then the item throws.

import Glibc
import Images
import Tensors

/// Draws figures as pictures.
public enum RasterRenderer {
  /// The picture of a figure, `scale` pixels per unit.
  ///
  /// - Throws: `ImageError` when the picture would be too large or the scale is not positive.
  public static func render(_ figure: Figure, scale: Int = 2) throws -> Picture {
    try draw(SceneBuilder.scene(for: figure), scale: scale)
  }

  /// Several figures side by side, `columns` in a row.
  ///
  /// - Throws: `PlotError` when there are no figures or no columns, `ImageError` as for one.
  public static func render(
    _ figures: [Figure], columns: Int? = nil, scale: Int = 2
  ) throws -> Picture {
    let grid = try FigureGrid(figures, columns: columns)
    try check(scale)
    var sheet = try Picture(width: grid.width * scale, height: grid.height * scale, fill: .white)
    for (index, scene) in grid.scenes.enumerated() {
      let origin = grid.origin(index)
      sheet.draw(try draw(scene, scale: scale), x: origin.x * scale, y: origin.y * scale)
    }
    return sheet
  }

  private static func check(_ scale: Int) throws {
    guard (1...16).contains(scale) else {
      throw ImageError.value("the scale of a figure is from 1 to 16, not \(scale)")
    }
  }

  private static func draw(_ scene: Scene, scale: Int) throws -> Picture {
    try check(scale)
    var canvas = Canvas(
      try Picture(width: scene.width * scale, height: scene.height * scale, fill: .white),
      scale: Double(scale))
    for item in scene.items {
      try canvas.draw(item)
      try Stop.check()
    }
    return canvas.picture
  }
}

/// A picture that is being drawn on, with positions in units.
private struct Canvas {
  var picture: Picture
  let scale: Double
  private var clip: (columns: Range<Int>, rows: Range<Int>)

  init(_ picture: Picture, scale: Double) {
    self.picture = picture
    self.scale = scale
    clip = (0..<picture.width, 0..<picture.height)
  }

  mutating func draw(_ item: SceneItem) throws {
    switch item {
    case .line(let points, let color, let width, let dash):
      let strokes = Dashes.strokes(of: points.map(scaled), lengths: dash.map { $0 * scale })
      stroke(strokes, color: color, radius: width * scale / 2)
    case .rectangle(let box, let fill): self.fill(box, fill)
    case .band(let upper, let lower, let fill):
      band(upper.map(scaled), lower.map(scaled), fill)
    case .marks(let points, let shape, let color, let radius):
      for point in points { mark(shape, at: scaled(point), color: color, radius: radius * scale) }
    case .text(let words, let place, let anchor, let color, let isVertical):
      try write(words, at: scaled(place), anchor, color, isVertical: isVertical)
    case .cells(let colors, let rows, let columns, let box):
      cells(colors, rows: rows, columns: columns, box)
    case .clip(let box): setClip(box)
    }
  }

  /// A position in pixels, clamped: far outside the sheet the exact position does not matter.
  private func scaled(_ point: Point) -> Point {
    Point(min(max(point.x, -1e5), 1e5) * scale, min(max(point.y, -1e5), 1e5) * scale)
  }

  private mutating func setClip(_ box: Box?) {
    let all = (columns: 0..<picture.width, rows: 0..<picture.height)
    guard let box else {
      clip = all
      return
    }
    let (left, right) = (Int(box.x * scale), Int((box.right * scale).rounded(.up)))
    let (top, bottom) = (Int(box.y * scale), Int((box.bottom * scale).rounded(.up)))
    clip = (
      (left..<max(left, right)).clamped(to: all.columns),
      (top..<max(top, bottom)).clamped(to: all.rows)
    )
  }

  /// The pixels between two positions, plus one on each side.
  private func span(_ low: Double, _ high: Double, in limits: Range<Int>) -> Range<Int> {
    let first = Int(max(low - 1, -1e6)), last = Int(min(high + 2, 1e6))
    return (first..<max(first, last)).clamped(to: limits)
  }

  // MARK: - Shapes

  private mutating func stroke(_ strokes: [[Point]], color: Color, radius: Double) {
    // One row of coverage for each pixel row that the curve touches.
    var mask = [[Float]](repeating: [], count: clip.rows.count)
    for (start, end) in strokes.lazy.flatMap({ zip($0, $0.dropFirst()) }) {
      let rows = span(min(start.y, end.y) - radius, max(start.y, end.y) + radius, in: clip.rows)
      for row in rows {
        if Stop.isRequested { return }
        let columns = touched(start, end, row: Double(row), radius: radius)
        let index = row - clip.rows.lowerBound
        if mask[index].isEmpty, !columns.isEmpty {
          mask[index] = [Float](repeating: 0, count: clip.columns.count)
        }
        cover(&mask[index], columns, row: row, start, end, radius: radius)
      }
    }
    for (index, coverage) in mask.enumerated() {
      for (offset, covered) in coverage.enumerated() where covered > 0 {
        picture.blend(
          color, x: clip.columns.lowerBound + offset, y: clip.rows.lowerBound + index,
          coverage: covered)
      }
    }
  }

  /// Raises the coverage of the pixels in a row to that by one segment.
  private func cover(
    _ coverage: inout [Float], _ columns: Range<Int>, row: Int, _ start: Point, _ end: Point,
    radius: Double
  ) {
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let square = dx * dx + dy * dy
    let py = Double(row) + 0.5 - start.y
    for column in columns {
      let px = Double(column) + 0.5 - start.x
      let t = square > 0 ? min(max((px * dx + py * dy) / square, 0), 1) : 0
      let (x, y) = (px - t * dx, py - t * dy)
      let covered = min(Float(radius + 0.5 - (x * x + y * y).squareRoot()), 1)
      let offset = column - clip.columns.lowerBound
      if covered > coverage[offset] { coverage[offset] = covered }
    }
  }

  /// The columns that a segment can touch in a row of pixels.
  private func touched(_ a: Point, _ b: Point, row: Double, radius: Double) -> Range<Int> {
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let reach = radius + 1
    guard abs(dy) > 1e-9 else {
      return span(min(a.x, b.x) - radius, max(a.x, b.x) + radius, in: clip.columns)
    }
    // Where the line enters and leaves the band around this row.
    let enter = min(max((row - reach - a.y) / dy, 0), 1)
    let leave = min(max((row + 1 + reach - a.y) / dy, 0), 1)
    let (x1, x2) = (a.x + enter * dx, a.x + leave * dx)
    return span(min(x1, x2) - radius, max(x1, x2) + radius, in: clip.columns)
  }

  private mutating func mark(_ mark: Mark, at center: Point, color: Color, radius: Double) {
    let reach = mark == .disc ? radius : radius * 1.5
    let corners = mark.corners.map { Point($0.x * radius, $0.y * radius) }
    for row in span(center.y - reach, center.y + reach, in: clip.rows) {
      for column in span(center.x - reach, center.x + reach, in: clip.columns) {
        let place = Point(Double(column) + 0.5 - center.x, Double(row) + 0.5 - center.y)
        let covered =
          corners.isEmpty
          ? radius + 0.5 - hypot(place.x, place.y) : Polygon.coverage(of: corners, at: place)
        picture.blend(color, x: column, y: row, coverage: Float(covered))
      }
    }
  }

  /// The columns between two curves, each filled from one to the other.
  private mutating func band(_ upper: [Point], _ lower: [Point], _ color: Color) {
    for (tops, bottoms) in zip(zip(upper, upper.dropFirst()), zip(lower, lower.dropFirst())) {
      let (left, right) = (min(tops.0.x, tops.1.x), max(tops.0.x, tops.1.x))
      guard left < right else { continue }
      for column in span(left, right, in: clip.columns) {
        if Stop.isRequested { return }
        let middle = Double(column) + 0.5
        guard middle >= left, middle < right else { continue }
        let share = (middle - tops.0.x) / (tops.1.x - tops.0.x)
        let y1 = tops.0.y + share * (tops.1.y - tops.0.y)
        let y2 = bottoms.0.y + share * (bottoms.1.y - bottoms.0.y)
        let (top, bottom) = (min(y1, y2), max(y1, y2))
        for row in span(top, bottom, in: clip.rows) {
          let high = min(Double(row) + 1, bottom) - max(Double(row), top)
          if high > 0 { picture.blend(color, x: column, y: row, coverage: Float(high)) }
        }
      }
    }
  }

  /// A rectangle whose edges may lie between pixels.
  private mutating func fill(_ box: Box, _ color: Color) {
    let left = box.x * scale, right = box.right * scale
    let top = box.y * scale, bottom = box.bottom * scale
    for row in span(top, bottom, in: clip.rows) {
      if Stop.isRequested { return }
      let high = min(Double(row) + 1, bottom) - max(Double(row), top)
      guard high > 0 else { continue }
      for column in span(left, right, in: clip.columns) {
        let wide = min(Double(column) + 1, right) - max(Double(column), left)
        if wide > 0 {
          picture.blend(color, x: column, y: row, coverage: Float(wide * high))
        }
      }
    }
  }

  private mutating func cells(_ colors: [Color], rows: Int, columns: Int, _ box: Box) {
    let (width, height) = (box.width * scale, box.height * scale)
    for y in span(box.y * scale, box.bottom * scale, in: clip.rows) {
      if Stop.isRequested { return }
      let v = (Double(y) + 0.5 - box.y * scale) / height
      guard v >= 0, v < 1 else { continue }
      let row = min(rows - 1, Int(v * Double(rows)))
      for x in span(box.x * scale, box.right * scale, in: clip.columns) {
        let u = (Double(x) + 0.5 - box.x * scale) / width
        guard u >= 0, u < 1 else { continue }
        picture[x, y] = colors[row * columns + min(columns - 1, Int(u * Double(columns)))]
      }
    }
  }

  // MARK: - Text

  private mutating func write(
    _ words: String, at place: Point, _ anchor: TextAnchor, _ color: Color, isVertical: Bool
  ) throws {
    let dot = max(1, Int(scale))
    let limit = isVertical ? picture.height : picture.width
    let text = BitmapFont.fitting(words, width: limit, scale: dot)
    let length = BitmapFont.width(of: text, scale: dot)
    guard length > 0 else { return }
    let shift = anchor == .start ? 0 : anchor == .middle ? length / 2 : length
    let ascent = BitmapFont.ascent * dot
    let (x, y) = (Int(place.x.rounded()), Int(place.y.rounded()))
    guard isVertical else {
      picture.write(text, x: x - shift, y: y - ascent, color: color, scale: dot)
      return
    }
    let clear = Color(255, 255, 255, alpha: 0)
    var line = try Picture(width: length, height: BitmapFont.height * dot, fill: clear)
    line.write(text, x: 0, y: 0, color: color, scale: dot)
    picture.draw(try line.turnedLeft(), x: x - ascent, y: y - (length - shift))
  }
}

extension Picture {
  /// The picture rotated by 90 degrees counterclockwise.
  fileprivate func turnedLeft() throws -> Picture {
    var turned = try Picture(width: height, height: width, fill: Color(255, 255, 255, alpha: 0))
    for y in 0..<height {
      for x in 0..<width { turned[y, width - 1 - x] = self[x, y] }
    }
    return turned
  }
}
