// SPDX-License-Identifier: Apache-2.0
//
// Values as a notebook keeps them: encoded, so that a page, a notebook file and the cache store the
// same bytes and need no interpreter.

import Files
import Images
import Runtime

/// A value in its media.
public struct Media: Sendable, Equatable {
  /// Plain text, always there.
  public var text: String
  /// A PNG file.
  public var png: [UInt8]?
  /// An SVG document.
  public var svg: String?
  /// A PNG file of what is a drawing elsewhere: Jupyter shows no SVG of a notebook that it does not
  /// trust, as one that was written by another program.
  public var raster: [UInt8]?
  /// An HTML fragment.
  public var html: String?
  /// Frames to move through.
  public var control: MediaControl?
  /// The title given to `show`.
  public var title: String?
  /// Whether the text says what the picture does not.
  public var textAccompaniesPicture = false

  /// A value that is text only.
  public init(text: String) { self.text = text }

  /// The media of a bundle.
  ///
  /// - Throws: `ImageError` when a picture cannot be encoded.
  public init(_ bundle: Bundle) throws {
    text = bundle.text
    png = try bundle.picture.map { try PNG.encode($0) }
    svg = bundle.svg
    html = bundle.html
    control = try bundle.control.map { try MediaControl($0) }
    title = bundle.title
    textAccompaniesPicture = bundle.textAccompaniesPicture
  }

  /// How many bytes they take together.
  public var size: Int {
    text.utf8.count + (png?.count ?? 0) + (svg?.utf8.count ?? 0) + (html?.utf8.count ?? 0)
      + (raster?.count ?? 0)
      + (control?.frames.reduce(0) { $0 + $1.size } ?? 0)
  }
}

/// A control whose frames are encoded.
public struct MediaControl: Sendable, Equatable {
  /// One or two axes.
  public let axes: [ControlAxis]
  /// The frames, in the order of `Control`.
  public let frames: [Media]
  /// What the axes say of each frame.
  public let captions: [String]
  /// The index of the frame that is shown first.
  public let start: Int

  /// The frames of a control, encoded.
  ///
  /// - Throws: `ImageError` when a picture cannot be encoded.
  init(_ control: Control) throws {
    axes = control.axes
    frames = try control.frames.map { try Media($0) }
    captions = control.frames.indices.map(control.caption)
    start = control.start
  }

  /// Stored parts as they were; nil unless there is a frame for every combination of values.
  init?(axes: [ControlAxis], frames: [Media], captions: [String], start: Int) {
    guard (1...2).contains(axes.count), frames.indices.contains(start),
      frames.count == axes.reduce(1, { $0 * $1.labels.count }), captions.count == frames.count
    else { return nil }
    (self.axes, self.frames, self.captions, self.start) = (axes, frames, captions, start)
  }
}

/// One output of a cell.
public enum CellOutput: Sendable, Equatable {
  /// What was printed, with its newlines.
  case text(String)
  /// A value: the last one of the cell, or one given to `show`.
  case value(Media, isResult: Bool)
  /// A note.
  case note(String)
  /// Why the cell ended early.
  case error(CellError)
}

/// An error that ended a cell.
public struct CellError: Sendable, Equatable {
  /// The kind: `ValueError`.
  public let kind: String
  /// The message.
  public let message: String
  /// The message with place, source line, hint and calls, as a terminal shows it.
  public let text: String
}
