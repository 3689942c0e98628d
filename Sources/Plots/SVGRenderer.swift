// SPDX-License-Identifier: Apache-2.0
//
// A figure as SVG. Numbers are written with at most two decimals and in a fixed order, so that
// equal figures give equal files; there are no scripts, styles or external references, so that the
// text can be embedded in any page.

import Images

/// Draws figures as SVG.
public enum SVGRenderer {
  /// The SVG document of a figure.
  public static func render(_ figure: Figure) -> String {
    let scene = SceneBuilder.scene(for: figure)
    return document(width: scene.width, height: scene.height, body: body(of: scene, clips: "c"))
  }

  /// Several figures side by side, `columns` in a row, in one document.
  ///
  /// - Throws: `PlotError` when there are no figures or no columns.
  public static func render(_ figures: [Figure], columns: Int? = nil) throws -> String {
    let grid = try FigureGrid(figures, columns: columns)
    var text = ""
    for (index, scene) in grid.scenes.enumerated() {
      let origin = grid.origin(index)
      text += "<g transform=\"translate(\(origin.x) \(origin.y))\">\n"
      text += body(of: scene, clips: "c\(index)-") + "</g>\n"
    }
    return document(width: grid.width, height: grid.height, body: text)
  }

  private static func document(width: Int, height: Int, body: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
    viewBox="0 0 \(width) \(height)" font-family="Helvetica, Arial, sans-serif" font-size="11">
    <rect width="\(width)" height="\(height)" fill="#ffffff"/>
    \(body)</svg>

    """
  }

  private static func body(of scene: Scene, clips: String) -> String {
    var text = ""
    var clipCount = 0
    var isClipped = false
    for item in scene.items {
      guard case .clip(let box) = item else {
        text += element(item) + "\n"
        continue
      }
      if isClipped { text += "</g>\n" }
      isClipped = box != nil
      guard let box else { continue }
      let name = "\(clips)\(clipCount)"
      clipCount += 1
      text += "<clipPath id=\"\(name)\"><rect \(frame(box))/></clipPath>\n"
      text += "<g clip-path=\"url(#\(name))\">\n"
    }
    return text + (isClipped ? "</g>\n" : "")
  }

  private static func element(_ item: SceneItem) -> String {
    switch item {
    case .line(let points, let color, let width, let dash):
      let lengths = dash.map(number).joined(separator: " ")
      let strokes = dash.isEmpty ? "" : " stroke-dasharray=\"\(lengths)\""
      return "<polyline points=\"\(list(points))\" fill=\"none\" stroke=\"\(hex(color))\" "
        + "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\"\(strokes)/>"
    case .rectangle(let box, let fill):
      return "<rect \(frame(box)) fill=\"\(hex(fill))\"\(opacity(fill))/>"
    case .band(let upper, let lower, let fill):
      return "<polygon points=\"\(list(upper + lower.reversed()))\" fill=\"\(hex(fill))\""
        + "\(opacity(fill))/>"
    case .marks(let points, let mark, let color, let radius):
      let shapes = points.map { shape(mark, at: $0, radius: radius) }
      return "<g fill=\"\(hex(color))\">\(shapes.joined())</g>"
    case .text(let words, let place, let anchor, let color, let isVertical):
      let (x, y) = (number(place.x), number(place.y))
      let turn = isVertical ? " transform=\"rotate(-90 \(x) \(y))\"" : ""
      return "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor.rawValue)\" "
        + "fill=\"\(hex(color))\"\(turn)>\(escaped(words))</text>"
    case .cells(let colors, let rows, let columns, let box):
      return cells(colors, rows: rows, columns: columns, box)
    case .clip: return ""
    }
  }

  private static func list(_ points: [Point]) -> String {
    points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }

  private static func opacity(_ fill: Color) -> String {
    fill.alpha < 255 ? " fill-opacity=\"\(number(Double(fill.alpha) / 255))\"" : ""
  }

  private static func shape(_ mark: Mark, at point: Point, radius: Double) -> String {
    let corners = mark.corners.map { Point(point.x + radius * $0.x, point.y + radius * $0.y) }
    return corners.isEmpty
      ? "<circle cx=\"\(number(point.x))\" cy=\"\(number(point.y))\" r=\"\(number(radius))\"/>"
      : "<polygon points=\"\(list(corners))\"/>"
  }

  /// Cells overlap slightly, so that viewers leave no seams between them.
  private static func cells(_ colors: [Color], rows: Int, columns: Int, _ box: Box) -> String {
    let (width, height) = (box.width / Double(columns), box.height / Double(rows))
    var text = "<g shape-rendering=\"crispEdges\">"
    for (index, color) in colors.enumerated() {
      let (row, column) = (index / columns, index % columns)
      let cell = Box(
        x: box.x + Double(column) * width, y: box.y + Double(row) * height,
        width: width + (column + 1 < columns ? 0.3 : 0),
        height: height + (row + 1 < rows ? 0.3 : 0))
      text += "<rect \(frame(cell)) fill=\"\(hex(color))\"/>"
    }
    return text + "</g>"
  }

  private static func frame(_ box: Box) -> String {
    "x=\"\(number(box.x))\" y=\"\(number(box.y))\" width=\"\(number(box.width))\" "
      + "height=\"\(number(box.height))\""
  }

  /// A coordinate, clamped: far outside the sheet the exact position does not matter.
  private static func number(_ value: Double) -> String {
    let text = NumberText.fixed(min(max(value, -1e6), 1e6), digits: 2)
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
  }

  private static func hex(_ color: Color) -> String {
    let digits = Array("0123456789abcdef")
    return [color.red, color.green, color.blue].reduce("#") {
      $0 + String(digits[Int($1 >> 4)]) + String(digits[Int($1 & 15)])
    }
  }

  /// Text for an element: markup is escaped, and characters that XML forbids are dropped.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case _ where scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: break
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
