// SPDX-License-Identifier: Apache-2.0
//
// Several figures on one sheet, in rows, each in a cell of the largest size.

/// The positions of the figures of a sheet, in units.
struct FigureGrid {
  let scenes: [Scene]
  let width, height: Int
  private let columns, cellWidth, cellHeight: Int

  /// - Throws: `PlotError` when there are no figures or no columns, or the sheet would be too
  /// large.
  init(_ figures: [Figure], columns wanted: Int?) throws {
    guard !figures.isEmpty else {
      throw PlotError(kind: "ValueError", message: "there are no figures to show")
    }
    guard wanted ?? 1 > 0 else {
      throw PlotError(kind: "ValueError", message: "figures need at least one column")
    }
    guard figures.count <= 256 else {
      throw PlotError(kind: "ValueError", message: "at most 256 figures fit on a sheet")
    }
    scenes = figures.map(SceneBuilder.scene)
    columns = min(wanted ?? min(figures.count, 3), figures.count)
    cellWidth = scenes.map(\.width).max() ?? 0
    cellHeight = scenes.map(\.height).max() ?? 0
    width = columns * cellWidth
    height = (figures.count + columns - 1) / columns * cellHeight
  }

  /// The left upper corner of a figure.
  func origin(_ index: Int) -> (x: Int, y: Int) {
    (index % columns * cellWidth, index / columns * cellHeight)
  }
}
