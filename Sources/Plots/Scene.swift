// SPDX-License-Identifier: Apache-2.0
//
// The layer between a figure and its pictures is a scene: lines, rectangles, bands, marks, texts
// and one kind of bitmap, at positions in units from the left upper corner. The layout (margins,
// tick marks, legend) is computed once in `SceneBuilder`; the renderers only draw.

import Images

/// A position in a scene; y grows downwards.
package struct Point: Equatable, Sendable {
  package var x, y: Double
  package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A rectangle in a scene.
package struct Box: Equatable, Sendable {
  package var x, y, width, height: Double
  package init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }
  package var right: Double { x + width }
  package var bottom: Double { y + height }
}

/// One thing to draw.
package enum SceneItem: Equatable, Sendable {
  /// Straight lines through points; `dash` are the lengths of strokes and gaps in turn, none for a
  /// solid line.
  case line([Point], color: Color, width: Double, dash: [Double] = [])
  case rectangle(Box, fill: Color)
  /// The area between two curves over the same positions across.
  case band(upper: [Point], lower: [Point], fill: Color)
  /// A mark of about `radius` at each point.
  case marks([Point], Mark, color: Color, radius: Double)
  /// A text whose base line begins, is centred or ends at a position.
  case text(String, at: Point, anchor: TextAnchor, color: Color, isVertical: Bool)
  /// Cells of one colour each, row by row, filling a box.
  case cells([Color], rows: Int, columns: Int, in: Box)
  /// Clips the items that follow to the box; nil ends this.
  case clip(Box?)
}

/// Which part of a text is at its position.
package enum TextAnchor: String, Sendable {
  case start, middle, end
}

/// The shape of a point, so that curves differ without colour.
package enum Mark: Int, CaseIterable, Sendable {
  case disc, square, triangle, diamond, plus, cross

  /// The corners of the shape with radius 1, y downwards; empty for a disc.
  package var corners: [Point] {
    let arm = 0.34
    let plus = [
      (-arm, -1.15), (arm, -1.15), (arm, -arm), (1.15, -arm), (1.15, arm), (arm, arm),
      (arm, 1.15), (-arm, 1.15), (-arm, arm), (-1.15, arm), (-1.15, -arm), (-arm, -arm),
    ]
    switch self {
    case .disc: return []
    case .square: return [Point(-0.9, -0.9), Point(0.9, -0.9), Point(0.9, 0.9), Point(-0.9, 0.9)]
    case .triangle: return [Point(0, -1.3), Point(1.2, 0.8), Point(-1.2, 0.8)]
    case .diamond: return [Point(0, -1.35), Point(1.35, 0), Point(0, 1.35), Point(-1.35, 0)]
    case .plus: return plus.map { Point($0.0, $0.1) }
    case .cross:
      let half = 0.5.squareRoot()
      return plus.map { Point(($0.0 - $0.1) * half, ($0.0 + $0.1) * half) }
    }
  }
}

/// Things to draw on a white sheet.
package struct Scene: Equatable, Sendable {
  package let width, height: Int
  package var items: [SceneItem] = []
}

/// The colours of figures, distinguishable with most kinds of colour blindness (Okabe and Ito).
package enum PlotColors {
  package static let series = [
    Color(0, 114, 178), Color(213, 94, 0), Color(0, 158, 115), Color(204, 121, 167),
    Color(230, 159, 0), Color(86, 180, 233), Color(120, 94, 60), Color(90, 90, 90),
  ]
  static let frame = Color(110, 110, 118)
  static let grid = Color(228, 228, 232)
  static let text = Color(40, 40, 48)

  /// The colour of the curve at an index; colours repeat.
  static func series(_ index: Int) -> Color { series[index % series.count] }

  /// The strokes and gaps of the curve at an index, in units; the first curve is solid.
  static func dash(_ index: Int) -> [Double] {
    let patterns: [[Double]] = [[], [7, 3], [1.6, 2.6], [9, 3, 1.6, 3], [12, 4], [4, 2]]
    return patterns[index % patterns.count]
  }

  /// The mark of the curve at an index.
  static func mark(_ index: Int) -> Mark { Mark.allCases[index % Mark.allCases.count] }

  /// Dark blue over green to yellow, for values from 0 to 1; grey for NaN.
  package static func heat(_ share: Double) -> Color {
    guard share.isFinite else { return Color(200, 200, 200) }
    let stops = [
      (68.0, 1.0, 84.0), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37),
    ]
    let position = min(max(share, 0), 1) * Double(stops.count - 1)
    let index = min(Int(position), stops.count - 2)
    let (a, b, t) = (stops[index], stops[index + 1], position - Double(index))
    func mix(_ from: Double, _ to: Double) -> UInt8 { UInt8((from + (to - from) * t).rounded()) }
    return Color(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
  }
}
