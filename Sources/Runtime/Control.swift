// SPDX-License-Identifier: Apache-2.0
//
// A control: one or two axes of values and a frame for each value, or each pair of values, all
// computed beforehand. A page or a notebook moves through the frames without a server and without
// the interpreter; a terminal, a file and paper show them side by side.

/// One axis of a control.
public struct ControlAxis: Sendable, Equatable {
  /// How a front end lets the user choose a value.
  public enum Style: String, Sendable {
    /// The values have an order: a slider.
    case slider
    /// They are alternatives: a list of choices.
    case choice
  }

  /// What the axis is called: `tokens`.
  public let name: String
  /// The text of each value, in order; at least one.
  public let labels: [String]
  /// How a value is chosen.
  public let style: Style
  /// The index of the value that is shown first.
  public let start: Int

  /// An axis; `start` is an index of `labels`.
  public init(name: String, labels: [String], style: Style, start: Int = 0) {
    (self.name, self.labels, self.style) = (name, labels, style)
    self.start = min(max(start, 0), max(labels.count - 1, 0))
  }
}

/// Frames over one or two axes.
public struct Control: Sendable {
  /// One axis, or two: the first runs from left to right, the second from top to bottom.
  public let axes: [ControlAxis]
  /// A frame for each value of the first axis; with two axes, for each value of the second a row
  /// of them.
  public let frames: [Bundle]

  /// A control; nil unless there is a frame for every combination of values.
  public init?(axes: [ControlAxis], frames: [Bundle]) {
    guard (1...2).contains(axes.count), axes.allSatisfy({ !$0.labels.isEmpty }),
      frames.count == axes.reduce(1, { $0 * $1.labels.count })
    else { return nil }
    (self.axes, self.frames) = (axes, frames)
  }

  /// The index of the frame at these positions of the axes; positions outside are moved inside.
  public func index(at positions: [Int]) -> Int {
    var index = 0
    for (axis, position) in zip(axes, positions).reversed() {
      index = index * axis.labels.count + min(max(position, 0), axis.labels.count - 1)
    }
    return index
  }

  /// The index of the frame that is shown first.
  public var start: Int { index(at: axes.map(\.start)) }

  /// The frames in words, for where what is written in pictures cannot be read: a line for each if
  /// they have captions, else the values of each axis.
  public var lines: [String] {
    guard frames.count <= Control.mostLines, frames.contains(where: { $0.caption != nil }) else {
      return axes.map { "\($0.name): \($0.labels.joined(separator: ", "))" }
    }
    return frames.indices.map { place in
      caption(of: place) + (frames[place].caption.map { ": \($0)" } ?? "")
    }
  }

  private static let mostLines = 32

  /// What the axes say of a frame: `tokens = 4`, or `class = flag, tokens = 4`.
  public func caption(of frame: Int) -> String {
    var rest = frame
    return axes.map { axis in
      defer { rest /= axis.labels.count }
      return "\(axis.name) = \(axis.labels[rest % axis.labels.count])"
    }.joined(separator: ", ")
  }
}
