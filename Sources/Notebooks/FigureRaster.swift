// SPDX-License-Identifier: Apache-2.0
//
// Figures as pixels, for notebook files: Jupyter shows an SVG only in notebooks that it trusts.

import Images
import Runtime

/// Draws figures as PNG files.
enum FigureRaster {
  /// The pixels to a unit of a figure.
  static let scale = 2
  /// The most frames of a control that are drawn, and those in a row.
  private static let (mostFrames, columns) = (12, 2)

  /// The file of what is a figure, or a control of figures; nil for anything else, and for what
  /// would be too large.
  static func png(of bundle: Bundle) -> [UInt8]? {
    guard bundle.picture == nil, let picture = try? picture(of: bundle) else { return nil }
    return try? PNG.encode(picture)
  }

  private static func picture(of bundle: Bundle) throws -> Picture? {
    guard let control = bundle.control else { return try bundle.graphic?(scale) }
    guard control.axes.count == 1 else { return try bundle.graphic?(1) }
    let count = min(control.frames.count, mostFrames)
    let places = (0..<count).map { $0 * (control.frames.count - 1) / max(count - 1, 1) }
    let pictures = try places.compactMap { place in
      try control.frames[place].picture ?? control.frames[place].graphic?(1)
    }
    guard !pictures.isEmpty, pictures.count == places.count else { return nil }
    var grid = PictureGrid(pictures, columns: min(columns, count), padding: 4)
    grid.captions = places.map(control.caption)
    return try grid.render()
  }
}
