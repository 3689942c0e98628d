// SPDX-License-Identifier: Apache-2.0
//
// Dashed curves and small polygons for renderers that draw pixels or characters.

import Glibc

/// Cuts a curve into strokes.
enum Dashes {
  /// A curve with more strokes than this is drawn as a whole.
  private static let limit = 100_000.0

  /// The parts of a curve that are drawn when `lengths` says how long strokes and gaps are in turn;
  /// the whole curve for no lengths.
  static func strokes(of points: [Point], lengths: [Double]) -> [[Point]] {
    let period = lengths.reduce(0, +)
    let whole = zip(points, points.dropFirst()).reduce(0) {
      $0 + hypot($1.1.x - $1.0.x, $1.1.y - $1.0.y)
    }
    guard period > 0, let first = points.first, whole / period < limit else { return [points] }
    var strokes: [[Point]] = []
    var stroke = [first]
    var (index, rest) = (0, lengths[0])
    for (start, end) in zip(points, points.dropFirst()) {
      let length = hypot(end.x - start.x, end.y - start.y)
      var done = 0.0
      while length - done > rest {
        done += rest
        let share = done / length
        let cut = Point(
          start.x + share * (end.x - start.x), start.y + share * (end.y - start.y))
        if index % 2 == 0 { strokes.append(stroke + [cut]) }
        stroke = [cut]
        index = (index + 1) % lengths.count
        rest = lengths[index]
      }
      rest -= length - done
      stroke.append(end)
    }
    return index % 2 == 0 ? strokes + [stroke] : strokes
  }
}

/// Polygons of few corners.
enum Polygon {
  /// The part of the pixel around a position that the polygon covers, from samples at 4 x 4 places.
  static func coverage(of corners: [Point], at place: Point) -> Double {
    var count = 0
    for sample in 0..<16 {
      let x = place.x + (Double(sample % 4) - 1.5) / 4
      let y = place.y + (Double(sample / 4) - 1.5) / 4
      if contains(corners, x, y) { count += 1 }
    }
    return Double(count) / 16
  }

  /// Whether a position is inside, by the number of edges to its right.
  private static func contains(_ corners: [Point], _ x: Double, _ y: Double) -> Bool {
    guard var last = corners.last else { return false }
    var isInside = false
    for corner in corners {
      if (corner.y > y) != (last.y > y),
        x < last.x + (y - last.y) / (corner.y - last.y) * (corner.x - last.x)
      {
        isInside.toggle()
      }
      last = corner
    }
    return isInside
  }
}
