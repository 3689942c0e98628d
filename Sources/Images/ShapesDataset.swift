// SPDX-License-Identifier: Apache-2.0
//
// A data set without a download: ten kinds of figures in random colours, positions, sizes and
// rotations. A figure is a signed distance (negative inside), so that edges are antialiased at
// every size: the coverage of a pixel follows from the distance of its centre, within one pixel of
// the edge.

import Glibc
import Tensors

/// Draws labelled pictures of simple shapes.
public enum ShapesDataset {
  /// The names of the ten classes; a label is an index into them.
  public static let classNames = DrawnShape.allCases.map(\.rawValue)

  /// Draws `count` pictures of `size` x `size` pixels; labels cycle through the classes.
  ///
  /// Picture i depends only on the seed, the size and i: a longer data set begins with the shorter.
  ///
  /// - Throws: `ImageError` when a number is out of range, `CancellationError` when a stop is
  /// requested.
  public static func make(
    count: Int, size: Int = 32, classes: Int = 10, seed: UInt64 = 0
  ) throws -> ImageDataset {
    guard (1...DrawnShape.allCases.count).contains(classes) else {
      throw ImageError.value("there are 1 to \(DrawnShape.allCases.count) classes, not \(classes)")
    }
    guard (4...1024).contains(size) else {
      throw ImageError.value("the size of a drawn picture is from 4 to 1024, not \(size)")
    }
    guard count >= 0, count <= (1 << 30) / (size * size) else {
      throw ImageError.limit("\(count) pictures of \(size) x \(size) pixels are too many")
    }
    // The tensor of the pictures takes four bytes per channel.
    try Picture.checkMemory(bytes: count * size * size * 3 * 4)
    var pictures: [Picture] = []
    pictures.reserveCapacity(count)
    for index in 0..<count {
      try Stop.check()
      var mixer = SplitMix64(seed: seed)
      var generator = SplitMix64(seed: mixer.next() ^ UInt64(index))
      pictures.append(draw(DrawnShape.allCases[index % classes], size: size, using: &generator))
    }
    return try ImageDataset(
      size: size, pictures: pictures, labels: (0..<count).map { $0 % classes },
      classNames: Array(classNames.prefix(classes)))
  }

  /// Draws one picture of a class.
  private static func draw(
    _ shape: DrawnShape, size: Int, using generator: inout SplitMix64
  ) -> Picture {
    let (ink, paper) = colors(using: &generator)
    let radius = generator.uniform(0.5...0.8)
    let centerX = generator.uniform(radius - 1...1 - radius) * 0.8
    let centerY = generator.uniform(radius - 1...1 - radius) * 0.8
    let angle = shape.turns ? generator.uniform(-0.35...0.35) : 0
    let (sine, cosine) = (sin(angle), cos(angle))
    // Coordinates run from -1 to 1; `unit` is the width of a pixel within the figure.
    let pixel = 2 / Double(size)
    let unit = pixel / radius
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size * size * 3)
    for row in 0..<size {
      for column in 0..<size {
        let dx = ((Double(column) + 0.5) * pixel - 1 - centerX) / radius
        let dy = ((Double(row) + 0.5) * pixel - 1 - centerY) / radius
        let distance = shape.distance(dx * cosine + dy * sine, dy * cosine - dx * sine)
        let covered = min(max(0.5 - distance / unit, 0), 1)
        for channel in 0..<3 {
          let value = paper[channel] + (ink[channel] - paper[channel]) * covered
          pixels.append(UInt8((value * 255).rounded()))
        }
      }
    }
    return Picture(trusted: pixels, width: size, height: size, channels: 3)
  }

  /// A strong colour on a pale or dark background, with enough contrast.
  private static func colors(using generator: inout SplitMix64) -> ([Double], [Double]) {
    let isDark = generator.unit() < 0.3
    let ground = isDark ? 0.05...0.25 : 0.8...1.0
    let paper = (0..<3).map { _ in generator.uniform(ground) }
    let hue = generator.unit() * 6
    let strength = generator.uniform(0.6...1)
    let brightness = isDark ? generator.uniform(0.75...1) : generator.uniform(0.35...0.8)
    let ink = [5.0, 3.0, 1.0].map { offset in
      let position = fmod(offset + hue, 6)
      let ramp = max(0, min(position, 4 - position, 1))
      return brightness * (1 - strength * ramp)
    }
    return (ink, paper)
  }
}

