// SPDX-License-Identifier: Apache-2.0
//
// Pictures and figures as objects. Both can be shown as text, and as a picture where the front end
// supports it: a terminal gets the pixels through `Drawable`, a page or a notebook kernel uses the
// bundle.

import Images
import Plots
import Runtime
import Tensors

/// A picture, as an object.
final class ImageObject {
  let picture: Picture
  /// One line about it, where it says more than its size.
  let caption: String?
  init(_ picture: Picture, caption: String? = nil) {
    (self.picture, self.caption) = (picture, caption)
  }

  var value: Value { .object(ForeignObject(MediaTypes.image, self)) }
}

/// One or several figures on a sheet, as an object.
final class FigureObject {
  let figures: [Figure]
  let columns: Int?

  init(_ figures: [Figure], columns: Int? = nil) {
    self.figures = figures
    self.columns = columns
  }

  var value: Value { .object(ForeignObject(MediaTypes.figure, self)) }

  func render(scale: Int = 2) throws -> Picture {
    try RasterRenderer.render(figures, columns: columns, scale: scale)
  }

  func pdf() throws -> [UInt8] { try PDFRenderer.render(figures, columns: columns) }

  func svg() throws -> String {
    figures.count == 1
      ? SVGRenderer.render(figures[0]) : try SVGRenderer.render(figures, columns: columns)
  }
}

/// The drawable form of a value, for terminals.
public enum Drawable {
  /// The pixels of an image or a figure, or nil for other values.
  public static func picture(of value: Value) throws -> Picture? {
    guard case .object(let object) = value else { return nil }
    switch object.payload {
    case let image as ImageObject: return image.picture
    case let figure as FigureObject:
      do {
        return try figure.render()
      } catch {
        throw ScriptError(anything: error)
      }
    default: return nil
    }
  }

  /// The figures of a figure object, or nil for other values; a terminal may draw them in
  /// characters.
  public static func figures(of value: Value) -> [Figure]? {
    guard case .object(let object) = value else { return nil }
    return (object.payload as? FigureObject)?.figures
  }
}

/// The descriptors of pictures and figures.
enum MediaTypes {
  static let image = ForeignType(
    "image", "A picture of 8-bit pixels, ready to be shown or saved.",
    fields: [
      image("width", "Columns of pixels.") { .integer($0.width) },
      image("height", "Rows of pixels.") { .integer($0.height) },
      image("shape", "The shape of `pixels`.") {
        .numbers([1, Double($0.channels), Double($0.height), Double($0.width)])
      },
      image("pixels", "The picture as a tensor [1, C, H, W] of values from 0 to 1.") {
        .tensor(try $0.tensor())
      },
    ],
    display: { object in
      guard let picture = (object.payload as? ImageObject)?.picture else { return "image" }
      return "image(\(picture.width) x \(picture.height))"
    },
    bundle: { object, _ in
      let image = try object.payload(as: ImageObject.self)
      return Bundle(
        text: object.type.display(object), picture: image.picture, caption: image.caption)
    },
    bytes: { object in
      guard let picture = (object.payload as? ImageObject)?.picture else { return 0 }
      return picture.width * picture.height * picture.channels
    },
    equals: { a, b in
      (a.payload as? ImageObject)?.picture == (b.payload as? ImageObject)?.picture
    })

  private static func image(
    _ name: String, _ summary: String, _ get: @escaping @Sendable (Picture) throws -> Value
  ) -> ForeignType.Field {
    .init(
      name, summary,
      get: { object, _ in
        do {
          return try get(try object.payload(as: ImageObject.self).picture)
        } catch {
          throw ScriptError(anything: error)
        }
      })
  }

  static let figure = ForeignType(
    "figure", "A plot, ready to be shown or saved.",
    fields: [
      .init(
        "title", "The heading of the first plot.",
        get: { object, _ in
          .string(try object.payload(as: FigureObject.self).figures.first?.title ?? "")
        }),
      .init(
        "svg", "The text of an SVG document.",
        get: { object, _ in .string(try svg(of: object)) }),
    ],
    display: { object in
      guard let figures = (object.payload as? FigureObject)?.figures else { return "figure" }
      guard figures.count == 1 else { return "figure(\(figures.count) plots)" }
      return "figure(\(kind(of: figures[0])))"
    },
    bundle: { object, session in
      let sheet = try object.payload(as: FigureObject.self)
      let (figures, columns) = (sheet.figures, sheet.columns)
      let renderer = TextRenderer(fitting: session.receiver.columns)
      let text = figures.map { renderer.render($0) }.joined(separator: "\n")
      return Bundle(
        text: text, svg: try svg(of: object),
        graphic: { try RasterRenderer.render(figures, columns: columns, scale: $0) })
    },
    equals: { a, b in
      (a.payload as? FigureObject)?.figures == (b.payload as? FigureObject)?.figures
    })

  private static func svg(of object: ForeignObject) throws -> String {
    do {
      return try object.payload(as: FigureObject.self).svg()
    } catch {
      throw ScriptError(anything: error)
    }
  }

  private static func kind(of figure: Figure) -> String {
    let title = figure.title.isEmpty ? "" : ": \(figure.title)"
    switch figure.content {
    case .series(let series):
      let points = series.reduce(0) { $0 + $1.x.count }
      return "\(series.count == 1 ? "1 curve" : "\(series.count) curves"), \(points) points\(title)"
    case .bars(let bars, _): return "\(bars.count) bars\(title)"
    case .heatmap(let map): return "\(map.rows) x \(map.columns) cells\(title)"
    }
  }
}
