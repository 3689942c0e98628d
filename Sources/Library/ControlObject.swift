// SPDX-License-Identifier: Apache-2.0
//
// Controls as objects: `slider`, `choice` and `grid2d` make them. A page moves through the frames;
// where nothing can be moved, a terminal for one, frames that are pictures are one sheet and others
// one text, with the values of the axes beside each.

import Glibc
import Images
import Plots
import Runtime
import Tensors

/// A control and the values that it was made of: those of its frames, then those of its axes. The
/// object holds them.
final class ControlObject {
  let control: Control

  init(_ control: Control) { self.control = control }

  /// The object, which holds the values of the frames and of the axes.
  func value(frames: [Value], axes: [[Value]]) -> Value {
    .object(
      ForeignObject(ControlTypes.control, self, holding: frames + axes.flatMap { $0 }))
  }
}

/// The descriptor of controls.
enum ControlTypes {
  static let control = ForeignType(
    "control", "Frames over one or two axes of values, to move through on a page.",
    fields: [
      .init("names", "The names of the axes.") { object, _ in
        .strings(try object.payload(as: ControlObject.self).control.axes.map(\.name))
      },
      .init("values", "The values of each axis, as lists.") { object, _ in
        let control = try object.payload(as: ControlObject.self).control
        var next = control.frames.count
        return .list(
          control.axes.map { axis in
            defer { next += axis.labels.count }
            return .list(axis.labels.indices.map { object.heldValue(next + $0) })
          })
      },
      .init(
        "frames",
        "What the function returned for each value; with two axes, row by row of the second."
      ) { object, _ in
        let count = try object.payload(as: ControlObject.self).control.frames.count
        return .list((0..<count).map { object.heldValue($0) })
      },
    ],
    display: { object in
      guard let control = (object.payload as? ControlObject)?.control else { return "control" }
      return "control(\(summary(of: control)))"
    },
    bundle: { object, _ in
      let control = try object.payload(as: ControlObject.self).control
      do {
        return try ControlSheet(control).bundle()
      } catch {
        throw ScriptError(anything: error)
      }
    },
    count: { ($0.payload as? ControlObject)?.control.frames.count ?? 0 })

  /// `tokens: 5 values`, or `class: 22 values, tokens: 5 values`.
  static func summary(of control: Control) -> String {
    control.axes.map { "\($0.name): \(counted($0.labels.count, "value"))" }.joined(separator: ", ")
  }
}

/// The frames of a control side by side.
struct ControlSheet {
  private let control: Control
  /// The positions of each axis that are shown.
  private let shown: [[Int]]

  /// A sheet shows at most that many values of an axis, evenly spread, the first and the last among
  /// them.
  private static let most = 32
  /// How much wider than high a sheet of frames is: as windows are.
  private static let aspect = 1.6

  init(_ control: Control) {
    self.control = control
    shown = control.axes.map { ControlSheet.spread($0.labels.count) }
  }

  /// At most `most` of `count` positions.
  private static func spread(_ count: Int) -> [Int] {
    guard count > most else { return Array(0..<count) }
    return (0..<most).map { $0 * (count - 1) / (most - 1) }
  }

  /// The control in all media.
  ///
  /// - Throws: `ImageError` when the sheet would be too large.
  func bundle() throws -> Bundle {
    let frames = places.map { control.frames[$0] }
    let pictures = frames.map(\.picture)
    guard pictures.allSatisfy({ $0 != nil }) else {
      guard frames.allSatisfy({ $0.picture != nil || $0.graphic != nil }) else {
        return Bundle(text: text, control: control)
      }
      return Bundle(
        text: text, svg: drawing,
        graphic: { scale in
          try sheet(frames.compactMap { try $0.picture ?? $0.graphic?(scale) })
        }, control: control)
    }
    return Bundle(
      text: "control(\(ControlTypes.summary(of: control)))",
      picture: try sheet(pictures.compactMap { $0 }), control: control)
  }

  /// The frames in one drawing, if each is one.
  private var drawing: String? {
    let drawings = places.compactMap { place in
      control.frames[place].svg.map { (svg: $0, caption: control.caption(of: place)) }
    }
    guard drawings.count == places.count else { return nil }
    let columns = shown.count == 2 ? shown[0].count : min(places.count, 3)
    return SVGSheet.render(drawings, columns: columns)
  }

  /// The frames that are shown, row by row.
  private var places: [Int] {
    let rows = shown.count == 2 ? shown[1] : [0]
    return rows.flatMap { row in shown[0].map { control.index(at: [$0, row]) } }
  }

  private func sheet(_ pictures: [Picture]) throws -> Picture {
    var grid = PictureGrid(pictures, padding: 4)
    let axes = control.axes
    if axes.count == 2 {
      grid.columns = shown[0].count
      grid.columnLabels = shown[0].map { axes[0].labels[$0] }
      grid.rowLabels = shown[1].map { axes[1].labels[$0] }
      grid.title = "\(name(of: 1)) by \(name(of: 0))"
    } else {
      grid.columns = ControlSheet.columns(for: pictures)
      grid.captions = shown[0].map { axes[0].labels[$0] }
      grid.title = name(of: 0)
    }
    return try grid.render()
  }

  /// The name of an axis, and how many of its values are shown if not all are.
  private func name(of axis: Int) -> String {
    let (name, count) = (control.axes[axis].name, control.axes[axis].labels.count)
    return shown[axis].count < count ? "\(name) (\(shown[axis].count) of \(count))" : name
  }

  /// How many frames stand side by side: so many that the sheet has the shape of a window.
  private static func columns(for pictures: [Picture]) -> Int {
    let width = Double(pictures.map(\.width).max() ?? 1)
    let height = Double(pictures.map(\.height).max() ?? 1)
    func distance(_ columns: Int) -> Double {
      let rows = Double((pictures.count + columns - 1) / columns)
      return abs(log(Double(columns) * width / (rows * height) / aspect))
    }
    return (1...max(1, pictures.count)).min { distance($0) < distance($1) } ?? 1
  }

  /// A line for each frame, or a block where a frame has several lines; one more says which axes
  /// have other values as well.
  private var text: String {
    let lines = places.map { place in
      let (caption, text) = (control.caption(of: place), control.frames[place].text)
      return text.contains("\n") ? "\(caption):\n\(text)" : "\(caption): \(text)"
    }
    let parts = shown.indices.filter { shown[$0].count < control.axes[$0].labels.count }
    let rest = parts.isEmpty ? [] : ["shown: " + parts.map(name).joined(separator: ", ")]
    return (lines + rest).joined(separator: "\n")
  }
}