/// The figures, each as a signed distance within a circle of radius 1.
enum DrawnShape: String, CaseIterable, Sendable {
  case circle, square, triangle, star, cross, ring, diamond, bars, checker, crescent

  /// Whether the figure may be rotated without becoming another one.
  var turns: Bool { self != .circle && self != .ring && self != .diamond }

  /// The distance of a point from the edge: negative inside, in units of the figure's radius.
  func distance(_ x: Double, _ y: Double) -> Double {
    switch self {
    case .circle: hypot(x, y) - 0.9
    case .square: DrawnShape.box(x, y, 0.75, 0.75)
    case .triangle: DrawnShape.polygon(x, y, corners: 3)
    case .star: DrawnShape.star(x, y)
    case .cross: min(DrawnShape.box(x, y, 0.9, 0.28), DrawnShape.box(x, y, 0.28, 0.9))
    case .ring: abs(hypot(x, y) - 0.7) - 0.2
    case .diamond: (abs(x) / 0.7 + abs(y) / 0.95 - 1) * 0.56
    case .bars: max(DrawnShape.box(x, y, 0.85, 0.85), DrawnShape.wave(x))
    case .checker: max(DrawnShape.box(x, y, 0.85, 0.85), DrawnShape.squares(x, y))
    case .crescent: max(hypot(x, y) - 0.9, 0.75 - hypot(x - 0.4, y))
    }
  }

  private static func box(_ x: Double, _ y: Double, _ halfWidth: Double, _ halfHeight: Double)
    -> Double
  {
    max(abs(x) - halfWidth, abs(y) - halfHeight)
  }

  /// A regular polygon with a corner at the top.
  private static func polygon(_ x: Double, _ y: Double, corners: Int) -> Double {
    let sector = 2 * Double.pi / Double(corners)
    let angle = atan2(x, y) - .pi / Double(corners) * (corners % 2 == 1 ? 0 : 1)
    let turned = angle - sector * (angle / sector).rounded()
    return hypot(x, y) * cos(turned) - 0.5
  }

  /// A star of five points with one at the top.
  private static func star(_ x: Double, _ y: Double) -> Double {
    let sector = 2 * Double.pi / 5
    let angle = atan2(x, -y)
    let turned = abs(angle - sector * (angle / sector).rounded())
    let (px, py) = (hypot(x, y) * sin(turned), hypot(x, y) * cos(turned))
    // The edge runs from the outer point (0, 1) to the inner one between two points.
    let (ix, iy) = (0.42 * sin(sector / 2), 0.42 * cos(sector / 2))
    let length = hypot(ix, iy - 1)
    return (px * (1 - iy) + (py - 1) * ix) / length
  }

  /// Three stripes within 0.85: foreground where the wave is negative.
  private static func wave(_ x: Double) -> Double {
    let period = 0.68
    let phase = x - period * (x / period).rounded()
    return abs(phase) - period / 4
  }

  /// Squares of 0.425, alternately foreground and background.
  private static func squares(_ x: Double, _ y: Double) -> Double {
    let side = 0.425
    let (u, v) = (x / side, y / side)
    let isInk = (Int(u.rounded(.down)) + Int(v.rounded(.down))) % 2 == 0
    let (fu, fv) = (u - u.rounded(.down), v - v.rounded(.down))
    let edge = min(min(fu, 1 - fu), min(fv, 1 - fv)) * side
    return isInk ? -edge : edge
  }
}
